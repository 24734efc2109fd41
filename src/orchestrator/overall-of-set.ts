import type { Measurement } from '../measuring/measurement.ts'
import { type MeasurementSet, overallOfAll } from '../measuring/measurement-set.ts'

const known = new WeakMap<MeasurementSet, Measurement>()

/**
 * All requests of a set together, as {@link overallOfAll}. Sets never change, so each is merged once: of a hundred drivers
 * the live view, the SLOs and the verdict ask several times a second.
 */
export const overallOfSet = (set: MeasurementSet): Measurement => {
  const overall = known.get(set) ?? overallOfAll(set)
  known.set(set, overall)
  return overall
}
