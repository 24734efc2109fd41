import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addMeasurements, emptyMeasurementSet } from '../../measuring/measurement-set.ts'
import { Recorder } from '../../measuring/recorder.ts'
import { type CheckedHtml, checkHtml } from '../../testing/check-html.ts'
import { sampleSeconds } from '../../testing/sample-charts.ts'
import { noTimes, sampleFigures, sampleResult, sampleTroubledResult } from '../../testing/sample-result.ts'
import { collectReportTimeline, noTimeline, type ReportTimeline } from '../report-timeline.ts'
import type { RunResult } from '../run-result.ts'
import type { StoredSecond } from '../store/results-store.ts'
import { formatTime } from '../summary-text-figures.ts'
import type { ChartData } from './chart-data.ts'
import { renderHtmlReport } from './html-report.ts'

const render = (result: RunResult, timeline: ReportTimeline = noTimeline): string =>
  renderHtmlReport({ result, timeline, version: '1.2.3' })

const chartsOf = (seconds: number, names?: readonly string[]): Promise<ReportTimeline> =>
  collectReportTimeline(sampleSeconds(seconds, names === undefined ? {} : { names }), {
    elapsedMs: seconds * 1000,
    requests: (names ?? []).map((name) => ({ name, kind: 'request', ...sampleFigures(100, 3) })),
  })

interface Box {
  what: string
  left: number
  right: number
  top: number
  bottom: number
}

/** Of its words and the colours of its key, in units of the view box; letters are about 6 wide and 10 high. */
const boxesOf = (picture: string): Box[] => [
  ...Array.from(picture.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g), ([, attributes = '', what = '']): Box => {
    const at = (name: string): number =>
      Number(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? Number.NaN)
    const width = 5.5 * what.length
    const anchor = /text-anchor="(\w+)"/.exec(attributes)?.[1] ?? 'start'
    const left = at('x') - (anchor === 'start' ? 0 : anchor === 'middle' ? width / 2 : width)
    return { what, left, right: left + width, top: at('y') - 8, bottom: at('y') + 2 }
  }),
  ...Array.from(
    picture.matchAll(/<rect class="k\d" x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/g),
    ([, x, y, width, height]): Box => ({
      what: 'colour',
      left: Number(x),
      right: Number(x) + Number(width),
      top: Number(y),
      bottom: Number(y) + Number(height),
    }),
  ),
]

