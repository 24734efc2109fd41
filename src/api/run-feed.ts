import type { Clock } from '../lib/clock.ts'
import { completeSeconds } from '../orchestrator/run-state.ts'
import { liveFiguresOf } from '../results/live-figures.ts'
import type { RunResult } from '../results/run-result.ts'
import { buildUpdates, cursorAtNewest, type RunView, type UpdateCursor } from '../results/run-update.ts'
import type { RunEnd } from './answer-schemas.ts'
import type { LiveRun } from './api-options.ts'
import { EventFeed } from './event-feed.ts'

/** One update a second at most, a little early rather than a whole poll late. */
const leastGapMs = 600

/** Of a run that waits for slow reports something is said all the same. */
const longestGapMs = 1250

/** A feed goes on so long without clients, for one that comes back. */
const lonelyLimitMs = 120_000

/** The same behind its end: who lost the connection before still gets what it missed, and the end under its own number. */
const endedLimitMs = 60_000

/** One run's updates to its clients, told as its seconds become complete. */
export class RunFeed {
  readonly run: LiveRun
  readonly events: EventFeed
  readonly #request: string
  readonly #clock: Clock
  readonly #resultOf: (run: LiveRun) => RunResult
  #cursor: UpdateCursor | undefined
  #toldMs = Number.NEGATIVE_INFINITY
  #told = ''
  /** Since nobody listens; null while somebody does. */
  #lonelySinceMs: number | null = null
  #endedMs: number | null = null

  constructor(options: {
    run: LiveRun
    request: string
    clock: Clock
    stalledMs: number
    resultOf: (run: LiveRun) => RunResult
  }) {
    this.run = options.run
    this.events = new EventFeed(options.clock, options.stalledMs)
    this.#request = options.request
    this.#clock = options.clock
    this.#resultOf = options.resultOf
    this.poll()
  }

  /** Called a few times a second: says what is new, if it is time. */
  poll(): void {
    if (this.events.isEnded) return
    const { state } = this.run
    const nowMs = this.#clock.nowMs()
    const sinceMs = nowMs - this.#toldMs
    const isNews = completeSeconds(state) > (this.#cursor?.complete ?? -1)
    if (state.phase !== 'finished' && sinceMs < (isNews ? leastGapMs : longestGapMs)) {
      // A change of phase is rare, and waited for.
      if (state.phase === 'running' || sinceMs < leastGapMs) return
    }
    const view = this.#view()
    const standing = standingOf(view.result)
    if (state.startAtMs === null && standing === this.#told && state.phase !== 'finished') {
      if (sinceMs < longestGapMs) return
      this.#toldMs = nowMs
      this.events.tick({ atMs: this.#clock.wallMs() })
      return
    }
    this.#tell(view, nowMs, standing)
    if (view.result.state !== 'finished') return
    this.events.end('end', endOf(view.result))
    this.#endedMs = nowMs
  }

  /** Called as often as `poll`: whether nobody listens, and has not for long enough. */
  isForgotten(): boolean {
    const nowMs = this.#clock.nowMs()
    if (this.events.clients > 0) this.#lonelySinceMs = null
    else this.#lonelySinceMs ??= nowMs
    if (this.#lonelySinceMs === null) return false
    const sinceMs = Math.max(this.#lonelySinceMs, this.#endedMs ?? this.#lonelySinceMs)
    return nowMs - sinceMs > (this.#endedMs === null ? lonelyLimitMs : endedLimitMs)
  }

  #tell(view: RunView, nowMs: number, standing: string): void {
    const { updates, cursor } = buildUpdates(
      view,
      this.#request,
      this.#cursor ?? cursorAtNewest(view),
      this.#clock.wallMs(),
    )
    for (const update of updates) this.events.publish('update', { seq: this.events.nextSeq, ...update })
    this.#cursor = cursor
    this.#toldMs = nowMs
    this.#told = standing
  }

  #view(): RunView {
    const result = this.#resultOf(this.run)
    const { state } = this.run
    return { state, result, live: liveFiguresOf(state, this.#clock.wallMs()) }
  }
}

export const endOf = ({ id, outcome, why, error }: RunResult): RunEnd => ({ id, outcome, why, error })

/** What can change before the start. */
const standingOf = ({ state, drivers, steering }: RunResult): string =>
  [state, steering.length, ...drivers.map((driver) => `${driver.id} ${driver.state}`)].join('\n')
