import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeMessage } from '../bus/message-codec.ts'
import { topics } from '../bus/topics.ts'
import { AppError } from '../lib/errors.ts'
import { MiniCluster } from '../testing/mini-cluster.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'

describe('the orchestrator', () => {
  it('ends at once when it is stopped while it waits for drivers', async () => {
    const cluster = new MiniCluster()
    await cluster.start(1)
    const begun = cluster.begin(sampleScenario())
    await cluster.clock.advance(500)
    await begun.run.steer({ command: 'stop', by: 'signal' })
    const result = await cluster.finish(begun, 500)
    assert.deepEqual([result.outcome, result.totals.sent, result.drivers], ['stopped', 0, []])
  })

  it('ends with the error that somebody else knows of, before the run begins and never later', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const waiting = cluster.begin(sampleScenario({ drivers: 3 }))
    await cluster.clock.advance(500)
    waiting.run.fail(new AppError('INTERNAL', 'a driver died'))
    await assert.rejects(cluster.finish(waiting, 500), /a driver died/)
    const running = cluster.begin(sampleScenario())
    await cluster.clock.advance(1000)
    running.run.fail(new AppError('INTERNAL', 'a driver died'))
    assert.equal((await cluster.finish(running)).outcome, 'passed')
  })

  it('a last report that gets lost does not keep the run open: degraded, and it says so', async () => {
    const cluster = new MiniCluster({
      seed: 1,
      drops: 1,
      mayDrop: ({ topic, value }) => {
        const decoded = topic === topics.metrics ? decodeMessage(topics.metrics, value) : undefined
        return decoded !== undefined && 'message' in decoded && decoded.message.final === true
      },
    })
    await cluster.start(1)
    const result = await cluster.finish(cluster.begin(sampleScenario({ drivers: 1 })), 20_000)
    assert.equal(result.outcome, 'degraded')
    assert.match(result.why[0] ?? '', /ended without its last report/)
    assert.equal(result.totals.sent, 500)
  })

  it('a driver that was ready too late is let go of, and carries the next run', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const late = cluster.drivers[1]?.driver.id
    cluster.target.openMs = (share) => (share === 1 ? 3000 : 0)
    const scenario = sampleScenario({ start: { deadlineMs: 2000, atLeast: 1 }, load: rateOf(100, 2000) })
    const first = await cluster.finish(cluster.begin(scenario))
    assert.equal(first.outcome, 'degraded')
    const { state, reason } = first.drivers.find(({ id }) => id === late) ?? {}
    assert.deepEqual([state, reason], ['rejected', 'not ready in time'])
    await cluster.clock.advance(3000)
    cluster.target.openMs = () => 0
    assert.equal((await cluster.finish(cluster.begin(scenario))).outcome, 'passed')
  })

  it('a rate given before the start holds on every driver from the start', async () => {
    const cluster = new MiniCluster({ seed: 1, delayMs: [100, 100] })
    await cluster.start(2)
    await cluster.clock.advance(1000)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 3000) }))
    await cluster.clock.advance(20)
    await begun.run.steer({ command: 'rate', scale: 2, by: 'api' })
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.equal(result.totals.sent, 600)
    assert.equal(result.plan.operations, 600)
  })
})

const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise
    return 'resolved'
  } catch (error) {
    return error instanceof AppError ? error.code : String(error)
  }
}

