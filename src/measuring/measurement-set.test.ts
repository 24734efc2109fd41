import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NamedMeasurement } from './measurement.ts'
import {
  addMeasurements,
  emptyMeasurementSet,
  type MeasurementSet,
  overallOf,
  overallOfAll,
} from './measurement-set.ts'
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

test('whenever and however often a set is looked at while it grows, it holds the same', () => {
  const steps = Array.from({ length: 100 }, (_, i) => interval('a', i % 3 === 0 ? 'b' : 'c'))
  const grow = (look: (set: MeasurementSet, step: number) => void): MeasurementSet =>
    steps.reduce((set: MeasurementSet, added, step) => {
      const next = addMeasurements(set, added)
      look(next, step)
      return next
    }, emptyMeasurementSet)
  const plain = (set: MeasurementSet): unknown =>
    [...set].map(([key, { measurement }]) => [
      key,
      measurement.answered,
      measurement.bytesIn,
      [...measurement.responseTime.buckets()],
    ])
  const kept: MeasurementSet[] = []
  const expected = grow((set) => kept.push(set))
  const looks = [
    (set: MeasurementSet) => set.size,
    overallOfAll,
    (set: MeasurementSet, step: number) => (step % 7 === 0 ? overallOfAll(set) : undefined),
    (set: MeasurementSet, step: number) => (step % 40 === 0 ? [overallOfAll(set), set.size] : undefined),
  ]
  for (const look of looks) {
    const grown = grow(look)
    assert.deepEqual(plain(grown), plain(expected))
    const [overall, all] = [overallOfAll(grown), overallOf(expected.values())]
    assert.deepEqual([overall.answered, overall.started, overall.status], [200, all.started, all.status])
    assert.ok(overall.responseTime.equals(all.responseTime))
  }
  // Earlier sets are what they were, although later ones were made of them first.
  for (const [i, set] of kept.entries()) assert.equal(overallOfAll(set).answered, 2 * (i + 1))
})
