import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from './histogram.ts'
import { HistogramRecorder } from './histogram-recorder.ts'
import { maxValueUs } from './slots.ts'

const clamped = [
  { recorded: 12.4, kept: 12 },
  { recorded: 12.5, kept: 13 },
  { recorded: (1000.123 - 995.123) * 1000, kept: 5000 },
  { recorded: 0.2, kept: 0 },
  { recorded: -3, kept: 0 },
  { recorded: Number.NaN, kept: 0 },
  { recorded: maxValueUs, kept: maxValueUs },
  { recorded: maxValueUs + 1, kept: maxValueUs },
  { recorded: 2 ** 32 + 5, kept: maxValueUs },
  { recorded: Number.POSITIVE_INFINITY, kept: maxValueUs },
]
for (const { recorded, kept } of clamped)
  test(`${recorded} us is kept as ${kept}`, () => {
    const recorder = new HistogramRecorder()
    recorder.record(recorded)
    assert.deepEqual(recorder.take().exact, { count: 1, sumUs: kept, minUs: kept, maxUs: kept })
  })

test('taking begins anew and leaves what was taken as it was', () => {
  const recorder = new HistogramRecorder()
  for (const value of [5, 5, 3000, 70_000_000]) recorder.record(value)
  assert.equal(recorder.count, 4)
  const first = recorder.take()
  assert.equal(recorder.count, 0)
  assert.ok(recorder.take().equals(Histogram.empty))
  recorder.record(5)
  recorder.record(2_000_000_000)
  const second = recorder.take()
  assert.deepEqual(
    [...first.buckets()].map(({ count }) => count),
    [2, 1, 1],
  )
  assert.deepEqual(second.exact, { count: 2, sumUs: 2_000_000_005, minUs: 5, maxUs: 2_000_000_000 })
  assert.deepEqual(
    [...second.buckets()].map(({ count }) => count),
    [1, 1],
  )
  recorder.record(400)
  assert.deepEqual(recorder.take().exact, { count: 1, sumUs: 400, minUs: 400, maxUs: 400 })
})

test('intervals taken one after another add up to what one recorder would have taken', () => {
  const [parts, whole] = [new HistogramRecorder(), new HistogramRecorder()]
  let sum = Histogram.empty
  for (let i = 0; i < 10_000; i++) {
    const value = (i * 7919) % 100_003 ** (1 + (i % 2) * 0.5)
    parts.record(value)
    whole.record(value)
    if (i % 997 === 0) sum = sum.plus(parts.take())
  }
  assert.ok(sum.plus(parts.take()).equals(whole.take()))
})
