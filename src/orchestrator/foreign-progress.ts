import type { HeartbeatMessage, MetricsMessage } from '../bus/messages.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { DriverProgress } from './driver-progress.ts'
import type { RunState } from './run-state.ts'
import {
  changedBy,
  fellBackTo,
  figuresSaid,
  hasFigures,
  nothingSaid,
  type SaidFigures,
} from './said-figures.ts'

/**
 * A driver written by others in one run: it says how it does in cumulative figures, and neither that it is ready nor,
 * mostly, that it has begun or ended. Immutable; each function gives the next value.
 *
 *   phase          what happens                                              next
 *   configuring    a heartbeat, 1 s or more after the configuration was sent  ready
 *   configuring    2 s without any heartbeat: it sends none                   ready
 *   any before     a report of this run, before the trigger                   ready
 *   any before     the trigger: nobody can hold it back                       running
 *   running        it says final, or completed the count asked for            finished
 *   running        its figures stood still for long enough (Patience)         finished, assumed
 *   running        it sent heartbeats and is silent for lostAfterMs           lost
 *   running        no heartbeats, and the reports stop short of the count     lost
 *   running        no figures for as long as an answer may take               left
 *   lost           anything heard of it                                       what it was before
 *   finished, assumed, or left: new figures                                   running
 *   finished: figures that are less, for it started over                      running
 */
export interface ForeignProgress {
  /** The newest that it said. */
  said: SaidFigures
  /** It has ever sent a heartbeat in this run: only then is silence a loss. */
  sendsHeartbeats: boolean
  /** When it was taken into the run. */
  enlistedMs: number
  /** When it was told to begin, or first heard of; null before. */
  beganMs: number | null
  /** When its figures last changed. */
  changedMs: number
  /** It is taken for finished because nothing changes any more, not because it said so. */
  assumedFinished: boolean
  /** It was unknown when the run was triggered. */
  joinedLate: boolean
  /** A figure that can only grow became less. */
  fellBack: boolean
  /** Identities of its latest reports. A longer replay is harmless: its last report is the newest again. */
  recentReports: readonly string[]
}

/** What the fold knows of the run. */
export interface ForeignContext {
  startAtMs: number | null
  scenario: Scenario
}

const settleMs = 1000
const withoutHeartbeatsMs = 2000
/** Five intervals of a driver that reports each second. */
const stillMs = 5000
const keptReports = 256

export const newForeignProgress = (nowMs: number, joinedLate = false): ForeignProgress => ({
  said: nothingSaid,
  sendsHeartbeats: false,
  enlistedMs: nowMs,
  beganMs: null,
  changedMs: nowMs,
  assumedFinished: false,
  joinedLate,
  fellBack: false,
  recentReports: [],
})

/** Somebody reported of this run: the trigger was said, and need not be said again to who would begin a second time. */
export const showsBeginning = (state: RunState): boolean =>
  [...state.drivers.values()].some(
    ({ nextSeq, foreign }) => nextSeq > 0 || (foreign !== null && hasFigures(foreign.said)),
  )

/** The trigger is out: it begins, whatever is known of it. */
export const beginForeign = (
  driver: DriverProgress,
  foreign: ForeignProgress,
  nowMs: number,
  context: ForeignContext,
): DriverProgress => {
  const begun: DriverProgress = {
    ...driver,
    phase: driver.phase === 'lost' ? 'lost' : 'running',
    phaseBeforeLoss: 'running',
    foreign: { ...foreign, beganMs: nowMs, changedMs: nowMs },
  }
  return finishIfSaid(begun, context, false)
}

export const hearForeignHeartbeat = (
  driver: DriverProgress,
  foreign: ForeignProgress,
  message: HeartbeatMessage,
  nowMs: number,
  context: ForeignContext,
): DriverProgress => {
  const heard = hear(driver, { ...foreign, sendsHeartbeats: true }, nowMs)
  const ready: DriverProgress =
    heard.phase === 'configuring' && nowMs - foreign.enlistedMs >= settleMs
      ? { ...heard, phase: 'ready' }
      : heard
  // Only a heartbeat that names the run counts for it: others may speak of an earlier one.
  if (message.sent === undefined || message.test_id === undefined) return ready
  return takeFigures(ready, { ...foreign.said, sent: message.sent }, nowMs, context)
}

export const hearForeignReport = (
  driver: DriverProgress,
  foreign: ForeignProgress,
  message: MetricsMessage,
  nowMs: number,
  context: ForeignContext,
): DriverProgress => {
  const { report_id: reportId } = message
  if (reportId !== '' && foreign.recentReports.includes(reportId)) return driver
  const recentReports =
    reportId === '' ? foreign.recentReports : [...foreign.recentReports.slice(1 - keptReports), reportId]
  const heard = hear(driver, { ...foreign, recentReports }, nowMs)
  const told: DriverProgress = heard.phase === 'configuring' ? { ...heard, phase: 'ready' } : heard
  const updated = takeFigures(told, figuresSaid(foreign.said, message), nowMs, context)
  return finishIfSaid(updated, context, message.final === true)
}

