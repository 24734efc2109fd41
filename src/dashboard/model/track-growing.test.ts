import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { UpdateSecond } from '../../results/run-update.ts'
import { RecentSeconds } from './live-run-model-recent.ts'
import { figureNames } from './track.ts'
import { GrowingTrack } from './track-growing.ts'
import { gapRow, trackRowOf, wholeRowsOf } from './track-row.ts'
import { maxWholeRows, wholeStepOf } from './track-step.ts'

const second = (number: number, more: Partial<UpdateSecond> = {}): UpdateSecond => ({
  second: number,
  drivers: 2,
  started: 100,
  sent: 98,
  answered: 96,
  unsent: 4,
  inFlight: 7,
  errors: { timeout: 1, reset: 1 },
  responseTimeMs: { count: 96, min: 1, mean: 2, median: 3, mode: 3, p90: 4, p95: 5, p99: 6, p999: 7, max: 8 },
  serviceTimeMs: { median: 2.5, p99: 5.5, max: 7.5 },
  sendLatenessMs: { median: 0.1, p99: 0.2, max: 0.3 },
  responseColumn: 'AgUAAqwC',
  serviceColumn: '',
  ...more,
})

test('of rows that are damaged nothing is known, and the others stay', () => {
  const whole = second(5)
  const damaged: unknown[] = Object.keys(whole).map((name) => ({ ...whole, [name]: undefined }))
  damaged.push(null, 7, 'row', [], {}, { ...whole, second: 1.5 }, { ...whole, errors: 'none' })
  assert.deepEqual(wholeRowsOf([...damaged, whole] as UpdateSecond[]), [whole])
  assert.deepEqual(wholeRowsOf({ rows: [whole] } as unknown as UpdateSecond[]), [])
})

test('a damaged row of a timeline is a gap, not the end of the page', () => {
  const recent = new RecentSeconds('*')
  recent.awaitTimeline(false)
  const rows = [second(0), { ...second(1), errors: undefined }, second(2)]
  recent.takeTimeline(rows as unknown as Parameters<typeof recent.takeTimeline>[0], 0, true)
  assert.deepEqual(recent.track?.figures.sent.slice(0, 3), [98, null, 98])
})

test('a row has the figures of its second', () => {
  const row = trackRowOf(second(5), '*')
  assert.deepEqual(row.figures, {
    asked: 104,
    sent: 98,
    answered: 96,
    errors: 2,
    unsent: 4,
    inFlight: 7,
    drivers: 2,
    p50: 3,
    p90: 4,
    p99: 6,
    p999: 7,
    max: 8,
    serviceP50: 2.5,
    serviceP99: 5.5,
    latenessP99: 0.2,
  })
  assert.deepEqual([...(row.response ?? [])], [0, 0, 5, 0, 0, 0, 300])
  assert.equal(row.service?.length, 0)
  assert.deepEqual(row.errors, { timeout: 1, reset: 1 })
})

test('rates are per second whatever a row covers; errors by kind are of the whole row', () => {
  const row = trackRowOf(second(0), '*', 4)
  assert.equal(row.figures.asked, 26)
  assert.equal(row.figures.answered, 24)
  assert.equal(row.figures.errors, 0.5)
  assert.equal(row.figures.p99, 6)
  assert.equal(row.figures.inFlight, 7)
  assert.equal(row.errors?.timeout, 1)
})

test('what is in flight is known of all requests only', () => {
  assert.equal(trackRowOf(second(0), 'GET /').figures.inFlight, null)
})

test('a second that no driver reported is a gap, not 0', () => {
  const row = trackRowOf(second(0, { drivers: 0, started: 0, sent: 0, answered: 0 }), '*')
  assert.deepEqual(row, gapRow)
  assert.equal(row.figures.sent, null)
  assert.equal(row.figures.drivers, null)
  assert.equal(row.response, null)
})

test('a column that is none is as one that was not reported', () => {
  assert.equal(trackRowOf(second(0, { responseColumn: '!' }), '*').response, null)
})

test('rows come in any order, are replaced, and the arrays stay the same', () => {
  const track = new GrowingTrack(1, 10)
  const { seconds, response } = track
  const { sent } = track.figures
  track.put(12, trackRowOf(second(12, { sent: 12 }), '*'))
  track.put(10, trackRowOf(second(10, { sent: 10 }), '*'))
  track.put(9, trackRowOf(second(9), '*'))
  track.put(12, trackRowOf(second(12, { sent: 13 }), '*'))
  assert.deepEqual(track.seconds, [10, 11, 12])
  assert.deepEqual(sent, [10, null, 13])
  assert.equal(response[1], null)
  assert.equal(track.seconds, seconds)
  track.dropOldest(2)
  assert.deepEqual([track.first, track.length, track.end], [12, 1, 13])
  assert.deepEqual(track.seconds, [12])
  assert.equal(track.figures.sent, sent)
})

test('whatever is put and dropped, all arrays are of one length and row i is second (first + i) * step', () => {
  const act = fc.oneof(
    fc.record({ put: fc.nat(60) }),
    fc.record({ drop: fc.nat(10) }),
    fc.record({ extend: fc.nat(60) }),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(1, 5, 300),
      fc.nat(20),
      fc.array(act, { maxLength: 40 }),
      (step, first, acts) => {
        const track = new GrowingTrack(step, first)
        const known = new Map<number, number>()
        for (const [i, each] of acts.entries()) {
          const version = track.version
          if ('put' in each) {
            if (each.put >= track.first) known.set(each.put, i)
            track.put(each.put, trackRowOf(second(each.put, { answered: i * step }), '*', step))
            assert.equal(track.version > version, each.put >= track.first)
          } else if ('drop' in each) track.dropOldest(each.drop)
          else track.extend(each.extend)
        }
        for (const array of [
          track.response,
          track.service,
          track.errors,
          ...figureNames.map((n) => track.figures[n]),
        ])
          assert.equal(array.length, track.length)
        for (let i = 0; i < track.length; i++) {
          assert.equal(track.seconds[i], (track.first + i) * step)
          assert.equal(track.figures.answered[i], known.get(track.first + i) ?? null)
        }
      },
    ),
    { seed: 5, numRuns: 300 },
  )
})

test('the whole of a run is in at most 1,200 rows', () => {
  const cases: [number, number][] = [
    [0, 1],
    [1200, 1],
    [1201, 2],
    [2401, 5],
    [6001, 10],
    [12_001, 15],
    [18_001, 30],
    [36_001, 60],
    [72_001, 300],
    [360_001, 600],
  ]
  for (const [seconds, step] of cases) {
    assert.equal(wholeStepOf(seconds), step, `${seconds} s`)
    assert.ok(Math.ceil(seconds / step) <= maxWholeRows)
  }
})
