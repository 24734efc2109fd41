import { inFlightOf } from '../measuring/measurement.ts'
import { addMeasurements } from '../measuring/measurement-set.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import { timelineRow } from './build-result.ts'
import { columnOf } from './heat-column.ts'
import type { TimelineRow } from './run-result.ts'
import { measurementOf } from './run-update.ts'
import type { StoredSecond } from './store/results-store.ts'

/** Which part of a timeline is wanted. */
export interface TimelineQuery {
  /** Seconds since the start, half open. */
  from: number
  to: number
  /** One request or journey, or `*`; left out: all of them, and `*`. */
  request?: string
  /** So many seconds become one row: their histograms are added, never their percentiles. */
  step: number
  /** With columns of the heat map. */
  columns: boolean
}

export interface TimelineRowWithColumns extends TimelineRow {
  /** See `heat-column.ts`. */
  responseColumn: string
  serviceColumn: string
}

/**
 * Rows of a timeline, in order, as {@link TimelineQuery} asks for them. `seconds` must begin at `firstSecondOf(query)`: what is
 * in flight of a single request follows from all that came before.
 */
export async function* timelineOf(
  seconds: AsyncIterable<StoredSecond> | Iterable<StoredSecond>,
  query: TimelineQuery,
): AsyncGenerator<TimelineRow | TimelineRowWithColumns> {
  const inFlight = new Map<string, number>()
  for await (const row of inSteps(seconds, query.step)) {
    const isWanted = row.second + query.step > query.from && row.second < query.to
    if (isWanted && (query.request ?? '*') === '*') yield rowOf(row, '*', row.inFlight, query.columns)
    if (query.request === '*') continue
    for (const [key, { name, measurement }] of row.measurements) {
      const left = (inFlight.get(key) ?? 0) + inFlightOf(measurement)
      inFlight.set(key, left)
      if (isWanted && (query.request ?? name) === name)
        yield rowOf(row, name, Math.max(0, left), query.columns)
    }
  }
}

/** Where reading must begin for a query. */
export const firstSecondOf = ({ from, step, request }: TimelineQuery): number =>
  request === '*' ? Math.floor(from / step) * step : 0

const rowOf = (
  row: StoredSecond,
  request: string,
  inFlight: number,
  columns: boolean,
): TimelineRow | TimelineRowWithColumns => {
  const measurement =
    request === '*' ? overallOfSet(row.measurements) : measurementOf(row.measurements, request)
  const plain = timelineRow(row.second, row.drivers, request, measurement, inFlight)
  if (!columns) return plain
  return {
    ...plain,
    responseColumn: columnOf(measurement.responseTime),
    serviceColumn: columnOf(measurement.serviceTime),
  }
}

/** Each group of `step` seconds as one, begun at a multiple of it. */
async function* inSteps(
  seconds: AsyncIterable<StoredSecond> | Iterable<StoredSecond>,
  step: number,
): AsyncGenerator<StoredSecond> {
  let group: StoredSecond | undefined
  for await (const row of seconds) {
    const second = Math.floor(row.second / step) * step
    if (group !== undefined && group.second !== second) {
      yield group
      group = undefined
    }
    group =
      group === undefined
        ? { ...row, second }
        : {
            second,
            drivers: Math.max(group.drivers, row.drivers),
            whole: Math.min(group.whole, row.whole),
            inFlight: row.inFlight,
            measurements: addMeasurements(group.measurements, row.measurements.values()),
          }
  }
  if (group !== undefined) yield group
}
