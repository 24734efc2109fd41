import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleForeignDriver, sampleResult, sampleTroubledResult } from '../testing/sample-result.ts'
import type { RunResult, SloResult } from './run-result.ts'
import { partsOfSlo, sentenceOfSlo, verdictOf } from './verdict.ts'

const slo = (
  text: string,
  passed: boolean | null,
  observedText: string,
  at: number | null = null,
): SloResult => ({
  text,
  passed,
  observed: 1,
  observedText,
  brokenAtSecond: at,
})

const cases: [what: string, result: RunResult, sentence: string][] = [
  ['passed', sampleResult(), 'Passed: p99 17.6 ms of 250 ms allowed; errors 0.03 % of 0.1 % allowed.'],
  [
    'passed without an SLO',
    sampleResult({ slo: [] }),
    'Passed: no SLO was set; response time p99 17.6 ms, errors 0.03 %.',
  ],
  [
    'failed: what was crossed, and how many were not',
    sampleResult({
      outcome: 'failed',
      slo: [slo('errors < 1%', true, '0 %'), slo('p99 < 250ms', false, '812 ms', 72)],
    }),
    'Failed: p99 812 ms of 250 ms allowed, first crossed at 1:12; 1 other SLO met.',
  ],
  [
    'failed for another reason',
    sampleResult({ outcome: 'failed', slo: [], why: ['nothing was sent'] }),
    'Failed: nothing was sent.',
  ],
  [
    'degraded',
    sampleTroubledResult(),
    'Degraded: no verdict is safe. driver d2 fell silent in second 18: 12 s of its half of the load are missing.',
  ],
  [
    'stopped',
    sampleResult({ outcome: 'stopped', slo: [slo('rate > 900/s', null, 'no data')] }),
    'Stopped: a person ended it early. Rate: no data, not judged.',
  ],
  [
    'not begun',
    sampleResult({ outcome: null, startedAt: null, state: 'queued' }),
    'Not finished: it has not begun (queued).',
  ],
  [
    'going on',
    sampleResult({ outcome: null, state: 'running' }),
    'Not finished: running, 30 s after its start; these are the figures so far.',
  ],
  [
    'could not run',
    sampleResult({ outcome: null, error: { code: 'X', message: 'Only 1 of 2 drivers came', hint: '' } }),
    'Could not run: Only 1 of 2 drivers came.',
  ],
  [
    'unmeasured',
    sampleResult({ drivers: [sampleForeignDriver('a', {})] }),
    'Passed: all drivers were written by others; nothing is measured but what they say.',
  ],
]
for (const [what, result, sentence] of cases)
  test(`a verdict in words: ${what}`, () => assert.equal(verdictOf(result).sentence, sentence))

test('a long list of SLOs is cut, the crossed ones first', () => {
  const many = Array.from({ length: 9 }, (_, i) => slo(`p99 < ${i + 1}ms`, i % 2 === 0, `${i} ms`))
  assert.equal(
    verdictOf(sampleResult({ outcome: 'failed', slo: many })).sentence,
    'Failed: p99 1 ms of 2 ms allowed; p99 3 ms of 4 ms allowed; p99 5 ms of 6 ms allowed; 1 other SLO also crossed; 5 other SLOs met.',
  )
})

for (const [text, sentence] of [
  ['rate > 900/s', 'rate 7 of at least 900/s asked'],
  ['status 503 = 0', 'status 503 7 of exactly 0 asked'],
  ['errors <= 0.1%', 'errors 7 of 0.1 % allowed'],
  ['p95 of GET /cart < 1s for 10s: stop', 'p95 of GET /cart 7 of 1 s for 10 s allowed'],
  ['service-p99.9 < 5ms', 'service time p99.9 7 of 5 ms allowed'],
  ['what is this', 'what is this: 7'],
] as const)
  test(`an SLO in words: ${text}`, () => {
    assert.equal(sentenceOfSlo(slo(text, true, '7')), sentence)
  })

test('a text that is no SLO of ours has no limit', () => assert.equal(partsOfSlo({ text: '<b>' }).limit, ''))
