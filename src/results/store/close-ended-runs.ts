import type { Clock } from '../../lib/clock.ts'
import { errorCatalogue } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import { addMeasurements, emptyMeasurementSet } from '../../measuring/measurement-set.ts'
import { type DriverProgress, hasEnded } from '../../orchestrator/driver-progress.ts'
import type { JournalEvent, JournaledRun } from '../../orchestrator/run-journal.ts'
import { foldRun, newRunState, type RunState, type SecondRow } from '../../orchestrator/run-state.ts'
import { buildResult } from '../build-result.ts'
import type { DriverResult, RunResult } from '../run-result.ts'
import type { ResultsStore } from './results-store.ts'

/**
 * Closes the runs that a process left open whose drivers ended with it, so that nobody can go on with them: from what its
 * journal and its rows tell. A run that had begun is degraded, its figures are the sum of the seconds that were written,
 * and the rest is named as missing; one that had not is failed with ORCHESTRATOR_RESTARTED. Resolves with the ids.
 */
export const closeEndedRuns = async (
  store: ResultsStore,
  { clock, logger }: { clock: Clock; logger: Logger },
): Promise<string[]> => {
  const runs = await store.unfinishedRuns()
  for (const run of runs) {
    const known = await store.readResult(run.id)
    const { result, event } = conclude(run, await rowsOf(store, run.id), known, clock.wallMs())
    // The closing event is the last: killed between the two, the next start does this again.
    await store.putResult(run.id, result)
    await store.appendEvent(run.id, run.events.length, event)
    logger.warn('closed a run whose drivers ended with the process that conducted it', {
      run: run.id,
      outcome: result.outcome,
    })
  }
  return runs.map(({ id }) => id)
}

const lostReason = 'ended with its orchestrator'

const conclude = (
  run: JournaledRun,
  rows: readonly SecondRow[],
  known: RunResult | undefined,
  nowMs: number,
): { result: RunResult; event: JournalEvent } => {
  const { id, record, createdAtMs, events } = run
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
  const closed = foldRun(withRows(state, rows), event)
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

const withRows = (state: RunState, rows: readonly SecondRow[]): RunState => {
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
const rowsOf = async (store: ResultsStore, id: string): Promise<SecondRow[]> => {
  const rows: SecondRow[] = []
  for await (const { second, ...row } of store.readSeconds(id)) {
    while (rows.length < second)
      rows.push({ drivers: 0, whole: 0, measurements: emptyMeasurementSet, inFlight: 0 })
    rows[second] = row
  }
  return rows
}
