import type { DriverProgress } from '../orchestrator/driver-progress.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import type { SaidFigures } from '../orchestrator/said-figures.ts'
import { figuresOf } from './figures.ts'
import type { DriverFigures, DriverPhase, DriverResult, DriverTimes } from './run-result.ts'

export const driverResult = (driver: DriverProgress, elapsedMs: number): DriverResult => ({
  id: driver.id,
  state: driver.phase satisfies DriverPhase,
  reason: driver.reason,
  share: driver.share,
  isForeign: driver.isForeign,
  assumedFinished: driver.foreign?.assumedFinished ?? false,
  pid: driver.pid,
  cpu: driver.cpu,
  clock: driver.clock,
  ...(driver.foreign === null
    ? figuresOf(overallOfSet(driver.total), elapsedMs)
    : figuresOfSaid(driver.foreign.said, driver.reportedMs)),
})

/** Under this kind are errors of which no kind is known. */
const unknownErrorKind = 'unknown'

/** `durationMs`: how far what it said reaches. */
const figuresOfSaid = (said: SaidFigures, durationMs: number): DriverFigures => ({
  totals: {
    started: null,
    sent: said.sent,
    answered: said.completed,
    retried: null,
    unsent: null,
    unsentReasons: null,
    inFlight: null,
    errors: errorsOfSaid(said),
    errorDetails: null,
    status: said.status === null ? null : { ...said.status },
    checks: null,
    bytesIn: said.bytesIn,
    bytesOut: said.bytesOut,
    connectionsOpened: null,
    answeredPerSecond:
      said.completed === null || durationMs <= 0 ? null : (said.completed * 1000) / durationMs,
  },
  responseTimeMs: {
    ...unknownTimes,
    count: said.completed,
    min: said.minMs,
    mean: said.meanMs,
    median: said.medianMs,
    mode: said.modeMs,
    max: said.maxMs,
  },
  serviceTimeMs: unknownTimes,
  sendLatenessMs: unknownTimes,
  errorTimeMs: unknownTimes,
})

const errorsOfSaid = ({ errors, errorKinds }: SaidFigures): Record<string, number> | null => {
  if (errorKinds !== null) return { ...errorKinds }
  if (errors === null) return null
  return errors === 0 ? {} : { [unknownErrorKind]: errors }
}

const unknownTimes: DriverTimes = Object.freeze({
  count: null,
  min: null,
  mean: null,
  median: null,
  mode: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
})
