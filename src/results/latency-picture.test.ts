import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Histogram } from '../measuring/histogram.ts'
import { HistogramRecorder } from '../measuring/histogram-recorder.ts'
import { latencyPicture } from './latency-picture.ts'

const histogramOf = (valuesUs: readonly number[]): Histogram => {
  const recorder = new HistogramRecorder()
  for (const valueUs of valuesUs) recorder.record(valueUs)
  return recorder.take()
}

test('no values, no picture', () => {
  assert.deepEqual(latencyPicture(Histogram.empty), [])
})

test('a single value has a single row around it', () => {
  assert.deepEqual(latencyPicture(histogramOf([1_250])), [{ fromMs: 1.2, toMs: 1.3, count: 1 }])
  assert.deepEqual(latencyPicture(histogramOf([0])), [{ fromMs: 0, toMs: 0.001, count: 1 }])
})

test('rows touch, rise, hold every value, and are few', () => {
  const times = fc.oneof(
    fc.integer({ min: 0, max: 2_000 }),
    fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    fc.constant(1_000_000),
  )
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 300 }), (valuesUs) => {
      const rows = latencyPicture(histogramOf(valuesUs))
      assert.ok(rows.length <= 14, `${rows.length} rows`)
      assert.equal(
        rows.reduce((sum, row) => sum + row.count, 0),
        valuesUs.length,
      )
      for (const [i, row] of rows.entries()) {
        assert.ok(row.fromMs < row.toMs)
        if (i > 0) assert.equal(row.fromMs, rows[i - 1]?.toMs)
      }
      assert.ok((rows[0]?.fromMs ?? 0) * 1000 <= Math.min(...valuesUs))
      assert.ok((rows[0]?.count ?? 0) > 0)
      // The largest value lies in the last row, to within the width of its slot.
      assert.ok((rows.at(-1)?.toMs ?? 0) * 1000 * 1.001 >= Math.max(...valuesUs))
    }),
    { seed: 11, numRuns: 300 },
  )
})

test('one slow answer among thousands leaves the others their detail', () => {
  const valuesUs = Array.from({ length: 5_000 }, (_, i) => 1_000 + (i % 1_000))
  const rows = latencyPicture(histogramOf([...valuesUs, 9_000_000]))
  assert.ok(rows.filter(({ count }) => count > 100).length >= 6)
  assert.deepEqual(rows.at(-1), { fromMs: rows.at(-2)?.toMs, toMs: 10_000, count: 1 })
})
