import { formatRate } from '../../lib/rate.ts'
import { parseSlo } from '../../measuring/slo.ts'
import { loadCurveOf } from '../../pacing/load-curve.ts'
import type { RunResult, TimelineRow } from '../run-result.ts'
import {
  formatCount,
  formatFigure,
  formatPosition,
  formatShare,
  formatTime,
  sumCounts,
} from '../summary-text-figures.ts'
import { formatThreshold } from '../verdict.ts'
import { figure, type TimeAxis } from './chart-frame.ts'
import { renderHeatMap } from './heat-map.ts'
import { asTable, type HtmlColumn, section } from './html-table.ts'
import { renderLineChart, type Series } from './line-chart.ts'
import { type Content, cutText, html, type Markup } from './markup.ts'
import { describeSteering, type ReportInput, secondsOf, timeAxisOf } from './report-input.ts'
import { renderSpectrum } from './spectrum.ts'

/** The run over its time, as pictures with their numbers. */
interface Charts extends ReportInput {
  time: TimeAxis
  /** `Each point is 5 s`. */
  window: string
}

export const timeSections = (input: ReportInput): Content => {
  const { timeline, result } = input
  if (timeline.rows.length === 0)
    return section(
      'time',
      'Response time over the run',
      html`<p>There is nothing to draw: ${result.startedAt === null ? 'the run did not begin' : 'no driver reported a second of it'}.</p>`,
    )
  const { step } = timeline
  const window = `${step === 1 ? 'Each second' : `Every ${formatTime(step * 1000)} together`}, all requests`
  const charts: Charts = { ...input, time: timeAxisOf(input), window }
  return [
    section('time', 'Response time over the run', keyOf(charts), heatMap(charts), percentiles(charts)),
    section(
      'distribution',
      'All response times, and the service time beside them',
      spectrum(charts),
      responseAndService(charts),
    ),
    section('rates', 'Rate, requests in flight, errors', rate(charts), inFlight(charts), errors(charts)),
  ]
}

/** What stands in all charts alike. */
const keyOf = ({ result, time }: Charts): Content => {
  const steering = time.marks.map(({ number }) => {
    const record = result.steering[number - 1]
    return record === undefined
      ? ''
      : `${number}: ${describeSteering(record)} at ${formatPosition(record.atMs)}`
  })
  return html`<p>Time runs from left to right, in minutes and seconds after the start.${time.holes.length > 0 && html` <strong>Hatched</strong>: load of this time is missing from the figures (${time.holes.slice(0, 10).map(({ from, to }, i) => `${i === 0 ? '' : ', '}${formatPosition(from * 1000)} to ${formatPosition(to * 1000)}`)}${time.holes.length > 10 && ' and more'}); a line is broken where nobody reported.`}${steering.length > 0 && html` <strong>Numbers above a chart</strong>: ${cutText(steering.join('; '), 1000)}.`}</p>`
}

const second: HtmlColumn = { heading: 'from' }
const number = (heading: string): HtmlColumn => ({ heading, isNumber: true })

const tableOf = (
  { timeline, time }: Charts,
  caption: string,
  headings: readonly string[],
  cellsOf: (row: TimelineRow, seconds: number) => readonly string[],
): Markup => {
  const step = timeline.tableStep
  return asTable(
    `${caption}; each row is ${formatTime(step * 1000)} of the run, its histograms added`,
    [second, ...headings.map(number)],
    timeline.tableRows.map((row) => [
      formatPosition(row.second * 1000),
      ...cellsOf(row, secondsOf(row.second, step, time)),
    ]),
  )
}

const pointsOf = ({ timeline }: Charts, read: (row: TimelineRow) => number | null): Series['points'] =>
  timeline.rows.map((row) => ({
    second: row.second + timeline.step / 2,
    value: row.drivers === 0 ? null : read(row),
  }))

/** Limits in milliseconds of all requests' response time; of others a line would say something else. */
const timeLimits = ({ slo }: RunResult): { value: number; label: string }[] =>
  slo.slice(0, 8).flatMap(({ text }) => {
    const parsed = parseSlo(text)
    if (!parsed.ok || parsed.slo.subject.kind !== 'time') return []
    const { subject, of, threshold } = parsed.slo
    if (subject.time !== 'response' || of !== undefined) return []
    return [{ value: threshold, label: cutText(`limit ${text}`, 60) }]
  })

/** Far above all that was measured a limit would press the picture flat; it is told in words then. */
const farFactor = 30