describe('the charts of an HTML report', () => {
  it('has each chart as a figure with a name, a description, and at most 25 rows as a table', async () => {
    const { elements } = checkHtml(render(sampleResult({ elapsedMs: 601_000 }), await chartsOf(601)))
    const count = (name: string): number => elements.filter((element) => element.name === name).length
    assert.equal(count('figure'), 8)
    assert.equal(count('figcaption'), 8)
    assert.equal(count('details'), 8)
    const figures = render(sampleResult({ elapsedMs: 601_000 }), await chartsOf(601))
      .split('<figure>')
      .slice(1)
    for (const figure of figures)
      assert.ok((figure.split('</figure>')[0]?.split('<tr>').length ?? 0) - 2 <= 25)
  })

  it('has the figures of every chart of time beside it, as data', async () => {
    const names = ['GET /', '</script><!--&\u2028']
    const timeline = await chartsOf(30, names)
    const { scripts } = checkHtml(render(sampleResult(), timeline))
    const blocks = scripts.filter(({ type }) => type === 'application/json')
    assert.equal(blocks.length, 7 + names.length)
    for (const { text } of blocks) assert.doesNotMatch(text, /[<>&\u2028\u2029]/)
    const [heat, lines] = blocks.map(({ text }) => JSON.parse(text) as ChartData)
    assert.deepEqual(
      heat?.columns,
      timeline.rows.map(({ responseColumn }) => responseColumn),
    )
    assert.deepEqual(
      lines?.series.map(([name, unit, values]) => [name, unit, values.length]),
      ['p50', 'p90', 'p99', 'p99.9', 'max'].map((name) => [name, 'ms', 30]),
    )
    const [, , p99 = []] = lines?.series[2] ?? []
    assert.deepEqual(
      p99.map((ms) => formatTime(ms)),
      timeline.rows.map(({ responseTimeMs }) => formatTime(responseTimeMs.p99)),
    )
  })

  it('draws each request by itself, the worst first, where there are several', async () => {
    const named = (count: number) => Array.from({ length: count }, (_, i) => `GET /${i}`)
    const of = async (count: number): Promise<CheckedHtml> => {
      const requests = named(count).map((name, i) => ({
        name,
        kind: 'request' as const,
        ...sampleFigures(400, 3 + i),
      }))
      const result = sampleResult({ requests, elapsedMs: 4000 })
      const seconds = sampleSeconds(4, { names: named(count), answers: 5 })
      return checkHtml(render(result, await collectReportTimeline(seconds, result)))
    }
    const pictures = ({ elements }: CheckedHtml): string[] =>
      elements.flatMap(
        ({ attributes }) => /^(GET \/\d+): p99 from/.exec(attributes.get('aria-label') ?? '')?.[1] ?? [],
      )
    assert.deepEqual(pictures(await of(1)), [])
    assert.deepEqual(pictures(await of(3)), ['GET /2', 'GET /1', 'GET /0'])
    const many = await of(200)
    assert.deepEqual(many.faults, [])
    assert.equal(pictures(many).length, 20)
    assert.match(many.text, /The 20 with the worst p99; 180 more are not drawn/)
  })

  it('names what is missing with its times, and hatches it in every chart of time', async () => {
    const page = render(sampleTroubledResult(), await chartsOf(30))
    const { text, elements } = checkHtml(page)
    assert.match(text, /Hatched: load of this time is missing from the figures \(0:18 to 0:30\)/)
    assert.match(text, /d20:180:3020\.0 %/)
    const hatched = elements.filter(({ attributes }) => attributes.get('class') === 'hole')
    const late = { ...sampleTroubledResult(), elapsedMs: 29_960 }
    const gaps = [{ driver: 'd2', from: 17.97, to: 29.93, share: 0.2 }]
    const told = checkHtml(render({ ...late, gaps }, await chartsOf(30))).text
    assert.match(told, /missing from the figures \(0:18 to 0:30\)/)
    assert.match(told, /d20:180:3020\.0 %/)
    assert.equal(hatched.length, 7, 'heat map, percentiles, service time, rate, in flight, errors, lateness')
  })

  it('breaks its lines where nobody reported, and never draws a 0 there', async () => {
    const seconds = [...sampleSeconds(9)].filter(({ second }) => second < 3 || second > 5)
    const timeline = await collectReportTimeline(seconds, { elapsedMs: 9000, requests: [] })
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
    assert.equal(elements.filter(({ attributes }) => attributes.get('class') === 'mark').length, 7)
  })

  it('says of a closed load what it cannot see, and asks it for no rate', async () => {
    const plain = sampleResult()
    const { maxInFlight } = plain.scenario.load
    const scenario = {
      ...plain.scenario,
      load: { kind: 'avalanche' as const, inFlight: 20, maxInFlight, durationMs: 5000 },
    }
    const { faults, text } = checkHtml(render(sampleResult({ scenario }), await chartsOf(5)))
    assert.deepEqual(faults, [])
    assert.match(text, /A closed load asks again only when an answer has come/)
    assert.match(text, /a closed load asks for no rate/)
    assert.match(text, /20 operations are asked for on each driver/)
    assert.doesNotMatch(text, /hardly differ|which a tool that waits/)
  })

  it('never writes in the heat map one word on another, or on the colours of its key', async () => {
    const quick = (second: number): StoredSecond => {
      const recorder = new Recorder('GET /', 'request')
      for (let i = 0; i < 300; i++) {
        recorder.start()
        recorder.sent(10, 100, false)
        recorder.answered(200, i === 0 && second === 2 ? 900_000 : 2_000 + i, 1_900, 500)
      }
      recorder.start()
      recorder.failed('timeout', 700_000, 'none', 0)
      const list = [{ name: 'GET /', kind: 'request' as const, measurement: recorder.take() }]
      return {
        second,
        drivers: 1,
        whole: 1,
        inFlight: 0,
        measurements: addMeasurements(emptyMeasurementSet, list),
      }
    }
    for (const seconds of [[0, 1, 2, 3, 4].map(quick), [0, 1, 2].map(quick), [...sampleSeconds(5)]]) {
      const steering = [{ atMs: 2900, command: 'rate' as const, scale: 2, by: 'keys' }]
      const result = sampleResult({ elapsedMs: 5000, steering })
      const page = render(result, await collectReportTimeline(seconds, { elapsedMs: 5000, requests: [] }))
      const [, picture = ''] = /<svg[^>]*aria-label="Heat map([\s\S]*?)<\/svg>/.exec(page) ?? []
      const boxes = boxesOf(picture)
      assert.ok(boxes.some(({ what }) => what === 'p99') && boxes.some(({ what }) => what === 'errors'))
      assert.equal(boxes.filter(({ what }) => what === 'colour').length, 8)
      for (const [i, one] of boxes.entries()) {
        assert.ok(one.left >= 0 && one.right <= 680 && one.bottom <= 338, JSON.stringify(one))
        for (const other of boxes.slice(0, i))
          assert.ok(
            one.left >= other.right ||
              other.left >= one.right ||
              one.top >= other.bottom ||
              other.top >= one.bottom,
            `"${one.what}" lies on "${other.what}": ${JSON.stringify([one, other])}`,
          )
      }
    }
  })

  it('names the lines that end in one place from the slowest down', async () => {
    const page = render(sampleResult({ elapsedMs: 5000 }), await chartsOf(5))
    const [, picture = ''] =
      /<svg[^>]*aria-label="Line chart of response time percentiles([\s\S]*?)<\/svg>/.exec(page) ?? []
    const ends = boxesOf(picture).filter(({ what }) => /^(p\d|max)/.test(what))
    assert.deepEqual(
      ends.toSorted((a, b) => a.top - b.top).map(({ what }) => what),
      ['max', 'p99.9', 'p99', 'p90', 'p50'],
    )
  })

  it('draws no times where nothing was answered, and says so', async () => {
    const failing = new Recorder('GET /', 'request')
    failing.start()
    failing.failed('connect', 900, 'refused', 0)
    const measurement = failing.take()
    const measurements = addMeasurements(emptyMeasurementSet, [
      { name: 'GET /', kind: 'request', measurement },
    ])
    const seconds = [{ second: 0, drivers: 1, whole: 1, inFlight: 0, measurements }]
    const result = sampleResult({ elapsedMs: 700, responseTimeMs: noTimes, serviceTimeMs: noTimes })
    const { faults, text, elements } = checkHtml(
      render(result, await collectReportTimeline(seconds, { elapsedMs: 700, requests: [] })),
    )
    assert.deepEqual(faults, [])
    assert.match(text, /No request was answered, so there are no response times to draw/)
    assert.equal(elements.filter(({ name }) => name === 'figure').length, 4)
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

  const twenty = Array.from({ length: 20 }, (_, i) => `GET /path/${i}/${'long/'.repeat(10)}`)
  for (const [seconds, names, sigma, leastRows, limit] of [
    [600, ['GET /'], 1.5, 300, 300_000],
    [600, ['GET /'], 3, 150, 300_000],
    [600, twenty, 2.2, 150, 300_000],
    [3600, twenty, 1.5, 300, 1_000_000],
  ] as const)
    it(`is at most ${limit / 1000} kB for ${seconds} s and ${names.length} requests, times spread ${sigma}`, async () => {
      // As widely spread as none is that is worth a look; the same minutes again and again, for those are quick to make.
      const minutes = [
        ...sampleSeconds(120, { names, answers: names.length > 1 ? 6 : 60 * sigma ** 2, sigma }),
      ]
      const spread = Array.from({ length: Math.ceil(seconds / 120) }, () => minutes)
        .flat()
        .map((row, second) => ({ ...row, second }))
      const requests = names.map((name) => ({ name, kind: 'request' as const, ...sampleFigures(30_000, 3) }))
      const result = sampleResult({ elapsedMs: seconds * 1000, requests })
      const timeline = await collectReportTimeline(spread, result)
      const page = render(result, timeline)
      assert.equal(timeline.requests.length, names.length)
      assert.deepEqual(checkHtml(page).faults, [])
      assert.ok(timeline.rows.length >= leastRows, `${timeline.rows.length} rows`)
      assert.ok(Buffer.byteLength(page) <= limit, `${Buffer.byteLength(page)} bytes`)
    })
})
