import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { checkHtml } from '../../testing/check-html.ts'
import { sampleSeconds } from '../../testing/sample-charts.ts'
import {
  sampleDriver,
  sampleFigures,
  sampleForeignDriver,
  sampleResult,
  sampleTroubledResult,
} from '../../testing/sample-result.ts'
import { collectReportTimeline, noTimeline, type ReportTimeline } from '../report-timeline.ts'
import type { RequestResult, RunResult } from '../run-result.ts'
import { formatFigure } from '../summary-text-figures.ts'
import { hoverScript } from './hover-script.ts'
import { renderHtmlReport } from './html-report.ts'
import { reportPolicy, servedPolicy } from './report-policy.ts'

const render = (result: RunResult, timeline: ReportTimeline = noTimeline): string =>
  renderHtmlReport({ result, timeline, version: '1.2.3' })

const chartsOf = (seconds: number, names?: readonly string[]): Promise<ReportTimeline> =>
  collectReportTimeline(sampleSeconds(seconds, names === undefined ? {} : { names }), {
    elapsedMs: seconds * 1000,
    requests: (names ?? []).map((name) => ({ name, kind: 'request', ...sampleFigures(100, 3) })),
  })

const hostile = [
  '</script><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '<userId>',
  '<!-- -->]]>&lt;&#x3c;',
  '</style><style>*{display:none}',
  '</title></svg></p></details>',
  'javascript:alert(1)',
  'https://evil.example/?a=1&b=2',
  '\u202egnp.exe\u2066\u0000\u001b[31mred\u0007',
  'line\nbreak\r\n\ttab\u2028',
  '=cmd|"/c calc"!A1',
  '{{template}} %{code}',
  '\ud800 lone \udfff',
  'x'.repeat(5000),
  '名前 😀 é',
]

const cleaned = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** Each text in every place that takes one from outside. */
const hostileResult = (text: string): RunResult => {
  const plain = sampleTroubledResult()
  const request: RequestResult = { name: text, kind: 'request', ...sampleFigures(10_000, 3) }
  return {
    ...plain,
    name: text,
    id: text,
    labels: { [text]: text },
    why: [text],
    warnings: [text],
    error: { code: 'INTERNAL', message: text, hint: text },
    plan: { ...plain.plan, load: text, targets: [text] },
    scenario: { ...plain.scenario, name: text, labels: { [text]: text } },
    totals: {
      ...plain.totals,
      errors: { [text]: 4 },
      errorDetails: { [`${text}: ${text}`]: 4 },
      status: { [text]: 4 },
      checks: { [text]: { passed: 1, failed: 3 } },
      unsentReasons: { [text]: 2 },
    },
    requests: [request],
    drivers: [sampleDriver(text, 0, { state: 'lost', reason: text }), sampleForeignDriver(text, {})],
    slo: [{ text, passed: false, observed: 1, observedText: text, brokenAtSecond: 3 }],
    gaps: [{ driver: text, from: 1, to: 2, share: 0.5 }],
    steering: [{ atMs: 1000, command: 'rate', scale: 2, by: text }],
  }
}

