import type { UpdateSecond } from '../../results/run-update.ts'
import type { TimelineRowWithColumns } from '../../results/timeline.ts'
import { GrowingTrack } from './track-growing.ts'
import { trackRowOf, wholeRowsOf } from './track-row.ts'

/** Kept second by second. */
export const keptSeconds = 3600

/** So many at once are let go of, for taking one from the front of an array costs as much as taking many. */
const droppedAtOnce = 300

/** Reports that are this late belong to a driver that is lost. */
const lateSeconds = 3

/**
 * A run's seconds, from its timeline and its stream: seconds that the stream has told since the timeline was asked for
 * replace those of the timeline, and what is told again replaces what was told before. While the run goes on, the timeline
 * may end with a second that some drivers have not reported yet: it is held back until the stream is beyond it.
 */
export class RecentSeconds {
  readonly request: string
  #track: GrowingTrack | undefined
  /** Since the timeline was asked for; undefined while none is awaited. */
  #told: Map<number, UpdateSecond> | undefined
  readonly #held = new Map<number, TimelineRowWithColumns>()
  #newestTold = -1

  constructor(request: string) {
    this.request = request
  }

  get track(): GrowingTrack | undefined {
    return this.#track
  }

  /** The timeline is asked for: what the stream tells from now on is newer. */
  awaitTimeline(isAfterHole: boolean): void {
    if (this.#told === undefined || isAfterHole) this.#told = new Map()
    if (isAfterHole) this.#newestTold = -1
  }

  takeTimeline(answer: readonly TimelineRowWithColumns[], from: number, isOver: boolean): void {
    const rows = wholeRowsOf(answer)
    const before = this.#track
    const track = before === undefined || before.end < from ? new GrowingTrack(1, from) : before
    this.#held.clear()
    const most = rows.reduce((drivers, row) => Math.max(drivers, row.drivers), 0)
    const end = (rows.at(-1)?.second ?? -1) + 1
    const isUnsure = (row: TimelineRowWithColumns): boolean =>
      this.#newestTold >= 0
        ? row.second > this.#newestTold
        : row.second >= end - lateSeconds && row.drivers < most
    for (const row of rows) {
      if (this.#told?.has(row.second)) continue
      if (!isOver && isUnsure(row)) this.#held.set(row.second, row)
      else this.#put(track, row)
    }
    for (const second of this.#told?.values() ?? []) this.#put(track, second)
    this.#told = undefined
    this.#track = track
    this.#dropOld()
  }

  tell(seconds: readonly UpdateSecond[]): void {
    for (const second of wholeRowsOf(seconds)) {
      this.#told?.set(second.second, second)
      this.#newestTold = Math.max(this.#newestTold, second.second)
      this.#release()
      this.#held.delete(second.second)
      if (this.#track !== undefined) this.#put(this.#track, second)
    }
    this.#dropOld()
  }

  #release(): void {
    for (const [second, row] of this.#held) {
      if (second > this.#newestTold) continue
      this.#held.delete(second)
      if (this.#track !== undefined) this.#put(this.#track, row)
    }
  }

  #put(track: GrowingTrack, row: UpdateSecond): void {
    track.put(row.second, trackRowOf(row, this.request))
  }

  #dropOld(): void {
    const track = this.#track
    if (track === undefined || track.length <= keptSeconds) return
    track.dropOldest(track.length - keptSeconds + droppedAtOnce)
  }
}
