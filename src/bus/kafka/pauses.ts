import type { Clock, Timer } from '../../lib/clock.ts'
import { drawFraction, streamOf } from '../../lib/random.ts'
import { drawSeed } from '../../lib/random-id.ts'

/** Waits between tries. All of them end when the bus closes, so that no timer outlives it. */
export class Pauses {
  readonly #clock: Clock
  readonly #waiting = new Map<() => void, Timer>()
  readonly #seed = drawSeed()
  #draws = 0
  #ended = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wait(delayMs: number): Promise<void> {
    if (this.#ended) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(end)
        resolve()
      }
      this.#waiting.set(end, this.#clock.after(delayMs, end))
    })
  }

  /** Twice as long at each attempt (from 0), up to 2 s, and between half and all of it: a fleet must not try in step. */
  backOff(attempt: number): Promise<void> {
    const longestMs = Math.min(2_000, 100 * 2 ** Math.min(attempt, 10))
    const fraction = drawFraction(this.#seed, streamOf('kafka-backoff'), this.#draws++)
    return this.wait(longestMs * (0.5 + 0.5 * fraction))
  }

  /** `work`, or a rejection with `late()` when it takes longer; the work itself goes on. */
  async within<T>(limitMs: number, work: Promise<T>, late: () => Error): Promise<T> {
    let timer: Timer | undefined
    const expired = new Promise<never>((_, reject) => {
      timer = this.#clock.after(limitMs, () => reject(late()))
    })
    try {
      return await Promise.race([work, expired])
    } finally {
      timer?.cancel()
    }
  }

  end(): void {
    this.#ended = true
    for (const [end, timer] of [...this.#waiting]) {
      timer.cancel()
      end()
    }
  }
}
