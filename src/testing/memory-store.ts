import { isoTime } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import type { JournaledRun } from '../orchestrator/run-journal.ts'
import type { RunResult } from '../results/run-result.ts'
import { summaryOf } from '../results/run-summary.ts'
import {
  neverLost,
  type ResultsStore,
  type RunQuery,
  type StoredSecond,
} from '../results/store/results-store.ts'

/** A results store of a few lines, which can be away. */
export class MemoryStore implements ResultsStore {
  isAway = false
  readonly results = new Map<string, RunResult>()
  readonly seconds = new Map<string, StoredSecond[]>()
  readonly journals = new Map<string, JournaledRun>()

  /** A whole run of the past. */
  keep(result: RunResult, seconds: readonly StoredSecond[] = []): void {
    this.results.set(result.id, result)
    this.seconds.set(result.id, [...seconds])
  }

  readonly lock: ResultsStore['lock'] = async () => ({
    isHeld: true,
    lost: neverLost,
    release: async () => {},
  })
  readonly createRun: ResultsStore['createRun'] = async () => {}
  readonly appendEvent: ResultsStore['appendEvent'] = async () => {}
  readonly unfinishedRuns: ResultsStore['unfinishedRuns'] = async () => []
  readonly readJournal: ResultsStore['readJournal'] = async (id) => this.journals.get(id)

  readonly putSeconds: ResultsStore['putSeconds'] = async (id, rows) => {
    this.seconds.set(id, [...(this.seconds.get(id) ?? []), ...rows])
  }

  readonly addToSecond: ResultsStore['addToSecond'] = async () => {}

  readonly readSeconds: ResultsStore['readSeconds'] = async function* (
    this: MemoryStore,
    id,
    from = 0,
    to = Number.POSITIVE_INFINITY,
  ) {
    this.#check()
    for (const row of this.seconds.get(id) ?? []) if (row.second >= from && row.second < to) yield row
  }

  readonly putResult: ResultsStore['putResult'] = async (id, result) => {
    this.#check()
    this.results.set(id, result)
  }

  readonly readResult: ResultsStore['readResult'] = async (id) => {
    this.#check()
    return this.results.get(id)
  }

  readonly listRuns: ResultsStore['listRuns'] = async ({ limit, beforeId, idPrefix = '' }: RunQuery) => {
    this.#check()
    const all = [...this.results.values()]
      .filter(({ id }) => id.startsWith(idPrefix))
      .map((result) => summaryOf(result, result.finishedAt ?? isoTime(0)))
      .sort((a, b) =>
        a.createdAt === b.createdAt ? (a.id < b.id ? 1 : -1) : a.createdAt < b.createdAt ? 1 : -1,
      )
    const from = beforeId === undefined ? 0 : all.findIndex(({ id }) => id === beforeId) + 1
    return beforeId !== undefined && from === 0 ? [] : all.slice(from, from + limit)
  }

  readonly deleteRun: ResultsStore['deleteRun'] = async (id) => {
    this.#check()
    this.seconds.delete(id)
    return this.results.delete(id)
  }

  readonly addOrphan: ResultsStore['addOrphan'] = async () => {}
  readonly listOrphans: ResultsStore['listOrphans'] = async () => []
  readonly close: ResultsStore['close'] = async () => {}

  #check(): void {
    if (this.isAway) throw new AppError('STORE_UNAVAILABLE', 'database at /secret/place is away')
  }
}