const nearLimits = (charts: Charts): { near: { value: number; label: string }[]; far: Content } => {
  const limits = timeLimits(charts.result)
  const most = charts.result.responseTimeMs.max ?? 0
  const near = limits.filter(({ value }) => value <= most * farFactor || most === 0)
  const far = limits.filter((limit) => !near.includes(limit))
  return {
    near,
    far: far.length > 0 && ` Far above the picture lies: ${far.map(({ label }) => label).join('; ')}.`,
  }
}

const heatMap = (charts: Charts): Markup => {
  const { timeline, time, result, window } = charts
  const { near, far } = nearLimits(charts)
  const { min, median, p99, max } = result.responseTimeMs
  const title = 'Heat map of response times.'
  const description = `Heat map of response time over ${formatTime(time.seconds * 1000)}: from ${formatTime(min)} to ${formatTime(max)}, median ${formatTime(median)}, p99 ${formatTime(p99)}.`
  const sentence = html`${window}: how many answers took how long, the darker the more (on a dark page: the lighter); the lines are the median (dashed) and p99 of the same time.${far}`
  return figure(
    title,
    sentence,
    renderHeatMap({ description, rows: timeline.rows, step: timeline.step, limits: near }, time),
    tableOf(
      charts,
      'Answers and their response times in milliseconds',
      ['answered', 'min', 'p50', 'p99', 'max'],
      (row) => [
        formatCount(row.answered),
        ...[
          row.responseTimeMs.min,
          row.responseTimeMs.median,
          row.responseTimeMs.p99,
          row.responseTimeMs.max,
        ].map(formatFigure),
      ],
    ),
  )
}

const percentiles = (charts: Charts): Markup => {
  const { near, far } = nearLimits(charts)
  const figures = [
    ['p50', 'median'],
    ['p99', 'p99'],
    ['p90', 'p90'],
    ['p99.9', 'p999'],
    ['max', 'max'],
  ] as const
  const { result, timeline, time, window } = charts
  const inOrder = figures.toSorted(([, a], [, b]) => order.indexOf(a) - order.indexOf(b))
  return figure(
    'Percentiles of response time.',
    html`${window}: so many milliseconds or fewer took 50, 90, 99 and 99.9 % of the answers, and the slowest; with fewer than 1,000 answers at a time p99.9 is the slowest.${far}`,
    renderLineChart(
      {
        id: 'percentiles',
        description: `Line chart of response time percentiles over ${formatTime(time.seconds * 1000)}; of the whole run p50 ${formatTime(result.responseTimeMs.median)}, p99 ${formatTime(result.responseTimeMs.p99)}, slowest ${formatTime(result.responseTimeMs.max)}.`,
        unit: 'response time',
        scale: 'log',
        series: figures.map(([name, key]) => ({
          name,
          points: pointsOf(charts, (row) => row.responseTimeMs[key]),
        })),
        limits: near,
        step: timeline.step,
      },
      time,
    ),
    tableOf(
      charts,
      'Response time in milliseconds',
      inOrder.map(([name]) => name),
      (row) => inOrder.map(([, key]) => formatFigure(row.responseTimeMs[key])),
    ),
  )
}

const order: readonly string[] = ['median', 'p90', 'p99', 'p999', 'max']

const spectrum = (charts: Charts): Markup => {
  const { timeline, result } = charts
  const { near, far } = nearLimits(charts)
  const shares = [50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100]
  return figure(
    'Spectrum of the whole run.',
    html`Across: the share of answers that were at least as fast, each nine as wide as the one before; up: their time; the right end is the slowest answer.${far}`,
    renderSpectrum({
      description: `Spectrum of ${formatCount(result.responseTimeMs.count)} response times: half within ${formatTime(result.responseTimeMs.median)}, 99 % within ${formatTime(result.responseTimeMs.p99)}, all within ${formatTime(result.responseTimeMs.max)}.`,
      lines: [
        { name: 'response', bars: timeline.responseTime },
        { name: 'service', bars: timeline.serviceTime },
      ],
      limits: near,
    }),
    asTable(
      'The whole run, all requests: so long or less took this share of the answers, in milliseconds',
      [{ heading: 'share' }, number('response time'), number('service time')],
      shares.map((share) => [
        `${share} %`,
        formatFigure(timeAt(timeline.responseTime, share)),
        formatFigure(timeAt(timeline.serviceTime, share)),
      ]),
    ),
  )
}

