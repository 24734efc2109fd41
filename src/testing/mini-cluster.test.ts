import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { topics } from '../bus/topics.ts'
import { AppError } from '../lib/errors.ts'
import { MiniCluster } from './mini-cluster.ts'
import { rateOf, sampleScenario } from './sample-scenario.ts'

const close = (actual: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${what}: ${actual}, expected ${expected} ± ${tolerance}`,
  )

describe('a run on a mini cluster', () => {
  it('makes exactly the planned load with two drivers, evenly spaced, and passes', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const result = await cluster.finish(cluster.begin(sampleScenario({ slo: ['p99 < 50ms', 'errors < 1%'] })))
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.equal(result.totals.sent, 500)
    assert.equal(result.totals.answered, 500)
    assert.equal(cluster.target.received, 500)
    const starts = cluster.target.operations.map(({ intendedMs }) => intendedMs).sort((a, b) => a - b)
    for (let i = 1; i < starts.length; i++) close((starts[i] ?? 0) - (starts[i - 1] ?? 0), 10, 1e-6, 'gap')
    assert.deepEqual(
      result.drivers.map((driver) => driver.totals.sent),
      [250, 250],
    )
    assert.equal(result.startSkewMs !== null && result.startSkewMs <= 2, true)
    assert.deepEqual(result.gaps, [])
    assert.deepEqual(
      result.slo.map(({ passed }) => passed),
      [true, true],
    )
  })

  it('waits for drivers that come late, and starts when all are there', async () => {
    const cluster = new MiniCluster()
    await cluster.start(1)
    const begun = cluster.begin(sampleScenario())
    await cluster.clock.advance(4000)
    assert.equal(begun.run.state.phase, 'configuring')
    await cluster.addDriver()
    assert.equal((await cluster.finish(begun)).totals.sent, 500)
  })

  it('fails with DRIVERS_MISSING when too few come before the deadline', async () => {
    const cluster = new MiniCluster()
    await cluster.start(1)
    await assert.rejects(
      cluster.finish(cluster.begin(sampleScenario())),
      (error: unknown) =>
        error instanceof AppError && error.code === 'DRIVERS_MISSING' && /2 drivers/.test(error.message),
    )
  })

  it('starts with fewer where the policy allows it, degraded, and names the missing share', async () => {
    const cluster = new MiniCluster()
    await cluster.start(1)
    const scenario = sampleScenario({ start: { deadlineMs: 2000, atLeast: 1 } })
    const result = await cluster.finish(cluster.begin(scenario))
    assert.equal(result.outcome, 'degraded')
    assert.equal(result.totals.sent, 250)
    assert.equal(result.gaps.length, 1)
    assert.equal(result.gaps[0]?.share, 0.5)
    assert.equal(result.gaps[0]?.from, 0)
    assert.match(result.why[0] ?? '', /50 % of the load/)
  })

  it('fails with the error for which a driver rejects the run, and the driver is free for the next', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    cluster.target.openError = new AppError('TARGET_UNREACHABLE', 'nobody listens at 127.0.0.1:9')
    await assert.rejects(
      cluster.finish(cluster.begin(sampleScenario())),
      (error: unknown) =>
        error instanceof AppError &&
        error.code === 'TARGET_UNREACHABLE' &&
        error.message.includes('127.0.0.1:9'),
    )
    cluster.target.openError = undefined
    assert.equal((await cluster.finish(cluster.begin(sampleScenario()))).outcome, 'passed')
  })

  it('a driver dies in second 3: the other goes on, the run is degraded, seconds and share are named', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 10_000) }))
    await cluster.clock.advance(3500)
    cluster.drivers[1]?.kill()
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'degraded')
    const dead = result.drivers[1]
    assert.equal(dead?.state, 'lost')
    assert.equal(result.drivers[0]?.totals.sent, 500)
    assert.equal(result.gaps.length, 1)
    assert.deepEqual({ ...result.gaps[0], to: 0 }, { driver: dead?.id, from: 3, to: 0, share: 0.5 })
    close(result.gaps[0]?.to ?? 0, 10, 0.5, 'end of the gap')
    assert.ok(
      result.why[0]?.includes(dead?.id ?? '?') &&
        /50 % of the load is missing from 3 s to 10/.test(result.why[0]),
    )
  })

  it('the machine sleeps for a minute: nobody is lost, the load is caught up, all of it counts', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 5000) }))
    await cluster.clock.advance(2030)
    await cluster.clock.suspend(60_000)
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.equal(result.totals.sent, 500)
    assert.equal(cluster.target.received, 500)
  })

  it('a pause is no breach of a rate, neither while it lasts nor in the end', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const slo = ['rate > 90/s', 'rate > 80/s for 1s: stop']
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 5000), slo }))
    await cluster.clock.advance(1830)
    await begun.run.steer({ command: 'pause', by: 'keys' })
    await cluster.clock.advance(4030)
    await begun.run.steer({ command: 'resume', by: 'keys' })
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.equal(result.totals.sent, 500)
  })

  it('a driver dies just before the end: what is missing ends with the load', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 5000) }))
    await cluster.clock.advance(4900)
    cluster.drivers[1]?.kill()
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'degraded')
    close(result.gaps[0]?.to ?? 0, 5, 0.2, 'end of the gap')
  })

  it('every driver dies: the run ends, degraded, with what was reported', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 60_000) }))
    await cluster.clock.advance(2500)
    for (const driver of cluster.drivers) driver.kill()
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'degraded')
    assert.equal(result.totals.sent, 200)
    assert.ok(result.elapsedMs < 10_000)
  })

  it('a driver that stands still for two seconds catches up at once, with the latency counted from the intended start', async () => {
    const cluster = new MiniCluster()
    await cluster.start(1)
    const begun = cluster.begin(sampleScenario({ drivers: 1, load: rateOf(100, 6000) }))
    await cluster.clock.advance(2030)
    await cluster.clock.suspend(2000)
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.equal(result.totals.sent, 600)
    close(result.responseTimeMs.max ?? 0, 2005, 30, 'slowest response')
    close(result.sendLatenessMs.max ?? 0, 2000, 30, 'lateness')
    assert.ok((result.serviceTimeMs.p99 ?? 0) < 10, 'a closed-loop tool would have seen next to nothing')
    assert.match(result.warnings.join(' '), /left late/)
  })

  it('the trigger is delivered twice, and everything else too: each operation happens once and counts once', async () => {
    const cluster = new MiniCluster({ seed: 1, duplicates: 1 })
    await cluster.start(2)
    const result = await cluster.finish(cluster.begin(sampleScenario()))
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.equal(result.totals.sent, 500)
    assert.equal(cluster.target.received, 500)
    assert.equal(new Set(cluster.target.operations.map(({ index }) => index)).size, 500)
  })

  for (const seed of [1, 2, 3, 4, 5])
    it(`messages are late by up to 300 ms, a third of them come twice (seed ${seed}): nothing is lost or counted twice`, async () => {
      const cluster = new MiniCluster({ seed, delayMs: [0, 300], duplicates: 0.3 })
      await cluster.start(3)
      await cluster.clock.advance(1000)
      const scenario = sampleScenario({ drivers: 3, load: rateOf(90, 5000) })
      const result = await cluster.finish(cluster.begin(scenario))
      assert.equal(result.outcome, 'passed', result.why.join(' '))
      assert.equal(result.totals.sent, 450)
      assert.equal(cluster.target.received, 450)
      assert.equal(
        result.drivers.reduce((sum, driver) => sum + (driver.totals.sent ?? 0), 0),
        450,
      )
    })

  it('a report is dropped: the totals are the drivers own, the run is degraded and says so', async () => {
    let seen = 0
    const cluster = new MiniCluster({
      seed: 1,
      drops: 1,
      mayDrop: (message) => message.topic === topics.metrics && seen++ === 2,
    })
    await cluster.start(1)
    const result = await cluster.finish(cluster.begin(sampleScenario({ drivers: 1 })))
    assert.equal(result.totals.sent, 500)
    assert.equal(result.totals.answered, 500)
    assert.equal(result.outcome, 'degraded')
    assert.match(result.why[0] ?? '', /1 of \d+ reports did not arrive/)
  })

  it('is stopped: nothing new starts, answers under way are awaited, the outcome is stopped', async () => {
    const cluster = new MiniCluster()
    cluster.target.latencyMs = () => 400
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 60_000) }))
    await cluster.clock.advance(2000)
    await begun.run.steer({ command: 'stop', by: 'keys' })
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'stopped')
    assert.ok(result.elapsedMs < 4000, `${result.elapsedMs} ms`)
    assert.equal(result.totals.sent, cluster.target.received)
    assert.equal(result.totals.answered, cluster.target.received)
    assert.deepEqual(
      result.steering.map(({ command, by }) => ({ command, by })),
      [{ command: 'stop', by: 'keys' }],
    )
  })

  it('is stopped before it began: it ends at once, nothing was sent', async () => {
    const cluster = new MiniCluster({ seed: 1, delayMs: [200, 200] })
    await cluster.start(2)
    await cluster.clock.advance(1000)
    const begun = cluster.begin(sampleScenario())
    await cluster.clock.advance(50)
    await begun.run.steer({ command: 'stop', by: 'signal' })
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'stopped')
    assert.equal(cluster.target.received, 0)
    await cluster.clock.advance(2000)
    const next = await cluster.finish(cluster.begin(sampleScenario()))
    assert.equal(next.outcome, 'passed', 'the drivers are free again')
  })

  it('pauses and resumes: nothing starts meanwhile, the rest of the load follows', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 5000) }))
    await cluster.clock.advance(2000)
    await begun.run.steer({ command: 'pause', by: 'keys' })
    await cluster.clock.advance(200)
    const atPause = cluster.target.received
    await cluster.clock.advance(3000)
    assert.equal(cluster.target.received, atPause)
    await begun.run.steer({ command: 'resume', by: 'keys' })
    const result = await cluster.finish(begun)
    assert.equal(result.totals.sent, 500)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    close(result.elapsedMs, 8200, 300, 'a run that is longer by its pause')
  })

  it('changes the rate: from then on twice as many a second, on all drivers', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 10_000) }))
    await cluster.clock.advance(5000 + 30)
    await begun.run.steer({ command: 'rate', scale: 2, by: 'keys' })
    const result = await cluster.finish(begun)
    close(result.totals.sent, 1500, 12, 'operations')
    assert.equal(result.totals.sent, cluster.target.received)
    const [first, second] = result.drivers
    close(first?.totals.sent ?? 0, second?.totals.sent ?? 0, 1, 'shares')
  })

  it('an SLO with stop ends the run when it is broken for as long as it says, and the outcome is failed', async () => {
    const cluster = new MiniCluster()
    cluster.target.latencyMs = (n) => (n < 300 ? 5 : 150)
    await cluster.start(2)
    const scenario = sampleScenario({ load: rateOf(100, 60_000), slo: ['p95 < 100ms for 3s: stop'] })
    const result = await cluster.finish(cluster.begin(scenario))
    assert.equal(result.outcome, 'failed')
    assert.ok(result.elapsedMs > 5500 && result.elapsedMs < 9000, `${result.elapsedMs} ms`)
    assert.equal(result.slo[0]?.passed, false)
    assert.equal(result.steering[0]?.by, 'slo')
  })

  it('a closed load keeps so many in flight on each driver and makes exactly its count', async () => {
    const cluster = new MiniCluster()
    let inFlight = 0
    let most = 0
    cluster.target.latencyMs = () => {
      inFlight++
      most = Math.max(most, inFlight)
      cluster.clock.after(20, () => {
        inFlight--
      })
      return 20
    }
    await cluster.start(2)
    const load = { kind: 'avalanche', inFlight: 7, requestsPerDriver: 200, maxInFlight: 1000 } as const
    const result = await cluster.finish(cluster.begin(sampleScenario({ load })))
    assert.equal(result.totals.sent, 400)
    assert.deepEqual(
      result.drivers.map((driver) => driver.totals.sent),
      [200, 200],
    )
    assert.ok(most <= 14 && most >= 13, `${most} in flight`)
  })

  it('tsunami keeps its gap on each driver while answers are slow', async () => {
    const cluster = new MiniCluster()
    cluster.target.latencyMs = () => 3000
    await cluster.start(2)
    const load = { kind: 'tsunami', gapMs: 250, requestsPerDriver: 20, maxInFlight: 1000 } as const
    const result = await cluster.finish(cluster.begin(sampleScenario({ load })))
    assert.equal(result.totals.sent, 40)
    for (const driver of [0, 1]) {
      const times = cluster.target.operations.filter((op) => op.driver === driver).map(({ atMs }) => atMs)
      assert.equal(times.length, 20)
      for (let i = 1; i < times.length; i++) close((times[i] ?? 0) - (times[i - 1] ?? 0), 250, 1.01, 'gap')
    }
  })

  it('never has more in flight than maxInFlight, and counts what could not be sent', async () => {
    const cluster = new MiniCluster()
    cluster.target.latencyMs = (n) => (n < 100 ? 5 : 2000)
    await cluster.start(1)
    const load = { ...rateOf(100, 5000), maxInFlight: 50 }
    const result = await cluster.finish(cluster.begin(sampleScenario({ drivers: 1, load })))
    assert.equal(result.totals.sent, cluster.target.received)
    assert.equal(result.totals.sent + result.totals.unsent, 500)
    assert.ok(result.totals.unsent > 200)
    assert.deepEqual(Object.keys(result.totals.unsentReasons), ['maxInFlight'])
    assert.match(result.warnings.join(' '), /maxInFlight/)
  })

  it('ends though answers never come: what is cut off counts as timeouts', async () => {
    const cluster = new MiniCluster()
    cluster.target.latencyMs = (n) => (n < 490 ? 5 : 'never')
    await cluster.start(2)
    const result = await cluster.finish(cluster.begin(sampleScenario()))
    assert.equal(result.totals.sent, 500)
    assert.equal(result.totals.answered, 490)
    assert.equal(result.totals.errors.timeout, 10)
  })

  it('two runs one after the other share the drivers and nothing else', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const first = await cluster.finish(cluster.begin(sampleScenario()))
    const second = await cluster.finish(cluster.begin(sampleScenario({ load: rateOf(10, 2000) })))
    assert.equal(first.totals.sent, 500)
    assert.equal(second.totals.sent, 20)
    assert.notEqual(first.id, second.id)
    assert.deepEqual(
      first.drivers.map(({ id }) => id),
      second.drivers.map(({ id }) => id),
    )
  })

  it('leaves no timer behind when the drivers have left', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    await cluster.finish(cluster.begin(sampleScenario()))
    for (const { driver } of cluster.drivers) await driver.leave()
    await cluster.clock.advance(5000)
    assert.equal(cluster.orchestrator.members.size, 0)
    await cluster.orchestrator.stop()
    assert.equal(cluster.clock.pending, 0)
  })
})
