import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  countLabel,
  formatSecond,
  keepLatencyRange,
  keepTop,
  latencyLabel,
  latencyTicks,
  linearTicks,
  roundLatencyRange,
  spreadLabels,
  timeTicks,
} from './chart-axis.ts'

const seeded = { seed: 5, numRuns: 200 }

describe('the axes of the charts', () => {
  it('labels latencies 1-2-5 with their units', () => {
    assert.deepEqual(latencyTicks(0.5, 2000, 400).map(latencyLabel), [
      '500 us',
      '1 ms',
      '2 ms',
      '5 ms',
      '10 ms',
      '20 ms',
      '50 ms',
      '100 ms',
      '200 ms',
      '500 ms',
      '1 s',
      '2 s',
    ])
  })

  it('labels decades alone where 1-2-5 would touch', () => {
    assert.deepEqual(latencyTicks(0.5, 200_000, 150).map(latencyLabel), [
      '1 ms',
      '10 ms',
      '100 ms',
      '1 s',
      '10 s',
      '100 s',
    ])
  })

  it('labels round seconds, fewer where there is less room', () => {
    assert.deepEqual(timeTicks(0, 600, 900).map(formatSecond), [
      '0:00',
      '1:00',
      '2:00',
      '3:00',
      '4:00',
      '5:00',
      '6:00',
      '7:00',
      '8:00',
      '9:00',
      '10:00',
    ])
    assert.deepEqual(timeTicks(37, 637, 130).map(formatSecond), ['5:00', '10:00'])
    assert.deepEqual(timeTicks(3001, 3600, 300), [3120, 3240, 3360, 3480, 3600])
    assert.deepEqual(timeTicks(0, 2, 900), [0, 1, 2])
  })

  it('surrounds a range by round times, a decade apart at least, and never begins under 10 us', () => {
    assert.deepEqual(roundLatencyRange(1.3, 180), { fromMs: 1, toMs: 200 })
    assert.deepEqual(roundLatencyRange(4, 5), { fromMs: 2, toMs: 20 })
    assert.equal(roundLatencyRange(0.0001, 3).fromMs, 0.01)
  })

  it('holds every value of a range that it surrounds', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1e6, noNaN: true }),
        fc.double({ min: 1, max: 1e3, noNaN: true }),
        (least, factor) => {
          const most = Math.min(least * factor, 8e7)
          const { fromMs, toMs } = roundLatencyRange(least, most)
          assert.ok(fromMs <= least && toMs >= most, `${fromMs} ${least} ${most} ${toMs}`)
          assert.ok(toMs / fromMs >= 9.99)
        },
      ),
      seeded,
    )
  })

  it('grows at once and shrinks only by more than a decade', () => {
    const shown = { fromMs: 1, toMs: 1000 }
    assert.deepEqual(keepLatencyRange(shown, { fromMs: 2, toMs: 5000 }), { fromMs: 1, toMs: 5000 })
    assert.deepEqual(keepLatencyRange(shown, { fromMs: 5, toMs: 200 }), shown)
    assert.deepEqual(keepLatencyRange(shown, { fromMs: 1, toMs: 50 }), { fromMs: 1, toMs: 50 })
    assert.deepEqual(keepLatencyRange(undefined, undefined), { fromMs: 1, toMs: 1000 })
    assert.deepEqual(keepLatencyRange(shown, undefined), shown)
  })

  it('keeps the top of a linear axis until half of it is unused', () => {
    assert.equal(keepTop(0, 761), 800)
    assert.equal(keepTop(800, 500), 800)
    assert.equal(keepTop(800, 390), 400)
    assert.equal(keepTop(800, 801), 1000)
    assert.equal(keepTop(0, 0), 1)
    assert.equal(keepTop(800, 0), 800)
  })

  it('has round steps from 0 to the top, and whole ones for what is counted', () => {
    assert.deepEqual(linearTicks(800, 150, false), [0, 200, 400, 600, 800])
    assert.deepEqual(linearTicks(1, 150, true), [0, 1])
    assert.deepEqual(linearTicks(1, 150, false), [0, 0.2, 0.4, 0.6, 0.8, 1])
    assert.deepEqual([0, 0.25, 12_000, 2_500_000].map(countLabel), ['0', '0.25', '12,000', '2.5 M'])
  })

  it('moves labels apart without leaving the field', () => {
    assert.deepEqual(spreadLabels([50, 51, 90], 12, 0, 100), [50, 62, 90])
    assert.deepEqual(spreadLabels([98, 99, 100], 12, 0, 100), [76, 88, 100])
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 200, noNaN: true }), { maxLength: 8 }), (wanted) => {
        const placed = spreadLabels(wanted, 12, 0, 200).toSorted((a, b) => a - b)
        for (const [i, y] of placed.entries()) {
          assert.ok(y >= -1e-9 && y <= 200 + 1e-9)
          if (i > 0) assert.ok(y - (placed[i - 1] ?? 0) >= 12 - 1e-9)
        }
      }),
      seeded,
    )
  })
})
