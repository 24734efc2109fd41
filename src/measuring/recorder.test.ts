import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxDetailLength, maxDetails, totalOf } from './counts.ts'
import { emptyMeasurement, errorsOf, isEmpty } from './measurement.ts'
import { encodeMeasurement } from './measurement-wire.ts'
import { Recorder } from './recorder.ts'
import { Recorders } from './recorders.ts'

const recorderOf = (): Recorder => new Recorder('GET /', 'request')

test('an answered request counts under its status, with its bytes and its three times', () => {
  const recorder = recorderOf()
  recorder.start()
  recorder.connectionOpened()
  recorder.sent(250, 90, false)
  recorder.answered(200, 5250, 5000, 1200)
  const m = recorder.take()
  assert.deepEqual([m.started, m.sent, m.answered, m.connectionsOpened], [1, 1, 1, 1])
  assert.deepEqual([m.bytesOut, m.bytesIn], [90, 1200])
  assert.deepEqual(m.status, { 200: 1 })
  assert.deepEqual([m.responseTime.maxUs, m.serviceTime.maxUs, m.sendLateness.maxUs], [5250, 5000, 250])
  assert.equal(m.errorTime.count, 0)
})

test('an error has a time of its own and never enters the response times', () => {
  const recorder = recorderOf()
  recorder.failed('timeout', 10_000_000, 'no answer', 17)
  const m = recorder.take()
  assert.deepEqual(m.errors, { timeout: 1 })
  assert.deepEqual(m.errorDetails, { 'timeout: no answer': 1 })
  assert.deepEqual([m.errorTime.count, m.responseTime.count, m.serviceTime.count, m.bytesIn], [1, 0, 0, 17])
})

test('a retry is sent again without a second lateness', () => {
  const recorder = recorderOf()
  recorder.sent(10, 90, false)
  recorder.sent(7000, 90, true)
  const m = recorder.take()
  assert.deepEqual([m.sent, m.retried, m.bytesOut, m.sendLateness.count], [2, 1, 180, 1])
})

test('a redirect that is followed counts its status and bytes but is no answer', () => {
  const recorder = recorderOf()
  recorder.sent(10, 90, false)
  recorder.hop(302, 200)
  recorder.hopSent(95, false)
  recorder.answered(200, 5000, 4990, 1000)
  const m = recorder.take()
  assert.deepEqual(m.status, { 200: 1, 302: 1 })
  assert.deepEqual([m.sent, m.answered, m.bytesIn, m.bytesOut, m.sendLateness.count], [2, 1, 1200, 185, 1])
})

test('an answer of a journey has no status', () => {
  const recorder = new Recorder('buy', 'journey')
  recorder.answered(0, 5000, 5000, 0)
  assert.deepEqual(recorder.take().status, {})
})

test('an answer with several failed checks is one error', () => {
  const recorder = recorderOf()
  recorder.answered(200, 5000, 5000, 10)
  recorder.check('status is 201', false)
  recorder.check('size', false)
  recorder.check('json $.state', true)
  recorder.checkFailed('status is 201')
  const m = recorder.take()
  assert.deepEqual(m.errors, { check: 1 })
  assert.deepEqual(m.checks, {
    'status is 201': { passed: 0, failed: 1 },
    size: { passed: 0, failed: 1 },
    'json $.state': { passed: 1, failed: 0 },
  })
  assert.deepEqual(m.errorDetails, { 'check: status is 201': 1 })
})

test('what was never started is told from what could not be sent', () => {
  const recorder = recorderOf()
  recorder.refused('maxInFlight')
  recorder.unsent('noPorts')
  const m = recorder.take()
  assert.deepEqual([m.unsent, m.refused], [{ maxInFlight: 1, noPorts: 1 }, 1])
})

test('taking begins anew in every counter', () => {
  const recorder = recorderOf()
  recorder.start()
  recorder.sent(1, 1, true)
  recorder.sent(1, 1, false)
  recorder.answered(200, 1, 1, 1)
  recorder.failed('reset', 1, 'x', 1)
  recorder.unsent('feeder')
  recorder.refused('stopped')
  recorder.check('a', true)
  recorder.checkFailed('a')
  recorder.connectionOpened()
  recorder.take()
  assert.deepEqual(encodeMeasurement(recorder.take()), encodeMeasurement(emptyMeasurement))
})

test('endlessly different error texts take bounded room, and every error is counted', () => {
  const recorder = recorderOf()
  for (let i = 0; i < 5000; i++) recorder.failed('protocol', 1, `${i} ${'x'.repeat(1000)}`, 0)
  const m = recorder.take()
  assert.equal(errorsOf(m), 5000)
  assert.equal(totalOf(m.errorDetails), 5000)
  assert.equal(Object.keys(m.errorDetails).length, maxDetails + 1)
  assert.ok(Object.keys(m.errorDetails).every((text) => text.length <= maxDetailLength))
})

test('the same name gives the same recorder, but a journey is no request', () => {
  const recorders = new Recorders()
  assert.equal(recorders.request('buy'), recorders.request('buy'))
  assert.notEqual(recorders.request('buy'), recorders.journey('buy'))
})

test('an interval has the names to which something happened, in their order', () => {
  const recorders = new Recorders()
  recorders.request('a').start()
  recorders.request('idle')
  recorders.journey('a').start()
  recorders.request('b').connectionOpened()
  const taken = recorders.take()
  assert.deepEqual(
    taken.map(({ name, kind }) => `${kind} ${name}`),
    ['request a', 'journey a', 'request b'],
  )
  assert.ok(taken.every(({ measurement }) => !isEmpty(measurement)))
  assert.deepEqual(recorders.take(), [])
})
