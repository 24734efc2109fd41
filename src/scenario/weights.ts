/** The most that normalised weights add up to: the drivers draw from a table of this size. */
export const maxTotalWeight = 10_000

/**
 * Positive weights of any size as positive integers in the same relation, together at most {@link maxTotalWeight}.
 * Exact where that is possible (`0.5` and `2` become 1 and 4); otherwise the nearest that fits, each at least 1.
 * There may be at most {@link maxTotalWeight} of them.
 */
export const normaliseWeights = (weights: readonly number[]): number[] => {
  for (const scale of [1, 10, 100, 1000, 10_000]) {
    const scaled = weights.map((weight) => weight * scale)
    // 0.07 x 100 is 7.000000000000001.
    if (!scaled.every((weight) => Math.abs(weight - Math.round(weight)) < 1e-6 && Math.round(weight) >= 1))
      continue
    const whole = scaled.map(Math.round)
    const divisor = whole.reduce(greatestCommonDivisor)
    const reduced =
      scale === 1 && sum(whole) <= maxTotalWeight ? whole : whole.map((weight) => weight / divisor)
    if (sum(reduced) <= maxTotalWeight) return reduced
  }
  const total = sum(weights)
  const spare = maxTotalWeight - weights.length
  return weights.map((weight) => 1 + Math.floor((spare * weight) / total))
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b)
