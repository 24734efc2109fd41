import { formatCount, formatShare, formatTime, sumCounts } from '../../results/summary-text-figures.ts'
import { formatSecond } from './chart-axis.ts'
import type { Mark } from './chart-marks.ts'
import type { ChartRows } from './chart-rows.ts'
import type { ChartsInput, Span } from './charts-input.ts'
import { cellTimes, type HeatGrid } from './heat-grid.ts'

/** What the charts say in words. */

/** `2:14`, or `2:00 to 2:30` where a row holds more than a second. */
export const spanText = ({ from, to }: Span): string =>
  to - from <= 1 ? formatSecond(from) : `${formatSecond(from)} to ${formatSecond(to)}`

/** `0:00 to 10:00, each second` and `the whole run ..., each 30 s`. */
export const windowText = (rows: ChartRows): string =>
  `${formatSecond(rows.from)} to ${formatSecond(rows.to)}`

export const eachText = (rows: ChartRows): string =>
  rows.step === 1 ? 'each second' : `each ${formatTime(rows.step * 1000)}`

/** `60 s`, `10 min`, `1h2m5s`. */
export const lengthText = (rows: ChartRows): string => {
  const seconds = rows.to - rows.from
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 && seconds % 60 === 0 ? `${seconds / 60} min` : formatTime(seconds * 1000)
}

const isNear = (responseMs: number, serviceMs: number): boolean =>
  responseMs - serviceMs <= Math.max(1, serviceMs * 0.1)

/** Where users waited longest beyond what the service took, by the p99 of each row; undefined where nothing was answered. */
export const widestGap = (rows: ChartRows): { row: number; gapMs: number; isNear: boolean } | undefined => {
  const response = rows.figure('p99')
  const service = rows.figure('serviceP99')
  let widest: { row: number; gapMs: number; isNear: boolean } | undefined
  for (let row = 0; row < rows.length; row++) {
    const responseMs = response[row] ?? null
    const serviceMs = service[row] ?? null
    if (responseMs === null || serviceMs === null) continue
    const gapMs = Math.max(0, responseMs - serviceMs)
    if (widest === undefined || gapMs > widest.gapMs)
      widest = { row, gapMs, isNear: isNear(responseMs, serviceMs) }
  }
  return widest
}

/** The coordinated-omission gap in a sentence, from the numbers. */
export const gapSentence = (rows: ChartRows): string => {
  const widest = widestGap(rows)
  if (widest === undefined) return ''
  const { row, gapMs } = widest
  if (widest.isNear)
    return gapMs < 0.0005
      ? 'Response and service time agree in the seconds shown: requests left when they were due.'
      : `Response and service time agree in the seconds shown: their p99 are never more than ${formatTime(gapMs)} apart, for requests left when they were due.`
  const at = spanText(rows.spanOf(row))
  const response = formatTime(rows.figure('p99')[row] ?? null)
  const service = formatTime(rows.figure('serviceP99')[row] ?? null)
  return `In the seconds shown, users waited up to ${formatTime(gapMs)} longer than the service took, because requests were due before they could be sent: at ${at} the p99 of response time was ${response}, of service time ${service}.`
}

/** What is under the cursor in the heat map. */
export const heatReadout = (
  rows: ChartRows,
  grid: HeatGrid,
  column: number,
  cell: number,
  marks: readonly Mark[],
  gaps: ChartsInput['gaps'],
): string => {
  const { widen, step, time } = grid.shape
  const from = column * widen * step
  const span = { from, to: Math.min(from + widen * step, Math.max(from + 1, rows.to)) }
  const at = spanText(span)
  const extra = [...markTexts(marks, span), ...gapTexts(gaps, span)].map((text) => `; ${text}`).join('')
  const { isReported } = grid.column(column)
  if (!isReported) return `${at}: not reported${extra}`
  const { count, atOrBelow, total } = grid.cell(column, cell)
  const { fromMs, toMs } = cellTimes(grid.shape, cell)
  const errors = errorsIn(rows, span)
  const tail = `${errors > 0 ? `; ${plural(errors, 'error')}` : ''}${extra}`
  if (total === 0) return `${at}: no answers${tail}`
  const what = time === 'service' ? ' of service time' : ''
  return `${at}, ${formatTime(fromMs)} to ${formatTime(toMs)}${what}: ${plural(count, 'answer')}, ${formatShare(count / total)} of ${formatCount(total)}; ${formatShare(atOrBelow / total)} took that long or less${tail}`
}

const plural = (count: number, word: string): string =>
  `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`

/** Errors of the rows in a span. */
const errorsIn = (rows: ChartRows, span: Span): number => {
  let sum = 0
  for (let second = span.from; second < span.to; second += rows.step) {
    const row = rows.rowAt(second)
    if (row !== undefined) sum += sumCounts(rows.errors(row) ?? {})
  }
  return sum
}

export const markTexts = (marks: readonly Mark[], { from, to }: Span): string[] =>
  marks.filter(({ second }) => second >= from && second < to).map(({ label }) => label)

/** Which drivers are silent in a span; what they would have said is in no figure. */
export const gapTexts = (gaps: ChartsInput['gaps'], { from, to }: Span): string[] => {
  const silent = gaps.filter((gap) => gap.from < to && gap.to > from)
  if (silent.length === 0) return []
  const [first] = silent
  const share = formatShare(
    Math.min(
      1,
      silent.reduce((sum, gap) => sum + gap.share, 0),
    ),
  )
  return silent.length === 1 && first !== undefined
    ? [`driver ${first.driver} has not reported it (${share} of the load)`]
    : [`${silent.length} drivers have not reported it (${share} of the load)`]
}

/** What is under the cursor in a chart of lines: `2:14: asked 500, answered 480`. */
export const lineReadout = (
  rows: ChartRows,
  row: number,
  values: readonly { name: string; text: string }[],
  marks: readonly Mark[],
  gaps: ChartsInput['gaps'],
): string => {
  const span = rows.spanOf(row)
  const extra = [...markTexts(marks, span), ...gapTexts(gaps, span)].map((text) => `; ${text}`).join('')
  if (!rows.isReported(row)) return `${spanText(span)}: not reported${extra}`
  return `${spanText(span)}: ${values.map(({ name, text }) => `${name} ${text}`).join(', ')}${extra}`
}
