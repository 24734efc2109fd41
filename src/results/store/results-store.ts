import type { AppError } from '../../lib/errors.ts'
import type { NamedMeasurement } from '../../measuring/measurement.ts'
import type { MeasurementSet } from '../../measuring/measurement-set.ts'
import type { JournalEvent, JournaledRun } from '../../orchestrator/run-journal.ts'
import type { RunOutcome, RunPhase, RunResult } from '../run-result.ts'

/**
 * The record of runs: what was asked, what the orchestrator decided, every second with its full histograms, and the
 * result. It outlives the process. No secret enters it: scenarios and results are given to it masked.
 *
 * What is written of a run that is not there (any more) rejects with RUN_UNKNOWN; nothing is read of it.
 *
 * Every method may take as long as a disk or a database takes, and rejects with STORE_UNAVAILABLE when that is away or
 * full; who may not wait uses a {@link RunKeeper}. Writing the same thing twice leaves it once. Several processes may use
 * one store at once; what only one may do is guarded by {@link lock}.
 */
export interface ResultsStore {
  /** Claims the store for the one orchestrator that takes up unfinished runs. Rejects with STORE_LOCKED. Ends with the process, however that ends. */
  lock(): Promise<StoreLock>

  /** Rejects with RUN_EXISTS, unless it is the very same run, written twice. */
  createRun(run: NewRun): Promise<void>
  /** `seq` numbers a run's events from 0; one written twice counts once. */
  appendEvent(runId: string, seq: number, event: JournalEvent): Promise<void>
  /** Runs to take up after a restart: created as resumable and without a `closed` or `failed` event; oldest first. */
  unfinishedRuns(): Promise<JournaledRun[]>
  /** One run with what was written in its journal; undefined: there is none of that id. */
  readJournal(runId: string): Promise<JournaledRun | undefined>

  /** Whole rows; one that is there is replaced. */
  putSeconds(runId: string, rows: readonly StoredSecond[]): Promise<void>
  /**
   * Adds what came late to a row that is there, or begins it. `addition` names it among those of the second (a report's
   * id): one written twice counts once. Replacing the row takes the additions away.
   */
  addToSecond(
    runId: string,
    second: number,
    addition: string,
    measurements: readonly NamedMeasurement[],
  ): Promise<void>
  /** In order of the seconds, `from` included, `to` not. Read in pieces: a day of rows does not fit in memory. */
  readSeconds(runId: string, from?: number, to?: number): AsyncIterable<StoredSecond>

  /** The newest state of a run, or its final one. */
  putResult(runId: string, result: RunResult): Promise<void>
  readResult(runId: string): Promise<RunResult | undefined>
  /** Newest first. */
  listRuns(query: RunQuery): Promise<RunSummary[]>
  /** With everything of it. False: there was none. */
  deleteRun(runId: string): Promise<boolean>

  /** A message of no run that goes on (see docs/wire.md): kept for who wants to know, bounded to the newest thousand. */
  addOrphan(orphan: Orphan): Promise<void>
  listOrphans(): Promise<Orphan[]>

  /** Idempotent. */
  close(): Promise<void>
}

export interface StoreLock {
  /** False while the connection that holds it is away: another orchestrator might have it, so nothing is to be written. */
  readonly isHeld: boolean
  /** Resolves when another orchestrator turns out to have it; this one has no right to its runs any more. */
  readonly lost: Promise<AppError>
  release(): Promise<void>
}

/** Of a lock that only its process can lose. */
export const neverLost: Promise<AppError> = new Promise(() => {})

export interface NewRun extends Omit<JournaledRun, 'events'> {
  /** An orchestrator that starts again may take it up; false for runs that end with their process. */
  isResumable: boolean
}

export interface StoredSecond {
  second: number
  drivers: number
  whole: number
  inFlight: number
  measurements: MeasurementSet
}

export interface RunQuery {
  /** At most 1,000. */
  limit: number
  /** Only runs created before this one, for the next page. */
  beforeId?: string
  /** Only runs whose id begins so. */
  idPrefix?: string
  name?: string
  labels?: Readonly<Record<string, string>>
}

/** One line of a list of runs. */
export interface RunSummary {
  id: string
  name: string
  labels: Record<string, string>
  state: RunPhase
  outcome: RunOutcome | null
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
  /** The last time that anything was written of it; a run that goes on is written each second. */
  updatedAt: string
  load: string
  drivers: number
  /** As the drivers tell it, those written by others among them; `null`: one of them does not say. */
  sent: number | null
  answered: number | null
  errors: number | null
  responseP99Ms: number | null
}

export interface Orphan {
  receivedAtMs: number
  topic: string
  /** As it came, cut at 64 KiB. */
  text: string
  reason: string
}
