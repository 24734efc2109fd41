import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { sampleDriver, sampleFigures, sampleResult, sampleTroubledResult } from '../testing/sample-result.ts'
import type { PictureRow } from './latency-picture.ts'
import type { RunResult } from './run-result.ts'
import { renderSummary } from './summary-text.ts'
import { displayWidth } from './summary-text-display.ts'

const picture: PictureRow[] = [
  { fromMs: 0.68, toMs: 1, count: 500 },
  { fromMs: 1, toMs: 1.5, count: 39_000 },
  { fromMs: 1.5, toMs: 1_000, count: 20 },
]

const linesOf = (result: RunResult, columns = 80): string[] =>
  renderSummary(result, { columns, colour: false }, picture).split('\n')

const assertHas = (lines: string[], ...expected: string[]): void => {
  for (const line of expected) assert.ok(lines.includes(line), `no line "${line}" in\n${lines.join('\n')}`)
}

test('a passed run says so first, then what was asked and done', () => {
  const lines = linesOf(sampleResult())
  assert.match(lines[0] ?? '', /^✓ PASSED {2}shop +run 20260301-101500-k3f9$/)
  assertHas(
    lines,
    '  ✓ met         p99 < 250ms    17.6 ms',
    '  ✓ met         errors < 0.1%   0.03 %',
    '  asked      2,000/s for 30 s, over 2 drivers',
    '  done       60,018 sent, 60,000 answered in 30 s: 2,000/s',
    '  target     http://127.0.0.1:8080',
    '  seed       42',
    '  200 × 60,000',
  )
})

test('requests, times and drivers stand in tables with their numbers at the right', () => {
  assertHas(
    linesOf(sampleResult()),
    '                   sent  answered  answered/s  errors   share',
    '  all            60,018    60,000       2,000      18  0.03 %',
    '  buy (journey)  10,003    10,000         333       3  0.03 %',
    '                    min   mean  median     p90     p95     p99    p99.9     max',
    '  all             0.840   2.73    2.10    4.41    6.72    17.6     44.1    84.0',
    '      state       sent  answered    min  mean  median  mode   max  late p99',
    '  d1  finished  30,009    30,000  0.840  2.73    2.10  1.89  84.0     0.420',
  )
})

test('a degraded run tells why, what was broken, what is missing and whose it was', () => {
  const lines = linesOf(sampleTroubledResult())
  assert.match(lines[0] ?? '', /^! DEGRADED {2}shop/)
  assertHas(
    lines,
    '  - driver d2 fell silent in second 18: 12 s of its half of the load are missing',
    '  ✗ crossed     p99 < 250ms          812 ms  first crossed at 0:12',
    '  · not judged  p95 of refund < 1s  no data',
    '  ! Send lateness p99 is 0.42 ms, more than 10 % of the median response time.',
    '  25  check  0.05 %',
    '        status is 201: 503 × 25',
    '  25  status is 201  of 8,000, 0.31 %',
    '  300  maxInFlight: too many were already in flight',
    "   40  noPorts: the driver's machine had no port left",
    '  driver d2  0:18 to 0:30  20.0 % of the load is not in the figures',
    '  ! d2 lost: no message for 3 s',
    '  0:06  rate × 1.1, by keys',
  )
})

test('service time appears with its sentence where it tells another story, and only there', () => {
  const troubled = linesOf(sampleTroubledResult()).join('\n')
  assert.match(troubled, /^ {2}service time .* 17\.3 /m)
  assert.match(troubled, /p99 812 ms against 17\.3 ms/)
  assert.match(troubled, /coordinated\s+omission/)
  assert.doesNotMatch(linesOf(sampleResult()).join('\n'), /service time/)
})

test('a p99.9 needs ten thousand samples', () => {
  const few = linesOf(sampleResult({ ...sampleFigures(9_999, 2), requests: [] }))
  assert.match(few.find((line) => line.startsWith('  all') && line.includes('n <')) ?? '', / n < 10k /)
  assert.doesNotMatch(
    linesOf(sampleResult({ ...sampleFigures(10_000, 2), requests: [] })).join('\n'),
    /all .*n < 10k/,
  )
})

