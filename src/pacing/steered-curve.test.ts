import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConstantCurve } from './constant-curve.ts'
import { SpikeCurve } from './spike-curve.ts'
import { StagesCurve } from './stages-curve.ts'
import { SteeredCurve } from './steered-curve.ts'
import { loadTimeAt, runTimeAt, type Steering, scaleAt, stretchesOf } from './steering.ts'

const pause = (atMs: number): Steering => ({ atMs, command: 'pause' })
const resume = (atMs: number): Steering => ({ atMs, command: 'resume' })
const scale = (atMs: number, factor: number): Steering => ({ atMs, command: 'rate', scale: factor })

describe('the stretches of a steered run', () => {
  it('follow the load clock, which stands still while paused', () => {
    const stretches = stretchesOf([pause(1000), scale(1200, 2), resume(1500), scale(2000, 0.5), pause(2500)])
    assert.deepEqual(stretches, [
      { startMs: 0, endMs: 1000, loadStartMs: 0, scale: 1 },
      { startMs: 1500, endMs: 2000, loadStartMs: 1000, scale: 2 },
      { startMs: 2000, endMs: 2500, loadStartMs: 1500, scale: 0.5 },
    ])
    assert.deepEqual(
      [0, 1000, 1499, 1600, 2500, 9999].map((tMs) => loadTimeAt(stretches, tMs)),
      [0, 1000, 1000, 1100, 2000, 2000],
    )
    assert.deepEqual(
      [0, 1000, 1500, 2000, 2500].map((tMs) => scaleAt(stretches, tMs)),
      [1, 0, 2, 0.5, 0],
    )
    // 1,100 ms of load are over 500 ms of pause later; what the last pause still holds back counts as going on at once.
    assert.deepEqual(
      [500, 1100, 3000].map((loadMs) => runTimeAt(stretches, loadMs)),
      [500, 1600, 3500],
    )
  })

  it('take no notice of a second pause, a resume without a pause, or a scale that is none', () => {
    const odd = [resume(1), scale(2, 0), scale(3, Number.NaN), { atMs: 4, command: 'rate' as const }]
    assert.equal(stretchesOf(odd).length, 1)
    assert.deepEqual(
      stretchesOf([pause(5), pause(6), resume(7), resume(8)]),
      stretchesOf([pause(5), resume(7)]),
    )
  })
})

describe('a steered curve', () => {
  it('moves what is due from the pause on behind it, and the end with it', () => {
    const curve = new SteeredCurve(new ConstantCurve(10, 1000, 2000), [pause(1000), resume(4000)])
    // Operation 10 would be due at the very instant of the pause: it is due when the load goes on.
    assert.deepEqual(
      [0, 9, 10, 19, 20].map((n) => curve.inverse(n)),
      [0, 900, 4000, 4900, Number.POSITIVE_INFINITY],
    )
    assert.deepEqual([curve.endMs, curve.total], [5000, 20])
    assert.deepEqual(
      [999, 2000, 4500].map((tMs) => curve.rate(tMs)),
      [10, 0, 10],
    )
    assert.deepEqual(
      [1000, 3000, 4500].map((tMs) => curve.cumulative(tMs)),
      [10, 10, 15],
    )
  })

  it('holds back everything while the pause lasts', () => {
    const curve = new SteeredCurve(new ConstantCurve(10, 1000, 2000), [pause(1000)])
    assert.equal(curve.inverse(10), Number.POSITIVE_INFINITY)
    assert.deepEqual([curve.endMs, curve.total], [2000, 20])
  })

  it('multiplies the rate from the instant on, relative to the scenario and not to the last scale', () => {
    const curve = new SteeredCurve(new ConstantCurve(10, 1000, 4000), [scale(1000, 2), scale(2000, 0.5)])
    // 10 in the first second, 20 in the second, then 5 a second.
    assert.deepEqual(
      [9, 10, 11, 29, 30, 31, 39].map((n) => curve.inverse(n)),
      [900, 1000, 1050, 1950, 2000, 2200, 3800],
    )
    assert.equal(curve.total, 40)
  })

  it('scales what comes later in stages and spikes', () => {
    const stages = new StagesCurve(0, [{ toPerSecond: 100, overMs: 1000, holdMs: 1000 }])
    const steered = new SteeredCurve(stages, [scale(1000, 3)])
    assert.deepEqual([steered.total, steered.inverse(50), steered.rate(1500)], [350, 1000, 300])
    const spike = new SpikeCurve({ basePerSecond: 0, peakPerSecond: 10, everyMs: 5000, lastingMs: 1000 })
    // Paused in the silence: the spike comes as much later.
    const paused = new SteeredCurve(spike, [pause(2000), resume(3000), scale(3500, 2)])
    assert.deepEqual(
      [0, 1, 20].map((n) => paused.inverse(n)),
      [5000, 5050, 10_000],
    )
  })

  it('keeps what was due before an instant that only just follows', () => {
    const curve = new ConstantCurve(3, 1000)
    for (let n = 1; n < 2000; n++) {
      const dueMs = curve.inverse(n)
      const justAfterMs = dueMs * (1 + Number.EPSILON)
      assert.ok(justAfterMs > dueMs)
      assert.equal(new SteeredCurve(curve, [pause(justAfterMs), resume(1e9)]).inverse(n), dueMs)
      assert.equal(new SteeredCurve(curve, [pause(dueMs), resume(1e9)]).inverse(n), 1e9)
    }
  })
})
