import type { ControlMessage, HeartbeatMessage, MetricsMessage } from '../bus/messages.ts'
import type { ErrorCode } from '../lib/errors.ts'
import { addMeasurements, emptyMeasurementSet, type MeasurementSet } from '../measuring/measurement-set.ts'
import type { Steering } from '../pacing/steering.ts'
import type { Scenario } from '../scenario/scenario.ts'
import {
  type CountedReport,
  type DriverProgress,
  excuseSilence,
  hasEnded,
  hearAgain,
  hearHeartbeat,
  hearMetrics,
  isPresent,
  leaveEarly,
  missHeartbeats,
  missTrigger,
  newDriverProgress,
  startsInterval,
} from './driver-progress.ts'
import { joinerOf, withNewcomers } from './foreign-joining.ts'
import {
  beginForeign,
  excuseForeign,
  hearForeignAgain,
  hearForeignHeartbeat,
  hearForeignReport,
  newForeignProgress,
  passTimeOfForeign,
} from './foreign-progress.ts'
import { judgeSeconds, newSloProgress, type SloProgress } from './slo-progress.ts'

/**
 * The state of a run: one pure fold over everything that is heard of it. Live view, SLOs, report and store read this and
 * nothing else; a restarted orchestrator gets it back by folding the same events again.
 *
 *   configuring ──triggered──▶ running ──every driver ended or lost, closed──▶ finished
 *        └────────closed (could not run)─────────────────────────────────────────┘
 */
export interface RunState {
  id: string
  scenario: Scenario
  createdAtMs: number
  phase: 'configuring' | 'running' | 'finished'
  /** Wall clock at which every driver starts; null before the trigger. */
  startAtMs: number | null
  finishedAtMs: number | null
  /** Drivers of the run in the order of their shares, all that were asked to take part; then those written by others. */
  drivers: ReadonlyMap<string, DriverProgress>
  /** The sum of the first `seconds` rows and of what came late for one of them; the whole is {@link totalOf}. */
  settled: { seconds: number; total: MeasurementSet }
  /** Index: the second since the start instant. */
  seconds: readonly SecondRow[]
  slo: SloProgress
  controls: readonly ControlMessage[]
  /** What was to be said of its drivers when they were chosen; sentences. */
  notes: readonly string[]
  /** Why it could not begin; null for a run that did, or may still. */
  error: RunError | null
}

/** An AppError as plain data. */
export interface RunError {
  code: ErrorCode
  message: string
  hint: string
}

/** What all drivers reported of one second. An interval of several seconds (a driver stood still) counts in its last. */
export interface SecondRow {
  /** Drivers whose report is in this row. */
  drivers: number
  /** Those of them that were at work to the end of the second: a share that ended within it makes less than its rate. */
  whole: number
  measurements: MeasurementSet
  inFlight: number
}

/** Everything that a run's state follows from. `atMs`: the orchestrator's wall clock when it heard of it. */
export type RunEvent =
  | { type: 'configured'; atMs: number; drivers: readonly ChosenDriver[]; notes?: readonly string[] }
  /**
   * `ready`: who was; left out of tests that tell it by heartbeats. Whoever folds a journal has heard no heartbeats.
   * `newcomers`: drivers written by others that came since the drivers were chosen. `clocks`: as they are known by now.
   */
  | {
      type: 'triggered'
      atMs: number
      startAtMs: number
      ready?: readonly string[]
      newcomers?: readonly string[]
      clocks?: Readonly<Record<string, ClockEstimate>>
    }
  | { type: 'heartbeat'; atMs: number; message: HeartbeatMessage }
  | { type: 'metrics'; atMs: number; message: MetricsMessage }
  | { type: 'control'; atMs: number; message: ControlMessage }
  | { type: 'tick'; atMs: number }
  /** The orchestrator itself was stopped for so long: silence in that time is nobody's. */
  | { type: 'stoodStill'; atMs: number; forMs: number }
  /** Another life of the orchestrator goes on with the run: who was silent meanwhile was not heard. */
  | { type: 'resumed'; atMs: number }
  | { type: 'closed'; atMs: number }
  /** It could not begin. */
  | { type: 'failed'; atMs: number; error: RunError }

