import { isoTime } from '../lib/clock.ts'
import { AppError, messageOf } from '../lib/errors.ts'
import type { RunState } from '../orchestrator/run-state.ts'
import { buildResult } from '../results/build-result.ts'
import type { RunEnvironment, RunResult } from '../results/run-result.ts'
import { summaryOf } from '../results/run-summary.ts'
import { readConcluded } from '../results/store/read-concluded.ts'
import type { ResultsStore, RunSummary, StoredSecond } from '../results/store/results-store.ts'
import type { RunList } from './answer-schemas.ts'
import type { ApiLimits, ApiOptions, LiveRun, RunOwner } from './api-options.ts'

/**
 * One view over the runs that this process conducts and those that the store has: a run is answered from memory while it
 * goes on and until its whole record is in the store, then from there, so that nobody meets the seam. What is asked of a
 * live run never waits for the store.
 */
export interface RunDirectoryOptions
  extends Pick<ApiOptions, 'orchestrator' | 'store' | 'clock' | 'environment'> {
  limits: Pick<ApiLimits, 'storeMs'>
}

export type FoundRun = { kind: 'live'; run: LiveRun } | { kind: 'stored'; result: RunResult }

/** Ended runs that the store does not have yet: more are forgotten, the oldest first. */
const maxUnstored = 20

/** How often the store is asked whether it has an ended run by now. */
const askEveryMs = 5000

/** Somebody else may take up an abandoned run. */
const concludedLifeMs = 30_000

export class RunDirectory {
  readonly #options: RunDirectoryOptions
  /** Every run seen at the orchestrator, until the store has it. */
  readonly #seen = new Map<string, LiveRun>()
  readonly #deleted = new Set<string>()
  /** Abandoned runs of the store, as they were concluded, for as long. */
  readonly #concluded = new Map<string, { result: Promise<RunResult | undefined>; untilMs: number }>()
  #isAsking = false
  #askedMs = Number.NEGATIVE_INFINITY

  constructor(options: RunDirectoryOptions) {
    this.#options = options
  }

