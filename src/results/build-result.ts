import { isoTime } from '../lib/clock.ts'
import { inFlightOf, type Measurement, unsentOf } from '../measuring/measurement.ts'
import type { DriverProgress } from '../orchestrator/driver-progress.ts'
import { concludeSlos, judgeOutcome, missingLoadOf } from '../orchestrator/outcome.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import { elapsedOf, isStopping, type RunState, steeringOf, totalOf } from '../orchestrator/run-state.ts'
import { createPacer } from '../pacing/create-pacer.ts'
import { describeLoad } from '../pacing/describe-load.ts'
import type { LoadPlan } from '../pacing/pacer.ts'
import { scaleAt, stretchesOf } from '../pacing/steering.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { driverResult } from './driver-result.ts'
import { figuresOf, timeFiguresOf } from './figures.ts'
import { foreignWarningsOf } from './foreign-warnings.ts'
import { madeLoadOf } from './made-load.ts'
import type { RequestResult, RunEnvironment, RunPhase, RunResult, TimelineRow } from './run-result.ts'
import { warningsOf } from './warnings.ts'

/**
 * A run's state as it is told to the world, at any time of its life. `record` is the scenario with its secrets masked,
 * `environment` that of the process which conducts it.
 */
export const buildResult = (
  state: RunState,
  record: Scenario,
  nowMs: number,
  environment: RunEnvironment | null = null,
): RunResult => {
  const elapsedMs = elapsedOf(state, nowMs)
  const verdict = state.phase === 'finished' ? judgeOutcome(state, nowMs) : undefined
  const overall = overallOfSet(totalOf(state))
  const plan = planOf(state)
  const figures = figuresOf(overall, elapsedMs)
  return {
    id: state.id,
    name: record.name,
    scenario: record,
    seed: record.seed,
    labels: record.labels,
    state: phaseOf(state, plan, nowMs),
    outcome: verdict?.outcome ?? null,
    error: state.error,
    why: verdict?.why ?? [],
    warnings: [
      ...foreignWarningsOf(state),
      ...warningsOf(
        figures,
        madeLoadOf(state, plan),
        skewOf(state),
        state.phase === 'finished' && !isStopping(state) && state.error === null,
      ),
    ],
    createdAt: isoTime(state.createdAtMs),
    startedAt: state.startAtMs === null ? null : isoTime(state.startAtMs),
    finishedAt: state.finishedAtMs === null ? null : isoTime(state.finishedAtMs),
    elapsedMs,
    plan: {
      load: describeLoad(record.load, record.drivers),
      drivers: record.drivers,
      targets: record.http.targets,
      durationMs: plan.durationMs ?? null,
      operations: plan.operations ?? null,
    },
    ...figures,
    requests: [...totalOf(state).values()].map(
      ({ name, kind, measurement }): RequestResult => ({ name, kind, ...figuresOf(measurement, elapsedMs) }),
    ),
    drivers: [...state.drivers.values()].map((driver) => driverResult(driver, elapsedMs)),
    slo: concludeSlos(state, nowMs).map(({ text, passed, observed, observedText, brokenAtSecond }) => ({
      text,
      passed,
      observed,
      observedText,
      brokenAtSecond,
    })),
    startSkewMs: skewOf(state),
    startSkewUncertaintyMs: skewUncertaintyOf(state),
    gaps: missingLoadOf(state, nowMs).map(({ driver, fromS, toS, share }) => ({
      driver,
      from: fromS,
      to: toS,
      share,
    })),
    steering: state.controls.map(({ at_elapsed_ms: atMs, command, scale, by }) => ({
      atMs,
      command,
      scale: scale ?? null,
      by,
    })),
    environment,
  }
}

/** The timeline: for each second a row of all requests (`*`), then one a request or journey. */
export function* buildTimeline(state: RunState): Generator<TimelineRow> {
  // What was started and has not ended by the end of a second: a running sum, as measurements are of one second each.
  const inFlight = new Map<string, number>()
  for (const [second, row] of state.seconds.entries()) {
    yield timelineRow(second, row.drivers, '*', overallOfSet(row.measurements), row.inFlight)
    for (const [key, { name, measurement }] of row.measurements) {
      const left = (inFlight.get(key) ?? 0) + inFlightOf(measurement)
      inFlight.set(key, left)
      yield timelineRow(second, row.drivers, name, measurement, Math.max(0, left))
    }
  }
}

/** One row of the timeline: `measurement` is what `request` did in that second. */
export const timelineRow = (
  second: number,
  drivers: number,
  request: string,
  measurement: Measurement,
  inFlight: number,
): TimelineRow => ({
  second,
  request,
  started: measurement.started,
  sent: measurement.sent,
  answered: measurement.answered,
  unsent: unsentOf(measurement),
  errors: { ...measurement.errors },
  status: { ...measurement.status },
  bytesIn: measurement.bytesIn,
  bytesOut: measurement.bytesOut,
  inFlight,
  responseTimeMs: timeFiguresOf(measurement.responseTime),
  serviceTimeMs: timeFiguresOf(measurement.serviceTime),
  sendLatenessMs: timeFiguresOf(measurement.sendLateness),
  drivers,
})

/** What all drivers together plan, steering included. */
export const planOf = (state: RunState): LoadPlan => {
  const { load, drivers, seed } = state.scenario
  return createPacer(load, { index: 0, of: drivers }, seed, steeringOf(state)).plan
}

const phaseOf = (state: RunState, plan: LoadPlan, nowMs: number): RunPhase => {
  if (state.phase === 'finished') return 'finished'
  if (state.startAtMs === null) return phaseBeforeStart(state)
  if (nowMs < state.startAtMs) return 'ready'
  const elapsedMs = elapsedOf(state, nowMs)
  if (isStopping(state)) return 'finishing'
  if (scaleAt(stretchesOf(steeringOf(state)), elapsedMs) === 0) return 'paused'
  return plan.durationMs !== undefined && elapsedMs > plan.durationMs ? 'finishing' : 'running'
}

const phaseBeforeStart = (state: RunState): RunPhase => {
  const drivers = [...state.drivers.values()]
  if (drivers.length === 0) return 'queued'
  return drivers.every((driver) => driver.phase === 'ready') ? 'ready' : 'configuring'
}

/** By the orchestrator's clock, as far as the drivers' are known. */
const skewOf = (state: RunState): number | null => {
  const starts = startedDrivers(state).map(({ startedAtMs, clock }) => startedAtMs - (clock?.offsetMs ?? 0))
  return starts.length === 0 ? null : Math.max(...starts) - Math.min(...starts)
}

const skewUncertaintyOf = (state: RunState): number | null => {
  const uncertainties = startedDrivers(state).map(({ clock }) => clock?.uncertaintyMs)
  if (uncertainties.length === 0 || uncertainties.includes(undefined)) return null
  // Of the two that are farthest apart, whichever they are.
  const [first = 0, second = 0] = uncertainties.map((ms) => ms ?? 0).sort((a, b) => b - a)
  return first + second
}

const startedDrivers = (state: RunState): (DriverProgress & { startedAtMs: number })[] =>
  [...state.drivers.values()].flatMap((driver) =>
    driver.startedAtMs === null ? [] : [{ ...driver, startedAtMs: driver.startedAtMs }],
  )
