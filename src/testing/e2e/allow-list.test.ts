import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { connectKafkaBus, type KafkaBus } from '../../bus/kafka/kafka-bus.ts'
import { protocol } from '../../bus/messages.ts'
import { topics } from '../../bus/topics.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { type RealTarget, startRealTarget } from '../real-target.ts'
import { type DriverRole, RoleCluster } from '../role-cluster.ts'
import { resultOf } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'

const patienceMs = 120_000

describe('what a driver of its own loads, whatever is asked of it', { skip: skipWithout('kafka') }, () => {
  let cluster: RoleCluster
  let bus: KafkaBus
  let target: RealTarget
  /** On another address of loopback. */
  let received = 0
  const elsewhere = createServer((_request, response) => {
    received++
    response.end()
  })
  const elsewhereUrl = (): string => `http://127.0.0.2:${(elsewhere.address() as AddressInfo).port}`
  before(async () => {
    cluster = new RoleCluster()
    bus = await connectKafkaBus(
      { brokers: requireKafka().brokers, topicPrefix: cluster.prefix },
      { clock: systemClock, logger: silentLogger },
    )
    elsewhere.listen(0, '127.0.0.2')
    await once(elsewhere, 'listening')
    target = await startRealTarget((_request, response) => {
      response.writeHead(302, { location: `${elsewhereUrl()}/stolen` }).end()
    })
  })
  after(async () => {
    await bus?.close()
    await cluster?.[Symbol.asyncDispose]()
    await target?.[Symbol.asyncDispose]()
    elsewhere.close()
    elsewhere.closeAllConnections()
  })

  const publish = (topic: string, message: object): Promise<void> =>
    bus.publish(topic, 'k', Buffer.from(JSON.stringify(message)))

  const run = (url: string, ...args: string[]) =>
    cluster.startRun([
      ...[url, '--rate', '50/s', '--requests', '10', '--json'],
      ...['--set', 'start.deadline=60s', '--set', 'http.redirects=3', ...args],
    ]).ended

  const withDriver = async (
    args: readonly string[],
    use: (driver: DriverRole) => Promise<void>,
  ): Promise<void> => {
    const driver = await cluster.startDriver(args)
    await use(driver)
    assert.equal((await driver.signal('SIGTERM')).exitCode, 0)
  }

  it('is loopback and the private ranges, and a refusal names the driver', () =>
    withDriver([], async ({ id }) => {
      const end = await run('http://198.51.100.7:81/')
      assert.equal(end.exitCode, 2, end.stderr)
      const { error } = JSON.parse(end.stdout)
      assert.equal(error.code, 'TARGET_NOT_ALLOWED')
      assert.match(error.message, new RegExp(id))
      assert.match(error.hint, /--allow-target/)
    }))

  it('does not grow by what somebody else writes to Kafka, not even with a trigger', () =>
    withDriver(['--allow-target', '127.0.0.1'], async ({ id, log }) => {
      const said: Record<string, unknown>[] = []
      const subscription = await bus.subscribe(topics.heartbeat, { from: 'latest' }, ({ value }) => {
        said.push(JSON.parse(Buffer.from(value).toString()) as Record<string, unknown>)
      })
      const [of, by] = ['AVALANCHE', elsewhereUrl()]
      const brief = { test_type: of, test_message_delay: 0, message_count_per_driver: 100, target_url: by }
      await publish(topics.testConfig, {
        ...brief,
        test_id: 'forged-1',
        allow: [by],
        allowTargets: ['0.0.0.0/0'],
      })
      await publish(topics.trigger, { test_id: 'forged-1', trigger: 'YES' })
      await waitFor(
        'the driver to reject it',
        () => said.find(({ node_id: node, state }) => node === id && state === 'rejected'),
        patienceMs,
      )
      assert.equal(said.find(({ state }) => state === 'rejected')?.reason_code, 'TARGET_NOT_ALLOWED')
      assert.ok(!log().some(({ msg }) => msg === 'now running'))
      await subscription.close()
      assert.equal(received, 0)
    }))

  it('does not grow by where a target redirects to', () =>
    withDriver(['--allow-target', '127.0.0.1'], async () => {
      const { totals } = resultOf(await run(target.url))
      assert.deepEqual([totals.sent, totals.unsentReasons.notAllowed, target.received], [10, 10, 10])
      assert.equal(received, 0)
    }))

  it('is what --allow-target says, every one of them', () =>
    withDriver(['--allow-target', '127.0.0.1', '--allow-target', '127.0.0.2/32'], async () => {
      const { totals } = resultOf(await run(target.url))
      assert.deepEqual([totals.unsentReasons.notAllowed ?? 0, received], [0, 10])
    }))

  it('and an id that two processes use, or another protocol, gets no share', async () => {
    const driver = await cluster.startDriver()
    const orchestrator = await cluster.startOrchestrator(['--store', 'none'])
    await waitFor('the driver to be known', () => knows(orchestrator.url, driver.id), patienceMs)
    const register = { node_IP: '10.0.0.9:0', message_type: 'DRIVER_NODE_REGISTER', pid: 1 }
    await publish(topics.register, { ...register, node_id: driver.id, protocol })
    const disputed = await orchestrator.said('two drivers say that they have the same id')
    assert.equal(disputed.driver, driver.id)
    await publish(topics.register, {
      ...register,
      node_id: 'd-other',
      protocol: 'groundswell/0',
      version: '0.0.1',
    })
    const other = await orchestrator.said('a driver is of another version')
    assert.match(String(other.why), /d-other speaks groundswell\/0 .* no share/)
    const scenario = { http: target.url, load: { avalanche: 1, requests: 1 }, start: { deadline: '1s' } }
    const response = await fetch(`${orchestrator.url}/api/runs?id=none`, {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: JSON.stringify(scenario),
    })
    assert.equal(response.status, 201)
    const ended = await waitFor(
      'the run to fail',
      async () => {
        const answer = await fetch(`${orchestrator.url}/api/runs/none`)
        const result = (await answer.json()) as { state: string; error: { code: string } }
        return result.state === 'finished' ? result : undefined
      },
      patienceMs,
    )
    assert.equal(ended.error.code, 'DRIVERS_MISSING')
  })

  const knows = async (url: string, id: string): Promise<boolean> => {
    const response = await fetch(`${url}/api/drivers`)
    const { drivers } = (await response.json()) as { drivers: { id: string; isAlive: boolean }[] }
    return drivers.some((driver) => driver.id === id && driver.isAlive)
  }
})
