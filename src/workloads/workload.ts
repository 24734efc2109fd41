import type { UnsentReason } from '../measuring/outcomes.ts'

/**
 * What one operation is. A workload carries out operations; the driver's run loop decides when they start.
 *
 * Life: `open` once, then any number of `start`, then `close` once. A failure of the target is a measurement, never an
 * exception: `start` does not throw and returns at once. Every started operation ends exactly once, by a call of
 * `onEnd`, which may come within `start` itself. Measurements go into the recorders handed to the factory.
 */
export interface Workload {
  /**
   * Resolves names, opens connections, reads certificates, builds request bytes. Throws an AppError when the share
   * cannot be run here: the driver then answers *rejected* with its message.
   */
  open(): Promise<void>

  /**
   * Starts operation `index` of the run (0-based, counted over all drivers). `intendedMs` is its intended start on the
   * clock's monotonic time; every latency is counted from it.
   */
  start(index: number, intendedMs: number): void

  /** Operation `index` was due but is not started: counts it as unsent under the request it would have been. */
  refuse(index: number, reason: UnsentReason): void

  /** What was started and waits for a connection ends as unsent (`stopped`). The run is being stopped. */
  cancelQueued(): void

  /** Started and not ended. */
  readonly inFlight: number

  /**
   * Ends what is in flight: waits up to `graceMs` for answers, then cuts the rest off, which are counted as timeouts.
   * Afterwards no handle, timer or listener of this workload remains. Idempotent.
   */
  close(graceMs: number): Promise<void>
}
