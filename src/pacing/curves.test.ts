import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ConstantCurve } from './constant-curve.ts'
import type { RateCurve } from './rate-curve.ts'
import { SineCurve } from './sine-curve.ts'
import { SpikeCurve } from './spike-curve.ts'
import { StagesCurve } from './stages-curve.ts'
import { SteeredCurve } from './steered-curve.ts'
import type { Steering } from './steering.ts'

const dayMs = 86_400_000
const close = (actual: number, expected: number, within: number, what = '') =>
  assert.ok(Math.abs(actual - expected) <= within, `${what} ${actual} is not within ${within} of ${expected}`)

describe('a constant curve', () => {
  it('meets exact instants however the rate divides', () => {
    const table: [operations: number, perMs: number, n: number, dueMs: number][] = [
      [500, 1000, 0, 0],
      [500, 1000, 1, 2], // 1,000 ms / 500
      [300, 1000, 9000, 30_000], // 9,000 / 300 per second
      [1, 0.1, 10_000, 1000], // ten thousand gaps of 0.1 ms
      [900_000, 1000, 900_000 * 86_400, dayMs],
    ]
    for (const [operations, perMs, n, dueMs] of table)
      assert.equal(new ConstantCurve(operations, perMs).inverse(n), dueMs)
    for (let perSecond = 1; perSecond <= 2000; perSecond++)
      assert.equal(new ConstantCurve(perSecond, 1000).inverse(perSecond * 7), 7000)
  })

  it('is off by less than a microsecond after 24 h at 900,000/s', () => {
    const curve = new ConstantCurve(900_000, 1000)
    const n = 900_000 * 86_400 - 1
    // One operation before the day is full: a 900th of a millisecond before its end.
    const exactUs = (BigInt(n) * 1_000_000n) / 900_000n
    close(curve.inverse(n) * 1000, Number(exactUs), 1)
  })

  it('ends before its bound: what would be due at the end is not due', () => {
    const curve = new ConstantCurve(500, 1000, 2000)
    assert.equal(curve.total, 1000)
    assert.equal(curve.inverse(999), 1998)
    assert.equal(curve.inverse(1000), Number.POSITIVE_INFINITY)
    assert.equal(curve.cumulative(5000), 1000)
    assert.deepEqual([curve.rate(-1), curve.rate(0), curve.rate(1999), curve.rate(2000)], [0, 500, 500, 0])
  })
})

describe('a stages curve', () => {
  it('ramps by the exact integral', () => {
    // 0 to 1,000/s in 10 s: t seconds hold 50 t^2 operations, so operation n is due at sqrt(n / 50) s.
    const curve = new StagesCurve(0, [{ toPerSecond: 1000, overMs: 10_000, holdMs: 0 }])
    assert.equal(curve.total, 5000)
    assert.equal(curve.cumulative(5000), 1250)
    for (const n of [0, 1, 2, 50, 1250, 4999]) close(curve.inverse(n), Math.sqrt(n / 50) * 1000, 1e-9)
    assert.equal(curve.rate(2500), 250)
  })

  it('ramps down to nothing, holds, and steps', () => {
    const curve = new StagesCurve(100, [
      { toPerSecond: 0, overMs: 2000, holdMs: 1000 }, // 100 operations, then a second of silence
      { toPerSecond: 10, overMs: 0, holdMs: 1000 }, // a step: 10 operations, 100 ms apart
      { toPerSecond: 20, overMs: 1000, holdMs: 500 }, // 15, then 10
    ])
    assert.equal(curve.total, 135)
    assert.equal(curve.endMs, 5500)
    // 100 t - 25 t^2 = 75 at t = 1 s.
    close(curve.inverse(75), 1000, 1e-9)
    // The first operation after the silence belongs to the step, not to the end of the ramp.
    assert.equal(curve.inverse(100), 3000)
    assert.equal(curve.inverse(109), 3900)
    assert.equal(curve.inverse(110), 4000)
    close(curve.inverse(125), 5000, 1e-9)
    assert.equal(curve.inverse(135), Number.POSITIVE_INFINITY)
    assert.deepEqual(
      [0, 1000, 2500, 3000, 4500, 5100].map((tMs) => curve.rate(tMs)),
      [100, 50, 0, 10, 15, 20],
    )
  })

  it('ends at a duration shorter than its stages', () => {
    const curve = new StagesCurve(0, [{ toPerSecond: 1000, overMs: 10_000, holdMs: 10_000 }], 5000)
    assert.deepEqual([curve.total, curve.endMs, curve.rate(5000)], [1250, 5000, 0])
  })

  it('keeps its precision on a ramp that is nearly flat for a day', () => {
    const curve = new StagesCurve(900_000, [{ toPerSecond: 900_001, overMs: dayMs, holdMs: 0 }])
    for (const tMs of [1, 1000, dayMs / 2, dayMs - 1]) close(curve.inverse(curve.cumulative(tMs)), tMs, 1e-3)
  })

  it('without any load has no operation', () => {
    assert.equal(new StagesCurve(0, []).inverse(0), Number.POSITIVE_INFINITY)
    assert.equal(
      new StagesCurve(0, [{ toPerSecond: 0, overMs: 9, holdMs: 9 }]).inverse(0),
      Number.POSITIVE_INFINITY,
    )
  })
})

