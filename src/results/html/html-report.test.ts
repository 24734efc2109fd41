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
import { renderHtmlReport } from './html-report.ts'
import { reportPolicy } from './report-style.ts'

const environment = { version: '1.2.3', machine: { system: 'Linux 6 x64', cores: 2, memoryBytes: 2 ** 33 } }

const render = (result: RunResult, timeline: ReportTimeline = noTimeline): string =>
  renderHtmlReport({ result, timeline, environment })

const chartsOf = (seconds: number, names?: readonly string[]): Promise<ReportTimeline> =>
  collectReportTimeline(sampleSeconds(seconds, names === undefined ? {} : { names }), seconds * 1000)

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
    assert.ok(text.indexOf('Passed: p99') < text.indexOf('Objectives\n'))
    assert.match(
      checkHtml(render(sampleTroubledResult())).text,
      /Degraded: no verdict is safe\. driver d2 fell silent/,
    )
  })

  it('has its sections in the order in which a stranger asks', async () => {
    const page = render(sampleResult(), await chartsOf(30))
    const headings = checkHtml(page).elements.flatMap(({ name, attributes }) =>
      name === 'h2' ? [attributes.get('id')] : [],
    )
    assert.deepEqual(headings, [
      'verdict',
      'objectives',
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

  it('lets in its own style sheet and nothing else', () => {
    const page = render(sampleResult())
    const [, sheet = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? []
    const hash = createHash('sha256').update(sheet).digest('base64')
    assert.ok(
      reportPolicy.startsWith(`default-src 'none'; style-src 'sha256-${hash}'; img-src data:`),
      reportPolicy,
    )
    assert.ok(checkHtml(page).elements.some(({ attributes }) => attributes.get('content') === reportPolicy))
    assert.doesNotMatch(sheet, /url\(|@import|expression|<\//)
  })

  it('has each chart as a figure with a name, a description, and at most 25 rows as a table', async () => {
    const { elements } = checkHtml(render(sampleResult({ elapsedMs: 601_000 }), await chartsOf(601)))
    const count = (name: string): number => elements.filter((element) => element.name === name).length
    assert.equal(count('figure'), 7)
    assert.equal(count('figcaption'), 7)
    assert.equal(count('details'), 7)
    const figures = render(sampleResult({ elapsedMs: 601_000 }), await chartsOf(601))
      .split('<figure>')
      .slice(1)
    for (const figure of figures)
      assert.ok((figure.split('</figure>')[0]?.split('<tr>').length ?? 0) - 2 <= 25)
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
      for (const name of ['script', 'img', 'i', 'userId']) assert.ok(!names.has(name), name)
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

  it('names what is missing with its times, and hatches it in every chart of time', async () => {
    const page = render(sampleTroubledResult(), await chartsOf(30))
    const { text, elements } = checkHtml(page)
    assert.match(text, /Hatched: load of this time is missing from the figures \(0:18 to 0:30\)/)
    assert.match(text, /d20:180:3020\.0 %/)
    const hatched = elements.filter(({ attributes }) => attributes.get('class') === 'hole')
    assert.equal(hatched.length, 6, 'heat map, percentiles, service time, rate, in flight, errors')
  })

  it('breaks its lines where nobody reported, and never draws a 0 there', async () => {
    const seconds = [...sampleSeconds(9)].filter(({ second }) => second < 3 || second > 5)
    const timeline = await collectReportTimeline(seconds, 9000)
    const page = render(sampleResult({ elapsedMs: 9000 }), timeline)
    assert.match(
      checkHtml(page).text,
      /Hatched: load of this time is missing from the figures \(0:03 to 0:06\)/,
    )
    const [, flight = ''] =
      /aria-label="Line chart of requests in flight[\s\S]*?<path d="(M[^"]*)" fill="none" stroke="#0072b2"/.exec(
        page,
      ) ?? []
    assert.equal(flight.split('M').length - 1, 2, flight)
  })

  it('marks what was steered in every chart and tells it by number', async () => {
    const { text, elements } = checkHtml(render(sampleTroubledResult(), await chartsOf(30)))
    assert.match(text, /1: rate × 1\.1, by keys at 0:06; 2: pause, by keys at 0:09/)
    assert.equal(elements.filter(({ attributes }) => attributes.get('class') === 'mark').length, 6)
  })

  it('calls unknown what a driver written by others does not say', () => {
    const drivers = [sampleDriver('d1', 0), sampleForeignDriver('other', { sent: 12_345 })]
    const { text } = checkHtml(render(sampleResult({ drivers })))
    assert.match(
      text,
      /other \(written by others\)finished12,345unknownunknown2\.005\.004\.00unknown40\.0unknown/,
    )
  })

  it('explains the gap of coordinated omission where there is one', async () => {
    const times = { ...sampleResult().responseTimeMs, p99: 961 }
    const { text } = checkHtml(render(sampleResult({ responseTimeMs: times }), await chartsOf(5)))
    assert.match(
      text,
      /p99 of the run 961 ms against 17\.\d ms\) is the wait before the send.*coordinated omission/,
    )
    assert.match(checkHtml(render(sampleResult(), await chartsOf(5))).text, /here they hardly differ/)
  })

  for (const [seconds, names, limit] of [
    [600, ['GET /'], 300_000],
    [3600, Array.from({ length: 20 }, (_, i) => `GET /path/${i}`), 1_000_000],
  ] as const)
    it(`is at most ${limit / 1000} kB for ${seconds} s and ${names.length} requests`, async () => {
      // What is drawn is of all requests together, whatever their number.
      const spread = sampleSeconds(seconds, { answers: seconds > 600 ? 20 : 60, sigma: 1.5 })
      const timeline = await collectReportTimeline(spread, seconds * 1000)
      const requests = names.map((name) => ({ name, kind: 'request' as const, ...sampleFigures(30_000, 3) }))
      const page = render(sampleResult({ elapsedMs: seconds * 1000, requests }), timeline)
      assert.deepEqual(checkHtml(page).faults, [])
      assert.ok(timeline.rows.length >= 100)
      assert.ok(Buffer.byteLength(page) <= limit, `${Buffer.byteLength(page)} bytes`)
    })
})
