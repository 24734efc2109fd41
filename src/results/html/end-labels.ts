/** Where the names at the ends of lines stand, in units of a view box: in the order of the lines, none on another. */

export const labelHeight = 13

export interface LineEnd {
  /** Where the line ends. */
  y: number
  /** Of its values; `null`: a gap. */
  values: readonly (number | null)[]
}

/**
 * The same ends from top to bottom, moved apart where their names would lie on each other, between `highest` and `lowest`.
 * Of lines that end in one place the one whose values are greater comes first, and of the same values the later line: the
 * slowest of a few answers is their p99.9, too, and does not stand below it.
 */
export const spreadEnds = <T extends LineEnd>(ends: readonly T[], highest: number, lowest: number): T[] => {
  const spread = ends
    .map((end, i) => ({ ...end, i, sum: end.values.reduce<number>((sum, value) => sum + (value ?? 0), 0) }))
    .sort((a, b) => a.y - b.y || b.sum - a.sum || b.i - a.i)
  let above = highest - labelHeight
  for (const end of spread) {
    end.y = Math.max(end.y, above + labelHeight)
    above = end.y
  }
  let below = lowest + labelHeight
  for (const end of spread.toReversed()) {
    end.y = Math.min(end.y, below - labelHeight)
    below = end.y
  }
  return spread
}
