import { errorCatalogue } from '../../lib/errors.ts'
import { addMeasurements, emptyMeasurementSet } from '../../measuring/measurement-set.ts'
import { type DriverProgress, hasEnded } from '../../orchestrator/driver-progress.ts'
import type { JournalEvent, JournaledRun } from '../../orchestrator/run-journal.ts'
import { foldRun, newRunState, type RunState, type SecondRow } from '../../orchestrator/run-state.ts'
import { buildResult } from '../build-result.ts'
import type { DriverResult, RunResult } from '../run-result.ts'
import type { ResultsStore } from './results-store.ts'

/**
 * A run that nobody goes on with: `rows` are what was written of its seconds, `known` its last written result. Of what its
 * drivers did after that nothing is known; `lostReason` says why.
 */
export const concludeRun = (
  { id, record, createdAtMs, events }: JournaledRun,
  rows: readonly SecondRow[],
  known: RunResult | undefined,
  { nowMs, lostReason }: { nowMs: number; lostReason: string },
): { result: RunResult; event: JournalEvent } => {
  const state = events.reduce(foldRun, newRunState(id, record, createdAtMs))
  const environment = known?.environment ?? null
  if (state.startAtMs === null) {
    const { hint } = errorCatalogue.ORCHESTRATOR_RESTARTED
    const message = `The orchestrator ended before run ${id} had begun.`
    const error = { code: 'ORCHESTRATOR_RESTARTED', message, hint } as const
    const event: JournalEvent = { type: 'failed', atMs: nowMs, error }
    return { result: buildResult(foldRun(state, event), record, nowMs, environment), event }
  }
  // When it ended nobody wrote down; the last second that was written is the last that is sure.
  const event: JournalEvent = { type: 'closed', atMs: state.startAtMs + rows.length * 1000 }
  const closed = foldRun(withRows(state, rows, lostReason), event)
  const result = buildResult(closed, record, event.atMs, environment)
  if (result.drivers.length <= 1) return { result, event }
  const drivers = result.drivers.map((driver) => withFigures(driver, known))
  return { result: { ...result, drivers, warnings: [...result.warnings, driversWarning] }, event }
}

const driversWarning =
  'The figures of the single drivers are as they were last written, up to 5 s before the end: they add up to less than the whole.'

/** What each driver did is not in the rows: of one alone it is their sum, of several as it was last written. */
const withFigures = (driver: DriverResult, known: RunResult | undefined): DriverResult => {
  const before = known?.drivers.find(({ id }) => id === driver.id)
  if (before === undefined) return driver
  const { state, reason } = driver
  return { ...before, state, reason }
}

const withRows = (state: RunState, rows: readonly SecondRow[], lostReason: string): RunState => {
  const alone = state.drivers.size === 1
  const lose = (driver: DriverProgress): DriverProgress => ({
    ...driver,
    phase: 'lost',
    reason: lostReason,
    reportedMs: rows.length * 1000,
    total: alone
      ? rows.reduce((sum, row) => addMeasurements(sum, row.measurements.values()), emptyMeasurementSet)
      : driver.total,
  })
  return {
    ...state,
    seconds: rows,
    drivers: new Map(
      Array.from(state.drivers, ([id, driver]) => [id, hasEnded(driver) ? driver : lose(driver)]),
    ),
  }
}

/** Without holes: a second that was not written is empty. */
export const rowsOf = async (store: Pick<ResultsStore, 'readSeconds'>, id: string): Promise<SecondRow[]> => {
  const rows: SecondRow[] = []
  for await (const { second, ...row } of store.readSeconds(id)) {
    while (rows.length < second)
      rows.push({ drivers: 0, whole: 0, measurements: emptyMeasurementSet, inFlight: 0 })
    rows[second] = row
  }
  return rows
}
