import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Run } from '../orchestrator/run.ts'
import { buildTimeline } from '../results/build-result.ts'
import type { RunResult } from '../results/run-result.ts'
import { MiniCluster } from './mini-cluster.ts'
import { rateOf, sampleScenario } from './sample-scenario.ts'
import { SkewedClock } from './skewed-clock.ts'

/** Drivers on machines whose clocks are wrong, on a bus that is slow in a way of its own for each message. */

const skewsMs = [-90_000, 3700, 3_600_000]
const runMs = 5000
const perSecond = 120
const scenario = sampleScenario({
  drivers: skewsMs.length,
  load: rateOf(perSecond, runMs),
  slo: ['p99 < 50ms', 'errors < 1%', 'rate > 100/s for 2s: stop'],
})

const start = async (seed: number, delayMs: readonly [number, number]) => {
  const cluster = new MiniCluster({ seed, delayMs, duplicates: 0.2 })
  await cluster.start(0)
  const clocks: SkewedClock[] = []
  for (const skewMs of skewsMs) {
    const clock = new SkewedClock(cluster.clock, skewMs)
    clocks.push(clock)
    await cluster.addDriver({ clock })
  }
  return { cluster, clocks }
}

/** By share: where its load lies on true time, from the start instant that was agreed on. */
const trueStartsMs = (cluster: MiniCluster, run: Run, first = 0): number[] => {
  const agreedMs = (run.state.startAtMs ?? Number.NaN) - (cluster.clock.wallMs() - cluster.clock.nowMs())
  const operations = cluster.target.operations.slice(first)
  return skewsMs.map((_, share) => {
    const { index, intendedMs } = operations.find(({ driver }) => driver === share) ?? assert.fail()
    return intendedMs - (index * 1000) / perSecond - agreedMs
  })
}

const assertTrue = (cluster: MiniCluster, run: Run, result: RunResult, first = 0): void => {
  const startsMs = trueStartsMs(cluster, run, first)
  for (const { share, clock } of result.drivers) {
    const { offsetMs, uncertaintyMs } = clock ?? assert.fail(`the clock of driver ${share} is unknown`)
    const skewMs = skewsMs[share ?? 0] ?? 0
    assert.ok(Math.abs(offsetMs - skewMs) <= uncertaintyMs, `offset ${offsetMs} ± ${uncertaintyMs}`)
    const startMs = startsMs[share ?? 0] ?? Number.NaN
    assert.ok(
      Math.abs(startMs) <= uncertaintyMs,
      `driver ${share} began ${startMs} ms off ± ${uncertaintyMs}`,
    )
  }
  const apartMs = Math.max(...startsMs) - Math.min(...startsMs)
  const { startSkewMs, startSkewUncertaintyMs } = result
  assert.ok(startSkewMs !== null && startSkewUncertaintyMs !== null)
  assert.ok(
    Math.abs(startSkewMs - apartMs) <= startSkewUncertaintyMs,
    `said ${startSkewMs} ± ${startSkewUncertaintyMs} ms apart, were ${apartMs}`,
  )
}

const assertWhole = (cluster: MiniCluster, run: Run, result: RunResult, first = 0): void => {
  assert.equal(result.outcome, 'passed', result.why.join(' '))
  const planned = (perSecond * runMs) / 1000
  assert.deepEqual([result.totals.sent, cluster.target.operations.length - first], [planned, planned])
  assert.deepEqual(
    result.slo.map(({ passed }) => passed),
    [true, true, true],
  )
  const rows = [...buildTimeline(run.state)].filter(({ request }) => request === '*')
  // An answer of the last instant may be told in a second of its own.
  assert.ok(rows.length === runMs / 1000 || rows.length === runMs / 1000 + 1, `${rows.length} seconds`)
  for (const { second, drivers, sent } of rows.slice(0, runMs / 1000)) {
    assert.equal(drivers, skewsMs.length, `second ${second}`)
    assert.ok(Math.abs(sent - perSecond) <= skewsMs.length, `second ${second}: ${sent}`)
  }
}

