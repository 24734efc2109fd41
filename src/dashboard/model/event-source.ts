import type { Timer } from '../../lib/clock.ts'
import { EventParser, type ServerEvent } from '../../lib/event-stream.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import type { PageClock } from '../page.ts'

/**
 * A stream of the orchestrator's events, followed for as long as it takes: whatever breaks, it is opened again with the
 * number of the last event (`after=`), so that each event comes once and in order, or a `reset` says that there is a hole.
 * Read with `fetch`, for EventSource can send no token and gives up for good at a 503.
 *
 *   state    what happens                                         then
 *   opening  the head of the answer comes                         reading
 *   opening  401, 403, 404                                        refused: the caller judges, and may `retry()`
 *   opening  any other failure; no head within 10 s               waiting
 *   reading  bytes                                                reading
 *   reading  nothing for 10 s; it breaks, ends, is no stream      waiting
 *   reading  the event `end`                                      ended
 *   waiting  0.5, 1, 2, 4, 5, 5 ... s (from 0.5 after an event)   opening
 *   refused  `retry()`                                            waiting
 *   any*     the page is hidden                                   hidden: a browser allows 6 connections to an origin
 *   hidden   the page is seen                                     opening
 *   any      `close()`                                            closed
 *
 *   * but ended, refused
 *
 * What is told is simpler, see {@link StreamState}: a break that heals within 3 s is no news.
 */
export type StreamState =
  | { kind: 'opening' }
  /** An event came within the last 3 s. */
  | { kind: 'live' }
  /** `sinceMs`: epoch; when the last word came, or when it was first asked for. It is being tried again. */
  | { kind: 'stale'; sinceMs: number; why: string }
  | { kind: 'hidden' }
  | { kind: 'ended' }
  | { kind: 'refused'; problem: ApiProblem }

export interface StreamEvent {
  event: string
  /** Of `update` and `end`. */
  id: number | undefined
  data: unknown
}

export interface PageVisibility {
  isHidden(): boolean
  /** Returns how to stop. */
  onChange(listener: () => void): () => void
}

export interface EventSourceOptions {
  api: Pick<ApiClient, 'stream'>
  /** May have a query. */
  path: string
  clock: PageClock
  onEvent(event: StreamEvent): void
  /** Called when it changes; at first it is `opening`. Neither is called before `followEvents` has returned. */
  onState(state: StreamState): void
  /** The document's, unless given. */
  visibility?: PageVisibility | undefined
}

export interface FollowedEvents {
  /** After `refused`: try once more, soon. */
  retry(): void
  close(): void
}

const staleAfterMs = 3000
const silentAfterMs = 10_000
const firstDelayMs = 500
const longestDelayMs = 5000
const finalStatuses = [401, 403, 404]

export const followEvents = (options: EventSourceOptions): FollowedEvents => {
  const follower = new EventFollower(options)
  return { retry: () => follower.retry(), close: () => follower.close() }
}

export const documentVisibility: PageVisibility = {
  isHidden: () => document.hidden,
  onChange: (listener) => {
    document.addEventListener('visibilitychange', listener)
    return () => document.removeEventListener('visibilitychange', listener)
  },
}

const alwaysSeen: PageVisibility = { isHidden: () => false, onChange: () => () => {} }

class EventFollower {
  readonly #options: EventSourceOptions
  readonly #visibility: PageVisibility
  readonly #forgetVisibility: () => void
  #state: 'opening' | 'reading' | 'waiting' | 'refused' | 'hidden' | 'ended' | 'closed' = 'waiting'
  #told: StreamState = { kind: 'opening' }
  #attempt: AbortController | undefined
  /** Of opening, silence or waiting: one at a time. */
  #timer: Timer | undefined
  #staleTimer: Timer | undefined
  #failures = 0
  #lastId: number | undefined
  /** Epoch; when the last word came. */
  #heardMs: number
  #hasHeard = false
  #why = 'nothing was heard'

  constructor(options: EventSourceOptions) {
    this.#options = options
    this.#visibility =
      options.visibility ?? (typeof document === 'undefined' ? alwaysSeen : documentVisibility)
    this.#heardMs = options.clock.wallMs()
    this.#forgetVisibility = this.#visibility.onChange(() => this.#seenOrHidden())
    if (this.#visibility.isHidden()) {
      this.#state = 'hidden'
      this.#told = { kind: 'hidden' }
    } else this.#open()
  }

