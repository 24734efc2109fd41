import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connectKafkaBus, type KafkaBus } from '../../bus/kafka/kafka-bus.ts'
import { type Topic, topics } from '../../bus/topics.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import type { RunResult } from '../../results/run-result.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { hostileMessage, largeMessages, malformedMessages } from '../hostile-messages.ts'
import { type DriverRole, type OrchestratorRole, RoleCluster } from '../role-cluster.ts'
import { waitFor } from '../wait-for.ts'

/** On each topic. */
const messagesPerTopic = 100_000
const different = 1600
const patienceMs = 120_000
const mebibyte = 2 ** 20

/**
 * Whoever reaches Kafka can say anything on its topics. A run goes on meanwhile, and is exact at its end.
 */
describe('a flood on the bus', { skip: skipWithout('kafka') }, () => {
  let directory = ''
  /** In a process of its own, as this one is busy. */
  let target = ''
  let cluster: RoleCluster
  let orchestrator: OrchestratorRole
  let driver: DriverRole
  let bus: KafkaBus
  let run = ''
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'groundswell-flood-'))
    cluster = new RoleCluster()
    const { stderr } = cluster.start(['target', '--port', '0'])
    target = await waitFor('the target', () => /Serving (\S+) /.exec(stderr())?.[1], patienceMs)
    orchestrator = await cluster.startOrchestrator(['--store', join(directory, 'runs.sqlite')])
    driver = await cluster.startDriver()
    bus = await connectKafkaBus(
      { brokers: requireKafka().brokers, topicPrefix: cluster.prefix, publishTimeoutMs: 60_000 },
      { clock: systemClock, logger: silentLogger },
    )
    run = await begin({ load: { rate: '50/s', duration: '1h' } })
  })
  after(async () => {
    await bus?.close()
    await cluster?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(orchestrator.url + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
    return text.startsWith('{') ? JSON.parse(text) : text
  }
  const resultOf = async (id: string): Promise<RunResult> =>
    (await ask('GET', `/api/runs/${id}`)) as RunResult

  const received = async (): Promise<number> => Number(await (await fetch(`${target}/metric`)).text())

  const begin = async (scenario: Record<string, unknown>): Promise<string> => {
    const before = await received()
    const { id } = (await ask('POST', '/api/runs', {
      scenario: { http: target, start: { deadline: '120s' }, ...scenario },
    })) as RunResult
    await waitFor('some load', async () => (await received()) >= before + 10, patienceMs)
    return id
  }

  /** All topics at once, in the order of their numbers. */
  const flood = async (
    count: number,
    messageOf: (topic: Topic, n: number) => Uint8Array,
    on: readonly Topic[] = Object.values(topics),
  ): Promise<void> => {
    const chunk = 1000
    for (let from = 0; from < count; from += chunk)
      await Promise.all(
        on.flatMap((topic) =>
          Array.from({ length: Math.min(chunk, count - from) }, (_, i) =>
            bus.publish(topic, `k${i % 10}`, messageOf(topic, from + i)),
          ),
        ),
      )
  }

  const memoryOf = async (): Promise<number[]> =>
    Promise.all(
      [orchestrator, driver].map(async ({ child }) => {
        const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
        return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
      }),
    )

  const assertFlat = async (before: readonly number[]): Promise<void> => {
    const now = await memoryOf()
    for (const [i, role] of ['orchestrator', 'driver'].entries()) {
      const grown = ((now[i] ?? 0) - (before[i] ?? 0)) / mebibyte
      assert.ok(
        grown < 350,
        `the ${role} grew by ${grown.toFixed(0)} MiB: ${now.map((x) => (x / mebibyte).toFixed(0))}`,
      )
    }
  }

  /** Messages that the orchestrator could not understand, on one topic. */
  const rejectedOn = async (topic: Topic): Promise<number> => {
    const metrics = String(await ask('GET', '/metrics'))
    let sum = 0
    for (const line of metrics.split('\n'))
      if (
        line.startsWith('groundswell_bus_rejected_messages_total{') &&
        line.includes(`"${topic}"`) &&
        !line.includes('end_marker')
      )
        sum += Number(line.split(' ').at(-1))
    return sum
  }

  /** A line of each kind: what it says, of what. */
  const assertOneLineAKind = (role: DriverRole | OrchestratorRole, least: number): void => {
    const skipped = role.log().filter(({ msg }) => msg.startsWith('skipped a message'))
    const kinds = skipped.map(({ topic, reason }) => `${topic} ${reason}`)
    assert.deepEqual(kinds, [...new Set(kinds)])
    assert.ok(kinds.length >= least, kinds.join('\n'))
    // Messages that are understood may be told of, to a limit.
    const others = new Map<string, number>()
    for (const { msg } of role.log()) others.set(msg, (others.get(msg) ?? 0) + 1)
    assert.ok(others.size < 20 + kinds.length, [...others.keys()].join('\n'))
    for (const [msg, lines] of others) assert.ok(lines <= 200, `${lines} lines: ${msg}`)
  }

  /** What is in the topics before it has been read by the driver when its rate changes. */
  const assertSteers = async (scale: number): Promise<void> => {
    await ask('POST', `/api/runs/${run}/rate`, { scale })
    await waitFor(
      `the rate times ${scale}`,
      async () => {
        const before = await received()
        const sinceMs = performance.now()
        await new Promise((resolve) => setTimeout(resolve, 1000))
        const perSecond = (((await received()) - before) * 1000) / (performance.now() - sinceMs)
        return perSecond > 40 * scale
      },
      patienceMs,
    )
  }

  it('of 800,000 messages that nobody understands: one line a kind, no growth, and the run goes on', async () => {
    const names = { driver: driver.id, run }
    const made = new Map(
      Object.values(topics).map((topic) => [topic, malformedMessages(topic, names, 11, different)]),
    )
    const nothing = new Uint8Array(0)
    const messageOf = (topic: Topic, n: number): Uint8Array =>
      (n % 20_000 === 0 ? largeMessages[(n / 20_000) % 4] : made.get(topic)?.[n % different]) ?? nothing
    await flood(messagesPerTopic / 4, messageOf)
    const before = await memoryOf()
    await flood((messagesPerTopic * 3) / 4, (topic, n) => messageOf(topic, n + messagesPerTopic / 4))
    for (const topic of [topics.register, topics.heartbeat, topics.metrics, topics.presence])
      await waitFor(
        `all of ${topic} to be read`,
        async () => (await rejectedOn(topic)) === messagesPerTopic,
        patienceMs,
      )
    await assertSteers(2)
    await assertFlat(before)
    assertOneLineAKind(orchestrator, 8)
    assertOneLineAKind(driver, 8)
    const result = await resultOf(run)
    assert.deepEqual(
      [result.state, result.gaps, result.drivers.map(({ state }) => state)],
      ['running', [], ['running']],
    )
  })

  it('of 350,000 that are understood, of ids that are made up: members are bounded and the run goes on', async () => {
    const before = await memoryOf()
    const messageOf = (topic: Topic, n: number): Uint8Array =>
      Buffer.from(JSON.stringify(hostileMessage(topic, n)))
    const { register, heartbeat, metrics, ...others } = topics
    await Promise.all([
      flood(messagesPerTopic, messageOf, [register, heartbeat, metrics]),
      flood(messagesPerTopic / 10, messageOf, Object.values(others)),
    ])
    await assertSteers(3)
    await waitFor(
      'an end of it',
      async () => {
        const { drivers } = (await ask('GET', '/api/drivers')) as {
          drivers: { id: string; isAlive: boolean }[]
        }
        assert.ok(drivers.length <= 1000, `${drivers.length} members`)
        return (
          drivers
            .filter(({ isAlive }) => isAlive)
            .map(({ id }) => id)
            .join() === driver.id
        )
      },
      patienceMs,
    )
    await assertFlat(before)
    assertOneLineAKind(orchestrator, 8)
    assertOneLineAKind(driver, 8)
  })

  it('changes nothing of what the run is at its end, nor of the next one', async () => {
    await ask('POST', `/api/runs/${run}/stop`)
    const ended = async (id: string): Promise<RunResult> =>
      waitFor(
        'the end',
        async () => {
          const result = await resultOf(id)
          return result.state === 'finished' ? result : undefined
        },
        patienceMs,
      )
    const first = await ended(run)
    assert.equal(first.outcome, 'stopped', first.why.join(' '))
    assert.deepEqual([first.gaps, first.drivers.length], [[], 1])
    assert.equal(first.totals.sent, await received())
    const next = await ended(await begin({ load: { avalanche: 5, requests: 500 } }))
    assert.equal(next.outcome, 'passed', next.why.join(' '))
    assert.equal(first.totals.sent + next.totals.sent, await received())
    assert.equal(next.totals.sent, 500)
  })
})
