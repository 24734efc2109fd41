/**
 * How much load is due by when, for all drivers together: a rate integrated over time. Curves are immutable and pure;
 * times are milliseconds of the load's own clock (of the run, for a steered curve), from 0.
 *
 * Operation k (0-based) starts at `inverse(k)`, so that every interval [a, b) holds exactly the operations that the curve
 * gives it, and a constant rate starts its first operation at 0.
 */
export interface RateCurve {
  /** Operations due in [0, t), a real number; non-decreasing; `total` from the end on. */
  cumulative(tMs: number): number
  /**
   * The instant at which the cumulative load begins to exceed `n`: a stretch without load starts nothing. Non-decreasing
   * for values of `n` at least 1/1024 apart. Infinity where that never happens, as far as is known now.
   */
  inverse(n: number): number
  /** Operations a second at that instant; 0 outside the curve. */
  rate(tMs: number): number
  /** Infinity where unbounded. Of a curve that is paused now, as if it went on at once; so too `total`. */
  readonly endMs: number
  /** Operations in all; Infinity where unbounded. */
  readonly total: number
}

/**
 * Sums of doubles that should meet miss each other by a few units in the last place. Two counts of operations closer
 * than this are the same: far above the error of the sums, far below what anyone can see.
 */
export const toleranceAt = (operations: number): number => 1e-9 + Math.abs(operations) * 1e-15

/** The whole number that a count means, where it is one but for rounding. */
export const settleCount = (operations: number): number => {
  const whole = Math.round(operations)
  return Math.abs(operations - whole) <= toleranceAt(operations) ? whole : operations
}

/** The last index whose value is at most `x`, of values in order; 0 where none is. */
export const lastAtMost = (values: Float64Array, x: number): number => {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((values[middle] as number) <= x) low = middle
    else high = middle - 1
  }
  return low
}
