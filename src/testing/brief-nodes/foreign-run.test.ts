import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { connectKafkaBus } from '../../bus/kafka/kafka-bus.ts'
import { Driver } from '../../driver/driver.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { drawId } from '../../lib/random-id.ts'
import { isForeign } from '../../orchestrator/members.ts'
import { Orchestrator } from '../../orchestrator/orchestrator.ts'
import { aggregateOf } from '../../results/aggregate.ts'
import { buildResult } from '../../results/build-result.ts'
import type { RunResult } from '../../results/run-result.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { AllowList } from '../../workloads/http/allow-list.ts'
import { workloads } from '../../workloads/workloads.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { startRealTarget } from '../real-target.ts'
import { countedScenario } from '../sample-foreign.ts'
import { waitFor } from '../wait-for.ts'
import {
  type BriefEvent,
  type BriefNode,
  type BriefOptions,
  briefCommands,
  buildGoNodes,
  startBriefNode,
} from './start-brief-node.ts'

/** Our orchestrator and drivers written by others, which share no code with us, on a real broker. */

const skip = skipWithout('kafka')
const go = skip === false ? await buildGoNodes() : { missing: 'no Kafka' }
const nodes = { JavaScript: briefCommands, ...('missing' in go ? {} : { Go: go }) }

/** Ours, on topics that nobody else uses. */
class Cluster implements AsyncDisposable {
  readonly prefix = `foreign-${randomBytes(6).toString('hex')}.`
  readonly kafka = requireKafka().brokers
  readonly #endings: (() => Promise<void>)[] = []
  #orchestrator: Orchestrator | undefined

  get orchestrator(): Orchestrator {
    assert.ok(this.#orchestrator)
    return this.#orchestrator
  }

  async start(): Promise<this> {
    const bus = await this.#connect()
    this.#orchestrator = new Orchestrator({
      bus,
      clock: systemClock,
      logger: silentLogger,
      drawId,
      version: 'test',
    })
    await this.#orchestrator.start()
    this.#endings.push(() => this.orchestrator.stop())
    return this
  }

  async addOurs(): Promise<void> {
    const bus = await this.#connect()
    const allow = new AllowList(['127.0.0.1'])
    const driver = new Driver({
      bus,
      clock: systemClock,
      logger: silentLogger,
      drawId,
      version: 'test',
      address: '127.0.0.1:0',
      cores: 1,
      pid: process.pid,
      cpuUsageUs: () => 0,
      createWorkload: (work) => workloads.http({ ...work, allow }),
    })
    await driver.start()
    this.#endings.push(() => driver.leave())
  }

  options(over: BriefOptions): BriefOptions {
    return { kafka: this.kafka.join(','), prefix: this.prefix, ...over }
  }

  /** Until so many drivers written by others are there. */
  async see(foreign: number): Promise<void> {
    await waitFor(
      `${foreign} drivers of others`,
      () => [...this.orchestrator.members.values()].filter(isForeign).length === foreign || undefined,
      60_000,
    )
  }

  /** Triggered when all of `nodes` have the configuration: on a busy machine one might see the trigger first, and crash. */
  async run(
    scenario: Scenario,
    nodes: readonly BriefNode[],
  ): Promise<{ result: RunResult; aggregate: ReturnType<typeof aggregateOf> }> {
    const run = this.orchestrator.submit({ scenario, record: scenario, assets: new Map(), hold: true })
    const isOfRun = ({ config }: BriefEvent): boolean => (config as { test_id: string }).test_id === run.id
    await Promise.all(nodes.map((node) => node.saw('configured', isOfRun)))
    await waitFor(
      'the drivers to be ready',
      () => [...run.state.drivers.values()].every(({ phase }) => phase === 'ready') || undefined,
      60_000,
    )
    await run.trigger()
    await run.ended
    const nowMs = systemClock.wallMs()
    return { result: buildResult(run.state, scenario, nowMs), aggregate: aggregateOf(run.state, nowMs) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#endings.reverse()) await end()
  }

  async #connect() {
    const bus = await connectKafkaBus(
      { brokers: this.kafka, topicPrefix: this.prefix },
      { clock: systemClock, logger: silentLogger },
    )
    this.#endings.push(() => bus.close())
    return bus
  }
}

