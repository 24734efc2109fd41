import type { Clock, Timer } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import type { ApiLimits, LiveRun, RunOwner } from './api-options.ts'
import type { EventClient, EventFeed, EventSink } from './event-feed.ts'
import { FleetFeed } from './fleet-feed.ts'
import type { RunDirectory } from './run-directory.ts'
import { RunFeed } from './run-feed.ts'

/*
 * Who watches runs watches them through one hub: it polls what changed and hands it to a feed for each run, so that a
 * hundred viewers cost one look, and it says when there are too many.
 */

/** How late a second may be told, at most. */
const pollMs = 200

/** Requests of one run that clients look at, each with a feed of its own. */
const maxFeeds = 200

interface EventHubOptions {
  clock: Clock
  directory: RunDirectory
  owner: RunOwner
  limits: Pick<ApiLimits, 'streams' | 'stalledMs'>
  maxDrivers: number | null
}

/** All streams of events. A feed is made for its first client: what nobody watches costs nothing. */
export class EventHub {
  readonly #options: EventHubOptions
  readonly #feeds = new Map<string, RunFeed>()
  #fleet: FleetFeed | undefined
  #timer: Timer | undefined
  #isClosed = false

  constructor(options: EventHubOptions) {
    this.#options = options
  }

  get streams(): number {
    let streams = this.#fleet?.events.clients ?? 0
    for (const { events } of this.#feeds.values()) streams += events.clients
    return streams
  }

  /** Throws STREAM_LIMIT. Called before a word is said to the client. */
  checkRoom(): void {
    const { streams } = this
    if (streams >= this.#options.limits.streams || this.#isClosed)
      throw new AppError('STREAM_LIMIT', `${streams} streams of events are open; more are not.`)
  }

  /** The same for a run's. Feeds that nobody listens to make room: names of requests may be made up. */
  checkRoomOf(run: LiveRun, request: string): void {
    this.checkRoom()
    if (this.#feeds.has(keyOf(run, request)) || this.#feeds.size < maxFeeds) return
    for (const [key, { events }] of this.#feeds) if (events.clients === 0) this.#feeds.delete(key)
    if (this.#feeds.size >= maxFeeds)
      throw new AppError('STREAM_LIMIT', 'Too many different streams of events are open.')
  }

  joinRun(run: LiveRun, request: string, sink: EventSink, after: number | undefined): EventClient {
    return this.#join(this.#feedOf(run, request).events, sink, after)
  }

  joinFleet(sink: EventSink, after: number | undefined): EventClient {
    this.#fleet ??= new FleetFeed(this.#options)
    this.#fleet.poll()
    return this.#join(this.#fleet.events, sink, after)
  }

  /** Ends all streams. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    for (const { events } of this.#feeds.values()) events.close()
    this.#fleet?.events.close()
  }

  #feedOf(run: LiveRun, request: string): RunFeed {
    const key = keyOf(run, request)
    const known = this.#feeds.get(key)
    if (known !== undefined) return known
    const { clock, limits, directory } = this.#options
    const feed = new RunFeed({
      run,
      request,
      clock,
      stalledMs: limits.stalledMs,
      resultOf: (of) => directory.resultOf(of),
    })
    this.#feeds.set(key, feed)
    return feed
  }

  #join(feed: EventFeed, sink: EventSink, after: number | undefined): EventClient {
    const client = feed.join(sink, after)
    this.#arm()
    return client
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#isClosed) return
    this.#timer = this.#options.clock.after(pollMs, () => {
      this.#timer = undefined
      for (const [key, feed] of this.#feeds) {
        feed.poll()
        if (feed.isForgotten()) this.#feeds.delete(key)
      }
      if (this.#fleet !== undefined && this.#fleet.events.clients > 0) this.#fleet.poll()
      if (this.#feeds.size > 0 || (this.#fleet?.events.clients ?? 0) > 0) this.#arm()
    })
  }
}

const keyOf = (run: LiveRun, request: string): string => `${run.id}\n${request}`
