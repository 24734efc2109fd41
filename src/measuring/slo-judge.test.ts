import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyMeasurement, type Measurement } from './measurement.ts'
import { Recorder } from './recorder.ts'
import { parseSlo, type Slo } from './slo.ts'
import { judgeSlo } from './slo-judge.ts'

const sloOf = (text: string): Slo => {
  const parsed = parseSlo(text)
  assert.ok(parsed.ok, text)
  return parsed.slo
}

/** 100 operations in 2 s: 90 answered (1 to 90 ms; 4 with 503, 2 more with 500), 6 time-outs, 4 unsent; 2 failed a check. */
const measured = (): Measurement => {
  const recorder = new Recorder('GET /', 'request')
  for (let i = 1; i <= 90; i++) {
    recorder.start()
    recorder.sent(i * 10, 100, false)
    recorder.answered(i <= 4 ? 503 : i <= 6 ? 500 : 200, i * 1000, i * 500, 100)
    recorder.check('status is 200', i > 2)
    if (i <= 2) recorder.checkFailed()
  }
  for (let i = 0; i < 6; i++) {
    recorder.start()
    recorder.failed('timeout', 10_000_000, 'no answer', 0)
  }
  recorder.start()
  recorder.unsent('feeder')
  for (let i = 0; i < 3; i++) recorder.refused('maxInFlight')
  return recorder.take()
}

const verdicts = [
  { text: 'p50 < 46ms', passed: true, observed: 45, near: 0.001 },
  { text: 'p90 < 81ms', passed: false, observed: 81, near: 0.001 },
  { text: 'max <= 90ms', passed: true, observed: 90 },
  { text: 'max < 90ms', passed: false, observed: 90 },
  { text: 'min >= 1ms', passed: true, observed: 1 },
  { text: 'min > 1ms', passed: false, observed: 1 },
  { text: 'min = 1ms', passed: true, observed: 1 },
  { text: 'mean = 45.5ms', passed: true, observed: 45.5 },
  { text: 'service-max < 46ms', passed: true, observed: 45 },
  { text: 'lateness-max < 1ms', passed: true, observed: 0.9 },
  // 6 time-outs and 2 failed checks of 96 requests with an outcome.
  { text: 'errors < 9%', passed: true, observed: 8 / 96 },
  { text: 'errors <= 7', passed: false, observed: 8 },
  { text: 'unsent = 4', passed: true, observed: 4 },
  { text: 'unsent < 4%', passed: false, observed: 4 / 100 },
  { text: 'status 503 = 4', passed: true, observed: 4 },
  { text: 'status 5xx < 6%', passed: false, observed: 6 / 96 },
  { text: 'status 4xx = 0', passed: true, observed: 0 },
  { text: 'checks > 97%', passed: true, observed: 88 / 90 },
  { text: 'rate >= 45/s', passed: true, observed: 45 },
  { text: 'rate > 45/s', passed: false, observed: 45 },
]
for (const { text, passed, observed, near } of verdicts)
  test(`"${text}" is ${passed ? 'kept' : 'broken'}`, () => {
    const verdict = judgeSlo(sloOf(text), measured(), 2)
    assert.equal(verdict.passed, passed)
    assert.ok(
      Math.abs((verdict.observed ?? Number.NaN) - observed) <= observed * (near ?? 0),
      `${verdict.observed}`,
    )
  })

test('without data an SLO is neither kept nor broken', () => {
  const texts = [
    'p99 < 1s',
    'service-p99 < 1s',
    'mean < 1s',
    'errors < 1%',
    'errors = 0',
    'status 5xx = 0',
    'checks > 9%',
  ]
  for (const text of [...texts, 'unsent = 0', 'lateness-p99 < 1ms']) {
    const noData = { passed: null, observed: null, observedText: 'no data' }
    assert.deepEqual(judgeSlo(sloOf(text), emptyMeasurement, 5), noData, text)
    assert.deepEqual(judgeSlo(sloOf(text), undefined, 5), noData, text)
  }
})

test('a rate of nothing is 0 once drivers report', () => {
  assert.deepEqual(judgeSlo(sloOf('rate > 9/s'), emptyMeasurement, 5).passed, false)
  assert.deepEqual(judgeSlo(sloOf('rate > 9/s'), undefined, 5).passed, null)
  assert.deepEqual(judgeSlo(sloOf('rate > 9/s'), emptyMeasurement, 0).passed, null)
})

test('time-outs alone are data for errors and status codes', () => {
  const recorder = new Recorder('GET /', 'request')
  recorder.failed('timeout', 1000, 'no answer', 0)
  const m = recorder.take()
  assert.equal(judgeSlo(sloOf('errors < 1%'), m, 1).observed, 1)
  assert.equal(judgeSlo(sloOf('status 200 > 99%'), m, 1).passed, false)
  assert.equal(judgeSlo(sloOf('p99 < 1s'), m, 1).passed, null)
})

const texts = [
  { text: 'max < 1s', observedText: '90 ms' },
  { text: 'errors < 1%', observedText: '8.33 %' },
  { text: 'errors < 1', observedText: '8' },
  { text: 'rate > 1/s', observedText: '45/s' },
  { text: 'mean < 45.48ms', observedText: '45.5 ms' },
  // Rounded, the next two would read as if nothing were wrong.
  { text: 'mean < 45.49ms', observedText: '45.5 ms' },
  { text: 'rate > 45.001/s', observedText: '45/s' },
  { text: 'errors < 8.333%', observedText: '8.33333333333 %' },
]
for (const { text, observedText } of texts)
  test(`what "${text}" observed reads ${observedText}`, () => {
    assert.equal(judgeSlo(sloOf(text), measured(), 2).observedText, observedText)
  })
