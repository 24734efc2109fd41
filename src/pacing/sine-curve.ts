import { type RateCurve, settleCount, toleranceAt } from './rate-curve.ts'

export interface Sine {
  meanPerSecond: number
  /** At most the mean. */
  amplitudePerSecond: number
  periodMs: number
}

/** A step of the search below this ends it: a tenth of a nanosecond. */
const enoughMs = 1e-7

/**
 * mean + amplitude x sin(2 pi t / period). Its integral has no inverse in closed form: found by Newton's method, which
 * falls back to halving the bracket wherever a step would leave it (where the rate comes near zero).
 */
export class SineCurve implements RateCurve {
  readonly endMs: number
  readonly total: number
  readonly #meanPerMs: number
  readonly #amplitudePerMs: number
  readonly #periodMs: number
  /** Operations of a whole period. */
  readonly #period: number

  constructor(sine: Sine, endMs: number = Number.POSITIVE_INFINITY) {
    this.#meanPerMs = sine.meanPerSecond / 1000
    this.#amplitudePerMs = sine.amplitudePerSecond / 1000
    this.#periodMs = sine.periodMs
    this.#period = settleCount((sine.meanPerSecond * sine.periodMs) / 1000)
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
    const periods = Math.floor((n + toleranceAt(n)) / this.#period)
    const x = Math.max(0, n - periods * this.#period)
    return periods * this.#periodMs + this.#inverseWithinPeriod(x)
  }

  rate(tMs: number): number {
    if (tMs < 0 || tMs >= this.endMs) return 0
    return 1000 * this.#ratePerMs(tMs % this.#periodMs)
  }

  #integral(tMs: number): number {
    const periods = Math.floor(tMs / this.#periodMs)
    return periods * this.#period + this.#withinPeriod(tMs - periods * this.#periodMs)
  }

  /** 1 - cos(2 y) written as 2 sin^2(y), which keeps its digits for small y. */
  #withinPeriod(tMs: number): number {
    const sine = Math.sin((Math.PI * tMs) / this.#periodMs)
    return this.#meanPerMs * tMs + ((this.#amplitudePerMs * this.#periodMs) / Math.PI) * sine * sine
  }

  #ratePerMs(tMs: number): number {
    return this.#meanPerMs + this.#amplitudePerMs * Math.sin((2 * Math.PI * tMs) / this.#periodMs)
  }

  #inverseWithinPeriod(x: number): number {
    if (x === 0) return 0
    let lowMs = 0
    let highMs = this.#periodMs
    let tMs = (x / this.#period) * this.#periodMs
    for (let i = 0; i < 100; i++) {
      const excess = this.#withinPeriod(tMs) - x
      if (excess > 0) highMs = tMs
      else lowMs = tMs
      let nextMs = tMs - excess / this.#ratePerMs(tMs)
      if (!(nextMs > lowMs && nextMs < highMs)) nextMs = (lowMs + highMs) / 2
      const stepMs = Math.abs(nextMs - tMs)
      tMs = nextMs
      if (stepMs < enoughMs) break
    }
    return tMs
  }
}
