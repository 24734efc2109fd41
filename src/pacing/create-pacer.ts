import type { Load } from '../scenario/scenario.ts'
import { ClosedPacer } from './closed-pacer.ts'
import { countLimitOf, type LoadCurve, loadCurveOf, type OpenLoad } from './load-curve.ts'
import { type OpenSchedule, PoissonPacer, UniformPacer } from './open-pacer.ts'
import type { LoadPlan, Pacer } from './pacer.ts'
import { isPaused, runTimeAt, type Steering, stretchesOf } from './steering.ts'

/** Which part of the load: driver `index` (from 0) of `of`. */
export interface PacerShare {
  index: number
  of: number
}

type PacerMaker<L> = (load: L, share: PacerShare, seed: number, steering: readonly Steering[]) => Pacer

const makeClosed: PacerMaker<Extract<Load, { kind: 'avalanche' }>> = (load, share, _seed, steering) => {
  const durationMs = load.durationMs ?? Number.POSITIVE_INFINITY
  const countLimit = countLimitOf(load, share.of)
  const plan = planOf(runTimeAt(stretchesOf(steering), durationMs), countLimit)
  const limit = limitOfDriver(countLimit, share)
  return new ClosedPacer({ inFlight: load.inFlight, durationMs, limit, plan }, steering)
}

const makeUniform: PacerMaker<OpenLoad> = (load, share, _seed, steering) =>
  new UniformPacer(scheduleOf(load, share, steering), share.index, share.of)

/** Every driver takes every round. */
const makeTsunami: PacerMaker<OpenLoad> = (load, share, _seed, steering) =>
  new UniformPacer(scheduleOf(load, share, steering), 0, 1)

const makeArrivals: PacerMaker<Exclude<OpenLoad, { kind: 'tsunami' }>> = (load, share, seed, steering) =>
  load.arrivals === 'uniform'
    ? makeUniform(load, share, seed, steering)
    : new PoissonPacer(scheduleOf(load, share, steering), seed, share.index, share.of)

const pacerMakers: { [K in Load['kind']]: PacerMaker<Extract<Load, { kind: K }>> } = {
  avalanche: makeClosed,
  tsunami: makeTsunami,
  rate: makeArrivals,
  stages: makeArrivals,
  spike: makeArrivals,
  sine: makeArrivals,
}

/**
 * The pacer of one driver's share. All drivers' shares together are the schedule of one driver, to the bit; `steering`
 * is what was done to the load so far, and an event changes nothing before its instant. When the load is steered, make
 * a new pacer with the longer list and go on with the same count of started operations.
 */
export const createPacer = (
  load: Load,
  share: PacerShare,
  seed: number,
  steering: readonly Steering[],
): Pacer => (pacerMakers[load.kind] as PacerMaker<Load>)(load, share, seed, steering)

const scheduleOf = (load: OpenLoad, share: PacerShare, steering: readonly Steering[]): OpenSchedule => {
  const loadCurve = loadCurveOf(load, share.of, steering)
  return {
    curve: loadCurve.curve,
    paused: isPaused(stretchesOf(steering)),
    limit: limitOfDriver(loadCurve.countLimit, share),
    plan: openPlanOf(loadCurve),
  }
}

/** Of operations 0 to `countLimit`, every `of`-th from `index` on. */
const limitOfDriver = (countLimit: number, { index, of }: PacerShare): number =>
  Math.max(0, Math.ceil((countLimit - index) / of))

/** A load bounded by both ends where the first bound is met. */
const openPlanOf = ({ curve, operationsPerStep, countLimit, poisson }: LoadCurve): LoadPlan => {
  const steps = poisson ? Math.round(curve.total) : Math.ceil(curve.total)
  const endMs = curve.endMs
  const countedMs = endMs === Number.POSITIVE_INFINITY ? endMs : curve.inverse(countLimit / operationsPerStep)
  return planOf(Math.min(endMs, countedMs), Math.min(countLimit, steps * operationsPerStep))
}

const planOf = (durationMs: number, operations: number): LoadPlan => ({
  ...(durationMs === Number.POSITIVE_INFINITY ? {} : { durationMs }),
  ...(operations === Number.POSITIVE_INFINITY ? {} : { operations }),
})
