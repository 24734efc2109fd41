import type { Load } from '../scenario/scenario.ts'
import { ConstantCurve } from './constant-curve.ts'
import type { RateCurve } from './rate-curve.ts'
import { SineCurve } from './sine-curve.ts'
import { SpikeCurve } from './spike-curve.ts'
import { StagesCurve } from './stages-curve.ts'
import { SteeredCurve } from './steered-curve.ts'
import type { Steering } from './steering.ts'

export type OpenLoad = Exclude<Load, { kind: 'avalanche' }>

/** The schedule of an open load over all drivers. */
export interface LoadCurve {
  /** Counts steps. */
  curve: RateCurve
  /** Operations that start together at each step: one, or for a tsunami one on each driver. */
  operationsPerStep: number
  /** The bound by number of operations over all drivers; Infinity without one. */
  countLimit: number
  poisson: boolean
}

type CurveMaker<L> = (load: L, factor: number, endMs: number) => RateCurve

/** `factor` multiplies the rates: the number of drivers where each makes them. */
const curveMakers: { [K in OpenLoad['kind']]: CurveMaker<Extract<OpenLoad, { kind: K }>> } = {
  tsunami: ({ gapMs }, _factor, endMs) => new ConstantCurve(1, gapMs, endMs),
  rate: ({ perSecond }, factor, endMs) => new ConstantCurve(perSecond * factor, 1000, endMs),
  stages: ({ fromPerSecond, stages }, factor, endMs) =>
    new StagesCurve(
      fromPerSecond * factor,
      stages.map((stage) => ({ ...stage, toPerSecond: stage.toPerSecond * factor })),
      endMs,
    ),
  spike: (load, factor, endMs) =>
    new SpikeCurve(
      { ...load, basePerSecond: load.basePerSecond * factor, peakPerSecond: load.peakPerSecond * factor },
      endMs,
    ),
  sine: (load, factor, endMs) =>
    new SineCurve(
      {
        ...load,
        meanPerSecond: load.meanPerSecond * factor,
        amplitudePerSecond: load.amplitudePerSecond * factor,
      },
      endMs,
    ),
}

export const loadCurveOf = (load: OpenLoad, drivers: number, steering: readonly Steering[]): LoadCurve => {
  const makeCurve = curveMakers[load.kind] as CurveMaker<OpenLoad>
  const factor = load.kind !== 'tsunami' && load.perDriver ? drivers : 1
  const curve = makeCurve(load, factor, load.durationMs ?? Number.POSITIVE_INFINITY)
  return {
    curve: steering.length === 0 ? curve : new SteeredCurve(curve, steering),
    operationsPerStep: load.kind === 'tsunami' ? drivers : 1,
    countLimit: countLimitOf(load, drivers),
    poisson: load.kind !== 'tsunami' && load.arrivals === 'poisson',
  }
}

/** Operations over all drivers that the counts in a load allow; Infinity where it has none. */
export const countLimitOf = ({ requests, requestsPerDriver }: Load, drivers: number): number =>
  Math.min(requests ?? Number.POSITIVE_INFINITY, (requestsPerDriver ?? Number.POSITIVE_INFINITY) * drivers)
