import type { RequestTimeline } from '../report-timeline.ts'
import { formatFigure, formatPosition, formatTime } from '../summary-text-figures.ts'
import { dataBlock, plotOf, toldFigure, toldMs, valuesOf } from './chart-data.ts'
import {
  attributes,
  type Field,
  figure,
  linearAxis,
  logAxis,
  picture,
  roundRange,
  type TimeAxis,
  timeScale,
} from './chart-frame.ts'
import { asTable } from './html-table.ts'
import { linePath, lineStyles } from './line-chart.ts'
import { cutText, html, type Markup, tenth } from './markup.ts'
import { type ReportInput, secondsOf, timeAxisOf } from './report-input.ts'

/**
 * Each request by itself, small and side by side: above its p99, on one scale for all, so that they can be compared; below
 * the answers a second, each on a scale of its own. A single request would be the charts above once more.
 */
export const requestCharts = (input: ReportInput): Markup | null => {
  const { requests, requestStep } = input.timeline
  if (requests.length < 2) return null
  const time = timeAxisOf(input)
  const lines = requests.map((request) => lineOf(request, requestStep, time))
  const all = lines.flatMap(({ p99 }) => p99.flatMap(({ value }) => (value === null ? [] : [value])))
  const scale = all.length === 0 ? ([1, 10] as const) : roundRange(Math.min(...all), Math.max(...all))
  const more = input.result.requests.length - requests.length
  return figure(
    'Each request over time.',
    html`${requestStep === 1 ? 'Each second' : `Every ${formatTime(requestStep * 1000)} together`}; above p99 of the response time, all from ${formatTime(scale[0])} to ${formatTime(scale[1])} (a line at every tenfold), below the answers a second, from 0 to the most.${more > 0 && ` The ${requests.length} with the worst p99; ${more} more are not drawn.`}`,
    html`<div class="multiples">${lines.map((line) => multiple(line, scale, requestStep, time))}</div>`,
    asTable(
      'The least and the most of each line; p99 in milliseconds',
      ['request', 'lowest p99', 'highest p99', 'at', 'fewest a second', 'most a second'].map(
        (heading, i) => ({
          heading,
          isNumber: i > 0,
        }),
      ),
      lines.map(({ name, p99, rate }) => [
        cutText(name),
        ...rangeOf(p99).map(formatFigure),
        positionOfMost(p99, requestStep),
        ...rangeOf(rate).map(formatFigure),
      ]),
    ),
  )
}

type Points = { second: number; value: number | null }[]

interface RequestLines {
  name: string
  p99: Points
  rate: Points
}

const lineOf = ({ name, rows }: RequestTimeline, step: number, time: TimeAxis): RequestLines => {
  const points = (read: (row: RequestTimeline['rows'][number]) => number | null): Points =>
    rows.map((row) => ({ second: row.second + step / 2, value: row.drivers === 0 ? null : read(row) }))
  return {
    name,
    p99: points((row) => row.responseTimeMs.p99),
    rate: points((row) => row.answered / secondsOf(row.second, step, time)),
  }
}

const upper: Field = { width: 330, height: 100, left: 2, right: 70, top: 4, bottom: 38 }
const lower: Field = { ...upper, top: 68, bottom: 4 }

const multiple = (
  { name, p99, rate }: RequestLines,
  [fromMs, toMs]: readonly [number, number],
  step: number,
  time: TimeAxis,
): Markup => {
  const [lowest, highest] = rangeOf(p99)
  const [, most] = rangeOf(rate)
  const times = logAxis(upper, fromMs, toMs)
  const rates = linearAxis(lower, most ?? 1)
  const x = timeScale(upper, time)
  const right = upper.width - upper.right
  const description = `${cutText(name)}: p99 from ${formatTime(lowest)} to ${formatTime(highest)}, at most ${formatFigure(most)} answers a second.`
  const grid = `M2 ${upper.height - upper.bottom}H${right}M2 ${lower.height - lower.bottom}H${right}${decades(
    fromMs,
    toMs,
  )
    .map((ms) => `M2 ${tenth(times.scale(ms))}H${right}`)
    .join('')}`
  return html`<div><p>${cutText(name, 80)}</p>${picture(
    upper,
    description,
    html`<path d="${grid}" ${attributes('fill="none" stroke="#8a94a3" stroke-opacity="0.35"')}/><path d="${linePath({ points: p99 }, step, x, times.scale)}" ${attributes(`fill="none" stroke="${lineStyles[0].stroke}" stroke-width="1.6" stroke-linejoin="round"`)}/><path d="${linePath({ points: rate }, step, x, rates.scale)}" ${attributes(`fill="none" stroke="${lineStyles[2].stroke}" stroke-width="1.6" stroke-linejoin="round"`)}/><text x="${right + 4}" y="${upper.top + 10}">p99</text><text x="${right + 4}" y="${upper.top + 23}">${highest === null ? '–' : `≤ ${formatTime(highest)}`}</text><text x="${right + 4}" y="${lower.top + 10}">${most === null ? '–' : `≤ ${formatFigure(most)}`}</text><text x="${right + 4}" y="${lower.top + 23}">a second</text>`,
    dataBlock({
      plot: plotOf({ ...upper, bottom: lower.bottom }),
      seconds: time.seconds,
      step,
      isSmall: true,
      series: [
        ['p99', 'ms', valuesOf(p99, step, time).map(toldMs)],
        ['answered', ' a second', valuesOf(rate, step, time).map(toldFigure)],
      ],
    }),
  )}</div>`
}

const decades = (fromMs: number, toMs: number): number[] => {
  const found: number[] = []
  for (let power = Math.ceil(Math.log10(fromMs) - 1e-9); 10 ** power <= toMs * 1.001; power++)
    found.push(10 ** power)
  return found
}

const rangeOf = (points: Points): [least: number | null, most: number | null] => {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]))
  return values.length === 0 ? [null, null] : [Math.min(...values), Math.max(...values)]
}

const positionOfMost = (points: Points, step: number): string => {
  const [, most] = rangeOf(points)
  const at = points.find(({ value }) => value !== null && value === most)
  return at === undefined ? '–' : formatPosition((at.second - step / 2) * 1000)
}
