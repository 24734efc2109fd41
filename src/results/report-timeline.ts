import { type Bucket, Histogram } from '../measuring/histogram.ts'
import { emptyMeasurement, type Measurement, sumOf } from '../measuring/measurement.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import type { RunState } from '../orchestrator/run-state.ts'
import { timelineRow } from './build-result.ts'
import { columnOf } from './heat-column.ts'
import type { RequestResult, RunResult, TimelineRow } from './run-result.ts'
import type { StoredSecond } from './store/results-store.ts'
import type { TimelineRowWithColumns } from './timeline.ts'
import { worstFirst } from './worst-first.ts'

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
  /** Each request by itself, coarser still: those of {@link drawnRequests}. */
  requestStep: number
  requests: readonly RequestTimeline[]
}

export interface RequestTimeline {
  name: string
  rows: readonly TimelineRow[]
}

export const noTimeline: ReportTimeline = {
  step: 1,
  rows: [],
  tableStep: 1,
  tableRows: [],
  responseTime: [],
  serviceTime: [],
  requestStep: 1,
  requests: [],
}

/** So that 10 minutes are columns of 2 s, and an hour of 10 s. */
export const maxColumns = 365
export const maxTableRows = 25
/** A picture of a request by itself is small. */
export const maxRequestRows = 75
const maxDrawnRequests = 20

/** What has a picture of its own: the requests with the worst p99. */
const drawnOf = ({ requests }: Pick<RunResult, 'requests'>): RequestResult[] =>
  worstFirst(requests).slice(0, maxDrawnRequests)

export const drawnRequests = (result: Pick<RunResult, 'requests'>): string[] =>
  drawnOf(result).map(({ name }) => name)

const steps = [
  1, 2, 5, 10, 15, 30, 60, 300, 600, 1800, 3600, 7200, 21_600, 86_400, 604_800, 6_048_000, 60_480_000,
] as const

/** The shortest step that makes at most `maxRows` rows of so many seconds, and is a multiple of `unit`. */
export const stepFor = (seconds: number, maxRows: number, unit = 1): number =>
  steps.find((step) => step % unit === 0 && Math.ceil(seconds / step) <= maxRows) ?? 604_800_000

/** Steps for a run of so long, with a second to spare for what comes late. */
export const stepsOf = (elapsedMs: number): { step: number; tableStep: number; requestStep: number } => {
  const seconds = Math.ceil(elapsedMs / 1000)
  const step = stepFor(seconds + 1, maxColumns)
  return {
    step,
    tableStep: stepFor(seconds, maxTableRows, step),
    requestStep: stepFor(seconds + 1, maxRequestRows, step),
  }
}

/** One row to be: what was measured in its seconds. */
interface Span {
  second: number
  drivers: number
  inFlight: number
  measurement: Measurement
}

/** Makes spans of some seconds of single ones that come in order: longer ones where there turn out to be too many. */
class SpanFold {
  step: number
  readonly #most: number
  #spans: Span[] = []
  #open: Span[] = []

  constructor(step: number, most: number) {
    this.step = step
    this.#most = most
  }

