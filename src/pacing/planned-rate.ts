import type { Load } from '../scenario/scenario.ts'
import { loadCurveOf } from './load-curve.ts'
import type { Steering } from './steering.ts'

/** Operations a second that all drivers together are asked for at a time of the run; null for a closed load. */
export const plannedRate = (
  load: Load,
  drivers: number,
  steering: readonly Steering[],
  tMs: number,
): number | null => {
  if (load.kind === 'avalanche') return null
  const { curve, operationsPerStep, countLimit } = loadCurveOf(load, drivers, steering)
  const over = curve.cumulative(tMs) * operationsPerStep >= countLimit
  return over ? 0 : curve.rate(tMs) * operationsPerStep
}
