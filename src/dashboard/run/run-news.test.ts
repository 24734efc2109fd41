import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleResult, sampleTroubledResult } from '../../testing/sample-result.ts'
import { sampleUpdate } from '../../testing/sample-update.ts'
import { alertOf, calmed, newsOf, seenOf, spokenState } from './run-news.ts'
import { clockText } from './run-text.ts'

const running = sampleResult({ state: 'running', outcome: null })
const seen = (over: Parameters<typeof sampleUpdate>[1] = {}) => seenOf(running, sampleUpdate(running, over))

test('who opens a page is told nothing that was so before', () => {
  assert.deepEqual(newsOf(undefined, seen(), running), [])
  assert.deepEqual(newsOf(seen(), seen(), running), [])
})

test('the start, SLOs crossed and met again, and a lost driver are told once', () => {
  const waiting = seenOf(sampleResult({ state: 'ready', outcome: null, elapsedMs: 0 }), undefined)
  assert.deepEqual(newsOf(waiting, seen(), running), ['The run has started.'])
  const crossed = seen({
    slo: [
      { passed: false, observedText: '300 ms' },
      { passed: true, observedText: '0 %' },
    ],
  })
  assert.deepEqual(newsOf(seen(), crossed, running), ['Crossed: p99, limit 250 ms.'])
  assert.deepEqual(newsOf(crossed, crossed, running), [])
  assert.deepEqual(newsOf(crossed, seen(), running), ['Met again: p99, limit 250 ms.'])
  const [driver, ...others] = sampleUpdate(running).drivers
  assert.ok(driver !== undefined)
  const lost = seen({ drivers: [{ ...driver, state: 'lost' }, ...others] })
  assert.deepEqual(newsOf(seen(), lost, running), ['Driver d1 is lost: its load is missing.'])
  const left = seen({ drivers: [{ ...driver, state: 'left' }, ...others] })
  assert.deepEqual(newsOf(seen(), left, running), ['Driver d1 has left: its load is missing.'])
})

test('an SLO that flaps is told of at most once in 30 s, and then as it is', () => {
  const slo = (passed: boolean | null) =>
    seen({
      slo: [
        { passed, observedText: '' },
        { passed: true, observedText: '' },
      ],
    })
  const told: [atS: number, sentence: string][] = []
  let known = slo(true)
  // Each two seconds the other way, from 0:02 to 0:40; met from 0:41 on.
  for (let atS = 1; atS <= 120; atS++) {
    const now = calmed(known, slo(atS < 41 ? Math.floor(atS / 2) % 2 === 0 : true), atS * 1000)
    for (const sentence of newsOf(known, now, running)) told.push([atS, sentence])
    known = now
  }
  assert.deepEqual(told, [
    [2, 'Crossed: p99, limit 250 ms.'],
    [32, 'Met again: p99, limit 250 ms.'],
  ])
  // Nothing to judge by is no news and forgets nothing.
  const crossed = calmed(slo(true), slo(false), 0)
  const blank = calmed(crossed, slo(null), 100_000)
  assert.deepEqual(newsOf(crossed, blank, running), [])
  assert.deepEqual(newsOf(blank, calmed(blank, slo(true), 200_000), running), [
    'Met again: p99, limit 250 ms.',
  ])
  // The first judgement, if good, is no news: it holds back none.
  const judged = calmed(slo(null), slo(true), 0)
  assert.deepEqual(newsOf(judged, calmed(judged, slo(false), 1000), running), ['Crossed: p99, limit 250 ms.'])
})

test('the end comes last, with its verdict, and not before the result has one', () => {
  assert.deepEqual(newsOf(seen(), seen({ state: 'finished', elapsedMs: 31_000 }), running), [])
  const over = sampleTroubledResult()
  const news = newsOf(seen(), seenOf(over, undefined), over)
  assert.match(news.at(-1) ?? '', /^The run is over\. Degraded: /)
  assert.ok(news.includes('Driver d2 is lost: its load is missing.'))
})

test('only a stale view is an alert', () => {
  const stale = { kind: 'stale', sinceMs: 1_770_000_000_000, why: 'nobody answers' } as const
  assert.equal(
    alertOf(stale),
    `What you see is stale since ${clockText(stale.sinceMs)}, trying again: nobody answers`,
  )
  for (const kind of ['opening', 'live', 'ended'] as const) assert.equal(alertOf({ kind }), '')
})

test('one line says how a run stands', () => {
  assert.equal(
    spokenState(running, sampleUpdate(running, { elapsedMs: 41_000 }), undefined),
    'shop is running, 0:41 after its start, no figures yet, errors 0.03 %, no SLO crossed.',
  )
  assert.match(spokenState(sampleResult(), undefined, undefined), /^Passed: /)
  assert.equal(
    spokenState(sampleResult({ state: 'queued', elapsedMs: 0 }), undefined, undefined),
    'shop is queued.',
  )
})
