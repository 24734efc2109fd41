import type { JournalEvent } from '../../orchestrator/run-journal.ts'
import { completeSeconds, type RunState, type SecondRow } from '../../orchestrator/run-state.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { buildResult } from '../build-result.ts'
import type { RunEnvironment } from '../run-result.ts'
import type { NewRun, ResultsStore, StoredSecond } from './results-store.ts'

/*
 * Between a run and its record: remembers what of a run still has to be written, in the order that makes the record useful
 * whenever the process is killed. When and where it is written is its owner's business.
 */

/** A run as far as its record needs it: `Run` of the orchestrator. */
export interface FollowedRun {
  readonly id: string
  readonly state: RunState
  onChange(listener: (state: RunState) => void): () => void
}

/** Seconds are written as they are complete; the figures of a whole run, which cost more, at one refresh of five. */
const resultEvery = 5

/** Something that is to be written, now. */
export interface Write {
  perform(store: ResultsStore): Promise<void>
  /** Called once after it, unless it failed and is to be tried again. */
  done(): void
  /** Many rows at once. */
  isBulk: boolean
}

/**
 * What of one run is in the store and what is not yet. In this order, so that whatever the store holds when the process is
 * killed can be gone on with: the run, its events, its complete seconds, its result; the event that closes it is the last.
 *
 * Only events are kept for their own sake. Rows and results are made from the run's state when they are written, so a
 * store that is away for hours costs no memory.
 */
export class KeptRun {
  readonly id: string
  #creation: { run: NewRun; settle: () => void } | undefined
  readonly #events: { seq: number; event: JournalEvent; settle: () => void }[] = []
  #nextSeq: number
  #followed: { run: FollowedRun; record: Scenario } | undefined
  /** The rows that are in the store. Rows are never changed, so one is as it was written where it is the same object. */
  readonly #written: SecondRow[] = []
  /** Rows below were looked at since the last refresh. */
  #cursor = 0
  #isResultDue = false
  #refreshes = 0
  #isFinalResultWritten = false
  #isClosed = false
  /** In the store, or to be written before anything else of it. */
  #isCreated: boolean

  /** `events`: how many of it are in the store; left out of a run that is not there yet. */
  constructor(id: string, events?: number) {
    this.id = id
    this.#nextSeq = events ?? 0
    this.#isCreated = events !== undefined
  }

  /** `settle`, here and below, is called when it is written, or where that does not come soon. */
  create(run: NewRun, settle: () => void): void {
    this.#creation = { run, settle }
    this.#isCreated = true
  }

  append(event: JournalEvent, settle: () => void): void {
    this.#events.push({ seq: this.#nextSeq++, event, settle })
    if (this.#isHeldBack(event)) settle()
  }

  follow(run: FollowedRun, record: Scenario): void {
    this.#followed = { run, record }
    this.refresh()
  }

  unfollow(): void {
    this.#followed = undefined
  }

  /** Whether it still goes on, and so is to be written each second. */
  get isLive(): boolean {
    return this.#followed !== undefined && this.#followed.run.state.phase !== 'finished'
  }

  /** Nothing more happens in it; its state is held only to be written. */
  get isEnded(): boolean {
    return this.#followed?.run.state.phase === 'finished'
  }

  /** Everything of it is in the store, and nothing more will come. */
  get isOver(): boolean {
    if (this.#creation !== undefined || this.#events.length > 0) return false
    return this.#followed === undefined ? this.#isClosed : this.#isFinalResultWritten
  }

  /** Looks for what has changed: rows that are complete now or were added to, and the result. */
  refresh(): void {
    if (this.#followed === undefined || this.#isFinalResultWritten) return
    this.#cursor = 0
    this.#isResultDue ||=
      this.#refreshes++ % resultEvery === 0 || this.#followed?.run.state.phase === 'finished'
  }

  /** What comes first: what the run needs to be taken up again. */
  nextEvent(): Write | undefined {
    const creation = this.#creation
    if (creation !== undefined)
      return this.#write(
        (store) => store.createRun(creation.run),
        () => {
          this.#creation = undefined
          creation.settle()
        },
      )
    const first = this.#events[0]
    if (first === undefined || this.#isHeldBack(first.event)) return undefined
    return this.#write(
      (store) => store.appendEvent(this.id, first.seq, first.event),
      () => {
        this.#events.shift()
        this.#isClosed ||= isClosing(first.event)
        first.settle()
      },
    )
  }

  /** What comes after it; `nowMs`: wall clock. */
  nextFigures(nowMs: () => number, environment: RunEnvironment | null = null): Write | undefined {
    if (this.#followed === undefined || this.#isFinalResultWritten || !this.#isCreated) return undefined
    const { run, record } = this.#followed
    const { state } = run
    const rows = this.#takeChangedRows(state)
    if (rows.length > 0)
      return {
        perform: (store) =>
          store.putSeconds(
            this.id,
            rows.map(([second, row]): StoredSecond => ({ second, ...row })),
          ),
        done: () => {
          for (const [second, row] of rows) this.#written[second] = row
        },
        isBulk: true,
      }
    if (!this.#isResultDue) return undefined
    return this.#write(
      (store) => store.putResult(this.id, buildResult(state, record, nowMs(), environment)),
      () => {
        this.#isFinalResultWritten = state.phase === 'finished'
        // What happened meanwhile is seen at the next refresh; of the end we are told.
        this.#isResultDue = !this.#isFinalResultWritten && run.state.phase === 'finished'
      },
    )
  }

  /** Nothing of it will be written: nobody waits any longer. */
  settleAll(): void {
    this.#creation?.settle()
    for (const { settle } of this.#events) settle()
  }

  #takeChangedRows(state: RunState): [second: number, row: SecondRow][] {
    const end = state.phase === 'finished' ? state.seconds.length : completeSeconds(state)
    const rows: [number, SecondRow][] = []
    for (let second = this.#cursor; second < end && rows.length < batchRows; second++) {
      const row = state.seconds[second]
      if (row !== undefined && row !== this.#written[second]) rows.push([second, row])
    }
    this.#cursor = rows[0]?.[0] ?? Math.max(this.#cursor, end)
    return rows
  }

  /** Closed is a run whose record is whole: a process that is killed before that takes it up again. */
  #isHeldBack(event: JournalEvent): boolean {
    return isClosing(event) && this.#followed !== undefined && !this.#isFinalResultWritten
  }

  #write(perform: Write['perform'], done: () => void): Write {
    return { perform, done, isBulk: false }
  }
}

/** Some ten milliseconds of work. */
const batchRows = 50

const isClosing = (event: JournalEvent): boolean => event.type === 'closed' || event.type === 'failed'
