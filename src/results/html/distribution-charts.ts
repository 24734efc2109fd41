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

export const responseAndService = (charts: Charts): Markup => {
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
