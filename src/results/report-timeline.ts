import { type Bucket, Histogram } from '../measuring/histogram.ts'
import { type Measurement, sumOf } from '../measuring/measurement.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import type { RunState } from '../orchestrator/run-state.ts'
import { timelineRow } from './build-result.ts'
import { columnOf } from './heat-column.ts'
import type { TimelineRow } from './run-result.ts'
import type { StoredSecond } from './store/results-store.ts'
import type { TimelineRowWithColumns } from './timeline.ts'

/**
 * All requests of a run over its time, as coarse as a still picture needs: seconds become one row by adding their
 * histograms, so that every percentile is that of all its answers. A second without a row was reported by nobody.
 */
export interface ReportTimeline {
  /** So many seconds are one row; rows begin at multiples of it. */
  step: number
  rows: readonly TimelineRowWithColumns[]
  /** The same for tables, at most about {@link maxTableRows}. */
  tableStep: number
  tableRows: readonly TimelineRow[]
  /** Of the whole run: how many values lay in which slot, ascending. */
  responseTime: readonly Bucket[]
  serviceTime: readonly Bucket[]
}

export const noTimeline: ReportTimeline = {
  step: 1,
  rows: [],
  tableStep: 1,
  tableRows: [],
  responseTime: [],
  serviceTime: [],
}

export const maxColumns = 300
export const maxTableRows = 25

const steps = [
  1, 2, 5, 10, 15, 30, 60, 300, 600, 1800, 3600, 7200, 21_600, 86_400, 604_800, 6_048_000, 60_480_000,
] as const

/** The shortest step that makes at most `maxRows` rows of so many seconds, and is a multiple of `unit`. */
export const stepFor = (seconds: number, maxRows: number, unit = 1): number =>
  steps.find((step) => step % unit === 0 && Math.ceil(seconds / step) <= maxRows) ?? 604_800_000

/** Steps for a run of so long, with a second to spare for what comes late. */
export const stepsOf = (elapsedMs: number): { step: number; tableStep: number } => {
  const seconds = Math.ceil(elapsedMs / 1000)
  const step = stepFor(seconds + 1, maxColumns)
  return { step, tableStep: stepFor(seconds, maxTableRows, step) }
}

/** One row to be: what was measured in its seconds. */
interface Span {
  second: number
  drivers: number
  inFlight: number
  measurement: Measurement
}

/** A few milliseconds of work. */
const secondsPerTurn = 60

/**
 * Reads the seconds once, in order; a day of them is never in memory. `breathe` is awaited now and then, for who has others
 * to serve meanwhile.
 */
export const collectReportTimeline = async (
  seconds: AsyncIterable<StoredSecond> | Iterable<StoredSecond>,
  elapsedMs: number,
  breathe?: () => Promise<void>,
): Promise<ReportTimeline> => {
  let read = 0
  let { step } = stepsOf(elapsedMs)
  let spans: Span[] = []
  let open: Span[] = []
  const close = (): void => {
    const span = merge(open, step)
    if (span !== undefined) spans.push(span)
    open = []
  }
  for await (const { second, drivers, inFlight, measurements } of seconds) {
    if (++read % secondsPerTurn === 0) await breathe?.()
    if (open[0] !== undefined && startOf(open[0].second, step) !== startOf(second, step)) close()
    if (spans.length > maxColumns) {
      // It lasted longer than its record says.
      step = stepFor(second + 1, maxColumns / 2, step)
      spans = inSpans(spans, step)
      const last = spans.at(-1)
      if (last !== undefined && last.second === startOf(second, step)) open.push(...spans.splice(-1))
    }
    open.push({ second, drivers, inFlight, measurement: overallOfSet(measurements) })
  }
  close()
  const end = (spans.at(-1)?.second ?? 0) + step
  const tableStep = stepFor(Math.min(end, Math.max(1, Math.ceil(elapsedMs / 1000))), maxTableRows, step)
  const coarse = inSpans(spans, tableStep)
  return {
    step,
    rows: spans.map((span) => ({ ...rowOf(span), ...columnsOf(span) })),
    tableStep,
    tableRows: coarse.map(rowOf),
    responseTime: barsOf(coarse.map(({ measurement }) => measurement.responseTime)),
    serviceTime: barsOf(coarse.map(({ measurement }) => measurement.serviceTime)),
  }
}

/** Of a run that this process conducts. */
export const reportTimelineOf = (state: RunState, elapsedMs: number): Promise<ReportTimeline> =>
  collectReportTimeline(
    state.seconds.map((row, second) => ({ ...row, second })),
    elapsedMs,
  )

const startOf = (second: number, step: number): number => Math.floor(second / step) * step

const inSpans = (spans: readonly Span[], step: number): Span[] =>
  [...Map.groupBy(spans, ({ second }) => startOf(second, step)).values()].flatMap((group) => {
    const span = merge(group, step)
    return span === undefined ? [] : [span]
  })

const merge = (group: readonly Span[], step: number): Span | undefined => {
  const first = group[0]
  if (first === undefined) return undefined
  return {
    second: startOf(first.second, step),
    drivers: Math.max(...group.map(({ drivers }) => drivers)),
    inFlight: group.at(-1)?.inFlight ?? 0,
    measurement: sumOf(group.map(({ measurement }) => measurement)),
  }
}

const rowOf = ({ second, drivers, inFlight, measurement }: Span): TimelineRow =>
  timelineRow(second, drivers, '*', measurement, inFlight)

const columnsOf = ({ measurement }: Span): { responseColumn: string; serviceColumn: string } => ({
  responseColumn: columnOf(measurement.responseTime),
  serviceColumn: columnOf(measurement.serviceTime),
})

const barsOf = (histograms: readonly Histogram[]): Bucket[] => [...Histogram.sumOf(histograms).buckets()]