test('the picture has bars to scale, counts and shares', () => {
  const bars = linesOf(sampleResult()).filter((line) => line.includes(' – '))
  assert.equal(bars.length, 3)
  assert.match(bars[0] ?? '', /^ {2}680 us – {3}1 ms {2}▋ +500 {3}1\.3 %$/)
  assert.match(bars[1] ?? '', /^ {4}1 ms – 1\.5 ms {2}█{44} {2}39,000 {2}98\.7 %$/)
  assert.match(bars[2] ?? '', /▏ +20 {3}0\.1 %$/)
})

test('no line is wider than the terminal, whatever its width', () => {
  for (const result of [sampleResult(), sampleTroubledResult(), hostile()]) {
    for (const columns of [40, 60, 80, 81, 120, 160, 400]) {
      for (const line of linesOf(result, columns))
        assert.ok(displayWidth(line) <= columns, `${columns}: ${line}`)
    }
  }
})

test('colour adds escape sequences and nothing else', () => {
  const plain = renderSummary(sampleTroubledResult(), { columns: 80, colour: false }, picture)
  const coloured = renderSummary(sampleTroubledResult(), { columns: 80, colour: true }, picture)
  assert.ok(!plain.includes('\x1b'))
  assert.ok(coloured.includes('\x1b[1;31m! DEGRADED\x1b[22;39m'))
  assert.equal(stripVTControlCharacters(coloured), plain)
})

/** Names as a target, a scenario or a driver could send them. */
const hostile = (): RunResult => {
  const evil = `\x1b[2J\x1b]0;owned\x07\u202e<script>\r\n日本語 =cmd()|${'x'.repeat(5_000)}`
  return sampleResult({
    name: evil,
    why: [evil],
    warnings: [`${evil} ${evil}`],
    outcome: 'failed',
    totals: {
      ...sampleFigures(100, 2).totals,
      errors: { [evil]: 4, protocol: 2 },
      errorDetails: { [`protocol: ${evil}`]: 2 },
      checks: { [evil]: { passed: 0, failed: 4 } },
      status: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [String(200 + i), 1_000_000])),
      unsent: 1,
      unsentReasons: { [evil]: 1 },
    },
    requests: Array.from({ length: 100 }, (_, i) => ({
      name: `${i}${evil}`,
      kind: 'request',
      ...sampleFigures(10 + i, 2),
    })),
    drivers: Array.from({ length: 100 }, (_, i) =>
      sampleDriver(`${i}${evil}`, i, { state: 'lost', reason: evil }),
    ),
    slo: [{ text: evil, passed: false, observed: 1, observedText: evil, brokenAtSecond: 3 }],
    gaps: [{ driver: evil, from: 1, to: 2, share: 0.00001 }],
    steering: [{ atMs: 1, command: 'stop', scale: null, by: evil }],
    plan: { ...sampleResult().plan, load: evil, targets: [evil, evil, evil, evil] },
    labels: { [evil]: evil },
  })
}

test('hostile names cannot move the cursor, break a line or flood the screen', () => {
  const lines = linesOf(hostile())
  for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u)
  assert.ok(lines.length < 160, `${lines.length} lines`)
  assertHas(lines, '  and 80 more; shown are those with the worst p99', '  and 80 more')
})

test('a run that never started has a summary, with dashes where figures are missing', () => {
  const lines = linesOf(
    sampleResult({
      ...sampleFigures(0, 1),
      outcome: 'stopped',
      elapsedMs: 0,
      requests: [],
      drivers: [],
      slo: [],
    }),
  )
  assert.match(lines[0] ?? '', /^■ STOPPED {2}shop/)
  assert.match(
    lines.find((line) => line.startsWith('  all  ') && line.includes('–')) ?? '',
    /^ {2}all( +–){8}$/,
  )
})
