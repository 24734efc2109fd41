/**
 * When operations start. A pacer is a pure function of the time since the run's start and of the number of operations
 * started so far, so that its arithmetic is tested without time.
 *
 * Who calls: the driver's run loop, on every tick and for every operation, up to hundreds of thousands of times a
 * second. It must not block, throw or allocate. It knows nothing of answers: a pacer that waited for them would hide
 * the target's stalls.
 */
export interface Pacer {
  /**
   * Milliseconds from `elapsedMs` to the intended start of operation `started` (0-based, this driver's own count).
   * Zero or less: it is due, and its intended start is `elapsedMs + result`, in the past where the driver is late.
   * `Infinity`: no further operation, ever. `elapsedMs` is the run's own time, pauses included. While an open load is
   * paused the result is a long wait ({@link pausedWaitMs}): ask again when it is over or the load was steered.
   */
  next(elapsedMs: number, started: number): number

  /** Closed loads: how many operations may be in flight at once at that time. Open loads: `Infinity`. */
  concurrency(elapsedMs: number): number

  /** What all drivers together plan, for progress and for the report. */
  readonly plan: LoadPlan
}

/** What `next` answers for an operation that is due only after a pause that still lasts. */
export const pausedWaitMs = 3_600_000

export interface LoadPlan {
  /** Undefined where only a count bounds the load. Grows by the length of pauses. */
  durationMs?: number
  /** Operations over all drivers; undefined for closed loads bounded by time, an expectation for Poisson arrivals. */
  operations?: number
}