/** As `Histogram.percentileUs` reads it, from the bars of one. */
const timeAt = (bars: ReportInput['timeline']['responseTime'], percentile: number): number | null => {
  const total = bars.reduce((sum, { count }) => sum + count, 0)
  const rank = Math.ceil((percentile / 100) * total * (1 - 4 * Number.EPSILON))
  let seen = 0
  for (const { toUs, count } of bars) {
    seen += count
    if (seen >= rank) return toUs / 1000
  }
  return null
}

const responseAndService = (charts: Charts): Markup => {
  const { result, timeline, time, window } = charts
  const { p99: response } = result.responseTimeMs
  const { p99: service } = result.serviceTimeMs
  const differ = response !== null && service !== null && response > service * 1.1 && response - service >= 1
  return figure(
    'Response time and service time.',
    html`${window}, p99 of each. Response time counts from the instant at which a request was due, service time from when it really left: ${
      differ
        ? html`the gap (p99 of the run ${formatTime(response)} against ${formatTime(service)}) is the wait before the send, which a tool that waits for each answer before it asks again would not have seen (coordinated omission).`
        : html`here they hardly differ (p99 of the run ${formatTime(response)} and ${formatTime(service)}), so requests left when they were due.`
    }`,
    renderLineChart(
      {
        id: 'service',
        description: `Line chart of p99 of response time and service time; of the whole run ${formatTime(response)} and ${formatTime(service)}.`,
        unit: 'p99',
        scale: 'log',
        series: [
          { name: 'response', points: pointsOf(charts, (row) => row.responseTimeMs.p99) },
          { name: 'service', points: pointsOf(charts, (row) => row.serviceTimeMs.p99) },
        ],
        limits: [],
        step: timeline.step,
      },
      time,
    ),
    tableOf(
      charts,
      'Times in milliseconds: response, service, and how late requests left',
      ['response p50', 'service p50', 'response p99', 'service p99', 'lateness p99'],
      (row) =>
        [
          row.responseTimeMs.median,
          row.serviceTimeMs.median,
          row.responseTimeMs.p99,
          row.serviceTimeMs.p99,
          row.sendLatenessMs.p99,
        ].map(formatFigure),
    ),
  )
}

/** Operations that plan and steering asked for from one second to another, a second; `null` where the load is closed or over. */
const askedOf = ({ result }: ReportInput): ((from: number, to: number) => number | null) => {
  const { load, drivers } = result.scenario
  if (load.kind === 'avalanche') return () => null
  const steering = result.steering.flatMap(({ atMs, command, scale }) =>
    command === 'stop' ? [] : [{ atMs, command, ...(scale === null ? {} : { scale }) }],
  )
  const stopMs = result.steering.find(({ command }) => command === 'stop')?.atMs ?? Number.POSITIVE_INFINITY
  const { curve, operationsPerStep, countLimit } = loadCurveOf(load, drivers, steering)
  const askedUntil = (second: number): number =>
    Math.min(countLimit, curve.cumulative(Math.min(stopMs, second * 1000)) * operationsPerStep)
  return (from, to) => (from * 1000 >= stopMs ? null : (askedUntil(to) - askedUntil(from)) / (to - from))
}

const rate = (charts: Charts): Markup => {
  const { result, timeline, time, window } = charts
  const { step } = timeline
  const asked = askedOf(charts)
  const hasJourneys = result.requests.some(({ kind }) => kind === 'journey')
  const isClosed = result.scenario.load.kind === 'avalanche'
  const perSecond = (read: (row: TimelineRow) => number): Series['points'] =>
    pointsOf(charts, (row) => read(row) / secondsOf(row.second, step, time))
  const columns = Array.from({ length: Math.ceil(time.seconds / step) }, (_, i) => i * step)
  const limits = result.slo.slice(0, 8).flatMap(({ text }) => {
    const parsed = parseSlo(text)
    return parsed.ok && parsed.slo.subject.kind === 'rate' && parsed.slo.of === undefined
      ? [{ value: parsed.slo.threshold, label: `limit ${formatThreshold(parsed.slo)}` }]
      : []
  })
  const rateText = (value: number | null): string => (value === null ? '–' : formatFigure(value))
  return figure(
    'Rate asked and done.',
    html`${window}, a second: ${isClosed ? 'a closed load asks for no rate, only for so many in flight; ' : hasJourneys ? 'operations that the load asked for (a journey is one operation and several requests), ' : 'requests that the load asked for, '}requests sent, and answers that came.`,
    renderLineChart(
      {
        id: 'rate',
        description: `Line chart of rates over ${formatTime(time.seconds * 1000)}; in the mean of the run ${formatRate(result.totals.answeredPerSecond)} were answered.`,
        unit: 'a second',
        scale: 'linear',
        series: [
          {
            name: 'asked',
            points: isClosed
              ? []
              : columns.map((from) => ({
                  second: from + step / 2,
                  value: asked(from, from + step),
                })),
          },
          { name: 'answered', points: perSecond((row) => row.answered) },
          { name: 'sent', points: perSecond((row) => row.sent) },
        ],
        limits,
        step,
      },
      time,
    ),
    tableOf(charts, 'Requests a second', ['asked', 'sent', 'answered', 'not sent'], (row, seconds) => [
      rateText(asked(row.second, row.second + seconds)),
      rateText(row.sent / seconds),
      rateText(row.answered / seconds),
      rateText(row.unsent / seconds),
    ]),
  )
}

