import { type RateCurve, settleCount, toleranceAt } from './rate-curve.ts'

export interface Spike {
  basePerSecond: number
  peakPerSecond: number
  everyMs: number
  /** At most `everyMs`. */
  lastingMs: number
}

/** `base`, but `peak` during the last `lastingMs` of every `everyMs`. */
export class SpikeCurve implements RateCurve {
  readonly endMs: number
  readonly total: number
  readonly #spike: Spike
  /** Length and operations of the time before the spike, and the operations of a whole period. */
  readonly #calmMs: number
  readonly #calm: number
  readonly #period: number

  constructor(spike: Spike, endMs: number = Number.POSITIVE_INFINITY) {
    this.#spike = spike
    this.#calmMs = spike.everyMs - spike.lastingMs
    this.#calm = settleCount((spike.basePerSecond * this.#calmMs) / 1000)
    this.#period = settleCount(this.#calm + (spike.peakPerSecond * spike.lastingMs) / 1000)
    this.endMs = endMs
    if (this.#period === 0) this.total = 0
    else this.total = endMs === Number.POSITIVE_INFINITY ? endMs : settleCount(this.#integral(endMs))
  }

  cumulative(tMs: number): number {
    if (tMs <= 0) return 0
    return tMs >= this.endMs ? this.total : this.#integral(tMs)
  }

  inverse(n: number): number {
    if (n >= this.total) return Number.POSITIVE_INFINITY
    const near = n + toleranceAt(n)
    const periods = Math.floor(near / this.#period)
    const before = periods * this.#period
    const { basePerSecond, peakPerSecond, everyMs } = this.#spike
    const startMs = periods * everyMs
    if (near - before < this.#calm) return startMs + (Math.max(0, n - before) * 1000) / basePerSecond
    const x = Math.max(0, n - before - this.#calm)
    return startMs + this.#calmMs + (x === 0 ? 0 : (x * 1000) / peakPerSecond)
  }

  rate(tMs: number): number {
    if (tMs < 0 || tMs >= this.endMs) return 0
    return tMs % this.#spike.everyMs < this.#calmMs ? this.#spike.basePerSecond : this.#spike.peakPerSecond
  }

  #integral(tMs: number): number {
    const periods = Math.floor(tMs / this.#spike.everyMs)
    const withinMs = tMs - periods * this.#spike.everyMs
    const calmMs = Math.min(withinMs, this.#calmMs)
    const { basePerSecond, peakPerSecond } = this.#spike
    return periods * this.#period + (basePerSecond * calmMs + peakPerSecond * (withinMs - calmMs)) / 1000
  }
}
