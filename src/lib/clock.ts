import { Metronome } from './metronome.ts'

/**
 * Time, passed in. Everything that waits or measures takes a Clock, so that a test can own the time.
 *
 * Two readings exist: `nowMs` is monotonic, with fractions, and serves every duration; `wallMs` is the epoch and
 * serves only what is said to other machines. Never subtract one from the other but once, at a run's start.
 */
export interface Clock {
  /** Monotonic milliseconds, with sub-microsecond fractions; the origin is arbitrary. */
  nowMs(): number
  /** Milliseconds since the Unix epoch. */
  wallMs(): number
  /** Calls back once, not before `delayMs` have passed. Unlike `setTimeout`, a delay may exceed 2^31 ms. */
  after(delayMs: number, callback: () => void): Timer
  /** As `after`, some 0.1 ms late instead of 1 ms; it costs some 20 us of CPU, so it is for few, important instants. */
  afterPrecisely(delayMs: number, callback: () => void): Timer
  /** Calls back once in the next turn, after sockets had theirs. */
  soon(callback: () => void): void
}

export interface Timer {
  /** Idempotent; after it the callback is never called. */
  cancel(): void
}

/** The longest delay that `setTimeout` takes; above it Node fires at once. */
const maxDelayMs = 2 ** 31 - 1

/**
 * A `setTimeout` that keeps the contract: Node counts from the beginning of the loop's turn in whole milliseconds, so it
 * may call up to a millisecond early.
 */
class SystemTimer implements Timer {
  readonly #dueMs: number
  readonly #callback: () => void
  #handle: NodeJS.Timeout

  constructor(delayMs: number, callback: () => void) {
    this.#dueMs = performance.now() + delayMs
    this.#callback = callback
    this.#handle = setTimeout(this.#call, Math.min(delayMs, maxDelayMs))
  }

  readonly #call = (): void => {
    const leftMs = this.#dueMs - performance.now()
    if (leftMs <= 0) this.#callback()
    else this.#handle = setTimeout(this.#call, Math.min(leftMs, maxDelayMs))
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }
}

/** Its thread starts with the first call. */
let metronome: Metronome | undefined

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, callback) => new SystemTimer(delayMs, callback),
  afterPrecisely: (delayMs, callback) => {
    metronome ??= new Metronome()
    return metronome.after(delayMs, callback)
  },
  soon: (callback) => {
    setImmediate(callback)
  },
}

/** Resolves after `delayMs` of the given clock. */
export const sleep = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })

/** ISO 8601 in UTC, with milliseconds. */
export const isoTime = (epochMs: number): string => new Date(epochMs).toISOString()

/** Back from {@link isoTime}. */
export const epochMsOf = (iso: string): number => Date.parse(iso)
