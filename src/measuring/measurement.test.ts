import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxDetails } from './counts.ts'
import {
  emptyMeasurement,
  endedOf,
  errorShareOf,
  errorsOf,
  inFlightOf,
  isEmpty,
  type Measurement,
  plus,
  sumOf,
} from './measurement.ts'
import { decodeMeasurement, encodeMeasurement } from './measurement-wire.ts'
import { errorKinds, unsentReasons } from './outcomes.ts'
import { Recorder } from './recorder.ts'

const bounded = { seed: 20_263, numRuns: 150 }

type Event = (recorder: Recorder) => void

const timeUs = fc.double({ min: 0, max: 4e9, noNaN: true })
const bytes = fc.nat({ max: 1e6 })
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.constant<Event>((r) => r.start()),
  fc.tuple(timeUs, bytes, fc.boolean()).map(
    ([us, out, retry]): Event =>
      (r) =>
        r.sent(us, out, retry),
  ),
  fc.tuple(fc.integer({ min: 100, max: 999 }), timeUs, timeUs, bytes).map(
    ([status, response, service, read]): Event =>
      (r) =>
        r.answered(status, response, service, read),
  ),
  fc.tuple(fc.integer({ min: 300, max: 308 }), bytes).map(
    ([status, read]): Event =>
      (r) =>
        r.hop(status, read),
  ),
  fc.tuple(fc.constantFrom(...errorKinds), timeUs, fc.nat({ max: 50 }), bytes).map(
    ([kind, us, detail, read]): Event =>
      (r) =>
        r.failed(kind, us, `cause ${detail}`, read),
  ),
  fc.constantFrom(...unsentReasons).map(
    (reason): Event =>
      (r) =>
        r.unsent(reason),
  ),
  fc.constantFrom(...unsentReasons).map(
    (reason): Event =>
      (r) =>
        r.refused(reason),
  ),
  fc.tuple(fc.constantFrom('status is 201', '__proto__', 'constructor'), fc.boolean()).map(
    ([name, passed]): Event =>
      (r) =>
        r.check(name, passed),
  ),
  fc.constant<Event>((r) => r.checkFailed('status is 201')),
  fc.constant<Event>((r) => r.connectionOpened()),
)
const events = fc.array(event, { maxLength: 120 })

const measure = (all: readonly Event[]): Measurement => {
  const recorder = new Recorder('GET /', 'request')
  for (const happen of all) happen(recorder)
  return recorder.take()
}

const same = (a: Measurement | undefined, b: Measurement): void => {
  assert.deepEqual(a === undefined ? a : encodeMeasurement(a), encodeMeasurement(b))
}

test('order and grouping of sums change nothing', () => {
  fc.assert(
    fc.property(events, events, events, (a, b, c) => {
      const [x, y, z] = [measure(a), measure(b), measure(c)]
      const sum = plus(plus(x, y), z)
      same(plus(x, plus(y, z)), sum)
      same(plus(plus(z, x), y), sum)
      same(sumOf([y, emptyMeasurement, z, x]), sum)
      same(plus(x, emptyMeasurement), x)
      same(plus(emptyMeasurement, x), x)
    }),
    bounded,
  )
})

test('what several recorders saw is what one would have seen', () => {
  fc.assert(
    fc.property(events, events, (a, b) => {
      // Which texts of one interval are told apart is the recorder's business only beyond 200 of them.
      same(plus(measure(a), measure(b)), measure([...a, ...b]))
    }),
    bounded,
  )
})

test('encoding, JSON and decoding is the identity', () => {
  fc.assert(
    fc.property(events, (all) => {
      const measurement = measure(all)
      const text = JSON.stringify(encodeMeasurement(measurement))
      const decoded = decodeMeasurement(JSON.parse(text))
      same(decoded, measurement)
      assert.equal(decoded?.responseTime.equals(measurement.responseTime), true)
      assert.equal(decoded?.errorTime.equals(measurement.errorTime), true)
    }),
    bounded,
  )
})

test('a sum has no more texts than a part may have', () => {
  const parts = Array.from({ length: 40 }, (_, i) => {
    const recorder = new Recorder('GET /', 'request')
    recorder.failed('reset', 1, `cause ${i}`, 0)
    return recorder.take()
  })
  assert.equal(Object.keys(sumOf(parts).errorDetails).length, maxDetails + 1)
})

test('only a measurement of nothing is empty', () => {
  assert.equal(isEmpty(emptyMeasurement), true)
  assert.equal(isEmpty(measure([])), true)
  fc.assert(
    fc.property(event, (one) => {
      const measurement = measure([one])
      const seen = JSON.stringify(encodeMeasurement(measurement))
      assert.equal(isEmpty(measurement), seen === JSON.stringify(encodeMeasurement(emptyMeasurement)))
    }),
    bounded,
  )
})

test('every started operation is answered, failed, unsent or in flight', () => {
  const recorder = new Recorder('GET /', 'request')
  for (let i = 0; i < 10; i++) recorder.start()
  for (let i = 0; i < 4; i++) recorder.answered(200, 1000, 900, 100)
  recorder.checkFailed()
  recorder.failed('timeout', 10_000_000, 'no answer', 0)
  recorder.failed('connect', 3_000, 'refused', 0)
  recorder.unsent('template')
  recorder.refused('maxInFlight')
  recorder.refused('stopped')
  const measurement = recorder.take()
  assert.equal(endedOf(measurement), 7)
  assert.equal(inFlightOf(measurement), 3)
  assert.equal(errorsOf(measurement), 3)
  assert.equal(errorShareOf(measurement), 3 / 6)
  assert.equal(errorShareOf(emptyMeasurement), null)
})