describe('runs that wait', () => {
  const short = (drivers: number) => sampleScenario({ drivers, load: rateOf(100, 2000) })

  it('go one after the other over the same drivers, in the order in which they came', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const runs = [2, 1, 2].map((drivers) => cluster.begin(short(drivers)))
    await cluster.clock.advance(1000)
    assert.deepEqual(
      runs.map(({ run }) => run.state.phase),
      ['running', 'configuring', 'configuring'],
    )
    assert.equal(cluster.orchestrator.queued, 2)
    const results = []
    for (const begun of runs) results.push(await cluster.finish(begun))
    assert.deepEqual(
      results.map(({ outcome, totals }) => [outcome, totals.sent]),
      runs.map(() => ['passed', 200]),
    )
    const starts = results.map(({ startedAt }) => Date.parse(startedAt ?? ''))
    assert.ok((starts[1] ?? 0) >= (starts[0] ?? 0) + 2000 && (starts[2] ?? 0) > (starts[1] ?? 0))
    assert.equal(cluster.target.received, 600)
  })

  it('go at the same time on drivers of their own, and never share one', async () => {
    const cluster = new MiniCluster()
    await cluster.start(3)
    const runs = [cluster.begin(short(2)), cluster.begin(short(1))]
    await cluster.clock.advance(1000)
    const held = runs.flatMap(({ run }) => [...run.state.drivers.keys()])
    assert.equal(new Set(held).size, 3)
    for (const begun of runs) assert.equal((await cluster.finish(begun)).outcome, 'passed')
  })

  it('wait for a run that holds the drivers longer than for drivers that are not there', async () => {
    const cluster = new MiniCluster()
    await cluster.start(1)
    const long = cluster.begin(sampleScenario({ drivers: 1, load: rateOf(10, 40_000) }))
    const patient = cluster.begin(short(1))
    const hopeless = cluster.begin(short(2))
    assert.equal((await cluster.finish(long)).outcome, 'passed')
    assert.equal((await cluster.finish(patient)).outcome, 'passed')
    assert.equal(await codeOf(cluster.finish(hopeless)), 'DRIVERS_MISSING')
    assert.equal(hopeless.run.state.error?.code, 'DRIVERS_MISSING')
  })

  it('lose nothing of what they say to the clearing up after the run before', async () => {
    const cluster = new MiniCluster({ seed: 3, delayMs: [0, 60] })
    await cluster.start(2)
    const runs = Array.from({ length: 12 }, () => cluster.begin(sampleScenario({ load: rateOf(100, 200) })))
    for (const begun of runs) {
      const result = await cluster.finish(begun)
      assert.deepEqual([result.outcome, result.totals.sent], ['passed', 20], result.why.join(' '))
    }
  })

  it('wait for drivers that are not there together, and not one after the other', async () => {
    const cluster = new MiniCluster()
    await cluster.start(0)
    const runs = Array.from({ length: 5 }, () => cluster.begin(short(1)))
    await cluster.clock.advance(9500)
    assert.ok(runs.every(({ run }) => run.state.error === null))
    await cluster.clock.advance(1000)
    for (const { ended } of runs) assert.equal(await codeOf(ended), 'DRIVERS_MISSING')
  })

  it('are closed at once when the orchestrator is asked to end', async () => {
    const cluster = new MiniCluster()
    await cluster.start(0)
    const runs = Array.from({ length: 5 }, () => cluster.begin(short(1)))
    await cluster.clock.advance(100)
    await cluster.orchestrator.stop()
    for (const { ended } of runs) assert.equal(await codeOf(ended), 'ORCHESTRATOR_RESTARTED')
    assert.equal((await cluster.journal.unfinished()).length, 0)
    assert.equal(cluster.clock.pending, 0)
  })

  it('are as many as it takes and no more; an id is given once', async () => {
    const cluster = new MiniCluster()
    await cluster.start(0)
    const request = { scenario: short(1), record: short(1), assets: new Map() }
    cluster.orchestrator.submit({ ...request, id: 'mine' })
    assert.throws(() => cluster.orchestrator.submit({ ...request, id: 'mine' }), /run mine already/)
    for (let i = 1; i < 100; i++) cluster.orchestrator.submit(request)
    assert.throws(
      () => cluster.orchestrator.submit(request),
      (error: unknown) => error instanceof AppError && error.code === 'QUEUE_FULL',
    )
  })
})

