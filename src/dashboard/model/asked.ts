import type { Gap } from '../../results/run-result.ts'

/** Of the load that was planned for a span of seconds, how much is in no figure: 0 to 1. */
const missingShare = (gaps: readonly Gap[], from: number, to: number): number =>
  gaps.reduce((sum, gap) => {
    const overlap = Math.min(gap.to, to) - Math.max(gap.from, from)
    return overlap > 0 ? sum + (gap.share * overlap) / (to - from) : sum
  }, 0)

/**
 * What the plan asked for in seconds `from` to `to`. Drivers tell what was due on them (`told`, a second), so of those that
 * are gone nothing is told; but nobody takes over their share, and it was due all the same.
 */
export const askedPerSecond = (
  told: number | null,
  gaps: readonly Gap[],
  from: number,
  to: number,
): number | null => {
  if (told === null || gaps.length === 0) return told
  const present = 1 - missingShare(gaps, from, to)
  return present < 1e-6 ? told : told / present
}