describe('an HTML report', () => {
  const states: [name: string, result: RunResult, seconds: number][] = [
    ['of a run that passed', sampleResult(), 30],
    ['of a run that went wrong in every way', sampleTroubledResult(), 30],
    ['of a run of one second', sampleResult({ elapsedMs: 900 }), 1],
    ['of a run without an answer', sampleResult({ requests: [], drivers: [], slo: [] }), 0],
    [
      'of a run that could not begin',
      sampleResult({
        outcome: null,
        startedAt: null,
        elapsedMs: 0,
        error: { code: 'DRIVERS_MISSING', message: 'Only 1 of 2 drivers came', hint: 'Start another.' },
      }),
      0,
    ],
    ['of a run that goes on', sampleResult({ outcome: null, state: 'running', finishedAt: null }), 12],
    [
      'of a run that waits',
      sampleResult({ outcome: null, state: 'queued', startedAt: null, elapsedMs: 0 }),
      0,
    ],
    [
      'of drivers written by others alone',
      sampleResult({ drivers: [sampleForeignDriver('other', { sent: 100, answered: 98 })], requests: [] }),
      0,
    ],
  ]
  for (const [name, result, seconds] of states)
    it(`${name} is well formed, and shows no figure that does not exist`, async () => {
      const { faults, text } = checkHtml(render(result, await chartsOf(seconds)))
      assert.deepEqual(faults, [])
      assert.doesNotMatch(text, /NaN|Infinity|undefined|\[object/)
    })

  it('says the verdict first, in words', () => {
    const { text } = checkHtml(render(sampleResult()))
    assert.match(text, /Passed: p99 17\.6 ms of 250 ms allowed; errors 0\.03 % of 0\.1 % allowed\./)
    assert.ok(text.indexOf('Passed: p99') < text.indexOf('SLOs\n'))
    assert.match(
      checkHtml(render(sampleTroubledResult())).text,
      /Degraded: no verdict is safe\. driver d2 fell silent/,
    )
  })

  it('tells when each SLO was first crossed, and not of one that was never judged', () => {
    const slo = [
      { text: 'p99 < 1ms', passed: false, observed: 2, observedText: '2 ms', brokenAtSecond: 72 },
      { text: 'p50 < 9ms', passed: true, observed: 2, observedText: '2 ms', brokenAtSecond: null },
      { text: 'rate > 900/s', passed: null, observed: null, observedText: 'no data', brokenAtSecond: null },
    ]
    const { text } = checkHtml(render(sampleResult({ slo })))
    assert.match(text, /p99 < 1ms✗ crossed1 ms2 ms1:12\n/)
    assert.match(text, /p50 < 9ms✓ met9 ms2 msnever\n/)
    assert.match(text, /rate > 900\/s· not judged.*no data–\n/)
  })

  it('has its sections in the order in which a stranger asks', async () => {
    const page = render(sampleResult(), await chartsOf(30))
    const headings = checkHtml(page).elements.flatMap(({ name, attributes }) =>
      name === 'h2' ? [attributes.get('id')] : [],
    )
    assert.deepEqual(headings, [
      'verdict',
      'slos',
      'warnings',
      'load',
      'time',
      'distribution',
      'rates',
      'requests',
      'errors',
      'drivers',
      'steering',
      'environment',
      'scenario',
      'method',
    ])
  })

  it('lets in its own style sheet and its own script, and nothing else', async () => {
    const page = render(sampleResult(), await chartsOf(5))
    const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    const [, sheet = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? []
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? []
    assert.ok(
      reportPolicy.startsWith(
        `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(sheet)}; img-src data:`,
      ),
      reportPolicy,
    )
    assert.equal(servedPolicy, `${reportPolicy}; frame-ancestors 'none'; sandbox allow-scripts`)
    assert.equal(script, hoverScript)
    assert.ok(Buffer.byteLength(script) <= 8000, `${Buffer.byteLength(script)} bytes`)
    assert.doesNotMatch(script, /<[/!]|innerHTML|fetch|import|eval|https?:/)
    const { scripts } = checkHtml(page)
    assert.deepEqual(
      scripts.filter(({ type }) => type === undefined).map(({ text }) => text),
      [hoverScript],
    )
    assert.ok(checkHtml(page).elements.some(({ attributes }) => attributes.get('content') === reportPolicy))
    assert.doesNotMatch(sheet, /url\(|@import|expression|<\//)
  })

  it('tells what it was conducted on, where that is known', () => {
    const { text } = checkHtml(render(sampleResult()))
    assert.match(text, /conducted byGroundswell 1\.2\.3, Node\.js 24\.12\.0/)
    assert.match(
      text,
      /onLinux 6\.1\.0 x64\s*with4 cores \(Example CPU 3000\), 8\.0\d? ?GB of memory|8\.59 GB of memory/,
    )
    assert.match(checkHtml(render(sampleResult({ environment: null }))).text, /conducted onnot in the record/)
  })

  for (const text of hostile)
    it(`shows as text: ${JSON.stringify(text.slice(0, 40))}`, async () => {
      const page = render(hostileResult(text), await chartsOf(3, [text]))
      const { faults, text: shown, elements } = checkHtml(page)
      assert.deepEqual(faults, [])
      const title = /<h1>([^<]*)<\/h1>/.exec(page)?.[1] ?? ''
      assert.ok([...title.replace(/&[^;]+;/g, '.')].length <= 200)
      const visible = cleaned(text)
      if (!/[^\x20-\x7e]/.test(text) && text.length < 200)
        assert.ok(shown.includes(visible), 'it is not shown')
      const names = new Set(elements.map(({ name }) => name))
      for (const name of ['img', 'i', 'userId']) assert.ok(!names.has(name), name)
    })

  it('has the numbers of the result: each request, worst p99 first', () => {
    const result = sampleResult({
      requests: Array.from({ length: 60 }, (_, i) => ({
        name: `r${i}`,
        kind: 'request' as const,
        ...sampleFigures(100 + i, 1 + i / 10),
      })),
    })
    const { text } = checkHtml(render(result))
    const at = (name: string): number => text.indexOf(`\n${name}`) + text.indexOf(name)
    assert.ok(at('r59') < at('r58') && at('r58') < at('r12'))
    assert.match(text, /10 others, each with a lower p99/)
    assert.ok(!text.includes('r9160'), 'a row beyond the fiftieth')
    const { p99 } = result.requests[59]?.responseTimeMs ?? {}
    assert.ok(text.includes(formatFigure(p99 ?? null)))
  })

  it('tells the errors that drivers written by others tell, and never that there were none', () => {
    const of = (errors: Record<string, number> | null): string =>
      checkHtml(
        render(
          sampleResult({
            ...sampleFigures(0, 1),
            drivers: [sampleForeignDriver('other', { sent: 500, answered: 490, errors })],
          }),
        ),
      ).text
    assert.match(of({ unknown: 10 }), /10, as told by drivers written by others; of which kind is unknown\./)
    assert.match(of({ unknown: 10 }), /500 sent, 490 answered, as told/)
    assert.match(of({}), /0, as told by drivers written by others\./)
    assert.match(of(null), /Unknown: not every driver told how many it had\./)
  })

  it('calls unknown what a driver written by others does not say', () => {
    const drivers = [sampleDriver('d1', 0), sampleForeignDriver('other', { sent: 12_345 })]
    const { text } = checkHtml(render(sampleResult({ drivers })))
    assert.match(
      text,
      /other \(written by others\)finished12,345unknownunknown2\.005\.004\.00unknown40\.0unknown/,
    )
  })
})