describe('drivers whose clocks are wrong', () => {
  for (const seed of [1, 2, 3])
    it(`begin within what their clocks are known to, and the result says how well that is (seed ${seed})`, async () => {
      const { cluster } = await start(seed, [0, 120])
      await cluster.clock.advance(10_000)
      const begun = cluster.begin(scenario)
      const result = await cluster.finish(begun)
      assertWhole(cluster, begun.run, result)
      assertTrue(cluster, begun.run, result)
    })

  it('begin together though nothing is known of their clocks yet, as nearly as messages come', async () => {
    const { cluster } = await start(4, [1, 40])
    const begun = cluster.begin(scenario)
    const result = await cluster.finish(begun)
    assertWhole(cluster, begun.run, result)
    for (const startMs of trueStartsMs(cluster, begun.run)) assert.ok(Math.abs(startMs) <= 80, `${startMs}`)
  })

  for (const stepMs of [3_600_000, -3_600_000, 2500])
    it(`and are set by ${stepMs} ms in the middle of a run: nothing of it changes, and the next run knows`, async () => {
      const { cluster, clocks } = await start(5, [0, 30])
      await cluster.clock.advance(10_000)
      const begun = cluster.begin(scenario)
      await cluster.clock.advance(2500)
      assert.equal(begun.run.state.phase, 'running')
      const [clock] = clocks
      assert.ok(clock)
      clock.offsetMs += stepMs
      const result = await cluster.finish(begun)
      assertWhole(cluster, begun.run, result)
      assertTrue(cluster, begun.run, result)

      const first = cluster.target.operations.length
      const next = cluster.begin(scenario)
      const second = await cluster.finish(next)
      assertWhole(cluster, next.run, second, first)
      const { offsetMs, uncertaintyMs } =
        second.drivers.find(({ share }) => share === 0)?.clock ?? assert.fail()
      assert.ok(Math.abs(offsetMs - clock.offsetMs) <= uncertaintyMs, `offset ${offsetMs} ± ${uncertaintyMs}`)
      assert.ok((second.startSkewMs ?? Number.NaN) <= (second.startSkewUncertaintyMs ?? 0) * 2)
    })

  for (const stepMs of [3_600_000, -3_600_000])
    it(`and are set by ${stepMs} ms just before a run: it is whole all the same`, async () => {
      const { cluster, clocks } = await start(6, [0, 30])
      await cluster.clock.advance(10_300)
      for (const clock of clocks) clock.offsetMs += stepMs
      const begun = cluster.begin(scenario)
      const result = await cluster.finish(begun)
      assertWhole(cluster, begun.run, result)
      for (const startMs of trueStartsMs(cluster, begun.run))
        assert.ok(Math.abs(startMs) <= 100, `${startMs}`)
    })

  it('and are set while a run is held: it begins together, and the result says what the clocks are then', async () => {
    const { cluster, clocks } = await start(7, [0, 30])
    await cluster.clock.advance(10_000)
    const run = cluster.orchestrator.submit({ scenario, record: scenario, assets: new Map(), hold: true })
    await cluster.clock.advance(5000)
    for (const [i, clock] of clocks.entries()) clock.offsetMs = skewsMs[skewsMs.length - 1 - i] ?? 0
    await cluster.clock.advance(5000)
    await Promise.all([run.trigger(), cluster.clock.advance(100)])
    const result = await cluster.finish({ run, ended: run.ended })
    assertWhole(cluster, run, result)
    for (const { share, clock } of result.drivers) {
      const { offsetMs, uncertaintyMs } = clock ?? assert.fail()
      const setMs = clocks[share ?? 0]?.offsetMs ?? Number.NaN
      assert.ok(Math.abs(offsetMs - setMs) <= uncertaintyMs, `offset ${offsetMs} ± ${uncertaintyMs}`)
    }
    assert.ok((result.startSkewMs ?? Number.NaN) <= 2 * (result.startSkewUncertaintyMs ?? 0))
  })
})
