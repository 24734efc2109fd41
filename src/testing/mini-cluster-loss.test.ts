import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { totalOf } from '../orchestrator/run-state.ts'
import { MiniCluster } from './mini-cluster.ts'
import { rateOf, sampleScenario } from './sample-scenario.ts'

describe('a mini cluster that loses its broker', () => {
  it('for 20 s in the middle of a run: the load goes on, nothing is lost, the run passes', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 40_000) }))
    await cluster.clock.advance(5500)
    cluster.broker.goAway()
    const before = cluster.target.received
    await cluster.clock.advance(20_000)
    assert.ok(cluster.target.received - before >= 1990, 'drivers need no broker to go on')
    cluster.broker.comeBack()
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual([result.totals.sent, cluster.target.received, result.gaps], [4000, 4000, []])
  })

  it('for longer than the run has left: it ends when the broker is back, with everything', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 10_000) }))
    await cluster.clock.advance(4500)
    cluster.broker.goAway()
    await cluster.clock.advance(40_000)
    assert.notEqual(begun.run.state.phase, 'finished')
    cluster.broker.comeBack()
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual([result.totals.sent, cluster.target.received], [1000, 1000])
    assert.equal((await cluster.finish(cluster.begin(sampleScenario()))).outcome, 'passed', 'free again')
  })

  it('for one driver alone: lost, heard again, and all that it did counts', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 40_000) }))
    await cluster.clock.advance(5500)
    const cut = cluster.drivers[1]
    cut?.line.goAway()
    await cluster.clock.advance(20_000)
    assert.equal(begun.run.state.drivers.get(cut?.driver.id ?? '')?.phase, 'lost')
    cut?.line.comeBack()
    const result = await cluster.finish(begun)
    assert.deepEqual([result.totals.sent, cluster.target.received], [4000, 4000])
    assert.deepEqual(
      result.drivers.map(({ state }) => state),
      ['finished', 'finished'],
    )
  })

  it('with more to say than its outbox holds: the totals are true, the run is degraded and says so', async () => {
    const cluster = new MiniCluster()
    await cluster.start(1, { outboxBytes: 8000 })
    const begun = cluster.begin(sampleScenario({ drivers: 1, load: rateOf(100, 40_000) }))
    await cluster.clock.advance(5500)
    cluster.broker.goAway()
    await cluster.clock.advance(20_000)
    cluster.broker.comeBack()
    const result = await cluster.finish(begun)
    assert.deepEqual([result.totals.sent, cluster.target.received], [4000, 4000])
    assert.equal(result.outcome, 'degraded')
    assert.match(result.why.join(' '), /\d+ of \d+ reports did not arrive/)
    assert.ok((cluster.drivers[0]?.driver.status.droppedReports ?? 0) > 0)
  })
})

describe('a mini cluster that loses its orchestrator', () => {
  it('for ever: drivers stop by themselves after their limit, and the target sees no more load', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2, { silenceLimitMs: 30_000 })
    cluster.begin(sampleScenario({ load: rateOf(100, 600_000) }))
    await cluster.clock.advance(5000)
    cluster.killOrchestrator()
    await cluster.clock.advance(28_000)
    const during = cluster.target.received
    assert.ok(during >= 3200, `${during}`)
    await cluster.clock.advance(4000)
    const { received } = cluster.target
    await cluster.clock.advance(60_000)
    assert.equal(cluster.target.received, received)
    assert.ok(received < during + 500)
    for (const { driver } of cluster.drivers) assert.equal(driver.state, 'idle')
    const said = cluster.logged.filter((line) => line.includes('no orchestrator speaks'))
    assert.equal(said.length, 2)
  })

  it('while drivers are ready: they let go, and carry the next run of another one', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2, { silenceLimitMs: 30_000 })
    const scenario = sampleScenario()
    cluster.orchestrator.submit({ scenario, record: scenario, assets: new Map(), hold: true })
    await cluster.clock.advance(2000)
    for (const { driver } of cluster.drivers) assert.equal(driver.state, 'ready')
    cluster.killOrchestrator()
    await cluster.clock.advance(32_000)
    for (const { driver } of cluster.drivers) assert.equal(driver.state, 'idle')
    cluster.journal.runs.clear()
    await cluster.restartOrchestrator()
    const result = await cluster.finish(cluster.begin(sampleScenario()))
    assert.deepEqual([result.outcome, result.totals.sent], ['passed', 500])
  })

  it('while drivers are ready, and another takes its place: they are free within its first seconds', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const scenario = sampleScenario()
    cluster.orchestrator.submit({ scenario, record: scenario, assets: new Map(), hold: true })
    await cluster.clock.advance(10_000)
    cluster.killOrchestrator()
    cluster.journal.runs.clear()
    await cluster.restartOrchestrator()
    const result = await cluster.finish(cluster.begin(sampleScenario()), 30_000)
    assert.deepEqual([result.outcome, result.totals.sent], ['passed', 500])
  })

  it('in the middle of a run, and finds it again: every report counts once', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const { run } = cluster.begin(sampleScenario({ load: rateOf(100, 20_000) }))
    await cluster.clock.advance(5300)
    cluster.killOrchestrator()
    await cluster.clock.advance(8000)
    await cluster.restartOrchestrator()
    const resumed = cluster.orchestrator.runs.get(run.id)
    assert.ok(resumed !== undefined)
    const result = await cluster.finish({ run: resumed, ended: resumed.ended })
    assert.deepEqual([result.totals.sent, cluster.target.received], [2000, 2000], result.why.join(' '))
    assert.ok(totalOf(resumed.state).size > 0)
  })
})

describe('a driver that leaves a mini cluster', () => {
  for (const seed of [1, 2, 3, 4, 5, 6])
    it(`on a slow bus, where its goodbye may overtake its last report: that counts all the same (seed ${seed})`, async () => {
      const cluster = new MiniCluster({ seed, delayMs: [0, 800] })
      await cluster.start(2)
      const begun = cluster.begin(sampleScenario({ load: rateOf(100, 10_000) }))
      while (cluster.target.received < 430) await cluster.clock.advance(10)
      const leaving = cluster.drivers[1]?.driver.leave()
      const result = await cluster.finish(begun)
      await leaving
      assert.equal(result.outcome, 'degraded')
      assert.deepEqual([result.totals.sent, result.gaps.length], [cluster.target.received, 1])
    })

  const leaveDuring = async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 10_000) }))
    await cluster.clock.advance(4300)
    const leaving = cluster.drivers[1]?.driver.leave()
    const result = await cluster.finish(begun)
    await leaving
    return { cluster, result }
  }

  it('in the middle of a run: what it did is counted to the last request', async () => {
    const { cluster, result } = await leaveDuring()
    assert.equal(result.totals.sent, cluster.target.received)
    assert.ok(result.totals.sent > 700 && result.totals.sent < 740, `${result.totals.sent}`)
  })

  it('in the middle of a run: the load that is missing makes it degraded', async () => {
    const { cluster, result } = await leaveDuring()
    const id = cluster.drivers[1]?.driver.id
    assert.equal(result.outcome, 'degraded')
    assert.match(
      result.why[0] ?? '',
      new RegExp(`${id} left before its share was done.*50 % .* from 4.3 s to 10`),
    )
    assert.deepEqual(
      result.gaps.map(({ driver, share }) => [driver, share]),
      [[id, 0.5]],
    )
  })
})