describe('a held run', () => {
  it('is prepared, waits ready, and starts when it is triggered, once', async () => {
    const cluster = new MiniCluster()
    await cluster.start(1)
    const scenario = sampleScenario({ drivers: 2, load: rateOf(100, 2000) })
    const run = cluster.orchestrator.submit({ scenario, record: scenario, assets: new Map(), hold: true })
    await cluster.clock.advance(1000)
    assert.equal(await codeOf(run.trigger()), 'RUN_NOT_READY')
    await cluster.addDriver()
    await cluster.clock.advance(60_000)
    assert.deepEqual([run.state.startAtMs, cluster.target.received], [null, 0])
    await run.trigger()
    assert.equal(await codeOf(run.trigger()), 'RUN_BEGUN')
    const result = await cluster.finish({ run, ended: run.ended })
    assert.deepEqual([result.outcome, result.totals.sent], ['passed', 200])
    assert.equal(await codeOf(run.trigger()), 'RUN_FINISHED')
  })

  it('is given up when nobody triggers it, and its drivers are free again', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const scenario = sampleScenario({ load: rateOf(100, 2000) })
    const run = cluster.orchestrator.submit({ scenario, record: scenario, assets: new Map(), hold: true })
    assert.equal(await codeOf(cluster.finish({ run, ended: run.ended }, 700_000)), 'RUN_NOT_READY')
    await cluster.clock.advance(2000)
    assert.equal((await cluster.finish(cluster.begin(scenario))).outcome, 'passed')
  })
})

