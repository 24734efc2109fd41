import type { UpdateSecond } from '../../results/run-update.ts'
import { sumCounts } from '../../results/summary-text-figures.ts'
import { decodeColumn } from './decode-column.ts'
import { type FigureName, figureNames, type HeatCounts } from './track.ts'

/** One row of a track, of one second or of a step of them. */
export interface TrackRow {
  figures: Readonly<Record<FigureName, number | null>>
  response: HeatCounts | null
  service: HeatCounts | null
  errors: Readonly<Record<string, number>> | null
}

/** Nobody has reported it. */
export const gapRow: TrackRow = {
  figures: Object.fromEntries(figureNames.map((name) => [name, null])) as Record<FigureName, null>,
  response: null,
  service: null,
  errors: null,
}

/** Whether it is a row as we know it: of one that is damaged, or of another time, nothing is known. */
export const isWholeRow = (row: unknown): row is UpdateSecond => {
  if (!isRecord(row)) return false
  const { second, drivers } = row
  return (
    Number.isSafeInteger(second) &&
    typeof drivers === 'number' &&
    [row.responseColumn, row.serviceColumn].every((text) => typeof text === 'string') &&
    counts.every((name) => Number.isFinite(row[name])) &&
    [row.errors, row.responseTimeMs, row.serviceTimeMs, row.sendLatenessMs].every(isRecord)
  )
}

const counts = ['started', 'sent', 'answered', 'unsent', 'inFlight'] as const

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Those rows of an answer. */
export const wholeRowsOf = <Row extends UpdateSecond>(rows: readonly Row[]): Row[] =>
  Array.isArray(rows) ? rows.filter((row): row is Row => isWholeRow(row)) : []

/**
 * A second of the stream, or a row of the timeline that covers so many seconds: both say the same. Asked is what was due:
 * started or not sent. In flight is known of all requests only.
 */
export const trackRowOf = (row: UpdateSecond, request: string, seconds = 1): TrackRow => {
  if (row.drivers === 0) return gapRow
  const { responseTimeMs: response, serviceTimeMs: service, sendLatenessMs: lateness } = row
  return {
    figures: {
      asked: (row.started + row.unsent) / seconds,
      sent: row.sent / seconds,
      answered: row.answered / seconds,
      errors: sumCounts(row.errors) / seconds,
      unsent: row.unsent / seconds,
      inFlight: request === '*' ? row.inFlight : null,
      drivers: row.drivers,
      p50: response.median,
      p90: response.p90,
      p99: response.p99,
      p999: response.p999,
      max: response.max,
      serviceP50: service.median,
      serviceP99: service.p99,
      latenessP99: lateness.p99,
    },
    response: decodeColumn(row.responseColumn) ?? null,
    service: decodeColumn(row.serviceColumn) ?? null,
    errors: row.errors,
  }
}
