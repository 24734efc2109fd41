import type { DriverResult, RunResult } from './run-result.ts'
import { sumCounts } from './summary-text-figures.ts'

/**
 * Drivers written by others tell some figures and no measurements: the run's totals are without theirs. Here is what can
 * be said all the same, and what then has to be called unknown.
 */

/** Who measures took no part in the run: its totals are no zeros but unknown. */
export const isUnmeasured = ({ drivers }: Pick<RunResult, 'drivers'>): boolean =>
  drivers.some(({ isForeign }) => isForeign) &&
  drivers.every(({ isForeign, state }) => isForeign || state === 'rejected')

/** What a driver that rejected the run says nothing of is nobody's work, and not unknown. */
export const tookPart = ({ state }: Pick<DriverResult, 'state'>): boolean => state !== 'rejected'

/** Of all drivers together, as they tell it; `null` where one of them does not. */
export interface ToldTotals {
  sent: number | null
  answered: number | null
  errors: number | null
  /** The slowest answer that any of them tells of, milliseconds. */
  maxMs: number | null
}

export const toldTotalsOf = (drivers: readonly DriverResult[]): ToldTotals => {
  const slowest = drivers.flatMap(({ responseTimeMs: { max } }) => (max === null ? [] : [max]))
  return {
    sent: sumOfKnown(drivers.map(({ totals }) => totals.sent)),
    answered: sumOfKnown(drivers.map(({ totals }) => totals.answered)),
    errors: sumOfKnown(drivers.map(({ totals }) => totals.errors && sumCounts(totals.errors))),
    maxMs: slowest.length === 0 ? null : Math.max(...slowest),
  }
}

/** A sum of which a part is unknown is unknown. */
export const sumOfKnown = (figures: readonly (number | null)[]): number | null =>
  figures.reduce((sum, figure) => (sum === null || figure === null ? null : sum + figure), 0)
