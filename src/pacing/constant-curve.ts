import { type RateCurve, settleCount } from './rate-curve.ts'

/**
 * `operations` in every `perMs` milliseconds, evenly. Two numbers and not one rate, because then the quotient below is
 * rounded once: 500 in 1,000 ms and one in 0.1 ms both meet the exact instants, however long the run.
 */
export class ConstantCurve implements RateCurve {
  readonly endMs: number
  readonly total: number
  readonly #operations: number
  readonly #perMs: number

  constructor(operations: number, perMs: number, endMs: number = Number.POSITIVE_INFINITY) {
    this.#operations = operations
    this.#perMs = perMs
    this.endMs = endMs
    this.total = operations === 0 ? 0 : settleCount((endMs * operations) / perMs)
  }

  cumulative(tMs: number): number {
    if (tMs <= 0) return 0
    return tMs >= this.endMs ? this.total : (tMs * this.#operations) / this.#perMs
  }

  inverse(n: number): number {
    return n < this.total ? (n * this.#perMs) / this.#operations : Number.POSITIVE_INFINITY
  }

  rate(tMs: number): number {
    return tMs >= 0 && tMs < this.endMs ? (this.#operations * 1000) / this.#perMs : 0
  }
}
