import type { Clock, Timer } from '../../lib/clock.ts'

/** What can be given a deadline; one at a time. The fields belong to {@link Deadlines}. */
export interface Expiring {
  deadlineMs: number
  earlier: Expiring | undefined
  later: Expiring | undefined
  line: DeadlineLine | undefined
  /** Its deadline has passed; it is under none any more. */
  expire(nowMs: number): void
}

/** Everything under deadlines of one duration, in the order of adding, which is the order of the deadlines. */
export class DeadlineLine {
  readonly durationMs: number
  first: Expiring | undefined
  last: Expiring | undefined

  constructor(durationMs: number) {
    this.durationMs = durationMs
  }
}

/** So late a deadline may be noticed: what expires within it goes together. */
const granularityMs = 4

/** So many different durations are remembered while nothing is under them. */
const keptLines = 16

/**
 * Any number of deadlines with one timer between them. Adding and removing are O(1) and touch no timer but when an
 * earlier deadline than all others comes; the number of different durations must be small. The timer is not cancelled
 * when the last deadline goes (that would cost a timer for every request of a single user): it fires once more, finds
 * nothing, and rests. `close` cancels it.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #lines = new Map<number, DeadlineLine>()
  #latestLine: DeadlineLine | undefined
  #timer: Timer | undefined
  #armedForMs = Number.POSITIVE_INFINITY
  readonly #tick = (): void => this.#expireDue()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many different durations are remembered. */
  get durations(): number {
    return this.#lines.size
  }

  add(item: Expiring, nowMs: number, durationMs: number): void {
    const line = this.#lineOf(durationMs)
    const last = line.last
    item.deadlineMs = nowMs + durationMs
    item.line = line
    item.earlier = last
    line.last = item
    if (last !== undefined) last.later = item
    else {
      line.first = item
      if (item.deadlineMs < this.#armedForMs) this.#arm(item.deadlineMs, nowMs)
    }
  }

  /** Does nothing to an item that is under no deadline. */
  remove(item: Expiring): void {
    const { line, earlier, later } = item
    if (line === undefined) return
    if (earlier === undefined) line.first = later
    else earlier.later = later
    if (later === undefined) line.last = earlier
    else later.earlier = earlier
    item.line = undefined
    item.earlier = undefined
    item.later = undefined
  }

  /** Lets all expire now, whatever their deadlines. */
  expireAll(nowMs: number): void {
    for (const line of this.#lines.values()) {
      for (let item = line.first; item !== undefined; item = line.first) {
        this.remove(item)
        item.expire(nowMs)
      }
    }
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#armedForMs = Number.POSITIVE_INFINITY
  }

  #lineOf(durationMs: number): DeadlineLine {
    if (this.#latestLine?.durationMs === durationMs) return this.#latestLine
    let line = this.#lines.get(durationMs)
    if (line === undefined) {
      line = new DeadlineLine(durationMs)
      this.#lines.set(durationMs, line)
    }
    this.#latestLine = line
    return line
  }

  #forget(line: DeadlineLine): void {
    this.#lines.delete(line.durationMs)
    if (this.#latestLine === line) this.#latestLine = undefined
  }

  #arm(deadlineMs: number, nowMs: number): void {
    this.#timer?.cancel()
    this.#armedForMs = deadlineMs
    this.#timer = this.#clock.after(Math.max(granularityMs, deadlineMs - nowMs), this.#tick)
  }

  #expireDue(): void {
    this.#timer = undefined
    const nowMs = this.#clock.nowMs()
    // Until all are seen, what `expire` adds must not arm the timer: it is armed once, below.
    this.#armedForMs = Number.NEGATIVE_INFINITY
    for (const line of this.#lines.values()) {
      for (let item = line.first; item !== undefined && item.deadlineMs <= nowMs; item = line.first) {
        this.remove(item)
        item.expire(nowMs)
      }
    }
    let earliestMs = Number.POSITIVE_INFINITY
    for (const line of this.#lines.values()) {
      if (line.first === undefined && this.#lines.size > keptLines) this.#forget(line)
      if (line.first !== undefined) earliestMs = Math.min(earliestMs, line.first.deadlineMs)
    }
    this.#armedForMs = Number.POSITIVE_INFINITY
    if (earliestMs < Number.POSITIVE_INFINITY) this.#arm(earliestMs, nowMs)
  }
}
