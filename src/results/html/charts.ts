import { parseSlo } from '../../measuring/slo.ts'
import type { RunResult, TimelineRow } from '../run-result.ts'
import { formatPosition, formatTime } from '../summary-text-figures.ts'
import type { TimeAxis } from './chart-frame.ts'
import { asTable, type HtmlColumn } from './html-table.ts'
import type { Series } from './line-chart.ts'
import { type Content, cutText, type Markup } from './markup.ts'
import { type ReportInput, secondsOf } from './report-input.ts'

/** What every chart of a report is drawn from. */
export interface Charts extends ReportInput {
  time: TimeAxis
  /** `Each point is 5 s`. */
  window: string
}

const second: HtmlColumn = { heading: 'from' }
export const number = (heading: string): HtmlColumn => ({ heading, isNumber: true })

export const tableOf = (
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

export const pointsOf = ({ timeline }: Charts, read: (row: TimelineRow) => number | null): Series['points'] =>
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

export const nearLimits = (charts: Charts): { near: { value: number; label: string }[]; far: Content } => {
  const limits = timeLimits(charts.result)
  const most = charts.result.responseTimeMs.max ?? 0
  const near = limits.filter(({ value }) => value <= most * farFactor || most === 0)
  const far = limits.filter((limit) => !near.includes(limit))
  return {
    near,
    far: far.length > 0 && ` Far above the picture lies: ${far.map(({ label }) => label).join('; ')}.`,
  }
}
