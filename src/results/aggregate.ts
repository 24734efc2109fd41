import { errorsOf } from '../measuring/measurement.ts'
import type { DriverProgress } from '../orchestrator/driver-progress.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import { elapsedOf, type RunState, totalOf } from '../orchestrator/run-state.ts'
import { errorsSaid, type SaidFigures } from '../orchestrator/said-figures.ts'
import { driverResult } from './driver-result.ts'
import { timeFiguresOf } from './figures.ts'
import { liveDriverOf } from './live-figures.ts'
import type { DriverResult, RunResult, TimeFigures } from './run-result.ts'
import { toldTotalsOf, tookPart } from './told-totals.ts'

/**
 * The five figures of the brief over all drivers of a run, those written by others among them, and of each one.
 * Milliseconds; `null` is unknown, or, before the first answer, not there.
 *
 *   sent, completed, errors   sums; unknown where one driver does not say
 *   min, max                  exact, over all that say them
 *   mean                      sum over count; unknown where a driver that had answers does not say how many, or its mean
 *   median, mode, p90, p99    of the merged histograms of those that send them: `mergedFrom` of `drivers`. They cannot be
 *                             had from other drivers' medians and modes.
 */
export interface Aggregate {
  sent: number | null
  completed: number | null
  errors: number | null
  min: number | null
  max: number | null
  mean: number | null
  median: number | null
  mode: number | null
  p90: number | null
  p99: number | null
  unit: 'ms'
  /** That took part. */
  drivers: number
  mergedFrom: number
}

export interface DriverAggregate {
  nodeId: string
  state: string
  sent: number | null
  completed: number | null
  errors: number | null
  /** Since it was last heard. */
  ageMs: number
  min: number | null
  max: number | null
  mean: number | null
  median: number | null
  mode: number | null
  /** Answers a second, in its latest second. */
  rate: number | null
  latenessP99: number | null
}

/** Of a run that goes on. */
export const aggregateOf = (
  state: RunState,
  nowMs: number,
): { aggregate: Aggregate; drivers: DriverAggregate[] } => {
  const drivers = [...state.drivers.values()]
  const elapsedMs = elapsedOf(state, nowMs)
  return {
    aggregate: aggregateOfResult({
      drivers: drivers.map((driver) => driverResult(driver, elapsedMs)),
      responseTimeMs: timeFiguresOf(overallOfSet(totalOf(state)).responseTime),
    }),
    drivers: drivers
      .filter(({ phase }) => tookPart({ state: phase }))
      .map((driver) => driverAggregate(driver, nowMs)),
  }
}

/** Of any run, at any time of its life or later. */
export const aggregateOfResult = ({
  drivers,
  responseTimeMs: merged,
}: Pick<RunResult, 'drivers' | 'responseTimeMs'>): Aggregate => {
  const taking = drivers.filter(tookPart)
  const { sent, answered, errors, maxMs } = toldTotalsOf(taking)
  const { median, mode, p90, p99 } = merged
  const least = taking.flatMap(({ responseTimeMs: { min } }) => min ?? [])
  return {
    sent,
    completed: answered,
    errors,
    min: least.length === 0 ? null : Math.min(...least),
    max: maxMs,
    mean: meanOf(taking, merged),
    median,
    mode,
    p90,
    p99,
    unit: 'ms',
    drivers: taking.length,
    mergedFrom: taking.filter(({ isForeign }) => !isForeign).length,
  }
}

const ms = (us: number | null): number | null => (us === null ? null : us / 1000)

const driverAggregate = (driver: DriverProgress, nowMs: number): DriverAggregate => ({
  nodeId: driver.id,
  state: driver.phase,
  ageMs: Math.max(0, nowMs - driver.lastHeardMs),
  ...(driver.foreign === null ? measuredFigures(driver) : saidFigures(driver.foreign.said)),
})

type Figures = Omit<DriverAggregate, 'nodeId' | 'state' | 'ageMs'>

const measuredFigures = (driver: DriverProgress): Figures => {
  const overall = overallOfSet(driver.total)
  const { responseTime, sendLateness } = overall
  return {
    sent: overall.sent,
    completed: overall.answered,
    errors: errorsOf(overall),
    min: ms(responseTime.minUs),
    max: ms(responseTime.maxUs),
    mean: ms(responseTime.meanUs),
    median: ms(responseTime.medianUs),
    mode: ms(responseTime.modeUs),
    // The last interval of a share that is done may be a few milliseconds long: no rate.
    rate:
      driver.latest === null || driver.phase === 'finished' ? null : liveDriverOf(driver).answeredPerSecond,
    latenessP99: ms(sendLateness.percentileUs(99)),
  }
}

const saidFigures = (said: SaidFigures): Figures => ({
  sent: said.sent,
  completed: said.completed,
  errors: errorsSaid(said),
  min: said.minMs,
  max: said.maxMs,
  mean: said.meanMs,
  median: said.medianMs,
  mode: said.modeMs,
  rate: null,
  latenessP99: null,
})

/** Sums over counts. What a driver written by others says is as exact as its mean. */
const meanOf = (drivers: readonly DriverResult[], measured: TimeFigures): number | null => {
  let { count } = measured
  let sumMs = (measured.mean ?? 0) * measured.count
  for (const { isForeign, responseTimeMs: said } of drivers) {
    const hasAnswers = said.count !== null ? said.count > 0 : (said.mean ?? said.min ?? said.max) !== null
    if (!isForeign || !hasAnswers) continue
    if (said.count === null || said.mean === null) return null
    count += said.count
    sumMs += said.count * said.mean
  }
  return count === 0 ? null : sumMs / count
}
