import type { Clock } from '../lib/clock.ts'

/** A clock whose wall clock is wrong: ahead by `offsetMs`, which may be changed at any time, as by whoever sets it. */
export class SkewedClock implements Clock {
  offsetMs: number
  readonly #clock: Clock

  constructor(clock: Clock, offsetMs: number) {
    this.#clock = clock
    this.offsetMs = offsetMs
  }

  nowMs = (): number => this.#clock.nowMs()

  wallMs = (): number => this.#clock.wallMs() + this.offsetMs

  after: Clock['after'] = (delayMs, callback) => this.#clock.after(delayMs, callback)

  afterPrecisely: Clock['afterPrecisely'] = (delayMs, callback) =>
    this.#clock.afterPrecisely(delayMs, callback)

  soon: Clock['soon'] = (callback) => this.#clock.soon(callback)
}
