import type { Clock, Timer } from '../lib/clock.ts'

interface Waiting {
  atMs: number
  order: number
  callback: () => void
}

/** Lets everything run that is ready: microtasks, and what these and immediates lead to. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Time that a test owns. It stands still until `advance`, which calls what falls due in order, each at its own instant,
 * and lets promises settle after each. Delays shorter than a real timer's are kept.
 */
export class FakeClock implements Clock {
  #nowMs = 1000
  #order = 0
  #waiting: Waiting[] = []
  readonly #epochMs = Date.UTC(2026, 0, 1)

  nowMs(): number {
    return this.#nowMs
  }

  wallMs(): number {
    return this.#epochMs + this.#nowMs
  }

  after(delayMs: number, callback: () => void): Timer {
    const waiting: Waiting = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback }
    this.#insert(waiting)
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
      },
    }
  }

  afterPrecisely(delayMs: number, callback: () => void): Timer {
    return this.after(delayMs, callback)
  }

  soon(callback: () => void): void {
    this.after(0, callback)
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#waiting.length
  }

  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle()
    for (;;) {
      const next = this.#waiting[0]
      if (next === undefined || next.atMs > endMs) break
      this.#waiting.shift()
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.callback()
      await settle()
    }
    this.#nowMs = endMs
    await settle()
  }

  /** Jumps ahead as a suspended process finds it: nothing was called meanwhile, all that fell due is called now. */
  async suspend(ms: number): Promise<void> {
    this.#nowMs += ms
    await this.advance(0)
  }

  #insert(waiting: Waiting): void {
    let low = 0
    let high = this.#waiting.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#waiting[middle] as Waiting
      if (other.atMs <= waiting.atMs) low = middle + 1
      else high = middle
    }
    this.#waiting.splice(low, 0, waiting)
  }
}