describe('an orchestrator that is killed and started again', () => {
  const scenario = sampleScenario({ load: rateOf(100, 10_000), slo: ['errors < 1%'] })

  for (const [seed, killAtMs, downMs] of [
    [1, 1100, 0],
    [2, 1500, 1000],
    [3, 4321, 2500],
    [4, 9999, 3000],
    [5, 10_020, 20_000],
    [6, 3000, 60_000],
  ] as const)
    it(`goes on with a run that was triggered: killed at ${killAtMs} ms, away for ${downMs} ms`, async () => {
      const cluster = new MiniCluster({ seed, delayMs: [0, 40], duplicates: 0.2 })
      await cluster.start(2)
      const { run } = cluster.begin(scenario)
      await cluster.clock.advance(1000)
      assert.equal(run.state.phase, 'running')
      await cluster.clock.advance(killAtMs - 1000)
      cluster.killOrchestrator()
      await cluster.clock.advance(downMs)
      await cluster.restartOrchestrator()
      const again = cluster.orchestrator.runs.get(run.id) ?? assert.fail('the run was forgotten')
      const result = await cluster.finish({ run: again, ended: again.ended })
      assert.equal(result.outcome, 'passed', result.why.join(' '))
      assert.deepEqual([result.totals.sent, cluster.target.received], [1000, 1000])
      assert.deepEqual((await cluster.journal.unfinished()).length, 0)
      assert.equal(result.startedAt, new Date(run.state.startAtMs ?? 0).toISOString())
      // The drivers are free, and the topics hold nothing that would start somebody.
      assert.equal((await cluster.finish(cluster.begin(scenario))).outcome, 'passed')
    })

  it('goes on with a run whose trigger is on the bus, though the store was away when it was decided', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    cluster.journal.loses = ({ type }) => type === 'triggered'
    const { run } = cluster.begin(scenario)
    await cluster.clock.advance(2000)
    assert.equal(run.state.phase, 'running')
    cluster.killOrchestrator()
    cluster.journal.loses = () => false
    const [journaled] = await cluster.journal.unfinished()
    assert.deepEqual(
      journaled?.events.map(({ type }) => type),
      ['configured'],
    )
    await cluster.restartOrchestrator()
    const again = cluster.orchestrator.runs.get(run.id) ?? assert.fail()
    const result = await cluster.finish({ run: again, ended: again.ended })
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual([result.totals.sent, cluster.target.received], [1000, 1000])
  })

  it('says the trigger that its earlier life had decided and not said', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    cluster.killOrchestratorBefore(topics.trigger)
    const { run } = cluster.begin(scenario)
    await cluster.clock.advance(2000)
    assert.deepEqual([run.state.phase, cluster.target.received], ['running', 0])
    await cluster.restartOrchestrator()
    const again = cluster.orchestrator.runs.get(run.id) ?? assert.fail()
    const result = await cluster.finish({ run: again, ended: again.ended })
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual([result.totals.sent, cluster.target.received], [1000, 1000])
  })

  it('clears away what earlier lives left to start nodes that read from the first message', async () => {
    const cluster = new MiniCluster()
    const bus = cluster.connect()
    const bytes = new TextEncoder().encode('{"test_id":"old","trigger":"YES"}')
    for (const topic of [topics.testConfig, topics.trigger]) await bus.publish(topic, 'old', bytes)
    const seen: string[] = []
    await cluster.start(2)
    await cluster.finish(cluster.begin(scenario))
    await cluster.clock.advance(100)
    for (const topic of [topics.testConfig, topics.trigger])
      await bus.subscribe(topic, { from: 'earliest' }, ({ key }) => {
        seen.push(`${topic} ${key}`)
      })
    await cluster.clock.advance(100)
    assert.deepEqual(seen, [])
  })

  it('clears them away as it starts, before it has had a run', async () => {
    const cluster = new MiniCluster()
    const bus = cluster.connect()
    await bus.publish(topics.trigger, 'old', new TextEncoder().encode('{}'))
    await cluster.start(0)
    const seen: string[] = []
    await bus.subscribe(topics.trigger, { from: 'earliest' }, ({ key }) => {
      seen.push(key)
    })
    await cluster.clock.advance(100)
    assert.deepEqual(seen, [])
  })

  it('closes a run that was not triggered, says so, and lets go of its drivers', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    cluster.target.openMs = () => 5000
    const { run } = cluster.begin(scenario)
    const waiting = cluster.begin(scenario)
    await cluster.clock.advance(1000)
    cluster.killOrchestrator()
    await cluster.restartOrchestrator()
    for (const { id } of [run, waiting.run]) {
      const again = cluster.orchestrator.runs.get(id) ?? assert.fail()
      assert.equal(await codeOf(cluster.finish({ run: again, ended: again.ended })), 'ORCHESTRATOR_RESTARTED')
    }
    await cluster.clock.advance(2000)
    cluster.target.openMs = () => 0
    assert.equal((await cluster.finish(cluster.begin(scenario))).outcome, 'passed')
    assert.equal(cluster.target.received, 1000)
  })

  it('keeps what was steered, and steers on', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const { run } = cluster.begin(scenario)
    await cluster.clock.advance(2000)
    await run.steer({ command: 'rate', scale: 2, by: 'api' })
    await cluster.clock.advance(2000)
    cluster.killOrchestrator()
    await cluster.clock.advance(1000)
    await cluster.restartOrchestrator()
    const again = cluster.orchestrator.runs.get(run.id) ?? assert.fail()
    await again.steer({ command: 'stop', by: 'api' })
    const result = await cluster.finish({ run: again, ended: again.ended })
    assert.deepEqual(
      result.steering.map(({ command, scale }) => [command, scale]),
      [
        ['rate', 2],
        ['stop', null],
      ],
    )
    assert.equal(result.outcome, 'stopped', result.why.join(' '))
    assert.equal(result.totals.sent, cluster.target.received)
  })

  it('names a driver that was killed while nobody listened', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const { run } = cluster.begin(scenario)
    await cluster.clock.advance(4000)
    cluster.killOrchestrator()
    await cluster.clock.advance(1000)
    cluster.drivers[1]?.kill()
    await cluster.clock.advance(4000)
    await cluster.restartOrchestrator()
    const again = cluster.orchestrator.runs.get(run.id) ?? assert.fail()
    const result = await cluster.finish({ run: again, ended: again.ended })
    assert.equal(result.outcome, 'degraded')
    assert.deepEqual(
      result.gaps.map(({ driver, share }) => [driver, share]),
      [[cluster.drivers[1]?.driver.id, 0.5]],
    )
  })
})
