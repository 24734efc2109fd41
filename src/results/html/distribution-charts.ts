import type { RunResult } from '../run-result.ts'
import { formatCount, formatFigure, formatTime } from '../summary-text-figures.ts'
import { figure } from './chart-frame.ts'
import { type Charts, nearLimits, number, pointsOf, tableOf } from './charts.ts'
import { asTable } from './html-table.ts'
import { renderLineChart } from './line-chart.ts'
import { html, type Markup } from './markup.ts'
import type { ReportInput } from './report-input.ts'
import { renderSpectrum } from './spectrum.ts'

/** All times together, and what the service time has to do with it. */

export const spectrum = (charts: Charts): Markup => {
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

/** What the difference says, in a sentence or two. */
const gapWords = ({ scenario, responseTimeMs, serviceTimeMs }: RunResult): string => {
  const { p99: response } = responseTimeMs
  const { p99: service } = serviceTimeMs
  const figures = `(p99 of the run ${formatTime(response)} against ${formatTime(service)})`
  if (scenario.load.kind === 'avalanche')
    return `A closed load asks again only when an answer has come: response time counts from then, service time from when the request really left ${figures}. How long users would have waited who come by the clock, a closed load does not see (coordinated omission).`
  const differ = response !== null && service !== null && response > service * 1.1 && response - service >= 1
  const meaning =
    'Response time counts from the instant at which a request was due, service time from when it really left:'
  return differ
    ? `${meaning} the gap ${figures} is the wait before the send, which a tool that waits for each answer before it asks again would not have seen (coordinated omission).`
    : `${meaning} here they hardly differ ${figures}, so requests left when they were due.`
}

export const responseAndService = (charts: Charts): Markup => {
  const { result, timeline, time, window } = charts
  const { p99: response } = result.responseTimeMs
  const { p99: service } = result.serviceTimeMs
  return figure(
    'Response time and service time.',
    `${window}, p99 of each. ${gapWords(result)}`,
    renderLineChart(
      {
        id: 'service',
        description: `Line chart of p99 of response time and service time; of the whole run ${formatTime(response)} and ${formatTime(service)}.`,
        unit: 'p99',
        unitAfter: '',
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
      'Response and service time in milliseconds',
      ['response p50', 'service p50', 'response p99', 'service p99'],
      (row) =>
        [
          row.responseTimeMs.median,
          row.serviceTimeMs.median,
          row.responseTimeMs.p99,
          row.serviceTimeMs.p99,
        ].map(formatFigure),
    ),
  )
}

export const lateness = (charts: Charts): Markup => {
  const { result, timeline, time, window } = charts
  const { median, p99, max } = result.sendLatenessMs
  return figure(
    'Send lateness.',
    html`${window}: how long after the instant at which it was due a request left; of the whole run p50 ${formatTime(median)}, p99 ${formatTime(p99)}, at most ${formatTime(max)}. It is part of the response time, and says whether the drivers kept up.`,
    renderLineChart(
      {
        id: 'lateness',
        description: `Line chart of send lateness; of the whole run p50 ${formatTime(median)}, p99 ${formatTime(p99)}, at most ${formatTime(max)}.`,
        unit: 'lateness',
        unitAfter: '',
        scale: 'log',
        series: [
          { name: 'p50', points: pointsOf(charts, (row) => row.sendLatenessMs.median) },
          { name: 'p99', points: pointsOf(charts, (row) => row.sendLatenessMs.p99) },
          { name: 'max', points: pointsOf(charts, (row) => row.sendLatenessMs.max) },
        ],
        limits: [],
        step: timeline.step,
      },
      time,
    ),
    tableOf(charts, 'Send lateness in milliseconds', ['p50', 'p99', 'max'], ({ sendLatenessMs: late }) =>
      [late.median, late.p99, late.max].map(formatFigure),
    ),
  )
}
