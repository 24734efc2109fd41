import { overallOf } from '../measuring/measurement-set.ts'
import type { DriverProgress } from '../orchestrator/driver-progress.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import {
  completeSeconds,
  elapsedOf,
  type RunState,
  type SecondRow,
  steeringOf,
} from '../orchestrator/run-state.ts'
import { plannedRate } from '../pacing/planned-rate.ts'
import { timelineRow } from './build-result.ts'
import type { LiveDriver, LiveFigures } from './live-view-figures.ts'
import type { TimelineRow } from './run-result.ts'

const recentSeconds = 60

/** How a run is right now: its latest complete seconds, and what each driver said last. */
export const liveFiguresOf = (state: RunState, nowMs: number): LiveFigures => {
  const complete = completeSeconds(state)
  const from = Math.max(0, complete - recentSeconds)
  const recent = state.seconds.slice(from, complete).map((row, i) => overallRowOf(row, from + i))
  const { load, drivers } = state.scenario
  return {
    askedPerSecond: plannedRate(load, drivers, steeringOf(state), elapsedOf(state, nowMs)),
    lastSecond: recent.at(-1) ?? null,
    recent,
    drivers: new Map(
      [...state.drivers.values()]
        .filter(({ isForeign }) => !isForeign)
        .map((driver) => [driver.id, liveDriverOf(driver)]),
    ),
  }
}

/** Rows are never changed, so what was read from one holds for as long as it lives. */
const overallRows = new WeakMap<SecondRow, TimelineRow>()

const overallRowOf = (row: SecondRow, second: number): TimelineRow => {
  const known = overallRows.get(row)
  if (known?.second === second) return known
  const read = timelineRow(second, row.drivers, '*', overallOfSet(row.measurements), row.inFlight)
  overallRows.set(row, read)
  return read
}

const nothing: LiveDriver = { answeredPerSecond: 0, responseP99Ms: null, latenessP99Ms: null }

const liveDrivers = new WeakMap<object, LiveDriver>()

/** Of its latest second. */
export const liveDriverOf = ({ latest }: DriverProgress): LiveDriver => {
  if (latest === null) return nothing
  const driver = liveDrivers.get(latest) ?? readLatest(latest)
  liveDrivers.set(latest, driver)
  return driver
}

const readLatest = (latest: NonNullable<DriverProgress['latest']>): LiveDriver => {
  const overall = overallOf(latest.measurements)
  const p99Ms = (us: number | null): number | null => (us === null ? null : us / 1000)
  return {
    answeredPerSecond: (overall.answered * 1000) / Math.max(1, latest.endMs - latest.startMs),
    responseP99Ms: p99Ms(overall.responseTime.percentileUs(99)),
    latenessP99Ms: p99Ms(overall.sendLateness.percentileUs(99)),
  }
}
