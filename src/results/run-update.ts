import { emptyMeasurement, type Measurement, unsentOf } from '../measuring/measurement.ts'
import type { MeasurementSet } from '../measuring/measurement-set.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import { completeSeconds, type RunState, type SecondRow } from '../orchestrator/run-state.ts'
import { timeFiguresOf } from './figures.ts'
import { columnOf } from './heat-column.ts'
import type { LiveFigures } from './live-view-figures.ts'
import type {
  DriverPhase,
  RunOutcome,
  RunPhase,
  RunResult,
  SteeringRecord,
  TimeFigures,
} from './run-result.ts'

/**
 * What changed in a run since the last update: one event of its stream, about once a second. Whoever has the timeline up
 * to some second and all later updates has the whole run, without a hole; a second that is said again (a driver's report
 * came late) replaces what was said of it.
 */
export interface RunUpdate {
  /** Grows by one from update to update of a stream; where it begins says nothing. */
  seq: number
  id: string
  /** Whose figures `seconds` holds: `*` is all requests. */
  request: string
  /** Epoch. */
  atMs: number
  state: RunPhase
  outcome: RunOutcome | null
  elapsedMs: number
  /** What plan and steering ask for now; `null` where the load is closed. */
  askedPerSecond: number | null
  /** The seconds that every driver has now reported, oldest first: usually one. */
  seconds: UpdateSecond[]
  /** Of all requests, since the start. */
  totals: UpdateTotals
  drivers: UpdateDriver[]
  /** In the order of the scenario's SLOs. */
  slo: { passed: boolean | null; observedText: string }[]
  /** Commands since the last update. */
  steering: SteeringRecord[]
}

export interface UpdateSecond {
  second: number
  /** Drivers whose report is in it. */
  drivers: number
  started: number
  sent: number
  answered: number
  unsent: number
  /** At its end; of all requests. */
  inFlight: number
  errors: Record<string, number>
  responseTimeMs: TimeFigures
  serviceTimeMs: BriefTimes
  sendLatenessMs: BriefTimes
  /** Response times as a column of the heat map; see `heat-column.ts`. */
  responseColumn: string
  serviceColumn: string
}

export interface BriefTimes {
  median: number | null
  p99: number | null
  max: number | null
}

export type UpdateTotals = Pick<
  RunResult['totals'],
  'started' | 'sent' | 'answered' | 'unsent' | 'inFlight' | 'errors'
>

/** Response times and what was sent since the start; rate, p99, lateness and CPU of its latest second. `null`: unknown. */
export interface UpdateDriver {
  id: string
  state: DriverPhase
  sent: number | null
  answeredPerSecond: number | null
  min: number | null
  mean: number | null
  median: number | null
  mode: number | null
  max: number | null
  p99: number | null
  latenessP99: number | null
  cpu: number | null
}

/** How far a stream has told of a run. */
export interface UpdateCursor {
  /** The rows told, up to `complete`. Rows are never changed, so another object at an index is news. */
  rows: readonly SecondRow[]
  complete: number
  steering: number
}

/** A run as it is now; `result` and `live` are of `state`. */
export interface RunView {
  state: RunState
  result: RunResult
  live: LiveFigures
}

/** More seconds than this go into updates of their own. */
const secondsPerUpdate = 30

/** For who has the history from elsewhere: from the newest complete second on. */
export const cursorAtNewest = ({ state, result }: RunView): UpdateCursor => ({
  rows: state.seconds,
  complete: Math.max(0, completeSeconds(state) - 1),
  steering: result.steering.length,
})

/** What is to be told now: one update, or a few where very many seconds are new. Without their numbers. */
export const buildUpdates = (
  view: RunView,
  request: string,
  cursor: UpdateCursor,
  atMs: number,
): { updates: Omit<RunUpdate, 'seq'>[]; cursor: UpdateCursor } => {
  const { state, result } = view
  const complete = completeSeconds(state)
  const news: UpdateSecond[] = []
  for (let i = 0; i < complete; i++) {
    const row = state.seconds[i]
    if (row !== undefined && (i >= cursor.complete || row !== cursor.rows[i]))
      news.push(secondOf(row, i, request))
  }
  const base = describeNow(view, request, atMs)
  const steering = result.steering.slice(cursor.steering)
  const updates: Omit<RunUpdate, 'seq'>[] = []
  for (let from = 0; from === 0 || from < news.length; from += secondsPerUpdate)
    updates.push({
      ...base,
      seconds: news.slice(from, from + secondsPerUpdate),
      steering: from === 0 ? steering : [],
    })
  return { updates, cursor: { rows: state.seconds, complete, steering: result.steering.length } }
}

const describeNow = (
  { result, live }: RunView,
  request: string,
  atMs: number,
): Omit<RunUpdate, 'seq' | 'seconds' | 'steering'> => {
  const { started, sent, answered, unsent, inFlight, errors } = result.totals
  return {
    id: result.id,
    request,
    atMs,
    state: result.state,
    outcome: result.outcome,
    elapsedMs: Math.round(result.elapsedMs),
    askedPerSecond: live.askedPerSecond === null ? null : thousandth(live.askedPerSecond),
    totals: { started, sent, answered, unsent, inFlight, errors },
    drivers: result.drivers.map((driver) => {
      const latest = live.drivers.get(driver.id)
      const { min, mean, median, mode, max } = driver.responseTimeMs
      return {
        id: driver.id,
        state: driver.state,
        sent: driver.totals.sent,
        answeredPerSecond: maybeThousandth(latest?.answeredPerSecond ?? null),
        min,
        mean: maybeThousandth(mean),
        median,
        mode,
        max,
        p99: latest?.responseP99Ms ?? null,
        latenessP99: latest?.latenessP99Ms ?? null,
        cpu: maybeThousandth(driver.cpu),
      }
    }),
    slo: result.slo.map(({ passed, observedText }) => ({ passed, observedText })),
  }
}

const secondOf = (row: SecondRow, second: number, request: string): UpdateSecond => {
  const measurement = measurementOf(row.measurements, request)
  const response = timeFiguresOf(measurement.responseTime)
  return {
    second,
    drivers: row.drivers,
    started: measurement.started,
    sent: measurement.sent,
    answered: measurement.answered,
    unsent: unsentOf(measurement),
    inFlight: row.inFlight,
    errors: measurement.errors,
    responseTimeMs: { ...response, mean: maybeThousandth(response.mean) },
    serviceTimeMs: briefTimes(timeFiguresOf(measurement.serviceTime)),
    sendLatenessMs: briefTimes(timeFiguresOf(measurement.sendLateness)),
    responseColumn: columnOf(measurement.responseTime),
    serviceColumn: columnOf(measurement.serviceTime),
  }
}

/** What `request` names: `*` all requests together, otherwise a request or a journey; empty where there is none. */
export const measurementOf = (set: MeasurementSet, request: string): Measurement =>
  request === '*'
    ? overallOfSet(set)
    : ((set.get(`request ${request}`) ?? set.get(`journey ${request}`))?.measurement ?? emptyMeasurement)

const briefTimes = ({ median, p99, max }: TimeFigures): BriefTimes => ({ median, p99, max })

/** Times are whole microseconds; only means and rates have more digits, which nobody reads once a second. */
const thousandth = (value: number): number => Math.round(value * 1000) / 1000
const maybeThousandth = (value: number | null): number | null => (value === null ? null : thousandth(value))
