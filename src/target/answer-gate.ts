import type { Clock, Timer } from '../lib/clock.ts'
import type { Stall } from './target-options.ts'

/**
 * Holds answers back: each for its delay, and all of them while the target stalls. The time of stalls counts from the
 * making of the gate. An answer that needs no waiting is given at once, within the call.
 */
export class AnswerGate {
  readonly #clock: Clock
  readonly #stall: Stall | undefined
  readonly #startMs: number
  readonly #delays = new Set<Timer>()
  #held: (() => void)[] = []
  #release: Timer | undefined
  #closed = false

  constructor(clock: Clock, stall: Stall | undefined) {
    this.#clock = clock
    this.#stall = stall
    this.#startMs = clock.nowMs()
  }

  pass(delayMs: number, answer: () => void): void {
    if (this.#closed) return
    if (delayMs <= 0) {
      this.#giveUnlessStalled(answer)
      return
    }
    const timer = this.#clock.after(delayMs, () => {
      this.#delays.delete(timer)
      this.#giveUnlessStalled(answer)
    })
    this.#delays.add(timer)
  }

  /** Forgets all answers; no timer remains. */
  close(): void {
    this.#closed = true
    for (const timer of this.#delays) timer.cancel()
    this.#delays.clear()
    this.#release?.cancel()
    this.#held = []
  }

  #giveUnlessStalled(answer: () => void): void {
    const remainingMs = this.#stallRemainingMs()
    if (remainingMs <= 0) {
      // A stall that ended leaves its answers to a timer; those come first.
      if (this.#held.length > 0) this.#giveHeld()
      answer()
      return
    }
    this.#held.push(answer)
    this.#release ??= this.#clock.after(remainingMs, () => this.#giveHeld())
  }

  #giveHeld(): void {
    this.#release?.cancel()
    this.#release = undefined
    const held = this.#held
    this.#held = []
    // A timer may be early by a fraction of a millisecond: then they are held again.
    for (const answer of held) this.#giveUnlessStalled(answer)
  }

  /** Until the stall that goes on now is over; 0 when there is none. */
  #stallRemainingMs(): number {
    if (this.#stall === undefined) return 0
    const { lastingMs, everyMs } = this.#stall
    const withinMs = (this.#clock.nowMs() - this.#startMs) % everyMs
    return withinMs >= everyMs - lastingMs ? everyMs - withinMs : 0
  }
}
