import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunResult } from '../../results/run-result.ts'
import { sampleForeignDriver, sampleResult } from '../../testing/sample-result.ts'
import { sampleUpdate } from '../../testing/sample-update.ts'
import { figureNames, type Track } from '../model/track.ts'
import { tilesOf } from './run-tiles.ts'

/** Two seconds, of which the second counts. */
const track = (over: Partial<Record<(typeof figureNames)[number], number | null>> = {}): Track => ({
  step: 1,
  first: 0,
  length: 2,
  version: 1,
  seconds: [40, 41],
  figures: Object.fromEntries(
    figureNames.map((name) => [name, [1, over[name] === undefined ? 5 : over[name]]]),
  ) as unknown as Track['figures'],
  response: [null, null],
  service: [null, null],
  errors: [null, null],
})

const texts = (input: Parameters<typeof tilesOf>[0]) =>
  Object.fromEntries(
    tilesOf(input).map(({ key, figures, window }) => [
      key,
      [...figures.map(({ label, text }) => `${label} ${text}`), window],
    ]),
  )

const going = (over: Partial<RunResult> = {}) =>
  sampleResult({ state: 'running', outcome: null, elapsedMs: 41_000, ...over })

test('tiles of a run that goes on name the second and the unit of every figure', () => {
  const result = going()
  const latest = sampleUpdate(result, { elapsedMs: 42_000 })
  const shown = track({ asked: 12_000, answered: 11_998, p50: 2.1, p99: 17.6, p999: 44, latenessP99: 0.4 })
  assert.deepEqual(texts({ result, latest, track: shown, request: '*' }), {
    rate: ['asked 12,000/s', 'answered 11,998/s', 'last second, 0:41'],
    response: ['p50 2.1 ms', 'p99 17.6 ms', 'p99.9 44 ms', 'last second, 0:41'],
    run: ['p99 17.6 ms', 'run so far, 0:41'],
    errors: ['share 0.03 %', 'count 18', 'run so far, 0:42'],
    flight: ['requests 0', 'now, all requests'],
    lateness: ['p99 400 us', 'last second, 0:41'],
    sent: ['requests 60,018', 'run so far, 0:42, all requests'],
  })
})

test('a second that nobody reported has no figures, and a p99.9 needs ten thousand answers', () => {
  const result = going()
  const empty = track({ asked: null, answered: null, p50: null, p99: null, p999: null, latenessP99: null })
  const shown = texts({ result, latest: undefined, track: empty, request: '*' })
  assert.deepEqual(shown.rate, ['asked –', 'answered –', 'last second, 0:41'])
  assert.deepEqual(shown.response?.slice(0, 3), ['p50 –', 'p99 –', 'p99.9 –'])
  const few = texts({ result, latest: undefined, track: track({ answered: 9999, p999: 80 }), request: '*' })
  assert.equal(few.response?.[2], 'p99.9 n < 10k')
})

test('a share that nobody makes any more was asked for all the same; a closed load asks for nothing', () => {
  const result = going({ gaps: [{ driver: 'd2', from: 30, to: 41, share: 0.5 }] })
  const latest = sampleUpdate(result, { elapsedMs: 42_000 })
  const half = track({ asked: 1000, answered: 998 })
  assert.deepEqual(texts({ result, latest, track: half, request: '*' }).rate?.slice(0, 2), [
    'asked 2,000/s',
    'answered 998/s',
  ])
  const { scenario } = going()
  const closed = going({
    scenario: { ...scenario, load: { kind: 'avalanche', inFlight: 5, maxInFlight: 5 } },
  })
  assert.equal(
    texts({ result: closed, latest: undefined, track: half, request: '*' }).rate?.[0],
    'answered 998/s',
  )
})

test('before the first second nothing is made up', () => {
  const shown = texts({ result: going(), latest: undefined, track: undefined, request: '*' })
  assert.deepEqual(shown.rate, ['asked –', 'answered –', 'no second yet'])
})

test('of one request the tiles say whose they are', () => {
  const shown = texts({ result: going(), latest: undefined, track: track(), request: 'GET /' })
  assert.deepEqual(shown.run, ['p99 16 ms', 'run so far, 0:41, GET /'])
  assert.deepEqual(shown.errors, ['share 0.03 %', 'count 15', 'run so far, 0:41, GET /'])
  const unknown = texts({ result: going(), latest: undefined, track: track(), request: 'nobody' })
  assert.deepEqual(unknown.run, ['p99 –', 'run so far, 0:41, nobody'])
})

test('tiles of a run that is over are of the whole run', () => {
  const shown = texts({ result: sampleResult(), latest: undefined, track: track(), request: '*' })
  assert.deepEqual(shown.rate, ['planned 2,000/s', 'answered 2,000/s', 'whole run, 0:30'])
  assert.deepEqual(shown.run, ['max 84 ms', 'whole run, 0:30'])
})

test('what drivers written by others do not tell is unknown, never 0', () => {
  const result = going({ drivers: [sampleForeignDriver('f1', { sent: 500, answered: 498 })] })
  assert.deepEqual(texts({ result, latest: undefined, track: undefined, request: '*' }), {
    sent: ['requests 500', 'as told by the drivers, 0:41'],
    rate: ['requests 498', 'as told by the drivers, 0:41'],
    errors: ['count unknown', 'as told by the drivers, 0:41'],
    run: ['max 40 ms', 'as told by the drivers, 0:41'],
    response: ['p99 unknown', 'as told by the drivers, 0:41'],
    flight: ['requests unknown', 'as told by the drivers, 0:41'],
  })
})