describe('a stages curve under steering', () => {
  it('starts nothing in a silence, whatever the rounding of the scales around it', () => {
    for (let factor = 0.1; factor < 5; factor += 0.1) {
      const stages = [
        { toPerSecond: 70, overMs: 0, holdMs: 1000 },
        { toPerSecond: 0, overMs: 0, holdMs: 1000 },
        { toPerSecond: 70, overMs: 0, holdMs: 1000 },
      ]
      const steering: Steering[] = [
        { atMs: 300, command: 'rate', scale: factor },
        { atMs: 1700, command: 'rate', scale: 1 / 3 },
      ]
      const curve = new SteeredCurve(new StagesCurve(0, stages), steering)
      // What the first second made in all is the boundary between before and after the silence.
      const boundary = 21 + factor * 49
      assert.equal(curve.inverse(boundary), 2000)
    }
  })
})

describe('a spike curve', () => {
  it('has its peak in the last part of every period', () => {
    // 9 s of 10/s and 1 s of 100/s: 90 + 100 operations a period.
    const curve = new SpikeCurve(
      { basePerSecond: 10, peakPerSecond: 100, everyMs: 10_000, lastingMs: 1000 },
      20_000,
    )
    assert.equal(curve.total, 380)
    assert.deepEqual(
      [0, 89, 90, 189, 190, 280, 379].map((n) => curve.inverse(n)),
      [0, 8900, 9000, 9990, 10_000, 19_000, 19_990],
    )
    assert.deepEqual(
      [0, 8999, 9000, 9999, 10_000, 20_000].map((tMs) => curve.rate(tMs)),
      [10, 10, 100, 100, 10, 0],
    )
    assert.equal(curve.cumulative(9500), 140)
  })

  it('starts nothing between spikes where the base is 0', () => {
    const curve = new SpikeCurve({ basePerSecond: 0, peakPerSecond: 10, everyMs: 5000, lastingMs: 1000 })
    assert.deepEqual(
      [0, 9, 10, 19, 20].map((n) => curve.inverse(n)),
      [4000, 4900, 9000, 9900, 14_000],
    )
  })
})

