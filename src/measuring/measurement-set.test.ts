import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NamedMeasurement } from './measurement.ts'
import { addMeasurements, emptyMeasurementSet, overallOf } from './measurement-set.ts'
import { Recorders } from './recorders.ts'

/** An interval in which each named request, and a journey of the same name, was answered once. */
const interval = (...names: string[]): NamedMeasurement[] => {
  const recorders = new Recorders()
  for (const name of names) {
    recorders.request(name).answered(200, 1000, 1000, 10)
    recorders.journey(name).answered(0, 3000, 3000, 0)
  }
  return recorders.take()
}

test('intervals add up by kind and name, and leave the sets before them as they were', () => {
  const first = addMeasurements(emptyMeasurementSet, interval('a', 'b'))
  const second = addMeasurements(first, interval('b', 'c'))
  const answered = [...second.values()].map(({ kind, name, measurement }) => [
    kind,
    name,
    measurement.answered,
  ])
  assert.deepEqual(answered.toSorted(), [
    ['journey', 'a', 1],
    ['journey', 'b', 2],
    ['journey', 'c', 1],
    ['request', 'a', 1],
    ['request', 'b', 2],
    ['request', 'c', 1],
  ])
  assert.equal(first.size, 4)
  assert.equal(emptyMeasurementSet.size, 0)
})

test('all requests together hold every request once and no journey', () => {
  const overall = overallOf(interval('a', 'b', 'c'))
  assert.deepEqual([overall.answered, overall.bytesIn, overall.responseTime.maxUs], [3, 30, 1000])
})
