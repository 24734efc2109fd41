import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveFigures } from '../results/live-view-figures.ts'
import type { RunPhase, RunResult } from '../results/run-result.ts'
import {
  sampleDriver,
  sampleFigures,
  sampleForeignDriver,
  sampleResult,
  sampleRow,
} from '../testing/sample-result.ts'
import { createPlainProgress } from './plain-progress.ts'

const at = (seconds: number, state: RunPhase, over: Partial<RunResult> = {}): RunResult =>
  sampleResult({
    ...sampleFigures(2_000 * seconds, 2.1, Math.max(1, seconds)),
    state,
    outcome: state === 'finished' ? 'passed' : null,
    elapsedMs: seconds * 1000,
    ...over,
  })

const live = (seconds: number): LiveFigures => ({
  askedPerSecond: 2_000,
  lastSecond: seconds === 0 ? null : sampleRow(seconds - 1, 1_998),
  recent: [],
  drivers: new Map(),
})

const lines = (updates: RunResult[]): string[] => {
  let text = ''
  const progress = createPlainProgress((chunk) => {
    text += chunk
  })
  for (const result of updates) progress.update(result, live(result.elapsedMs / 1000))
  return text.split('\n').slice(0, -1)
}

const seconds = (count: number): RunResult[] => Array.from({ length: count }, (_, i) => at(i, 'running'))

test('a run of fifteen seconds tells its start, two positions and its end', () => {
  const plan = { ...sampleResult().plan, durationMs: 15_000 }
  const updates = [
    at(0, 'configuring'),
    at(0, 'ready'),
    ...seconds(15).map((result) => ({ ...result, plan })),
    at(15, 'finishing', { plan }),
    at(15, 'finished', { plan }),
  ]
  assert.deepEqual(lines(updates), [
    ' 0:00  shop: 2,000/s for 30 s, over 2 drivers (run 20260301-101500-k3f9, seed 42)',
    ' 0:00  2 drivers ready',
    ' 0:00  running against http://127.0.0.1:8080',
    ' 0:05  of 0:15  asked 2,000/s, answered 1,998/s, p50 2.1 ms, p99 17.6 ms, max 84 ms, errors 3 (timeout 2, reset 1), in flight 4',
    ' 0:10  of 0:15  asked 2,000/s, answered 1,998/s, p50 2.1 ms, p99 17.6 ms, max 84 ms, errors 6 (timeout 4, reset 2), in flight 4',
    ' 0:15  finishing: waiting for the last answers',
    ' 0:15  of 0:15  asked 2,000/s, answered 1,998/s, p50 2.1 ms, p99 17.6 ms, max 84 ms, errors 9 (timeout 6, reset 3), in flight 4',
    ' 0:15  finished: passed',
  ])
})

test('the time never goes back: a run that ended was shorter than the wait for its last answers', () => {
  const told = lines([at(4, 'running'), at(4.6, 'running'), at(6, 'finishing'), at(4.98, 'finished')])
  assert.deepEqual(
    told.map((line) => line.slice(0, 16)),
    [' 0:04  running a', ' 0:06  finishing', ' 0:06  of 0:30  ', ' 0:06  finished:'],
  )
})

test('lines come every 5 s at first, then 10 s, then each minute', () => {
  const positions = lines(seconds(900))
    .filter((line) => line.includes('answered'))
    .map((line) => line.slice(0, 5))
  assert.deepEqual(positions.slice(0, 8), [
    ' 0:05',
    ' 0:10',
    ' 0:15',
    ' 0:20',
    ' 0:25',
    ' 0:30',
    ' 0:40',
    ' 0:50',
  ])
  assert.deepEqual(positions.slice(-6), [' 9:50', '10:00', '11:00', '12:00', '13:00', '14:00'])
})

test('each event is told once: a lost driver, a broken SLO, steering', () => {
  const drivers = [sampleDriver('d2', 1, { state: 'lost', reason: 'no message for 3 s' })]
  const slo = [{ text: 'p99 < 1s', passed: false, observed: 1200, observedText: '1.2 s', brokenAtSecond: 2 }]
  const steering = [{ atMs: 1_500, command: 'rate', scale: 1.1, by: 'keys' } as const]
  const trouble = { drivers, slo, steering }
  const told = lines([at(1, 'running'), at(2, 'running', trouble), at(3, 'running', trouble)]).slice(1)
  assert.deepEqual(told, [
    ' 0:02  rate × 1.1 asked by keys',
    ' 0:02  driver d2 lost: no message for 3 s',
    ' 0:02  SLO crossed: p99 < 1s, observed 1.2 s',
  ])
})

test('names from outside stay within their line', () => {
  const evil = `a\nb\x1b[31m${'x'.repeat(5_000)}`
  const drivers = [sampleDriver(evil, 0, { state: 'lost', reason: evil })]
  const told = lines([at(1, 'configuring', { name: evil, drivers })])
  assert.equal(told.length, 2)
  for (const line of told) {
    assert.ok(line.length < 300)
    assert.doesNotMatch(line, /\p{Cc}/u)
  }
})

test('logs go through, cleaned, and after the end nothing else', () => {
  let text = ''
  const progress = createPlainProgress((chunk) => {
    text += chunk
  })
  progress.log('warn: \x1b[1mtwo\nlines')
  progress.close()
  progress.update(at(1, 'running'), live(1))
  assert.equal(text, 'warn: two lines\n')
})

test('what drivers written by others say stands beside what is measured, or in its place', () => {
  const foreign = sampleForeignDriver('f1', { sent: 900, answered: 880 })
  const mixed = lines([at(5, 'running', { drivers: [sampleDriver('d1', 0), foreign] })])
  assert.match(
    mixed[1] ?? '',
    /answered 1,998\/s.*in flight 4; beside it drivers written by others say: sent 900, answered 880, errors unknown, max 40 ms$/,
  )
  const alone = lines([at(5, 'running', { drivers: [sampleForeignDriver('f1', {})] })])
  assert.deepEqual(alone, [
    ' 0:05  running against targets unknown here',
    ' 0:05  of 0:30  drivers written by others say: sent unknown, answered unknown, errors unknown, max 40 ms',
  ])
})