/** Who carries a share. `isAbsent`: nobody could be found for it, the id is a placeholder. */
export interface ChosenDriver {
  id: string
  pid: number | null
  isAbsent: boolean
  /** Written by others: it speaks only the brief, and takes no numbered share. */
  isForeign: boolean
  clock: ClockEstimate | null
}

/** A driver's clock minus the orchestrator's, and how far that may be off. */
export interface ClockEstimate {
  offsetMs: number
  uncertaintyMs: number
}

/** A driver is lost after three missed heartbeats, one each second. */
export const lostAfterMs = 3000

export const newRunState = (id: string, scenario: Scenario, nowMs: number): RunState => ({
  id,
  scenario,
  createdAtMs: nowMs,
  phase: 'configuring',
  startAtMs: null,
  finishedAtMs: null,
  drivers: new Map(),
  settled: { seconds: 0, total: emptyMeasurementSet },
  seconds: [],
  slo: newSloProgress(scenario.slo),
  controls: [],
  notes: [],
  error: null,
})

export const foldRun = (state: RunState, event: RunEvent): RunState => {
  if (state.phase === 'finished') return state
  switch (event.type) {
    case 'configured':
      return {
        ...state,
        drivers: enlist(event.drivers, event.atMs),
        notes: event.notes ?? [],
      }
    case 'triggered':
      return {
        ...state,
        phase: 'running',
        startAtMs: event.startAtMs,
        drivers: mapDrivers(withNewcomers(state, event.newcomers ?? [], event.atMs), (driver) =>
          driver.foreign === null
            ? leaveOutUnlessReady({
                ...driver,
                clock: event.clocks?.[driver.id] ?? driver.clock,
                phase: event.ready?.includes(driver.id) ? 'ready' : driver.phase,
              })
            : beginForeign(driver, driver.foreign, event.atMs, { ...state, startAtMs: event.startAtMs }),
        ),
      }
    case 'heartbeat':
      return foldHeartbeat(state, event.message, event.atMs)
    case 'metrics':
      return foldMetrics(state, event.message, event.atMs)
    case 'control':
      return state.controls.some((control) => control.seq === event.message.seq)
        ? state
        : { ...state, controls: [...state.controls, event.message] }
    case 'tick':
      return foldTick(state, event.atMs)
    case 'stoodStill':
      return {
        ...state,
        drivers: mapDrivers(state, (driver) => ({
          ...excuseSilence(driver, event.forMs),
          foreign: driver.foreign && excuseForeign(driver.foreign, event.forMs),
        })),
      }
    case 'resumed':
      return {
        ...state,
        drivers: mapDrivers(state, (driver) => ({
          ...hearAgain(driver, event.atMs),
          foreign: driver.foreign && hearForeignAgain(driver.foreign, event.atMs),
        })),
      }
    case 'failed':
      return { ...state, phase: 'finished', finishedAtMs: event.atMs, error: event.error }
    case 'closed':
      return { ...judge(state), phase: 'finished', finishedAtMs: event.atMs }
  }
}

/** Shares are numbered among ours: drivers written by others cannot be told a number. */
const enlist = (chosen: readonly ChosenDriver[], atMs: number): Map<string, DriverProgress> => {
  const drivers = new Map<string, DriverProgress>()
  let share = 0
  for (const one of chosen) {
    const driver = newDriverProgress(one, one.isForeign ? null : share++, atMs)
    if (one.isForeign) drivers.set(one.id, { ...driver, foreign: newForeignProgress(atMs) })
    else if (one.isAbsent)
      drivers.set(one.id, { ...driver, phase: 'rejected', reason: 'no driver registered for it' })
    else drivers.set(one.id, driver)
  }
  return drivers
}

