import { isDeepStrictEqual } from 'node:util'
import type { HeartbeatMessage, MetricsMessage } from '../bus/messages.ts'
import { isEmpty, type NamedMeasurement } from '../measuring/measurement.ts'
import { addMeasurements, emptyMeasurementSet, type MeasurementSet } from '../measuring/measurement-set.ts'
import { decodeMeasurement } from '../measuring/measurement-wire.ts'
import type { ForeignProgress } from './foreign-progress.ts'
import type { ChosenDriver, ClockEstimate } from './run-state.ts'

/**
 * What the orchestrator knows of one driver in one run. Immutable; each function gives the next value. Of drivers written
 * by others, which say little of this, see `foreign-progress.ts`.
 *
 *   phase         message                         next
 *   configuring   heartbeat ready / rejected      ready / rejected
 *   ready         metrics, or heartbeat running   running
 *   running       metrics, final                  finished; left where it stopped and nobody asked for it
 *   any but the last three: silent for lostAfterMs             lost
 *   lost          anything heard from it          what it was before
 *   rejected      metrics of work, where leftOut  running: it was ready too late for us, but not for the trigger
 *   ready         30 s after the start it is still there, and has not begun      rejected, leftOut
 *   ready, running   heartbeat idle, and no final report for lostAfterMs   left
 *   left          metrics, where it had only been idle      running: its reports were late
 *   running       heartbeat leaving               as idle: its final report may yet come
 *   any other     heartbeat leaving               left
 *
 * finished, rejected and left are the last.
 */
export interface DriverProgress {
  id: string
  /** Position among the shares, from 0; null: written by others, it takes no numbered share. */
  share: number | null
  pid: number | null
  isForeign: boolean
  clock: ClockEstimate | null
  phase: 'configuring' | 'ready' | 'running' | 'finished' | 'rejected' | 'lost' | 'left'
  /** What it goes back to when it is heard again. */
  phaseBeforeLoss: 'configuring' | 'ready' | 'running'
  reason: string
  reasonCode: string
  reasonHint: string
  /** The run began without it. */
  leftOut: boolean
  /** Wall clock of the orchestrator. */
  lastHeardMs: number
  /** When it first said that it is idle or leaves, though its final report has not come; null otherwise. */
  idleSinceMs: number | null
  /** Epoch; null until it said so. */
  startedAtMs: number | null
  /** How far its reports reach, since the start instant. */
  reportedMs: number
  nextSeq: number
  /** Reports that never came. */
  missingReports: number
  /** Measurements within reports that could not be read. */
  unreadable: number
  /** Sum of its intervals; after the final report, what that says. */
  total: MeasurementSet
  /** Collected from the final messages. */
  finalTotal: MeasurementSet
  /** The final totals were not the sum of the intervals. */
  mismatched: boolean
  /** Its newest interval. */
  latest: { startMs: number; endMs: number; measurements: readonly NamedMeasurement[] } | null
  inFlight: number
  cpu: number | null
  stopped: boolean
  /** Of a driver written by others: its measurements are here, and `total` stays empty. */
  foreign: ForeignProgress | null
}

export const newDriverProgress = (
  { id, pid, isForeign, clock }: ChosenDriver,
  share: number | null,
  nowMs: number,
): DriverProgress => ({
  id,
  share,
  pid,
  isForeign,
  clock,
  phase: 'configuring',
  phaseBeforeLoss: 'configuring',
  reason: '',
  reasonCode: '',
  reasonHint: '',
  leftOut: false,
  lastHeardMs: nowMs,
  idleSinceMs: null,
  startedAtMs: null,
  reportedMs: 0,
  nextSeq: 0,
  missingReports: 0,
  unreadable: 0,
  total: emptyMeasurementSet,
  finalTotal: emptyMeasurementSet,
  mismatched: false,
  latest: null,
  inFlight: 0,
  cpu: null,
  stopped: false,
  foreign: null,
})

/** Nothing more comes from it in this run. */
export const hasEnded = (driver: DriverProgress): boolean =>
  driver.phase === 'finished' || driver.phase === 'rejected' || driver.phase === 'left'

export const isPresent = (driver: DriverProgress): boolean => !hasEnded(driver) && driver.phase !== 'lost'