const inFlight = (charts: Charts): Markup => {
  const { timeline, time, result } = charts
  const step = timeline.step === 1 ? 'second' : formatTime(timeline.step * 1000)
  return figure(
    'Requests in flight.',
    html`At the end of each ${step}: requests that were started and had no outcome yet, over all drivers; at most ${formatCount(result.scenario.load.maxInFlight)} are allowed on one.`,
    renderLineChart(
      {
        id: 'flight',
        description: `Line chart of requests in flight, at most ${formatCount(timeline.rows.reduce((most, row) => Math.max(most, row.inFlight), 0))}.`,
        unit: 'in flight',
        scale: 'linear',
        isWhole: true,
        series: [{ name: 'in flight', points: pointsOf(charts, (row) => row.inFlight) }],
        limits: [],
        step: timeline.step,
      },
      time,
    ),
    tableOf(charts, 'Requests in flight at the end of each row', ['in flight'], (row) => [
      formatCount(row.inFlight),
    ]),
  )
}

/** As many lines can be told apart; the rest is one. */
const maxKinds = 4

const errors = (charts: Charts): Markup => {
  const { timeline, time, window } = charts
  const counts = new Map<string, number>()
  for (const row of timeline.rows)
    for (const [kind, count] of Object.entries(row.errors)) counts.set(kind, (counts.get(kind) ?? 0) + count)
  const kinds = [...counts].filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a)
  if (kinds.length === 0)
    return figure(
      'Errors by kind.',
      'No second of the run had an error, so there is nothing to draw.',
      null,
      null,
    )
  const shown = kinds.slice(0, maxKinds).map(([kind]) => kind)
  const otherOf = (row: TimelineRow): number =>
    sumCounts(row.errors) - shown.reduce((sum, kind) => sum + (row.errors[kind] ?? 0), 0)
  const hasOthers = kinds.length > maxKinds
  const perSecond = (read: (row: TimelineRow) => number): Series['points'] =>
    pointsOf(charts, (row) => read(row) / secondsOf(row.second, timeline.step, time))
  const outcomes = (row: TimelineRow): number =>
    row.answered + sumCounts(row.errors) - (row.errors.check ?? 0)
  return figure(
    'Errors by kind.',
    html`${window}, a second; what the kinds mean is told below.`,
    renderLineChart(
      {
        id: 'errors-by-kind',
        description: `Line chart of errors a second: ${cutText(kinds.map(([kind, count]) => `${kind} ${formatCount(count)}`).join(', '))} in the whole run.`,
        unit: 'a second',
        scale: 'linear',
        series: [
          ...shown.map((kind) => ({
            name: cutText(kind, 12),
            points: perSecond((row) => row.errors[kind] ?? 0),
          })),
          ...(hasOthers ? [{ name: 'others', points: perSecond(otherOf) }] : []),
        ],
        limits: [],
        step: timeline.step,
      },
      time,
    ),
    tableOf(
      charts,
      'Errors, and their share of the requests with an outcome',
      [...shown.map((kind) => cutText(kind, 30)), ...(hasOthers ? ['others'] : []), 'share'],
      (row) => [
        ...shown.map((kind) => formatCount(row.errors[kind] ?? 0)),
        ...(hasOthers ? [formatCount(otherOf(row))] : []),
        outcomes(row) === 0 ? '–' : formatShare(sumCounts(row.errors) / outcomes(row)),
      ],
    ),
  )
}
