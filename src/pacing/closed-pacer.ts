import type { LoadPlan, Pacer } from './pacer.ts'
import { loadTimeAt, type Steering, type Stretch, scaleAt, stretchesOf } from './steering.ts'

export interface ClosedSchedule {
  inFlight: number
  /** Of the load's own clock; Infinity where only a count bounds it. */
  durationMs: number
  /** Operations of this driver that the counts in the load allow. */
  limit: number
  plan: LoadPlan
}

/** The next operation as soon as one ends: always due, until the load is over, and no more at once than is asked. */
export class ClosedPacer implements Pacer {
  readonly plan: LoadPlan
  readonly #schedule: ClosedSchedule
  readonly #stretches: readonly [Stretch, ...Stretch[]]

  constructor(schedule: ClosedSchedule, steering: readonly Steering[]) {
    this.plan = schedule.plan
    this.#schedule = schedule
    this.#stretches = stretchesOf(steering)
  }

  next(elapsedMs: number, started: number): number {
    if (started >= this.#schedule.limit) return Number.POSITIVE_INFINITY
    const over = loadTimeAt(this.#stretches, elapsedMs) >= this.#schedule.durationMs
    return over ? Number.POSITIVE_INFINITY : 0
  }

  /** As the load asks times the scale, at least one; 0 while paused. */
  concurrency(elapsedMs: number): number {
    const scale = scaleAt(this.#stretches, elapsedMs)
    return scale === 0 ? 0 : Math.max(1, Math.round(this.#schedule.inFlight * scale))
  }
}
