import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  sampleDriver,
  sampleFigures,
  sampleForeignDriver,
  sampleResult,
  sampleTroubledResult,
} from '../testing/sample-result.ts'
import { renderReportMarkdown } from './report-markdown.ts'
import type { RunResult } from './run-result.ts'

const linesOf = (result: RunResult): string[] => renderReportMarkdown(result).split('\n')

test('a passed run: verdict, SLOs, what was asked and done, requests with the worst p99 first', () => {
  const lines = linesOf(sampleResult())
  assert.equal(lines[0], '## shop')
  assert.equal(lines[2], '**✓ Passed: p99 17.6 ms of 250 ms allowed; errors 0.03 % of 0.1 % allowed.**')
  assert.ok(lines.includes('| `p99 < 250ms` | ✓ met | 250 ms | 17.6 ms | never |'))
  assert.ok(lines.includes('| load | 2,000/s for 30 s, over 2 drivers | 2,000/s answered |'))
  const worst = lines.findIndex((line) => line.startsWith('| `POST /login`'))
  assert.ok(worst > 0 && worst < lines.findIndex((line) => line.startsWith('| `GET /`')))
  assert.ok(lines.includes('| **all requests** | 60,000 | 2.10 | 17.6 | 84.0 | 0.03 % |'))
})

test('a degraded run says what is missing, and when', () => {
  const text = renderReportMarkdown(sampleTroubledResult())
  assert.match(text, /\*\*! Degraded: no verdict is safe\./)
  assert.match(text, /- Missing: 20\.0 % of the load from 0:18 to 0:30, driver d2\./)
  assert.match(text, /\| `p99 < 250ms` \| \*\*✗ crossed\*\* \| 250 ms \| 812 ms \| 0:12 \|/)
})

test('a run that could not begin, and one that nobody measured', () => {
  const error = { code: 'X', message: 'Only 1 of 2 came', hint: 'Start another.' }
  const never = renderReportMarkdown(
    sampleResult({ outcome: null, startedAt: null, error, requests: [], slo: [] }),
  )
  assert.match(never, /Could not run: Only 1 of 2 came\.\*\*\n\n- Start another\./)
  const foreign = sampleForeignDriver('a', { answered: 98 })
  assert.match(
    renderReportMarkdown(sampleResult({ drivers: [foreign], requests: [] })),
    /98 answered, as told/,
  )
})

test('is under 60 lines, whatever there is to tell', () => {
  const many = <T>(make: (i: number) => T): T[] => Array.from({ length: 300 }, (_, i) => make(i))
  const lines = linesOf(
    sampleResult({
      outcome: 'degraded',
      why: many((i) => `reason ${i}`),
      warnings: many((i) => `warning ${i}`),
      gaps: many((i) => ({ driver: `d${i}`, from: 0, to: 1, share: 0.1 })),
      slo: many((i) => ({
        text: `p99 < ${i + 1}ms`,
        passed: i > 5,
        observed: 1,
        observedText: '1 ms',
        brokenAtSecond: 1,
      })),
      requests: many((i) => ({ name: `r${i}`, kind: 'request', ...sampleFigures(100, i + 1) })),
      drivers: many((i) => sampleDriver(`d${i}`, i)),
    }),
  )
  assert.ok(lines.length < 60, String(lines.length))
  assert.ok(lines.includes('and 290 more SLOs'))
  assert.ok(lines.includes('and 295 more requests'))
})

for (const text of [
  '| a | b |\n| --- |',
  '[link](https://evil.example) ![](x)',
  '<img src=x onerror=alert(1)>',
  '`code` ``more`` `',
  '@everyone see #1 and www.evil.example https://evil.example',
  '# heading\n- list\n1. one',
  '</details>&lt;',
  '\u202e\u0000\u001b[31m*bold* _it_ ~no~',
  'x'.repeat(4000),
])
  test(`shows as text: ${JSON.stringify(text.slice(0, 40))}`, () => {
    const plain = sampleTroubledResult()
    const lines = linesOf({
      ...plain,
      name: text,
      id: text,
      why: [text],
      warnings: [text],
      plan: { ...plain.plan, load: text },
      slo: [{ text, passed: false, observed: 1, observedText: text, brokenAtSecond: 1 }],
      gaps: [{ driver: text, from: 1, to: 2, share: 0.5 }],
      requests: [{ name: text, kind: 'request', ...sampleFigures(100, 1) }],
    })
    assert.equal(lines.filter((line) => line.startsWith('#')).length, 1)
    for (const line of lines) {
      assert.ok([...line].length < 1000)
      // Cells that a bar would have added.
      if (line.startsWith('|')) assert.ok([3, 4, 5, 6].includes(line.split(/(?<!\\)\|/).length - 2), line)
      const outside = line.replace(/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)/g, '').replace(/\\./g, '')
      assert.doesNotMatch(outside, /[<>[\]_~`]|[@#]\w|:\/\/|www\./, line)
      assert.doesNotMatch(line, /[\p{Cc}\u202e]/u)
    }
  })

test('says when each SLO was first crossed, what is missing to the end of its last second, and what others told', () => {
  const lines = renderReportMarkdown(
    sampleResult({
      slo: [
        { text: 'p99 < 1ms', passed: false, observed: 2, observedText: '2 ms', brokenAtSecond: 72 },
        { text: 'rate > 900/s', passed: null, observed: null, observedText: 'no data', brokenAtSecond: null },
      ],
      gaps: [{ driver: 'd2', from: 9.98, to: 24.94, share: 0.5 }],
    }),
  )
  assert.match(lines, /^\| `p99 < 1ms` \| .* \| 1:12 \|$/m)
  assert.match(lines, /^\| `rate > 900\/s` \| · not judged \| .* \| – \|$/m)
  assert.match(lines, /Missing: 50\.0 % of the load from 0:10 to 0:25, driver d2\./)
  const foreign = sampleForeignDriver('f1', { sent: 500, answered: 490, errors: { unknown: 10 } })
  assert.match(
    renderReportMarkdown(sampleResult({ ...sampleFigures(0, 1), drivers: [foreign] })),
    /^\| errors \| *\| 10 \|$/m,
  )
})
