import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyMeasurement, type Measurement, plus } from './measurement.ts'
import { Recorder } from './recorder.ts'
import { parseSlo, type Slo } from './slo.ts'
import {
  concludeSlo,
  mustStop,
  newSloWatch,
  type SloOutcome,
  type SloWatch,
  watchSecond,
} from './slo-watch.ts'

const sloOf = (text: string): Slo => {
  const parsed = parseSlo(text)
  assert.ok(parsed.ok, text)
  return parsed.slo
}

/** A second in which ten answers took so many ms each. */
const answers = (ms: number): Measurement => {
  const recorder = new Recorder('GET /', 'request')
  for (let i = 0; i < 10; i++) recorder.answered(200, ms * 1000, ms * 1000, 1)
  return recorder.take()
}

interface Watched {
  watch: SloWatch
  outcome: SloOutcome
  /** The second at whose end the run had to stop. */
  stoppedAt: number | null
}

/** `null`: drivers reported, nothing was answered; 'silent': nobody reported; 'paused': the second is left out. */
type Second = number | null | 'silent' | 'paused'

const watchAll = (text: string, seconds: readonly Second[]): Watched => {
  const slo = sloOf(text)
  let watch = newSloWatch
  let soFar = emptyMeasurement
  let stoppedAt: number | null = null
  seconds.forEach((ms, second) => {
    if (ms === 'paused') return
    const ofSecond = ms === 'silent' ? undefined : ms === null ? emptyMeasurement : answers(ms)
    soFar = plus(soFar, ofSecond ?? emptyMeasurement)
    watch = watchSecond(slo, watch, { second, ofSecond, soFar })
    if (mustStop(slo, watch)) stoppedAt ??= second
  })
  return { watch, stoppedAt, outcome: concludeSlo(slo, watch, soFar, seconds.length) }
}

const slow = 900
const fast = 100

const consecutive: {
  story: string
  seconds: Second[]
  brokenAtSecond: number | null
  passed: boolean | null
}[] = [
  { story: 'seconds that all hold', seconds: [fast, fast, fast, fast], brokenAtSecond: null, passed: true },
  { story: 'two slow seconds', seconds: [fast, slow, slow, fast], brokenAtSecond: null, passed: true },
  { story: 'three slow seconds', seconds: [fast, slow, slow, slow, fast], brokenAtSecond: 3, passed: false },
  { story: 'three slow seconds at once', seconds: [slow, slow, slow], brokenAtSecond: 2, passed: false },
  {
    story: 'a fast second between',
    seconds: [slow, slow, fast, slow, slow],
    brokenAtSecond: null,
    passed: true,
  },
  {
    story: 'a second without answers between',
    seconds: [slow, slow, null, slow],
    brokenAtSecond: null,
    passed: true,
  },
  {
    story: 'a second without reports between',
    seconds: [slow, slow, 'silent', slow],
    brokenAtSecond: null,
    passed: true,
  },
  { story: 'a pause between', seconds: [slow, slow, 'paused', slow], brokenAtSecond: null, passed: true },
  { story: 'no answers at all', seconds: [null, null, null, null], brokenAtSecond: null, passed: null },
  { story: 'a run shorter than that', seconds: [slow, slow], brokenAtSecond: null, passed: null },
]
for (const { story, seconds, brokenAtSecond, passed } of consecutive)
  test(`three seconds in a row: ${story}`, () => {
    const { outcome, stoppedAt } = watchAll('p50 < 500ms for 3s: stop', seconds)
    assert.deepEqual([outcome.passed, outcome.brokenAtSecond], [passed, brokenAtSecond])
    assert.equal(stoppedAt, brokenAtSecond)
  })

test('an SLO with a duration tells which second broke it, or how near it came', () => {
  const broken = watchAll('p50 < 500ms for 2s', [fast, 600, 700, fast]).outcome
  assert.deepEqual([broken.observed, broken.observedText], [700, '700 ms in second 2'])
  const kept = watchAll('p50 < 500ms for 2s', [fast, 600, fast, 300]).outcome
  assert.deepEqual(
    [kept.observed, kept.observedText],
    [600, '600 ms in the worst second, broken for 1 s at most'],
  )
  const easily = watchAll('p50 < 500ms for 2s', [fast, 300]).outcome
  assert.deepEqual([easily.observed, easily.observedText], [300, '300 ms in the worst second'])
})

test('a rate for some seconds is that of each second, and a silent target breaks it', () => {
  const { outcome } = watchAll('rate >= 10/s for 2s', [fast, null, null, fast])
  assert.deepEqual([outcome.passed, outcome.observed, outcome.brokenAtSecond], [false, 0, 2])
})

test('without a duration the whole run decides, and may mend what was broken', () => {
  const { outcome, stoppedAt } = watchAll('mean < 500ms', [slow, slow, fast, fast, fast, fast])
  assert.deepEqual([outcome.passed, outcome.brokenAtSecond, stoppedAt], [true, null, null])
  const broken = watchAll('mean < 500ms', [fast, fast, slow, slow, slow])
  assert.deepEqual([broken.outcome.passed, broken.outcome.brokenAtSecond], [false, 3])
  assert.equal(broken.outcome.observedText, '580 ms')
})

test('stop without a duration ends the run after the first second that breaks the run so far, for good', () => {
  const { outcome, stoppedAt } = watchAll('mean < 500ms: stop', [fast, slow + 400, fast, fast])
  assert.equal(stoppedAt, 1)
  assert.deepEqual([outcome.passed, outcome.brokenAtSecond, outcome.observed], [false, 1, 700])
})

test('a run broken only by its last answers is broken in its last second', () => {
  const slo = sloOf('max < 500ms')
  const watch = watchSecond(slo, newSloWatch, { second: 0, ofSecond: answers(fast), soFar: answers(fast) })
  assert.equal(concludeSlo(slo, watch, plus(answers(fast), answers(slow)), 1.4).brokenAtSecond, 1)
  assert.equal(concludeSlo(slo, newSloWatch, undefined, 0).passed, null)
})

test('the rate of the run so far counts its elapsed seconds', () => {
  assert.equal(watchAll('rate >= 10/s', [fast, fast]).outcome.observed, 10)
  assert.equal(watchAll('rate >= 10/s: stop', [fast, null, fast]).stoppedAt, 1)
})

test('a second told twice or late changes nothing', () => {
  const slo = sloOf('p50 < 500ms for 2s')
  const seen = { second: 4, ofSecond: answers(slow), soFar: answers(slow) }
  const once = watchSecond(slo, newSloWatch, seen)
  assert.equal(once.breach, 1)
  assert.equal(watchSecond(slo, once, seen), once)
  assert.equal(watchSecond(slo, once, { ...seen, second: 3 }), once)
})

test('the watch is plain data', () => {
  const { watch } = watchAll('p50 < 500ms for 2s', [fast, slow, slow])
  assert.deepEqual(JSON.parse(JSON.stringify(watch)), watch)
})