export const hearHeartbeat = (
  driver: DriverProgress,
  message: HeartbeatMessage,
  nowMs: number,
): DriverProgress => {
  if (hasEnded(driver)) return driver
  const heard = hear(driver, nowMs)
  switch (message.state) {
    case 'ready':
      return heard.phase === 'configuring' ? { ...heard, phase: 'ready' } : heard
    case 'running':
    case 'stopping':
      return heard.phase === 'ready' ? { ...heard, phase: 'running' } : heard
    case 'rejected':
      if (heard.phase !== 'configuring') return heard
      return {
        ...heard,
        phase: 'rejected',
        reason: message.reason ?? 'no reason given',
        reasonCode: message.reason_code ?? '',
        reasonHint: message.reason_hint ?? '',
      }
    case 'idle':
      return heard.phase === 'running' || heard.phase === 'ready'
        ? { ...heard, idleSinceMs: heard.idleSinceMs ?? nowMs }
        : heard
    case 'leaving':
      // Its final report is on another topic, and may come after this.
      return heard.phase === 'running'
        ? { ...heard, idleSinceMs: heard.idleSinceMs ?? nowMs }
        : { ...heard, phase: 'left', reason: 'left' }
    default:
      return heard
  }
}

/** A report that was counted, and what it adds; nothing for one that came before. */
export interface CountedReport {
  driver: DriverProgress
  measurements: readonly NamedMeasurement[]
}

/** Whether this is the first message of its interval: a large one comes in several. */
export const startsInterval = (driver: DriverProgress, interval: { start_ms: number }): boolean =>
  driver.latest?.startMs !== interval.start_ms

/** `latestEndMs`: no interval can have ended after it, whatever the driver says. */
export const hearMetrics = (
  driver: DriverProgress,
  message: MetricsMessage,
  nowMs: number,
  latestEndMs: number,
): CountedReport => {
  const { interval } = message
  const nothing: readonly NamedMeasurement[] = []
  // The empty report of one that was let go of is no work.
  const cameLate =
    (driver.phase === 'rejected' && driver.leftOut && (message.requests ?? []).length > 0) ||
    (driver.phase === 'left' && driver.idleSinceMs !== null)
  if ((hasEnded(driver) && !cameLate) || interval === undefined) return { driver, measurements: nothing }
  const heard: DriverProgress = cameLate
    ? { ...hear(driver, nowMs), phase: 'running', reason: '' }
    : hear(driver, nowMs)
  if (interval.seq < heard.nextSeq) return { driver: heard, measurements: nothing }
  const { measurements, unreadable } = decodeNamed(message.requests)
  const totals = decodeNamed(message.totals)
  const next: DriverProgress = {
    ...heard,
    phase: heard.phase === 'configuring' || heard.phase === 'ready' ? 'running' : heard.phase,
    nextSeq: interval.seq + 1,
    missingReports: heard.missingReports + interval.seq - heard.nextSeq,
    unreadable: heard.unreadable + unreadable + totals.unreadable,
    idleSinceMs: null,
    reportedMs: Math.max(heard.reportedMs, Math.min(interval.end_ms, latestEndMs)),
    startedAtMs: message.started_at ?? heard.startedAtMs,
    total: measurements.length === 0 ? heard.total : addMeasurements(heard.total, measurements),
    finalTotal:
      totals.measurements.length === 0
        ? heard.finalTotal
        : addMeasurements(heard.finalTotal, totals.measurements),
    latest:
      message.totals === undefined
        ? {
            startMs: interval.start_ms,
            endMs: interval.end_ms,
            measurements: startsInterval(heard, interval)
              ? measurements
              : [...(heard.latest?.measurements ?? []), ...measurements],
          }
        : heard.latest,
    inFlight: message.in_flight ?? 0,
    cpu: message.cpu ?? heard.cpu,
  }
  return { driver: message.final === true ? finish(next, message.outcome === 'stopped') : next, measurements }
}

/**
 * Its own totals hold: they were counted where the load was made. What they do not name (a message with totals may be
 * missing too) stays as its intervals told it.
 */
