import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunResult } from '../../results/run-result.ts'
import {
  sampleDriver,
  sampleForeignDriver,
  sampleResult,
  sampleTroubledResult,
} from '../../testing/sample-result.ts'
import { sampleUpdate } from '../../testing/sample-update.ts'
import { ApiProblem } from '../api-client.ts'
import { headerOf, linkLight } from './run-header.ts'
import { clockText } from './run-text.ts'

const live = { kind: 'live' } as const
const going = (over: Partial<RunResult> = {}): RunResult =>
  sampleResult({ state: 'running', outcome: null, finishedAt: null, elapsedMs: 12_000, ...over })
const head = (result: RunResult, queuePosition: number | null = null) =>
  headerOf(result, undefined, live, queuePosition)

const states: [name: string, result: RunResult, word: string, progress: string][] = [
  ['queued', going({ state: 'queued', elapsedMs: 0, drivers: [] }), 'queued', 'waits for 2 free drivers'],
  [
    'configuring',
    going({
      state: 'configuring',
      elapsedMs: 0,
      drivers: [sampleDriver('d1', 0, { state: 'ready' }), sampleDriver('d2', 1, { state: 'configuring' })],
    }),
    'configuring',
    '1 of 2 drivers ready',
  ],
  [
    'held',
    going({
      state: 'ready',
      elapsedMs: 0,
      drivers: [sampleDriver('d1', 0, { state: 'ready' }), sampleDriver('d2', 1, { state: 'ready' })],
    }),
    'ready',
    '2 of 2 drivers ready; it starts when you trigger it',
  ],
  ['running', going(), 'running', '0:12 of 0:30'],
  ['paused beyond its plan', going({ state: 'paused', elapsedMs: 95_000 }), 'paused', '1:35, 0:30 planned'],
  [
    'bounded by a count',
    going({ plan: { ...sampleResult().plan, durationMs: null, operations: 1 } }),
    'running',
    '0:12, 60,018 of 1 operation',
  ],
  ['finished', sampleResult(), 'passed', 'after 0:30'],
]
for (const [name, result, word, progress] of states)
  test(`the header of a run that is ${name} says so, and how far it is`, () => {
    const view = head(result)
    assert.equal(view.state.word, word)
    assert.equal(view.progress, progress)
  })

test('a run in the queue tells its place', () => {
  assert.equal(head(going({ state: 'queued', drivers: [] }), 2).state.word, 'queued, 2nd in line')
})

test('a stream that is ahead of the result counts, one that is behind does not', () => {
  const result = going()
  const ahead = sampleUpdate(result, { elapsedMs: 14_000, state: 'paused' })
  assert.equal(headerOf(result, ahead, live, null).state.word, 'paused')
  assert.equal(headerOf(result, ahead, live, null).title, 'shop, paused 0:14')
  const behind = sampleUpdate(result, { elapsedMs: 9_000, state: 'paused' })
  assert.equal(headerOf(result, behind, live, null).progress, '0:12 of 0:30')
})

test('the verdict waits for the final result, then says why', () => {
  const result = going()
  assert.equal(
    headerOf(result, sampleUpdate(result, { state: 'finished', elapsedMs: 31_000 }), live, null).verdict,
    null,
  )
  const { verdict } = head(sampleResult())
  assert.match(verdict?.sentence ?? '', /^Passed: p99 17\.6 ms of 250 ms allowed/)
  const troubled = head(sampleTroubledResult())
  assert.equal(troubled.verdict?.tone, 'bad')
  assert.match(troubled.verdict?.sentence ?? '', /d2 fell silent/)
  assert.equal(troubled.title, 'shop, degraded')
})

test('a run that never began shows its error, with what to do about it', () => {
  const view = head(
    going({
      state: 'finished',
      startedAt: null,
      error: { code: 'DRIVERS_MISSING', message: '0 of 2 drivers were ready.', hint: 'Start more drivers.' },
    }),
  )
  assert.equal(view.state.word, 'could not run')
  assert.match(view.verdict?.sentence ?? '', /0 of 2 drivers were ready\./)
  assert.deepEqual(view.verdict?.more.at(-1), 'DRIVERS_MISSING: Start more drivers.')
})

test('drivers written by others alone: nothing is called 0 that is unknown', () => {
  const view = head(sampleResult({ drivers: [sampleForeignDriver('f1', { sent: 500 })] }))
  assert.match(view.verdict?.more.join(' ') ?? '', /unknown, not 0/)
})

test('the link says since when and why it is stale', () => {
  const link = { kind: 'stale', sinceMs: 1_770_000_000_000, why: 'nobody answers' } as const
  assert.equal(linkLight(link).word, `stale since ${clockText(link.sinceMs)}, trying again: nobody answers`)
  assert.equal(linkLight(live).word, 'live')
  const problem = new ApiProblem({ status: 404, code: 'RUN_UNKNOWN', detail: 'x' })
  assert.equal(linkLight({ kind: 'failed', problem }).tone, 'bad')
})

test('a hostile name stays one harmless line', () => {
  const view = head(going({ name: `\u202Eevil\u0000\n<script>${'x'.repeat(10_000)}` }))
  assert.ok(view.name.startsWith('evil <script>xxx'))
  assert.ok(view.name.length <= 80 && view.title.length < 120)
})