  add(span: Span): void {
    const [open] = this.#open
    if (open !== undefined && startOf(open.second, this.step) !== startOf(span.second, this.step))
      this.#close()
    if (this.#spans.length > this.#most) {
      // It lasted longer than its record says.
      this.step = stepFor(span.second + 1, this.#most / 2, this.step)
      this.#spans = inSpans(this.#spans, this.step)
      const last = this.#spans.at(-1)
      if (last !== undefined && last.second === startOf(span.second, this.step))
        this.#open.push(...this.#spans.splice(-1))
    }
    this.#open.push(span)
  }

  end(): Span[] {
    this.#close()
    return this.#spans
  }

  #close(): void {
    const span = merge(this.#open, this.step)
    if (span !== undefined) this.#spans.push(span)
    this.#open = []
  }
}

/** A few milliseconds of work. */
const secondsPerTurn = 60

/**
 * Reads the seconds once, in order; a day of them is never in memory. `breathe` is awaited now and then, for who has others
 * to serve meanwhile.
 */
export const collectReportTimeline = async (
  seconds: AsyncIterable<StoredSecond> | Iterable<StoredSecond>,
  result: Pick<RunResult, 'elapsedMs' | 'requests'>,
  breathe?: () => Promise<void>,
): Promise<ReportTimeline> => {
  const steps = stepsOf(result.elapsedMs)
  const all = new SpanFold(steps.step, maxColumns)
  const requests = drawnOf(result).map(({ kind, name }) => ({
    name,
    key: `${kind} ${name}`,
    fold: new SpanFold(steps.requestStep, maxRequestRows),
  }))
  let read = 0
  for await (const { second, drivers, inFlight, measurements } of seconds) {
    if (++read % secondsPerTurn === 0) await breathe?.()
    all.add({ second, drivers, inFlight, measurement: overallOfSet(measurements) })
    for (const { key, fold } of requests) {
      const measurement = measurements.get(key)?.measurement ?? emptyMeasurement
      fold.add({ second, drivers, inFlight: 0, measurement })
    }
  }
  const spans = all.end()
  const { step, rows } = lightened(spans, all.step, requests.length)
  const end = (spans.at(-1)?.second ?? 0) + all.step
  const elapsed = Math.max(1, Math.ceil(result.elapsedMs / 1000))
  const tableStep = stepFor(Math.min(end, elapsed), maxTableRows, all.step)
  const coarse = inSpans(spans, tableStep)
  return {
    step,
    rows,
    tableStep,
    tableRows: coarse.map(rowOf),
    responseTime: barsOf(coarse.map(({ measurement }) => measurement.responseTime)),
    serviceTime: barsOf(coarse.map(({ measurement }) => measurement.serviceTime)),
    requests: requests.map(({ name, fold }) => ({ name, rows: fold.end().map(rowOf) })),
    requestStep: requests[0]?.fold.step ?? steps.requestStep,
  }
}

/**
 * Columns of an ill system's times, spread from microseconds to the time-out, are long, and the cells drawn of them are
 * many: a page of ten minutes would pass 300 kB. Of twice the seconds it stays below. Longer runs may have larger pages.
 */
const lightened = (
  spans: readonly Span[],
  step: number,
  requests: number,
): Pick<ReportTimeline, 'step' | 'rows'> => {
  let drawn = { step, rows: spans.map(rowWithColumns) }
  let light = lightColumns - lightColumnsPerRequest * requests
  while (step <= longestLightStep && drawn.step < 16 && columnsLength(drawn.rows) > light) {
    const coarser = 2 * drawn.step
    drawn = { step: coarser, rows: inSpans(spans, coarser).map(rowWithColumns) }
    // The lines of the other charts have become shorter, too.
    light += 20_000
  }
  return drawn
}

const columnsLength = (rows: readonly TimelineRowWithColumns[]): number =>
  rows.reduce((sum, { responseColumn }) => sum + responseColumn.length, 0)

/** That of ten minutes. */
const longestLightStep = 2
/** Characters of all columns together; each becomes about 3.5 bytes of the page. */
const lightColumns = 43_000
/** So many less for each picture of a request, some 2.5 kB. */
const lightColumnsPerRequest = 900

/** Of a run that this process conducts. */
export const reportTimelineOf = (
  state: RunState,
  result: Pick<RunResult, 'elapsedMs' | 'requests'>,
): Promise<ReportTimeline> =>
  collectReportTimeline(
    state.seconds.map((row, second) => ({ ...row, second })),
    result,
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

const rowWithColumns = (span: Span): TimelineRowWithColumns => ({ ...rowOf(span), ...columnsOf(span) })

const columnsOf = ({ measurement }: Span): { responseColumn: string; serviceColumn: string } => ({
  responseColumn: columnOf(measurement.responseTime),
  serviceColumn: columnOf(measurement.serviceTime),
})

const barsOf = (histograms: readonly Histogram[]): Bucket[] => [...Histogram.sumOf(histograms).buckets()]