const finish = (driver: DriverProgress, stopped: boolean): DriverProgress => {
  const mismatched = !sameCounts(driver.total, driver.finalTotal)
  return {
    ...driver,
    phase: 'finished',
    stopped,
    inFlight: 0,
    mismatched,
    total: mismatched ? new Map([...driver.total, ...driver.finalTotal]) : driver.total,
  }
}

const hear = (driver: DriverProgress, nowMs: number): DriverProgress => ({
  ...driver,
  lastHeardMs: Math.max(driver.lastHeardMs, nowMs),
  phase: driver.phase === 'lost' ? driver.phaseBeforeLoss : driver.phase,
  reason: driver.phase === 'lost' ? '' : driver.reason,
})

/** Whoever listens now did not listen before: silence counts from here. */
export const hearAgain = (driver: DriverProgress, nowMs: number): DriverProgress =>
  hasEnded(driver) ? driver : { ...driver, lastHeardMs: Math.max(driver.lastHeardMs, nowMs) }

/** Its share ended early though nobody had asked for it: it left, or heard nobody for too long. */
export const leaveEarly = (driver: DriverProgress): DriverProgress =>
  driver.phase === 'finished' && driver.stopped
    ? { ...driver, phase: 'left', reason: 'left before its share was done' }
    : driver

/** Nobody listened for `forMs`. */
export const excuseSilence = (driver: DriverProgress, forMs: number): DriverProgress => ({
  ...driver,
  lastHeardMs: driver.lastHeardMs + forMs,
  idleSinceMs: driver.idleSinceMs === null ? null : driver.idleSinceMs + forMs,
})

/** Marks it lost when it was silent too long. */
export const missHeartbeats = (
  driver: DriverProgress,
  nowMs: number,
  lostAfterMs: number,
): DriverProgress => {
  if (!isPresent(driver)) return driver
  const { phase, idleSinceMs } = driver
  if (idleSinceMs !== null && nowMs - idleSinceMs >= lostAfterMs)
    return { ...driver, phase: 'left', reason: 'ended without its last report', inFlight: 0 }
  if (nowMs - driver.lastHeardMs < lostAfterMs) return driver
  return {
    ...driver,
    phase: 'lost',
    phaseBeforeLoss: phase === 'configuring' || phase === 'ready' ? phase : 'running',
    reason: `silent for ${Math.round((nowMs - driver.lastHeardMs) / 1000)} s`,
    inFlight: 0,
  }
}

/** One that is there and never began did not hear the start; what it may still do counts, see `leftOut`. */
export const missTrigger = (driver: DriverProgress, sinceStartMs: number): DriverProgress =>
  driver.phase === 'ready' && sinceStartMs >= neverBeganMs
    ? { ...driver, phase: 'rejected', reason: 'never heard the start', leftOut: true }
    : driver

/** A bus that is away may bring the start late. */
const neverBeganMs = 30_000

const decodeNamed = (
  wire: MetricsMessage['requests'],
): { measurements: NamedMeasurement[]; unreadable: number } => {
  const measurements: NamedMeasurement[] = []
  let unreadable = 0
  for (const { name, kind, measurement } of wire ?? []) {
    const decoded = decodeMeasurement(measurement)
    if (decoded === undefined) unreadable++
    else measurements.push({ name, kind, measurement: decoded })
  }
  return { measurements, unreadable }
}

/** Every counter and the number of samples in every histogram. */
const sameCounts = (a: MeasurementSet, b: MeasurementSet): boolean => {
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const [one, other] = [a.get(key)?.measurement, b.get(key)?.measurement]
    if (one === undefined || other === undefined) {
      const only = one ?? other
      if (only !== undefined && !isEmpty(only)) return false
      continue
    }
    for (const field of exactCounters) if (one[field] !== other[field]) return false
    for (const field of exactTimes) if (!one[field].equals(other[field])) return false
    for (const field of countsByWord) if (!isDeepStrictEqual(one[field], other[field])) return false
  }
  return true
}

const exactCounters = [
  'started',
  'sent',
  'answered',
  'retried',
  'refused',
  'bytesIn',
  'bytesOut',
  'connectionsOpened',
] as const
const exactTimes = ['responseTime', 'serviceTime', 'sendLateness', 'errorTime'] as const
/** Not the texts of errors: of these each interval keeps only so many. */
const countsByWord = ['unsent', 'errors', 'status', 'checks'] as const