const leaveOutUnlessReady = (driver: DriverProgress): DriverProgress =>
  driver.phase === 'configuring' || driver.phase === 'lost'
    ? { ...driver, phase: 'rejected', reason: 'not ready in time', leftOut: true }
    : driver

const foldHeartbeat = (state: RunState, message: HeartbeatMessage, atMs: number): RunState => {
  const driver = state.drivers.get(message.node_id) ?? joinerOf(state, message, atMs)
  if (driver === undefined) return state
  if (message.test_id !== undefined && message.test_id !== state.id) return state
  return withDriver(
    state,
    driver.foreign === null
      ? hearHeartbeat(driver, message, atMs)
      : hearForeignHeartbeat(driver, driver.foreign, message, atMs, state),
  )
}

const foldMetrics = (state: RunState, message: MetricsMessage, atMs: number): RunState => {
  const driver = state.drivers.get(message.node_id) ?? joinerOf(state, message, atMs)
  // Without a test id it was attributed to this run because its sender is in no other.
  if (driver === undefined || (message.test_id ?? state.id) !== state.id) return state
  if (driver.foreign !== null)
    return judge(withDriver(state, hearForeignReport(driver, driver.foreign, message, atMs, state)))
  const latestEndMs = atMs - (state.startAtMs ?? atMs) + clockSlackMs
  const counted = hearMetrics(driver, message, atMs, latestEndMs)
  let next = withDriver(state, isStopping(state) ? counted.driver : leaveEarly(counted.driver))
  // Reports are not complete, so the rows are not either: from now on the total is kept apart from them.
  if (counted.driver.mismatched && !driver.mismatched)
    next = { ...next, settled: { seconds: Number.POSITIVE_INFINITY, total: sumOfDrivers(next.drivers) } }
  else if (counted.driver.nextSeq > driver.nextSeq && message.interval !== undefined)
    next = addToSecond(next, counted, {
      endMs: Math.min(message.interval.end_ms, latestEndMs),
      isNew: startsInterval(driver, message.interval) && message.interval.end_ms > message.interval.start_ms,
      inFlight: message.in_flight ?? 0,
    })
  return judge(settle(next))
}

const addToSecond = (
  state: RunState,
  { measurements }: CountedReport,
  /** `isNew`: an interval may come in several messages; its first one counts for the driver. */
  { endMs, isNew, inFlight }: { endMs: number; isNew: boolean; inFlight: number },
): RunState => {
  if (!isNew && measurements.length === 0) return state
  const second = Math.max(0, Math.ceil(endMs / 1000) - 1)
  const seconds = [...state.seconds]
  while (seconds.length <= second) seconds.push(emptySecond)
  const row = seconds[second] ?? emptySecond
  seconds[second] = {
    drivers: row.drivers + (isNew ? 1 : 0),
    whole: row.whole + (isNew && endMs >= (second + 1) * 1000 ? 1 : 0),
    measurements:
      measurements.length === 0 ? row.measurements : addMeasurements(row.measurements, measurements),
    inFlight: row.inFlight + (isNew ? inFlight : 0),
  }
  const { settled } = state
  if (second >= settled.seconds || measurements.length === 0) return { ...state, seconds }
  return { ...state, seconds, settled: { ...settled, total: addMeasurements(settled.total, measurements) } }
}

/** A complete second enters the total once, as a whole: a hundred drivers' reports one by one would cost as many merges. */
const settle = (state: RunState): RunState => {
  const complete = completeSeconds(state)
  const { settled, seconds } = state
  if (complete <= settled.seconds) return state
  let { total } = settled
  for (const row of seconds.slice(settled.seconds, complete))
    total = addMeasurements(total, row.measurements.values())
  return { ...state, settled: { seconds: complete, total } }
}