  retry(): void {
    if (this.#state === 'refused') this.#wait(this.#told.kind === 'refused' ? this.#told.problem.message : '')
  }

  close(): void {
    this.#drop('closed')
    this.#staleTimer?.cancel()
    this.#forgetVisibility()
  }

  #open(): void {
    this.#drop('opening')
    const attempt = new AbortController()
    this.#attempt = attempt
    this.#setTimer(silentAfterMs, () => this.#wait('no answer came for 10 s'))
    if (this.#told.kind !== 'stale' && this.#staleTimer === undefined) this.#awaitWord()
    this.#options.api.stream(this.#path(), attempt.signal).then(
      (body) => {
        if (this.#attempt === attempt) void this.#read(body.getReader(), attempt)
        else void body.cancel().catch(() => {})
      },
      (error: unknown) => {
        if (this.#attempt === attempt) this.#failed(error)
      },
    )
  }

  #path(): string {
    const { path } = this.#options
    return this.#lastId === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}after=${this.#lastId}`
  }

  #failed(error: unknown): void {
    if (error instanceof ApiProblem && finalStatuses.includes(error.status)) {
      this.#drop('refused')
      this.#tell({ kind: 'refused', problem: error })
    } else this.#wait(error instanceof Error ? error.message : 'the connection failed')
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>, attempt: AbortController): Promise<void> {
    this.#state = 'reading'
    this.#awaitBytes()
    const parser = new EventParser()
    attempt.signal.addEventListener('abort', () => void reader.cancel().catch(() => {}))
    while (this.#attempt === attempt) {
      let events: ServerEvent[]
      try {
        const { done, value } = await reader.read()
        if (this.#attempt !== attempt) return
        if (done) return this.#wait('the connection was closed')
        events = parser.push(value)
      } catch {
        if (this.#attempt === attempt) this.#wait('the connection was lost')
        return
      }
      this.#awaitBytes()
      for (const event of events) if (this.#attempt === attempt) this.#take(event)
    }
  }

  #take({ event, data: text, id: idText }: ServerEvent): void {
    const data = parseJson(text)
    const id = idText !== undefined && /^\d{1,15}$/.test(idText) ? Number(idText) : undefined
    if (data === undefined) {
      this.#wait('what came was no stream of events')
      return
    }
    if (event === 'reset') {
      // The newest event follows; should it be lost on the way, it is asked for again.
      const newest = newestOf(data)
      if (newest !== undefined) this.#lastId = newest - 1
    }
    this.#failures = 0
    // The end is told by itself: a run of the past was never live.
    if (event !== 'end') this.#heard()
    if (id !== undefined && event !== 'end') {
      if (this.#lastId !== undefined && id <= this.#lastId) return
      this.#lastId = id
    }
    if (event === 'end') this.#drop('ended')
    this.#options.onEvent({ event, id, data })
    if (this.#state === 'ended') this.#tell({ kind: 'ended' })
  }

  #heard(): void {
    const { clock } = this.#options
    this.#heardMs = clock.wallMs()
    this.#hasHeard = true
    this.#tell({ kind: 'live' })
    this.#awaitWord()
  }

  #awaitBytes(): void {
    this.#setTimer(silentAfterMs, () => this.#wait('nothing came for 10 s'))
  }

  /** Whatever happens meanwhile: after so long without a word what is shown is stale. */
  #awaitWord(): void {
    this.#staleTimer?.cancel()
    this.#why = 'nothing came for 3 s'
    this.#staleTimer = this.#options.clock.after(staleAfterMs, () => {
      this.#staleTimer = undefined
      if (this.#state === 'opening' || this.#state === 'reading' || this.#state === 'waiting')
        this.#tellStale()
    })
  }

  #tellStale(): void {
    this.#tell({ kind: 'stale', sinceMs: this.#heardMs, why: this.#why })
  }

  #wait(why: string): void {
    this.#drop('waiting')
    this.#why = why
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** this.#failures)
    this.#failures++
    this.#setTimer(delayMs, () => this.#open())
    // Who was heard a moment ago gets the rest of the 3 s.
    if (!this.#hasHeard || this.#staleTimer === undefined) this.#tellStale()
  }

  #seenOrHidden(): void {
    const isHidden = this.#visibility.isHidden()
    if (isHidden && ['opening', 'reading', 'waiting'].includes(this.#state)) {
      this.#drop('hidden')
      this.#staleTimer?.cancel()
      this.#staleTimer = undefined
      this.#tell({ kind: 'hidden' })
    } else if (!isHidden && this.#state === 'hidden') {
      this.#failures = 0
      this.#open()
    }
  }

  /** Whatever is under way is over. */
  #drop(state: 'opening' | 'waiting' | 'refused' | 'hidden' | 'ended' | 'closed'): void {
    this.#state = state
    this.#timer?.cancel()
    this.#timer = undefined
    if (state === 'ended' || state === 'refused') {
      this.#staleTimer?.cancel()
      this.#staleTimer = undefined
    }
    const attempt = this.#attempt
    this.#attempt = undefined
    attempt?.abort()
  }

  #setTimer(delayMs: number, callback: () => void): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(delayMs, callback)
  }

  #tell(state: StreamState): void {
    const told = this.#told
    if (this.#state === 'closed') return
    if (told.kind === state.kind) {
      if (told.kind !== 'stale' || state.kind !== 'stale') return
      if (told.why === state.why && told.sinceMs === state.sinceMs) return
    }
    this.#told = state
    this.#options.onState(state)
  }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const newestOf = (data: unknown): number | undefined =>
  typeof data === 'object' && data !== null && 'newest' in data && typeof data.newest === 'number'
    ? data.newest
    : undefined
