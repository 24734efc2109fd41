import { formatDuration } from '../lib/duration.ts'
import type { MadeLoad } from './made-load.ts'
import type { Figures } from './run-result.ts'

/** Above this the drivers did not really start together. */
const noticeableSkewMs = 50

/** Send lateness below this does not disturb anybody, whatever the median is. */
const harmlessLatenessMs = 5

/** Arrivals may be random: a plan of n of them varies by about the root of n. */
const leastOf = (planned: number): number => planned - Math.max(planned * 0.05, 4 * Math.sqrt(planned))

/**
 * What a reader must know before believing the figures, although the run is valid: the generator was late, load was
 * left out because the target was slow, or the drivers started apart. `isComplete`: the load went on to its end.
 */
export const warningsOf = (
  figures: Figures,
  { planned, made }: MadeLoad,
  startSkewMs: number | null,
  isComplete: boolean,
): string[] => {
  const { totals, responseTimeMs, sendLatenessMs } = figures
  const warnings: string[] = []
  const lateness = sendLatenessMs.p99
  const median = responseTimeMs.median
  if (lateness !== null && median !== null && lateness > harmlessLatenessMs && lateness > median / 10)
    warnings.push(
      `Requests left late: send lateness p99 is ${formatDuration(lateness)}, more than a tenth of the median response time. The drivers (or too few connections) are part of what was measured.`,
    )
  const refused = totals.unsentReasons.maxInFlight ?? 0
  if (refused > 0)
    warnings.push(
      `${refused.toLocaleString('en-US')} planned requests were not sent: so many were under way already (load.maxInFlight). The target was slower than the load for so long that the rest is not in the response times.`,
    )
  if (isComplete && planned !== null && made < leastOf(planned))
    warnings.push('Less than 95 % of the planned load was made: the drivers were the limit.')
  if (startSkewMs !== null && startSkewMs > noticeableSkewMs)
    warnings.push(`The drivers started ${formatDuration(startSkewMs)} apart.`)
  return warnings
}