/** What time alone changes. */
export const passTimeOfForeign = (
  driver: DriverProgress,
  foreign: ForeignProgress,
  nowMs: number,
  lostAfterMs: number,
  context: ForeignContext,
): DriverProgress => {
  const { phase } = driver
  const silentMs = nowMs - driver.lastHeardMs
  if (phase !== 'configuring' && phase !== 'ready' && phase !== 'running') return driver
  if (foreign.sendsHeartbeats && silentMs >= lostAfterMs) return lose(driver, silentMs)
  if (phase === 'configuring')
    return !foreign.sendsHeartbeats && nowMs - foreign.enlistedMs >= withoutHeartbeatsMs
      ? { ...driver, phase: 'ready' }
      : driver
  if (phase === 'ready' || foreign.beganMs === null) return driver
  const patience = patienceWith(foreign.said, context.scenario)
  if (!hasFigures(foreign.said))
    return nowMs - foreign.beganMs >= patience.unheardMs
      ? { ...driver, phase: 'left', reason: `reported nothing for ${seconds(nowMs - foreign.beganMs)}` }
      : driver
  if (!foreign.sendsHeartbeats && patience.isShort && silentMs >= stillMs) return lose(driver, silentMs)
  if (nowMs - foreign.changedMs < patience.stillMs) return driver
  return { ...driver, phase: 'finished', foreign: { ...foreign, assumedFinished: true } }
}

/** Nobody listened for `forMs`. */
export const excuseForeign = (foreign: ForeignProgress, forMs: number): ForeignProgress => ({
  ...foreign,
  enlistedMs: foreign.enlistedMs + forMs,
  beganMs: foreign.beganMs === null ? null : foreign.beganMs + forMs,
  changedMs: foreign.changedMs + forMs,
})

/** Whoever listens now did not listen before: all patience begins anew. */
export const hearForeignAgain = (foreign: ForeignProgress, nowMs: number): ForeignProgress => ({
  ...foreign,
  beganMs: foreign.beganMs === null ? null : Math.max(foreign.beganMs, nowMs),
  changedMs: Math.max(foreign.changedMs, nowMs),
})

/** Answers that it still waits for, by what it said; null where it does not say. */
export const awaitedOf = ({ completed, errors }: SaidFigures, scenario: Scenario): number | null => {
  const asked = scenario.load.requestsPerDriver
  if (asked === undefined || completed === null) return null
  return Math.max(0, asked - completed - (errors ?? 0))
}

/**
 * How long figures may stand still. A gap between requests is no end. Of one that is known to be short of its count the
 * last answers may be stalled: they get the time that an answer may take.
 */
const patienceWith = (
  said: SaidFigures,
  scenario: Scenario,
): { stillMs: number; unheardMs: number; isShort: boolean } => {
  const { load, http } = scenario
  const gapMs = load.kind === 'tsunami' ? load.gapMs : 0
  const isShort = (awaitedOf(said, scenario) ?? 0) > 0
  return {
    isShort,
    stillMs: stillMs + gapMs + (isShort ? http.timeoutMs : 0),
    unheardMs: Math.max(30_000, stillMs + http.timeoutMs) + gapMs,
  }
}

const takeFigures = (
  driver: DriverProgress,
  said: SaidFigures,
  nowMs: number,
  { startAtMs }: ForeignContext,
): DriverProgress => {
  const { foreign } = driver
  if (foreign === null || !changedBy(foreign.said, said)) return driver
  const isLess = fellBackTo(foreign.said, said)
  const isBack =
    driver.phase === 'left' || (driver.phase === 'finished' && (foreign.assumedFinished || isLess))
  return {
    ...driver,
    phase: isBack ? 'running' : driver.phase,
    reason: isBack ? '' : driver.reason,
    reportedMs: startAtMs === null ? 0 : Math.max(driver.reportedMs, nowMs - startAtMs),
    foreign: {
      ...foreign,
      said,
      changedMs: Math.max(foreign.changedMs, nowMs),
      assumedFinished: false,
      fellBack: foreign.fellBack || isLess,
    },
  }
}

/** Errors are not counted here: of others it is not known whether an error is also a completed request. */
const finishIfSaid = (
  driver: DriverProgress,
  { startAtMs, scenario }: ForeignContext,
  isFinal: boolean,
): DriverProgress => {
  const { foreign, phase } = driver
  if (foreign === null || startAtMs === null || phase === 'lost') return driver
  const asked = scenario.load.requestsPerDriver
  const isComplete = asked !== undefined && (foreign.said.completed ?? 0) >= asked
  if (!isFinal && !isComplete) return driver
  return { ...driver, phase: 'finished', reason: '', foreign: { ...foreign, assumedFinished: false } }
}

const hear = (driver: DriverProgress, foreign: ForeignProgress, nowMs: number): DriverProgress => ({
  ...driver,
  foreign,
  lastHeardMs: Math.max(driver.lastHeardMs, nowMs),
  phase: driver.phase === 'lost' ? driver.phaseBeforeLoss : driver.phase,
  reason: driver.phase === 'lost' ? '' : driver.reason,
})

const lose = (driver: DriverProgress, silentMs: number): DriverProgress => ({
  ...driver,
  phase: 'lost',
  phaseBeforeLoss: driver.phase === 'configuring' || driver.phase === 'ready' ? driver.phase : 'running',
  reason: `silent for ${seconds(silentMs)}`,
})

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`