  get #owner(): RunOwner {
    return this.#options.orchestrator
  }

  get #store(): ResultsStore {
    return this.#options.store
  }

  /** Newest first. */
  live(): LiveRun[] {
    this.observe()
    return [...this.#seen.values()].filter(({ id }) => !this.#deleted.has(id)).reverse()
  }

  liveRun(id: string): LiveRun | undefined {
    return this.#deleted.has(id) ? undefined : (this.#owner.runs.get(id) ?? this.#seen.get(id))
  }

  /** Rejects with RUN_UNKNOWN or STORE_UNAVAILABLE. */
  async find(id: string): Promise<FoundRun> {
    const run = this.liveRun(id)
    if (run !== undefined) return { kind: 'live', run }
    const result = this.#deleted.has(id) ? undefined : await this.#stored(id)
    if (result === undefined) throw unknownRun(id)
    return { kind: 'stored', result }
  }

  async result(id: string): Promise<RunResult> {
    const found = await this.find(id)
    return found.kind === 'live' ? this.resultOf(found.run) : found.result
  }

  resultOf(run: LiveRun): RunResult {
    const { clock, environment } = this.#options
    return resultOf(run, clock.wallMs(), environment ?? null)
  }

  /** Its seconds from `from` up to, not including, `to`. */
  seconds(found: FoundRun, from: number, to: number): AsyncIterable<StoredSecond> | Iterable<StoredSecond> {
    return found.kind === 'live'
      ? liveSeconds(found.run.state, from, to)
      : this.#store.readSeconds(found.result.id, from, to)
  }

  /** Newest first. Where the store does not answer, the live ones, and why there are no others. */
  async list(limit: number, before: string | undefined): Promise<RunList> {
    const live = this.live().map((run) => this.#summary(run))
    const known = live.find(({ id }) => id === before)
    let stored: RunSummary[] = []
    let storeError: string | null = null
    try {
      stored = await this.#inTime(
        this.#store.listRuns({
          // Those that are live as well are in twice.
          limit: Math.min(1000, limit + 1 + live.length),
          ...(before === undefined || known !== undefined ? {} : { beforeId: before }),
        }),
      )
    } catch (error) {
      storeError = error instanceof AppError ? 'The results store does not answer.' : messageOf(error)
    }
    const isLive = new Set(live.map(({ id }) => id))
    const isOlder = (run: RunSummary): boolean => known === undefined || compareNewest(known, run) < 0
    const runs = [
      // A page behind a stored run is older than all that is live, or as good as.
      ...(before !== undefined && known === undefined ? [] : live),
      ...stored.filter(({ id }) => !isLive.has(id) && !this.#deleted.has(id)),
    ]
      .filter(isOlder)
      .sort(compareNewest)
    const page = runs.slice(0, limit)
    return { runs: page, next: runs.length > limit ? (page.at(-1)?.id ?? null) : null, storeError }
  }

  /** Rejects with RUN_ACTIVE while it goes on or is still being written, RUN_UNKNOWN, STORE_UNAVAILABLE. */
  async delete(id: string): Promise<void> {
    const run = this.liveRun(id)
    if (run !== undefined && run.state.phase !== 'finished')
      throw new AppError('RUN_ACTIVE', `Run ${id} goes on.`)
    const stored = this.#deleted.has(id) ? undefined : await this.#inTime(this.#store.readResult(id))
    if (stored === undefined && run === undefined) throw unknownRun(id)
    if (stored?.state !== 'finished')
      throw new AppError('RUN_ACTIVE', `Run ${id} is not closed in the results store yet.`, {
        hint: 'Try again when it is over and written; `groundswell results delete` removes what nobody goes on with.',
      })
    await this.#inTime(this.#store.deleteRun(id))
    this.#seen.delete(id)
    // The orchestrator knows it for a while yet.
    if (this.#owner.runs.has(id)) this.#deleted.add(id)
  }

  /** Called about once a second: takes notice of new runs, and lets go of those that the store has. */
  observe(): void {
    for (const [id, run] of this.#owner.runs) if (!this.#seen.has(id)) this.#seen.set(id, run)
    for (const id of this.#deleted) if (!this.#owner.runs.has(id)) this.#deleted.delete(id)
    const ended = [...this.#seen.keys()].filter((id) => !this.#owner.runs.has(id))
    for (const id of ended.slice(0, Math.max(0, ended.length - maxUnstored))) this.#seen.delete(id)
    const nowMs = this.#options.clock.nowMs()
    if (ended.length === 0 || this.#isAsking || nowMs - this.#askedMs < askEveryMs) return
    this.#askedMs = nowMs
    this.#isAsking = true
    void this.#releaseStored(ended).finally(() => {
      this.#isAsking = false
    })
  }

  /** Resolves, or rejects with STORE_UNAVAILABLE. */
  async checkStore(): Promise<void> {
    await this.#inTime(this.#store.listRuns({ limit: 1 }))
  }

  async #stored(id: string): Promise<RunResult | undefined> {
    const known = await this.#inTime(this.#store.readResult(id))
    if (known === undefined || known.state === 'finished') return known
    // To read all seconds of a day takes longer than anybody waits: until it is done there is what was written last.
    return this.#inTime(this.#conclude(id)).catch(() => known)
  }

  /** Many ask at once, and again: each second of the run is read once. */
  #conclude(id: string): Promise<RunResult | undefined> {
    const nowMs = this.#options.clock.wallMs()
    for (const [other, { untilMs }] of this.#concluded) if (untilMs < nowMs) this.#concluded.delete(other)
    const before = this.#concluded.get(id)
    if (before !== undefined) return before.result
    const result = readConcluded(this.#store, id, nowMs)
    const entry = { result, untilMs: Number.POSITIVE_INFINITY }
    this.#concluded.set(id, entry)
    // One that goes on elsewhere changes, and what failed is tried again.
    const settle = (lifeMs: number): void => {
      entry.untilMs = this.#options.clock.wallMs() + lifeMs
    }
    result.then(
      (found) => settle(found?.state === 'finished' ? concludedLifeMs : 0),
      () => settle(0),
    )
    return result
  }

  async #releaseStored(ids: readonly string[]): Promise<void> {
    try {
      for (const id of ids) {
        const result = await this.#inTime(this.#store.readResult(id))
        if (result?.state === 'finished') this.#seen.delete(id)
      }
    } catch {
      // The store is away: what it does not have stays here.
    }
  }

  #summary(run: LiveRun): RunSummary {
    return summaryOf(this.resultOf(run), isoTime(this.#options.clock.wallMs()))
  }

  #inTime<T>(work: Promise<T>): Promise<T> {
    const { clock, limits } = this.#options
    return new Promise((resolve, reject) => {
      const timer = clock.after(limits.storeMs, () =>
        reject(
          new AppError('STORE_UNAVAILABLE', `The results store did not answer for ${limits.storeMs} ms.`),
        ),
      )
      work.then(resolve, reject).finally(() => timer.cancel())
    })
  }
}

const unknownRun = (id: string): AppError => new AppError('RUN_UNKNOWN', `There is no run ${id}.`)

const results = new WeakMap<RunState, { atMs: number; result: RunResult }>()

/** A run changes a few times a second; who asks within the same quarter of one gets the same answer. */
const resultLifeMs = 250

const resultOf = (
  { state, record }: LiveRun,
  nowMs: number,
  environment: RunEnvironment | null,
): RunResult => {
  const known = results.get(state)
  if (known !== undefined && nowMs >= known.atMs && nowMs - known.atMs < resultLifeMs) return known.result
  const result = buildResult(state, record, nowMs, environment)
  results.set(state, { atMs: nowMs, result })
  return result
}

function* liveSeconds({ seconds }: RunState, from: number, to: number): Generator<StoredSecond> {
  for (let second = Math.max(0, from); second < Math.min(to, seconds.length); second++) {
    const row = seconds[second]
    if (row !== undefined) yield { ...row, second }
  }
}

/** Newest first; of those made within one millisecond the one with the greater id, as in the store. */
const compareNewest = (a: RunSummary, b: RunSummary): number => {
  if (a.id === b.id) return 0
  const isNewer = a.createdAt === b.createdAt ? a.id > b.id : a.createdAt > b.createdAt
  return isNewer ? -1 : 1
}
