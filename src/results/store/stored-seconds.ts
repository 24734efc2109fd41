import { AppError } from '../../lib/errors.ts'
import { addMeasurements } from '../../measuring/measurement-set.ts'
import type { StoredSecond } from './results-store.ts'
import { numberIn, type Row, type SqlDatabase, type Statement, textIn } from './sql-database.ts'
import { decodeMeasurements, encodeMeasurements } from './stored-second.ts'

/** Rows written in one transaction, and read at a time: some hundred kilobytes. */
const batchRows = 50

/** One list a transaction. A row replaces the one that is there, and what came late for it. */
export function* putStatements(runId: string, rows: readonly StoredSecond[]): Generator<Statement[]> {
  // Postgres replaces no row twice in one statement; the last one counts.
  const distinct = [...new Map(rows.map((row) => [row.second, row])).values()]
  for (let from = 0; from < distinct.length; from += batchRows) {
    const batch = distinct.slice(from, from + batchRows)
    const seconds = batch.map((row) => row.second)
    yield [
      {
        sql: `insert into groundswell_seconds (run_id, second, drivers, whole, in_flight, measurements)
          values ${batch.map((_, i) => `($1, ${[2, 3, 4, 5, 6].map((n) => `$${i * 5 + n}`).join(', ')})`).join(', ')}
          on conflict (run_id, second) do update set drivers = excluded.drivers, whole = excluded.whole,
            in_flight = excluded.in_flight, measurements = excluded.measurements`,
        values: [
          runId,
          ...batch.flatMap((row) => [
            row.second,
            row.drivers,
            row.whole,
            Math.round(row.inFlight),
            encodeMeasurements(row.measurements.values()),
          ]),
        ],
      },
      {
        sql: `delete from groundswell_late
          where run_id = $1 and second in (${seconds.map((_, i) => `$${i + 2}`).join(', ')})`,
        values: [runId, ...seconds],
      },
    ]
  }
}

/** In order, page by page. */
export async function* readStoredSeconds(
  database: SqlDatabase,
  runId: string,
  from: number,
  to: number,
): AsyncGenerator<StoredSecond> {
  const endSecond = Math.min(to, maxSecond)
  for (let next = Math.max(0, from); ; ) {
    const [rows = [], late = []] = await database.transact(pageStatements(runId, next, endSecond))
    const whole = new Map(rows.map((row) => [numberIn(row, 'second'), row]))
    const additions = Map.groupBy(late, (row) => numberIn(row, 'second'))
    const isLast = rows.length < batchRows
    // What came late for a second that has no row is a row of its own.
    const lastSecond = isLast ? endSecond : numberIn(rows.at(-1) ?? {}, 'second') + 1
    const seconds = [...new Set([...whole.keys(), ...additions.keys()])].sort((a, b) => a - b)
    for (const second of seconds)
      if (second < lastSecond) yield readSecond(runId, second, whole.get(second), additions.get(second) ?? [])
    if (isLast) return
    next = lastSecond
  }
}

const maxSecond = 2 ** 31 - 1

const pageStatements = (runId: string, from: number, to: number): Statement[] => [
  {
    sql: `select second, drivers, whole, in_flight, measurements from groundswell_seconds
      where run_id = $1 and second >= $2 and second < $3 order by second limit ${batchRows}`,
    values: [runId, from, to],
  },
  {
    sql: `select second, measurements from groundswell_late where run_id = $1 and second >= $2 and second < $3
      and second <= coalesce((select second from groundswell_seconds
        where run_id = $1 and second >= $2 and second < $3 order by second limit 1 offset ${batchRows - 1}), $3)
      order by second, addition`,
    values: [runId, from, to],
  },
]

const readSecond = (
  runId: string,
  second: number,
  row: Row | undefined,
  late: readonly Row[],
): StoredSecond => {
  const measurementsIn = (from: Row): StoredSecond['measurements'] => {
    const measurements = decodeMeasurements(textIn(from, 'measurements'))
    if (measurements === undefined)
      throw new AppError(
        'STORE_UNAVAILABLE',
        `Second ${second} of run ${runId} is damaged in the results store.`,
        {
          hint: 'Delete the run, or take the store from a backup.',
        },
      )
    return measurements
  }
  let measurements: StoredSecond['measurements'] = row === undefined ? new Map() : measurementsIn(row)
  for (const addition of late) measurements = addMeasurements(measurements, measurementsIn(addition).values())
  return {
    second,
    drivers: row === undefined ? 0 : numberIn(row, 'drivers'),
    whole: row === undefined ? 0 : numberIn(row, 'whole'),
    inFlight: row === undefined ? 0 : numberIn(row, 'in_flight'),
    measurements,
  }
}