/** What all drivers measured so far. */
export const totalOf = (state: RunState): MeasurementSet => {
  let total = totals.get(state)
  if (total === undefined) {
    total = state.settled.total
    for (const row of state.seconds.slice(state.settled.seconds))
      total = addMeasurements(total, row.measurements.values())
    totals.set(state, total)
  }
  return total
}

const totals = new WeakMap<RunState, MeasurementSet>()

const emptySecond: SecondRow = { drivers: 0, whole: 0, measurements: emptyMeasurementSet, inFlight: 0 }

/** Clocks of other machines may be ahead; beyond it a report is broken or hostile and must not make us allocate years. */
const clockSlackMs = 3_600_000

const foldTick = (state: RunState, atMs: number): RunState => {
  let next = state
  for (const driver of state.drivers.values()) {
    const after =
      driver.foreign === null
        ? missTrigger(missHeartbeats(driver, atMs, lostAfterMs), atMs - (state.startAtMs ?? atMs))
        : passTimeOfForeign(driver, driver.foreign, atMs, lostAfterMs, state)
    if (after !== driver) next = withDriver(next, after)
  }
  return next === state ? state : judge(next)
}

const mapDrivers = (
  { drivers }: Pick<RunState, 'drivers'>,
  next: (driver: DriverProgress) => DriverProgress,
): RunState['drivers'] => new Map([...drivers].map(([id, driver]) => [id, next(driver)]))

const withDriver = (state: RunState, driver: DriverProgress): RunState => ({
  ...state,
  drivers: new Map(state.drivers).set(driver.id, driver),
})

const sumOfDrivers = (drivers: ReadonlyMap<string, DriverProgress>): MeasurementSet => {
  let sum = emptyMeasurementSet
  for (const driver of drivers.values()) sum = addMeasurements(sum, driver.total.values())
  return sum
}

const judge = (state: RunState): RunState => {
  if (state.scenario.slo.length === 0) return state
  const complete = completeSeconds(state)
  if (complete <= state.slo.seconds) return state
  const { scenario, slo, seconds } = state
  return { ...state, slo: judgeSeconds(scenario.slo, slo, seconds, complete, steeringOf(state)) }
}

/** So many seconds from the start are reported by every driver that is still there and reports seconds. */
export const completeSeconds = (state: RunState): number => {
  let complete = state.seconds.length
  for (const driver of state.drivers.values())
    if (isPresent(driver) && !driver.isForeign)
      complete = Math.min(complete, Math.floor(driver.reportedMs / 1000))
  return complete
}

/** Every driver has said all it will, or is lost. Those written by others cannot be stopped: a stopped run ends without them. */
export const isOver = (state: RunState): boolean =>
  state.phase === 'running' &&
  [...state.drivers.values()].every(
    (driver) => hasEnded(driver) || driver.phase === 'lost' || (driver.isForeign && isStopping(state)),
  )

export const isStopping = (state: RunState): boolean =>
  state.controls.some((control) => control.command === 'stop')

/** The steering so far, as pacers take it. */
export const steeringOf = (state: RunState): Steering[] =>
  state.controls
    .filter((control) => control.command !== 'stop')
    .map((control) => ({
      atMs: control.at_elapsed_ms,
      command: control.command as Steering['command'],
      ...(control.scale === undefined ? {} : { scale: control.scale }),
    }))
    .sort((a, b) => a.atMs - b.atMs)

/**
 * Milliseconds since the start instant; 0 before it. Of a finished run: until its last operation ended, as the drivers
 * say, or until it was closed where none of them can say it.
 */
export const elapsedOf = (state: RunState, nowMs: number): number => {
  if (state.startAtMs === null) return 0
  if (state.finishedAtMs === null) return Math.max(0, nowMs - state.startAtMs)
  const finished = [...state.drivers.values()].filter((driver) => driver.phase === 'finished')
  if (finished.length > 0) return Math.max(...finished.map((driver) => driver.reportedMs))
  return Math.max(0, state.finishedAtMs - state.startAtMs)
}