const scenarioFor = (drivers: number, target: string, requestsPerDriver: number): Scenario =>
  countedScenario(drivers, {
    start: { deadlineMs: 60_000, atLeast: drivers },
    http: { ...countedScenario(1).http, targets: [target] },
    load: { kind: 'avalanche', inFlight: 10, requestsPerDriver, maxInFlight: 1000 },
  })

describe('drivers of others under our orchestrator, on Kafka', { skip, concurrency: false }, () => {
  it('beside one of ours: each makes its count, the targets received it, and it is told who said what', async () => {
    await using target = await startRealTarget()
    await using theirTarget = await startRealTarget()
    await using cluster = await new Cluster().start()
    const theirs = { target: theirTarget.url, requests: 200, 'num-requests': true }
    await cluster.addOurs()
    await using one = startBriefNode(
      briefCommands.driver,
      cluster.options({ ...theirs, id: 'f-1', 'zero-first': true }),
    )
    await using two = startBriefNode(
      briefCommands.driver,
      cluster.options({ ...theirs, id: 'f-2', register: 'never', 'yes-text': true, 'no-test-id': true }),
    )
    await cluster.see(2)
    const { result, aggregate } = await cluster.run(scenarioFor(3, target.url, 200), [one, two])
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual([target.received, theirTarget.received], [200, 400])
    assert.deepEqual([result.totals.sent, result.totals.answered], [200, 200])
    const told = result.drivers.filter((driver) => driver.isForeign)
    assert.deepEqual(told.map(({ id, state, totals }) => [id, state, totals.sent, totals.answered]).sort(), [
      ['f-1', 'finished', null, 200],
      ['f-2', 'finished', null, 200],
    ])
    for (const { responseTimeMs: times } of told)
      assert.ok((times.min ?? 0) > 0 && (times.min ?? 0) <= (times.max ?? 0), JSON.stringify(times))
    const { completed, sent, min, max, mergedFrom } = aggregate.aggregate
    assert.deepEqual([completed, sent, mergedFrom], [600, null, 1])
    assert.equal(min, Math.min(...aggregate.drivers.map((driver) => driver.min ?? Number.NaN)))
    assert.equal(max, Math.max(...aggregate.drivers.map((driver) => driver.max ?? Number.NaN)))
  })

  for (const [language, { driver }] of Object.entries(nodes))
    it(`${language}, without counts: assumed to have finished, and the targets say that it had`, async (t) => {
      if ('missing' in go) t.diagnostic(`nodes in Go are left out: ${go.missing}`)
      await using target = await startRealTarget()
      await using theirTarget = await startRealTarget()
      await using cluster = await new Cluster().start()
      await cluster.addOurs()
      const theirs = cluster.options({ target: theirTarget.url, requests: 300, id: 'f-1' })
      await using one = startBriefNode(driver, theirs)
      await cluster.see(1)
      const { result } = await cluster.run(scenarioFor(2, target.url, 300), [one])
      assert.equal(result.outcome, 'passed', result.why.join(' '))
      assert.deepEqual([target.received, theirTarget.received, result.totals.answered], [300, 300, 300])
      const told = result.drivers.find(({ id }) => id === 'f-1')
      assert.deepEqual(
        [told?.state, told?.assumedFinished, told?.totals.answered, told?.totals.sent],
        ['finished', true, null, null],
      )
      assert.ok((told?.responseTimeMs.max ?? 0) > 0)
    })

  it('alone, run after run: a stale trigger crashes none that joins between', async () => {
    await using theirTarget = await startRealTarget()
    await using cluster = await new Cluster().start()
    const theirs = { target: theirTarget.url, requests: 100, 'num-requests': true }
    await using one = startBriefNode(briefCommands.driver, cluster.options({ ...theirs, id: 'f-1' }))
    await cluster.see(1)
    const first = await cluster.run(scenarioFor(1, 'http://127.0.0.1:9', 100), [one])
    assert.equal(first.result.outcome, 'passed', first.result.why.join(' '))
    assert.equal(theirTarget.received, 100)
    await using two = startBriefNode(briefCommands.driver, cluster.options({ ...theirs, id: 'f-2' }))
    await two.saw('up')
    await cluster.see(2)
    const again = await cluster.run(scenarioFor(2, 'http://127.0.0.1:9', 100), [one, two])
    assert.equal(again.result.outcome, 'passed', again.result.why.join(' '))
    assert.equal(theirTarget.received, 300)
    assert.ok(![...one.events, ...two.events].some(({ event }) => event === 'crashed'))
  })
})
