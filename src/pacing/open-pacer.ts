import { ArrivalSums } from './arrival-sums.ts'
import { type LoadPlan, type Pacer, pausedWaitMs } from './pacer.ts'
import type { RateCurve } from './rate-curve.ts'

/** What the pacers of open loads are made from. */
export interface OpenSchedule {
  curve: RateCurve
  /** Paused now, so that a later steering may yet make due what the curve leaves out. */
  paused: boolean
  /** Operations of this driver that the counts in the load allow. */
  limit: number
  plan: LoadPlan
}

/** Takes steps `first`, `first + stride`, ... of a curve: evenly spaced arrivals, or the rounds of a tsunami. */
export class UniformPacer implements Pacer {
  readonly plan: LoadPlan
  readonly #curve: RateCurve
  readonly #first: number
  readonly #stride: number
  readonly #limit: number
  readonly #neverMs: number

  constructor({ curve, paused, limit, plan }: OpenSchedule, first: number, stride: number) {
    this.plan = plan
    this.#curve = curve
    this.#first = first
    this.#stride = stride
    this.#limit = Math.min(limit, Math.ceil((curve.total - first) / stride))
    this.#neverMs = paused ? pausedWaitMs : Number.POSITIVE_INFINITY
  }

  next(elapsedMs: number, started: number): number {
    if (started >= this.#limit) return Number.POSITIVE_INFINITY
    const dueMs = this.#curve.inverse(this.#first + started * this.#stride)
    return dueMs === Number.POSITIVE_INFINITY ? this.#neverMs : dueMs - elapsedMs
  }

  concurrency(): number {
    return Number.POSITIVE_INFINITY
  }
}

/**
 * Arrivals of a Poisson process whose intensity is the curve: those of the unit-rate process, carried over by the
 * inverse of the cumulative rate (Cinlar, Introduction to Stochastic Processes, 1975, chapter 4). Arrivals are set on a
 * grid of 1/1024 operation, which is where a curve's inverse is sure never to step back.
 */
export class PoissonPacer implements Pacer {
  readonly plan: LoadPlan
  readonly #curve: RateCurve
  readonly #sums: ArrivalSums
  readonly #first: number
  readonly #stride: number
  readonly #limit: number
  readonly #neverMs: number

  constructor({ curve, paused, limit, plan }: OpenSchedule, seed: number, first: number, stride: number) {
    this.plan = plan
    this.#curve = curve
    this.#sums = new ArrivalSums(seed)
    this.#first = first
    this.#stride = stride
    this.#limit = limit
    this.#neverMs = paused ? pausedWaitMs : Number.POSITIVE_INFINITY
  }

  next(elapsedMs: number, started: number): number {
    if (started >= this.#limit) return Number.POSITIVE_INFINITY
    const n = Math.floor(this.#sums.through(this.#first + started * this.#stride) * 1024) / 1024
    if (n >= this.#curve.total) return Number.POSITIVE_INFINITY
    const dueMs = this.#curve.inverse(n)
    return dueMs === Number.POSITIVE_INFINITY ? this.#neverMs : dueMs - elapsedMs
  }

  concurrency(): number {
    return Number.POSITIVE_INFINITY
  }
}
