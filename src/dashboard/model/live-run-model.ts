import type { Timer } from '../../lib/clock.ts'
import type { RunResult } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import type { TimelineRowWithColumns } from '../../results/timeline.ts'
import type { ApiClient, ApiProblem } from '../api-client.ts'
import type { PageClock } from '../page.ts'
import {
  type FollowedEvents,
  followEvents,
  type PageVisibility,
  type StreamEvent,
  type StreamState,
} from './event-source.ts'
import { type Load, loadUntilThere, timelinePath } from './live-run-model-load.ts'
import { keptSeconds, RecentSeconds } from './live-run-model-recent.ts'
import { FetchedResult } from './live-run-model-result.ts'
import { WholeRun } from './live-run-model-whole.ts'
import type { Link, RunModel } from './run-model.ts'
import type { Track, TrackView } from './track.ts'
import { wholeStepOf } from './track-step.ts'

/**
 * A run, followed: the stream is opened first and the timeline asked for when its first event is here, so that no second
 * falls between them; which of both says a second last is settled in `live-run-model-recent.ts`.
 *
 *   the stream says   then
 *   first event       timeline
 *   update            its seconds go into the track; result again each 5 s, at a change of state, after steering
 *   reset             timeline and result again: the stream has a hole
 *   end               final result and the last seconds; when both are here, `ended`
 *   nothing, a break  stale since the last word; without any history yet, timeline all the same
 *   401, 403          failed
 *   404               failed; but where the run was there a moment ago, its orchestrator may be starting again and still be
 *                     reading: it is asked again for a minute
 */
export interface RunModelOptions {
  api: Pick<ApiClient, 'get' | 'stream'>
  clock: PageClock
  id: string
  /** `*`, unless said otherwise. */
  request?: string | undefined
  /** The document's, unless given. */
  visibility?: PageVisibility | undefined
}

export const openRunModel = (options: RunModelOptions): RunModel => new LiveRunModel(options)

const recoveryMs = 60_000
const staleAfterMs = 3000

/** Behind the end so much is read once more. */
const lastSeconds = 60

class LiveRunModel implements RunModel {
  readonly id: string
  readonly #options: RunModelOptions
  readonly #listeners = new Set<() => void>()
  #link: Link = { kind: 'opening' }
  readonly #result: FetchedResult
  #latest: RunUpdate | undefined
  #recent: RecentSeconds
  #whole: WholeRun
  #stream: FollowedEvents | undefined
  /** The first event of this stream has come: what the timeline says from now on leaves no hole. */
  #isJoined = false
  #isOver = false
  #timelineLoad: Load | undefined
  #lateEnd: Timer | undefined
  /** Why there is no stream, while it is not known whether there is such a run. */
  #unjudged: ApiProblem | undefined
  #unknownSinceMs: number | undefined
  #isTelling = false
  #isClosed = false

  constructor(options: RunModelOptions) {
    this.#options = options
    this.id = options.id
    this.#recent = new RecentSeconds(options.request ?? '*')
    this.#whole = this.#openWhole()
    this.#follow()
    this.#result = new FetchedResult({ ...options, onChange: () => this.#resultIsHere() })
  }

  get request(): string {
    return this.#recent.request
  }

  get link(): Link {
    return this.#link
  }

  get result(): RunResult | undefined {
    return this.#result.value
  }

  get latest(): RunUpdate | undefined {
    return this.#latest
  }

  track(view: TrackView): Track | undefined {
    const recent = this.#recent.track
    if (view === 'recent' || recent === undefined) return recent
    if (recent.first === 0 && wholeStepOf(recent.end) === 1) return recent
    return this.#whole.ask(recent.end, this.#isOver) ?? (recent.first === 0 ? recent : undefined)
  }

  choose(request: string): void {
    if (request === this.request || this.#isClosed) return
    this.#timelineLoad?.cancel()
    this.#timelineLoad = undefined
    this.#whole.close()
    this.#recent = new RecentSeconds(request)
    this.#whole = this.#openWhole()
    if (this.#isOver) this.#finish()
    else this.#follow()
    this.#tell()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#isClosed = true
    this.#stream?.close()
    this.#result.close()
    this.#timelineLoad?.cancel()
    this.#lateEnd?.cancel()
    this.#whole.close()
    this.#listeners.clear()
  }

  #openWhole(): WholeRun {
    const { api, clock } = this.#options
    return new WholeRun({ api, clock, id: this.id, onChange: () => this.#tell() }, this.#recent.request)
  }

  #follow(): void {
    const { api, clock, visibility } = this.#options
    this.#stream?.close()
    this.#isJoined = false
    const path = `/api/runs/${encodeURIComponent(this.id)}/events?request=${encodeURIComponent(this.request)}`
    this.#stream = followEvents({
      api,
      clock,
      visibility,
      path,
      onEvent: (event) => this.#heard(event),
      onState: (state) => this.#streamIs(state),
    })
  }

