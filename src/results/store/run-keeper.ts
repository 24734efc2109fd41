import type { Clock, Timer } from '../../lib/clock.ts'
import { AppError, messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import type { JournalEvent, JournaledRun, RunJournal } from '../../orchestrator/run-journal.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import type { RunEnvironment } from '../run-result.ts'
import { type FollowedRun, KeptRun, type Write } from './kept-run.ts'
import type { Orphan, ResultsStore, StoreLock } from './results-store.ts'

export interface RunKeeperOptions {
  /** Or how to open it: done with the first write, tried again where it fails, and closed with the keeper. */
  store: ResultsStore | (() => Promise<ResultsStore>)
  clock: Clock
  logger: Logger
  /** Whether another life of this process may take up its runs. */
  isResumable: boolean
  /** Of this process, for the results. */
  environment?: RunEnvironment
  /** While it is not held, somebody else may write what is ours: we do not. */
  lock?: Pick<StoreLock, 'isHeld'>
}

const refreshMs = 1000
/** The longest that a decision waits for being written. */
const journalLimitMs = 1000
const firstPauseMs = 1000
const longestPauseMs = 30_000
/** While somebody waits for the end. */
const flushPauseMs = 200
const maxOrphans = 1000
/** Finished runs that wait for a store that is away: their states are held, and are of some megabytes each. */
const maxWaitingRuns = 50

/**
 * Keeps the record of runs, so that they never wait for a store: writes happen one after the other behind their backs.
 * A store that fails is tried again, and what is missing in it is written then; the log says when it began and when it ended.
 *
 *   writing ──a write fails──▶ away, retried after 1 s, 2 s, ... 30 s ──a write succeeds──▶ writing
 */
export class RunKeeper implements RunJournal {
  readonly #options: RunKeeperOptions
  readonly #runs = new Map<string, KeptRun>()
  readonly #forget = new Map<string, () => void>()
  readonly #dropped = new Set<string>()
  readonly #orphans: Orphan[] = []
  readonly #waiting = new Set<() => void>()
  #opened: ResultsStore | undefined
  #refresh: Timer | undefined
  #retry: Timer | undefined
  #pauseMs = firstPauseMs
  #isAway = false
  #isWorking = false
  #isFlushing = false
  #isClosed = false

  constructor(options: RunKeeperOptions) {
    this.#options = options
  }

  /** Whether the last write failed; it is tried again. */
  get isAway(): boolean {
    return this.#isAway
  }

  /** Resolves as {@link append} does. */
  create({ id, createdAtMs, record }: Omit<JournaledRun, 'events'>): Promise<void> {
    this.#dropped.delete(id)
    const { isResumable } = this.#options
    return this.#soon(id, (run, settle) => run.create({ id, createdAtMs, record, isResumable }, settle))
  }

  /** Resolves when it is written, at the latest after a second, and at once while the store is away. */
  append(runId: string, event: JournalEvent): Promise<void> {
    return this.#soon(runId, (run, settle) => run.append(event, settle))
  }

  async unfinished(): Promise<JournaledRun[]> {
    if (!this.#options.isResumable) return []
    const runs = await (await this.#store()).unfinishedRuns()
    for (const { id, events } of runs)
      if (!this.#runs.has(id)) this.#runs.set(id, new KeptRun(id, events.length))
    return runs
  }

  /**
   * Keeps the run's seconds and its result until it is finished, or the returned function is called. `record` is its
   * scenario with secrets masked.
   */
  follow(run: FollowedRun, record: Scenario): () => void {
    const kept = this.#keptRun(run.id)
    if (kept === undefined) return () => {}
    kept.follow(run, record)
    const forget = run.onChange((state) => {
      if (state.phase !== 'finished') return
      forget()
      kept.refresh()
      this.#work()
    })
    this.#forget.set(run.id, forget)
    this.#armRefresh()
    this.#work()
    return () => {
      forget()
      kept.unfollow()
      this.#work()
    }
  }

  /** For the record, when there is time; of too many the newest. */
  keepOrphan(orphan: Orphan): void {
    this.#orphans.push(orphan)
    if (this.#orphans.length > maxOrphans) this.#orphans.shift()
    this.#work()
  }

  /** Whether everything is in the store; false after `limitMs` where it could not be written. */
  async flush(limitMs: number): Promise<boolean> {
    for (const run of this.#runs.values()) run.refresh()
    this.#isFlushing = true
    let isLate = false
    const limit = this.#options.clock.after(limitMs, () => {
      isLate = true
      this.#wake()
    })
    this.#retryNow()
    while (!isLate && !this.#isIdle())
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
      })
    limit.cancel()
    this.#isFlushing = false
    return this.#isIdle()
  }

  /** Writes nothing more. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#refresh?.cancel()
    this.#retry?.cancel()
    for (const forget of this.#forget.values()) forget()
    for (const run of this.#runs.values()) run.settleAll()
    this.#wake()
    if (typeof this.#options.store === 'function') await this.#opened?.close()
  }

  #soon(runId: string, begin: (run: KeptRun, settle: () => void) => void): Promise<void> {
    const run = this.#keptRun(runId)
    if (run === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const limit = this.#options.clock.after(journalLimitMs, resolve)
      const settle = (): void => {
        limit.cancel()
        resolve()
      }
      begin(run, settle)
      // A life that nobody takes up again needs no journal ahead of it.
      if (this.#isAway || !this.#options.isResumable) settle()
      this.#work()
    })
  }

  /** Undefined where its record was given up: what follows might become part of another run's. */
  #keptRun(id: string): KeptRun | undefined {
    if (this.#dropped.has(id)) return undefined
    const run = this.#runs.get(id) ?? new KeptRun(id)
    this.#runs.set(id, run)
    return run
  }

  async #store(): Promise<ResultsStore> {
    const { store } = this.#options
    if (typeof store !== 'function') return store
    this.#opened ??= await store()
    return this.#opened
  }

  #armRefresh(): void {
    if (this.#isClosed) return
    this.#refresh ??= this.#options.clock.after(refreshMs, () => {
      this.#refresh = undefined
      const live = [...this.#runs.values()].filter((run) => run.isLive)
      for (const run of live) run.refresh()
      if (live.length > 0) this.#armRefresh()
      this.#work()
    })
  }

  /** One write after the other, until there is nothing to write or the store fails. */
  #work(): void {
    if (this.#isWorking || this.#retry !== undefined || this.#isClosed) return
    this.#isWorking = true
    const over = (): void => {
      this.#isWorking = false
      this.#wake()
      // What came between the last look and now.
      if (this.#next() !== undefined) this.#work()
    }
    this.#writeAll().then(over, over)
  }

  async #writeAll(): Promise<void> {
    const { clock, lock } = this.#options
    for (let next = this.#next(); next !== undefined && !this.#isClosed; next = this.#next()) {
      const [id, write] = next
      try {
        if (lock?.isHeld === false)
          throw new AppError('STORE_UNAVAILABLE', 'Its lock was lost with the connection to its database.')
        await write.perform(await this.#store())
        write.done()
        this.#noteSuccess()
      } catch (error) {
        if (!isFaultOf(id, error)) {
          this.#noteFailure(error)
          return
        }
        this.#drop(id, error)
      }
      if (this.#runs.get(id)?.isOver) this.#forgetRun(id)
      // A file answers without letting anything else have its turn.
      if (write.isBulk) await new Promise<void>((resolve) => clock.soon(resolve))
    }
  }

  #next(): [runId: string, write: Write] | undefined {
    for (const run of this.#runs.values()) {
      const write = run.nextEvent()
      if (write !== undefined) return [run.id, write]
    }
    for (const run of this.#runs.values()) {
      const { clock, environment } = this.#options
      const write = run.nextFigures(() => clock.wallMs(), environment)
      if (write !== undefined) return [run.id, write]
    }
    const [orphan] = this.#orphans
    if (orphan === undefined) return undefined
    const done = (): void => {
      if (this.#orphans[0] === orphan) this.#orphans.shift()
    }
    return ['', { perform: (store) => store.addOrphan(orphan), done, isBulk: true }]
  }

  #noteSuccess(): void {
    this.#pauseMs = firstPauseMs
    if (!this.#isAway) return
    this.#isAway = false
    this.#options.logger.info('the results store is written again, with what was missing')
  }

  #noteFailure(error: unknown): void {
    const { clock, logger } = this.#options
    if (!this.#isAway)
      logger.warn(
        `the results store cannot be written: ${messageOf(error).replace(/\.$/, '')}; the run goes on, its record follows`,
      )
    this.#isAway = true
    for (const run of this.#runs.values()) run.settleAll()
    this.#dropTooMany()
    if (this.#isClosed) return
    this.#retry = clock.after(this.#isFlushing ? flushPauseMs : this.#pauseMs, () => {
      this.#retry = undefined
      this.#work()
    })
    this.#pauseMs = Math.min(longestPauseMs, 2 * this.#pauseMs)
  }

  #retryNow(): void {
    this.#retry?.cancel()
    this.#retry = undefined
    this.#work()
  }

  #dropTooMany(): void {
    const ended = [...this.#runs.values()].filter((run) => run.isEnded)
    for (const { id } of ended.slice(0, -maxWaitingRuns))
      this.#drop(id, new Error(`${maxWaitingRuns} later ones wait for the results store too`))
  }

  /** It cannot be written, now or ever, and must not keep others from it. */
  #drop(id: string, error: unknown): void {
    if (id === '') {
      this.#orphans.shift()
      return
    }
    this.#options.logger.error(`the record of run ${id} is not kept: ${messageOf(error)}`)
    this.#runs.get(id)?.settleAll()
    this.#forgetRun(id)
    this.#dropped.add(id)
  }

  #forgetRun(id: string): void {
    this.#forget.get(id)?.()
    this.#forget.delete(id)
    this.#runs.delete(id)
  }

  #isIdle(): boolean {
    return !this.#isWorking && this.#next() === undefined
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** Of what is written and not of the store: it would fail for ever. */
const isFaultOf = (runId: string, error: unknown): boolean =>
  !(error instanceof AppError) ||
  (runId !== '' && (error.code === 'RUN_EXISTS' || error.code === 'RUN_UNKNOWN'))
