import type { Stage } from '../scenario/scenario.ts'
import { lastAtMost, type RateCurve, settleCount, toleranceAt } from './rate-curve.ts'

/**
 * Linear pieces of a rate, one after the other: ramps, steps and holds. Counts are the exact integral of the rate, so a
 * ramp is smooth and not a stair of seconds.
 *
 * Within a piece that begins with rate a (per ms) and slope s, x operations take t with a t + s t^2 / 2 = x. The root is
 * taken as 2 x / (a + sqrt(a^2 + 2 s x)), which loses nothing to cancellation when the slope is near zero.
 */
export class StagesCurve implements RateCurve {
  readonly endMs: number
  readonly total: number
  /** Of each piece: start, operations before it, rate per ms at its start, change of that rate per ms. */
  readonly #startMs: Float64Array
  readonly #before: Float64Array
  readonly #ratePerMs: Float64Array
  readonly #slope: Float64Array

  constructor(fromPerSecond: number, stages: readonly Stage[], endMs: number = Number.POSITIVE_INFINITY) {
    const pieces = piecesOf(fromPerSecond, stages)
    this.#startMs = new Float64Array(pieces.length)
    this.#before = new Float64Array(pieces.length)
    this.#ratePerMs = new Float64Array(pieces.length)
    this.#slope = new Float64Array(pieces.length)
    let startMs = 0
    let before = 0
    for (const [i, { fromPerMs, toPerMs, lengthMs }] of pieces.entries()) {
      this.#startMs[i] = startMs
      this.#before[i] = before
      this.#ratePerMs[i] = fromPerMs
      this.#slope[i] = lengthMs === 0 ? 0 : (toPerMs - fromPerMs) / lengthMs
      startMs += lengthMs
      before = settleCount(before + ((fromPerMs + toPerMs) / 2) * lengthMs)
    }
    this.endMs = Math.min(startMs, endMs)
    this.total = endMs >= startMs ? before : settleCount(this.#integral(endMs))
  }

  cumulative(tMs: number): number {
    if (tMs <= 0) return 0
    return tMs >= this.endMs ? this.total : this.#integral(tMs)
  }

  inverse(n: number): number {
    if (n >= this.total) return Number.POSITIVE_INFINITY
    const i = lastAtMost(this.#before, n + toleranceAt(n))
    const ratePerMs = this.#ratePerMs[i] ?? 0
    const x = Math.max(0, n - (this.#before[i] ?? 0))
    const rateThen = Math.sqrt(Math.max(0, ratePerMs * ratePerMs + 2 * (this.#slope[i] ?? 0) * x))
    const withinMs = x === 0 ? 0 : (2 * x) / (ratePerMs + rateThen)
    const nextMs = i + 1 < this.#startMs.length ? (this.#startMs[i + 1] ?? 0) : this.endMs
    return Math.min((this.#startMs[i] ?? 0) + withinMs, nextMs)
  }

  rate(tMs: number): number {
    if (tMs < 0 || tMs >= this.endMs) return 0
    const i = lastAtMost(this.#startMs, tMs)
    return 1000 * ((this.#ratePerMs[i] ?? 0) + (this.#slope[i] ?? 0) * (tMs - (this.#startMs[i] ?? 0)))
  }

  #integral(tMs: number): number {
    const i = lastAtMost(this.#startMs, tMs)
    const withinMs = tMs - (this.#startMs[i] ?? 0)
    const meanPerMs = (this.#ratePerMs[i] ?? 0) + ((this.#slope[i] ?? 0) * withinMs) / 2
    return (this.#before[i] ?? 0) + meanPerMs * withinMs
  }
}

interface Piece {
  fromPerMs: number
  toPerMs: number
  lengthMs: number
}

/** At least one; a step has no length and so no piece. */
const piecesOf = (fromPerSecond: number, stages: readonly Stage[]): Piece[] => {
  const pieces: Piece[] = []
  let fromPerMs = fromPerSecond / 1000
  for (const { toPerSecond, overMs, holdMs } of stages) {
    const toPerMs = toPerSecond / 1000
    if (overMs > 0) pieces.push({ fromPerMs, toPerMs, lengthMs: overMs })
    if (holdMs > 0) pieces.push({ fromPerMs: toPerMs, toPerMs, lengthMs: holdMs })
    fromPerMs = toPerMs
  }
  return pieces.length > 0 ? pieces : [{ fromPerMs: 0, toPerMs: 0, lengthMs: 0 }]
}