  #heard({ event, data }: StreamEvent): void {
    this.#unknownSinceMs = undefined
    if (event === 'end') {
      this.#finish()
      return
    }
    const isFirst = !this.#isJoined
    this.#isJoined = true
    if (event === 'reset') this.#readAgain()
    const update = event === 'update' ? (data as RunUpdate) : undefined
    const known = this.#latest?.state ?? this.#result.value?.state
    const isTurn =
      update !== undefined && ((known !== undefined && update.state !== known) || update.steering.length > 0)
    if (update !== undefined) this.#latest = update
    // Before its seconds are told, for they are newer.
    if (isFirst) this.#loadTimeline(this.#historyFrom())
    if (update !== undefined) {
      this.#recent.tell(update.seconds)
      for (const { second } of update.seconds) this.#whole.told(second)
    }
    if (isTurn || this.#result.isDue) this.#result.load()
    this.#tell()
  }

  #streamIs(state: StreamState): void {
    if (state.kind === 'refused') this.#refused(state.problem)
    else if (state.kind === 'live') this.#setLink({ kind: 'live' })
    else if (state.kind === 'stale') {
      this.#setLink(state)
      if (
        this.#recent.track === undefined &&
        this.#timelineLoad === undefined &&
        this.#result.value !== undefined
      )
        this.#loadTimeline(this.#historyFrom())
    }
  }

  #resultIsHere(): void {
    const problem = this.#unjudged
    this.#unjudged = undefined
    if (problem !== undefined) this.#refused(problem)
    this.#tell()
  }

  #refused(problem: ApiProblem): void {
    if (!this.#result.isAnswered) {
      this.#unjudged = problem
      return
    }
    const nowMs = this.#options.clock.nowMs()
    const wasThere = this.#latest !== undefined || this.#result.value !== undefined
    this.#unknownSinceMs ??= nowMs
    if (problem.status === 404 && wasThere && nowMs - this.#unknownSinceMs < recoveryMs) this.#stream?.retry()
    else this.#setLink({ kind: 'failed', problem })
  }

  #readAgain(): void {
    this.#loadTimeline(this.#historyFrom(), true)
    this.#whole.told(0)
    this.#result.load()
  }

  /** Where the history that is kept begins. */
  #historyFrom(): number {
    const elapsedMs = Math.max(this.#latest?.elapsedMs ?? 0, this.#result.value?.elapsedMs ?? 0)
    return Math.max(0, Math.ceil(elapsedMs / 1000) - keptSeconds)
  }

  #loadTimeline(from: number, isAfterHole = false, then?: () => void): void {
    this.#timelineLoad?.cancel()
    const recent = this.#recent
    recent.awaitTimeline(isAfterHole)
    const load = loadUntilThere<TimelineRowWithColumns[]>(
      this.#options,
      timelinePath(this.id, { request: recent.request, step: 1, from }),
      (rows) => {
        this.#timelineLoad = undefined
        recent.takeTimeline(rows, from, this.#isOver)
        then?.()
        this.#tell()
      },
      (problem) => {
        this.#timelineLoad = undefined
        if (then !== undefined) this.#setLink({ kind: 'failed', problem })
      },
    )
    this.#timelineLoad = load
  }

  /** The run is over: its record as it stays, then what of its seconds was not told. */
  #finish(): void {
    const { clock } = this.#options
    const sinceMs = clock.wallMs()
    this.#isOver = true
    this.#lateEnd?.cancel()
    if (this.#link.kind !== 'ended')
      this.#lateEnd = clock.after(staleAfterMs, () =>
        this.#setLink({ kind: 'stale', sinceMs, why: 'the last figures did not come' }),
      )
    this.#result.loadFinal({
      onValue: () => this.#loadLastSeconds(),
      onRefused: (problem) => this.#setLink({ kind: 'failed', problem }),
    })
  }

  #loadLastSeconds(): void {
    const track = this.#recent.track
    const known = this.#timelineLoad === undefined && track !== undefined ? track.end - lastSeconds : 0
    this.#loadTimeline(Math.max(this.#historyFrom(), known), true, () => {
      this.#whole.told(0)
      this.#lateEnd?.cancel()
      this.#setLink({ kind: 'ended' })
    })
  }

  #setLink(link: Link): void {
    this.#link = link
    this.#tell()
  }

  /** Whatever came at once is told once. */
  #tell(): void {
    if (this.#isTelling || this.#isClosed) return
    this.#isTelling = true
    queueMicrotask(() => {
      this.#isTelling = false
      for (const listener of this.#listeners) listener()
    })
  }
}
