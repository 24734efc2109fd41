import { lastAtMost, type RateCurve, settleCount } from './rate-curve.ts'
import { runTimeAt, type Steering, type Stretch, scaleAt, stretchesOf } from './steering.ts'

/**
 * A curve under steering, in the run's time: while paused, the load's own clock stands still; a scale multiplies the
 * rate from its instant on.
 *
 * Invariant: an event changes no instant before it, bit for bit. So which stretch an operation belongs to is decided by
 * comparing instants, never by comparing sums of operations, which carry rounding errors.
 */
export class SteeredCurve implements RateCurve {
  readonly endMs: number
  readonly total: number
  readonly #curve: RateCurve
  readonly #stretches: readonly [Stretch, ...Stretch[]]
  readonly #startMs: Float64Array
  /** Operations at the start of each stretch: of this curve, and of the curve inside. */
  readonly #before: Float64Array
  readonly #inside: Float64Array

  constructor(curve: RateCurve, steering: readonly Steering[]) {
    const stretches = stretchesOf(steering)
    this.#curve = curve
    this.#stretches = stretches
    this.#startMs = Float64Array.from(stretches, ({ startMs }) => startMs)
    this.#inside = Float64Array.from(stretches, ({ loadStartMs }) => curve.cumulative(loadStartMs))
    this.#before = new Float64Array(stretches.length)
    let before = 0
    for (const [i, { scale }] of stretches.entries()) {
      this.#before[i] = before
      before += scale * ((this.#inside[i + 1] ?? curve.total) - (this.#inside[i] ?? 0))
    }
    this.total = settleCount(before)
    this.endMs = curve.endMs === Number.POSITIVE_INFINITY ? curve.endMs : runTimeAt(stretches, curve.endMs)
  }

  cumulative(tMs: number): number {
    if (tMs <= 0) return 0
    const i = lastAtMost(this.#startMs, tMs)
    const { startMs, endMs, loadStartMs, scale } = this.#stretches[i] ?? this.#stretches[0]
    const inside = this.#curve.cumulative(loadStartMs + (Math.min(tMs, endMs) - startMs))
    return (this.#before[i] ?? 0) + scale * (inside - (this.#inside[i] ?? 0))
  }

  inverse(n: number): number {
    // Far wider than any rounding error: within it, instants decide.
    const doubt = 1e-6 + n * 1e-12
    const last = lastAtMost(this.#before, n + doubt)
    let chosen = last
    for (let i = last - 1; i >= 0 && n <= (this.#before[i + 1] ?? 0) + doubt; i--) {
      if (this.#inverseIn(i, n) < (this.#stretches[i] ?? this.#stretches[0]).endMs) chosen = i
    }
    const { startMs, endMs } = this.#stretches[chosen] ?? this.#stretches[0]
    const atMs = Math.max(startMs, this.#inverseIn(chosen, n))
    return atMs < endMs || chosen < this.#stretches.length - 1 ? atMs : Number.POSITIVE_INFINITY
  }

  rate(tMs: number): number {
    const i = lastAtMost(this.#startMs, tMs)
    const { startMs, loadStartMs } = this.#stretches[i] ?? this.#stretches[0]
    return scaleAt(this.#stretches, tMs) * this.#curve.rate(loadStartMs + (tMs - startMs))
  }

  /** The instant at which `n` would be exceeded if stretch `i` went on for ever. */
  #inverseIn(i: number, n: number): number {
    const { startMs, loadStartMs, scale } = this.#stretches[i] ?? this.#stretches[0]
    const inside = (n - (this.#before[i] ?? 0)) / scale + (this.#inside[i] ?? 0)
    return this.#curve.inverse(inside) - loadStartMs + startMs
  }
}
