import { type Clock, isoTime } from '../lib/clock.ts'
import { isAlive, type Member } from '../orchestrator/members.ts'
import { lostAfterMs } from '../orchestrator/run-state.ts'
import { summaryOf } from '../results/run-summary.ts'
import type { FleetUpdate } from './answer-schemas.ts'
import type { RunOwner } from './api-options.ts'
import { EventFeed } from './event-feed.ts'
import type { RunDirectory } from './run-directory.ts'

/*
 * The home page shows all runs and drivers at once. One short event a second is made for everybody who looks, however many
 * runs there are.
 */

const everyMs = 1000

/** Runs in one event. */
const maxRuns = 50

/** All runs and drivers in a line each, once a second while somebody listens. */
export class FleetFeed {
  readonly events: EventFeed
  readonly #clock: Clock
  readonly #owner: RunOwner
  readonly #directory: RunDirectory
  readonly #maxDrivers: number | null
  #toldMs = Number.NEGATIVE_INFINITY

  constructor(options: {
    clock: Clock
    limits: { stalledMs: number }
    owner: RunOwner
    directory: RunDirectory
    maxDrivers: number | null
  }) {
    const { clock, limits, owner, directory, maxDrivers } = options
    this.events = new EventFeed(clock, limits.stalledMs)
    this.#clock = clock
    this.#owner = owner
    this.#directory = directory
    this.#maxDrivers = maxDrivers
  }

  poll(): void {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#toldMs < everyMs) return
    this.#toldMs = nowMs
    this.events.publish('update', { seq: this.events.nextSeq, ...this.#describe() })
  }

  #describe(): Omit<FleetUpdate, 'seq'> {
    const atMs = this.#clock.wallMs()
    const runs = this.#directory.live().slice(0, maxRuns)
    return {
      atMs,
      queued: this.#owner.queued,
      drivers: driversByState(this.#owner, atMs),
      maxDrivers: this.#maxDrivers,
      runs: runs.map((run) => summaryOf(this.#directory.resultOf(run), isoTime(atMs))),
    }
  }
}

/** As it last said; `lost` where it has been silent for three heartbeats. */
const memberState = (member: Member, nowMs: number): string =>
  isAlive(member, nowMs, lostAfterMs) ? (member.state ?? 'registered') : 'lost'

export const driversByState = ({ members }: RunOwner, nowMs: number): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const member of members.values()) {
    const state = memberState(member, nowMs)
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}
