import { formatCount, formatFigure, formatTime } from '../summary-text-figures.ts'
import { figure } from './chart-frame.ts'
import { type Charts, nearLimits, pointsOf, tableOf } from './charts.ts'
import { renderHeatMap } from './heat-map.ts'
import { renderLineChart } from './line-chart.ts'
import { html, type Markup } from './markup.ts'

/** Response time over the run. */

export const heatMap = (charts: Charts): Markup => {
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

export const percentiles = (charts: Charts): Markup => {
  const { near, far } = nearLimits(charts)
  // p99 looks as in the other charts.
  const figures = [
    ['p50', 'median', 0],
    ['p90', 'p90', 2],
    ['p99', 'p99', 1],
    ['p99.9', 'p999', 3],
    ['max', 'max', 4],
  ] as const
  const { result, timeline, time, window } = charts
  return figure(
    'Percentiles of response time.',
    html`${window}: so many milliseconds or fewer took 50, 90, 99 and 99.9 % of the answers, and the slowest; with fewer than 1,000 answers at a time p99.9 is the slowest.${far}`,
    renderLineChart(
      {
        id: 'percentiles',
        description: `Line chart of response time percentiles over ${formatTime(time.seconds * 1000)}; of the whole run p50 ${formatTime(result.responseTimeMs.median)}, p99 ${formatTime(result.responseTimeMs.p99)}, slowest ${formatTime(result.responseTimeMs.max)}.`,
        unit: 'response time',
        unitAfter: '',
        scale: 'log',
        series: figures.map(([name, key, style]) => ({
          name,
          style,
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
      figures.map(([name]) => name),
      (row) => figures.map(([, key]) => formatFigure(row.responseTimeMs[key])),
    ),
  )
}
