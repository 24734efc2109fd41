import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connectKafkaBus } from '../../bus/kafka/kafka-bus.ts'
import { Driver } from '../../driver/driver.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { drawId } from '../../lib/random-id.ts'
import { Orchestrator } from '../../orchestrator/orchestrator.ts'
import { buildResult } from '../../results/build-result.ts'
import type { RunResult } from '../../results/run-result.ts'
import { AllowList } from '../../workloads/http/allow-list.ts'
import { workloads } from '../../workloads/workloads.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { Deployment, type RoleProcess } from '../deployment.ts'
import { type RealTarget, startRealTarget } from '../real-target.ts'
import { rateOf, sampleScenario } from '../sample-scenario.ts'
import { waitFor } from '../wait-for.ts'

/** How many drivers there are, and their coming and going: an orchestrator in a process of its own, a real broker. */

const patienceMs = 120_000

const submit = async (
  deployment: Deployment,
  target: RealTarget,
  { drivers, perSecond, seconds }: { drivers: number; perSecond: number; seconds: number },
): Promise<string> => {
  const id = drawId('r')
  const { status } = await deployment.call('POST', '/api/runs', {
    id,
    scenario: {
      name: 'many',
      drivers,
      start: { deadline: '120s' },
      http: { target: target.url, requests: [{ get: '/' }] },
      load: { rate: `${perSecond}/s`, duration: `${seconds}s` },
    },
  })
  assert.equal(status, 201)
  return id
}

const end = async (deployment: Deployment, id: string): Promise<RunResult> =>
  (await deployment.awaitEnd(id)) ?? assert.fail(`run ${id} is forgotten`)

const stateOf = async (
  deployment: Deployment,
  id: string,
  driver: RoleProcess,
): Promise<string | undefined> => {
  const { body } = await deployment.call('GET', `/api/runs/${id}`)
  return (body as RunResult).drivers.find(({ id }) => id === driver.facts.driver)?.state
}

/** Every driver made its share of a run of two seconds, and it was all. */
const assertShared = async (deployment: Deployment, drivers: number, perSecond: number): Promise<void> => {
  await using target = await startRealTarget()
  await deployment.awaitFree(drivers)
  const id = await submit(deployment, target, { drivers, perSecond, seconds: 2 })
  const result = await end(deployment, id)
  assert.equal(result.outcome, 'passed', result.why.join(' '))
  assert.deepEqual([result.totals.sent, target.received], [2 * perSecond, 2 * perSecond])
  assert.equal(new Set(result.drivers.map(({ id }) => id)).size, drivers)
  for (const { state, totals } of result.drivers) {
    assert.equal(state, 'finished')
    const fair = (2 * perSecond) / drivers
    assert.ok(Math.abs((totals.sent ?? Number.NaN) - fair) < 1, `${totals.sent} of ${fair}`)
  }
}

describe('drivers that come and go', { concurrency: 2, skip: skipWithout('kafka') }, () => {
  it('one, two, five, eight, three: each run is shared by those that it asks for', async () => {
    await using deployment = new Deployment(requireKafka().brokers)
    await deployment.startOrchestrator()
    for (const count of [1, 2, 5, 8, 3]) {
      const surplus = [...deployment.drivers].slice(count)
      await Promise.all(surplus.map((driver) => driver.kill('SIGTERM')))
      for (const { program } of surplus) assert.equal((await program.ended).exitCode, 0)
      const missing = Math.max(0, count - deployment.drivers.size)
      await Promise.all(Array.from({ length: missing }, () => deployment.startDriver()))
      await assertShared(deployment, count, 120)
    }
  })

  it('who joins during a run waits for the next; who leaves during one is counted to its last request', async () => {
    await using deployment = new Deployment(requireKafka().brokers)
    await deployment.startOrchestrator()
    const [leaver] = await Promise.all([deployment.startDriver(), deployment.startDriver()])
    await using target = await startRealTarget()
    await deployment.awaitFree(2)
    const id = await submit(deployment, target, { drivers: 2, perSecond: 50, seconds: 600 })
    await deployment.awaitBegin(id, () => target.received > 0)
    const joiner = await deployment.startDriver()
    await deployment.awaitFree(1)
    await leaver.kill('SIGTERM')
    assert.equal((await leaver.program.ended).exitCode, 0)
    await waitFor(
      'the driver to have left',
      async () => (await stateOf(deployment, id, leaver)) === 'left',
      patienceMs,
    )
    await deployment.call('POST', `/api/runs/${id}/stop`)
    const result = await end(deployment, id)
    assert.equal(result.outcome, 'degraded')
    assert.equal(result.totals.sent, target.received)
    assert.deepEqual(
      result.gaps.map(({ driver, share }) => [driver, share]),
      [[leaver.facts.driver, 0.5]],
    )
    assert.ok(result.drivers.every((driver) => driver.id !== joiner.facts.driver))
    await assertShared(deployment, 2, 50)
  })
})

describe('a hundred drivers', { skip: skipWithout('kafka') }, () => {
  it('make a hundredth each', async () => {
    const kafka = { brokers: requireKafka().brokers, topicPrefix: `${drawId('t')}.` }
    const tools = { clock: systemClock, logger: silentLogger, drawId, version: 'test' }
    await using all = new AsyncDisposableStack()
    const connect = async () => {
      const bus = await connectKafkaBus(kafka, tools)
      all.defer(() => bus.close())
      return bus
    }
    // In the process of the drivers: where that stands still on a busy machine, nobody finds them silent.
    const orchestrator = new Orchestrator({ ...tools, bus: await connect() })
    await orchestrator.start()
    all.defer(() => orchestrator.stop())
    const allow = new AllowList(['127.0.0.1'])
    const count = 100
    const perBus = 10
    for (let first = 0; first < count; first += perBus) {
      // One client of the broker carries several drivers: a hundred clients would be a test of this machine.
      const bus = await connect()
      for (let pid = first + 1; pid <= first + perBus; pid++) {
        const driver = new Driver({
          ...tools,
          bus,
          address: '127.0.0.1:0',
          cores: 1,
          pid,
          cpuUsageUs: () => 0,
          createWorkload: (work) => workloads.http({ ...work, allow }),
        })
        await driver.start()
        all.defer(() => driver.leave())
      }
    }
    await using target = await startRealTarget()
    const perSecond = 300
    const seconds = 2
    const scenario = sampleScenario({
      drivers: count,
      start: { deadlineMs: patienceMs, atLeast: count },
      http: { ...sampleScenario().http, targets: [target.url] },
      load: rateOf(perSecond, seconds * 1000),
    })
    const run = orchestrator.submit({ scenario, record: scenario, assets: new Map() })
    await run.ended
    const result = buildResult(run.state, scenario, systemClock.wallMs())
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    const planned = perSecond * seconds
    assert.deepEqual([result.totals.sent, target.received], [planned, planned])
    assert.deepEqual(
      result.drivers.map(({ state, totals }) => [state, totals.sent]),
      Array.from({ length: count }, () => ['finished', planned / count]),
    )
  })
})