describe('a sine curve', () => {
  it('has the mean over a period, more in its first half and less in its second', () => {
    const curve = new SineCurve({ meanPerSecond: 100, amplitudePerSecond: 50, periodMs: 60_000 })
    // Half a period: mean x 30 s, plus amplitude x period / pi.
    close(curve.cumulative(30_000), 3000 + (50 * 60) / Math.PI, 1e-9)
    close(curve.cumulative(60_000), 6000, 1e-9)
    assert.equal(curve.inverse(6000), 60_000)
    assert.equal(curve.inverse(12_000), 120_000)
    close(curve.rate(15_000), 150, 1e-9)
    close(curve.rate(45_000), 50, 1e-9)
  })

  it('is inverted to less than a microsecond, also where its rate falls to zero', () => {
    for (const periodMs of [1000, 600_000, dayMs]) {
      const curve = new SineCurve({ meanPerSecond: 900_000, amplitudePerSecond: 900_000, periodMs })
      const trough = 0.75 * periodMs
      for (const tMs of [0.001, periodMs / 7, periodMs / 2, trough - periodMs / 50, trough + periodMs / 50])
        close(curve.inverse(curve.cumulative(tMs)), tMs, 1e-3, `period ${periodMs}:`)
      close(curve.cumulative(curve.inverse(curve.cumulative(trough))), curve.cumulative(trough), 1e-3)
    }
  })
})

const rate = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0.1, max: 5000, noNaN: true }))
const rateOrZero = fc.oneof(fc.constant(0), rate)
const lengthMs = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20_000 }))

const anyCurve: fc.Arbitrary<RateCurve> = fc.oneof(
  fc.tuple(rate, fc.constantFrom(1000, 60_000, 0.1, 7)).map(([r, perMs]) => new ConstantCurve(r, perMs)),
  fc
    .tuple(
      rateOrZero,
      fc.array(fc.record({ toPerSecond: rateOrZero, overMs: lengthMs, holdMs: lengthMs }), { maxLength: 6 }),
    )
    .map(([from, stages]) => new StagesCurve(from, stages)),
  fc
    .record({
      basePerSecond: rateOrZero,
      peakPerSecond: rateOrZero,
      everyMs: fc.integer({ min: 100, max: 9000 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map((spike) => new SpikeCurve({ ...spike, lastingMs: Math.round(spike.everyMs * spike.part) })),
  fc
    .record({
      meanPerSecond: rate,
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      periodMs: fc.integer({ min: 100, max: dayMs }),
    })
    .map((sine) => new SineCurve({ ...sine, amplitudePerSecond: sine.meanPerSecond * sine.part })),
)

describe('any curve', () => {
  it('is inverted by its inverse, which never steps back', () => {
    fc.assert(
      fc.property(
        anyCurve,
        fc.integer({ min: 0, max: 100_000 }),
        fc.integer({ min: 1, max: 64 }),
        (curve, first, sixtyFourths) => {
          let beforeMs = 0
          for (let i = 0; i < 50; i++) {
            const n = first + (i * sixtyFourths) / 64
            const tMs = curve.inverse(n)
            assert.ok(tMs >= beforeMs, `${n} is due at ${tMs}, before ${beforeMs}`)
            beforeMs = tMs
            if (tMs === Number.POSITIVE_INFINITY) assert.ok(n >= curve.total)
            else close(curve.cumulative(tMs), n, 1e-6 + n * 1e-12)
          }
        },
      ),
      { seed: 1, numRuns: 500 },
    )
  })

  it('has its rate as the slope of its sum', () => {
    fc.assert(
      fc.property(anyCurve, fc.integer({ min: 0, max: 60_000 }), (curve, tMs) => {
        // In the middle of a millisecond without a corner the mean rate is the rate but for the curvature.
        const [before, middle, after] = [
          curve.rate(tMs + 0.25),
          curve.rate(tMs + 0.5),
          curve.rate(tMs + 0.75),
        ]
        const steady = Math.abs(before - after) <= 0.02 * Math.max(before, after)
        fc.pre(steady && Math.abs(middle - before) <= 0.02 * Math.max(before, after))
        const mean = (curve.cumulative(tMs + 0.75) - curve.cumulative(tMs + 0.25)) * 2000
        close(mean, middle, 0.03 * middle + 1e-3)
      }),
      { seed: 2, numRuns: 500 },
    )
  })
})
