import { driverFaults, type UnsentReason } from '../measuring/outcomes.ts'
import { concludeSlo, mustStop, newSloWatch, type SloOutcome } from '../measuring/slo-watch.ts'
import { createPacer } from '../pacing/create-pacer.ts'
import { loadTimeAt, stretchesOf } from '../pacing/steering.ts'
import type { DriverProgress } from './driver-progress.ts'
import { isSharedByCount } from './foreign-load.ts'
import { overallOfSet } from './overall-of-set.ts'
import { elapsedOf, isStopping, type RunState, steeringOf, totalOf } from './run-state.ts'
import { measurementFor } from './slo-progress.ts'

/**
 * What is to be said of a run. Reasons in this order, the first that holds decides:
 *
 *   degraded   load that was planned is missing or unaccounted for, by no fault of the target: no verdict is safe
 *   failed     an SLO was broken, nothing at all was answered, or every answer failed a check
 *   stopped    a person ended it early
 *   passed     otherwise
 */
export interface Verdict {
  outcome: 'passed' | 'failed' | 'degraded' | 'stopped'
  /** Sentences, the most important first. */
  why: string[]
}

/** Planned load that is not in the figures; seconds since the start instant. */
export interface MissingLoad {
  driver: string
  fromS: number
  toS: number
  /** Of the whole load, 0 to 1. */
  share: number
}

export const concludeSlos = (state: RunState, nowMs: number): SloOutcome[] =>
  state.scenario.slo.map((slo, i) =>
    concludeSlo(
      slo,
      state.slo.watches[i] ?? newSloWatch,
      measurementFor(slo, totalOf(state)),
      loadTimeAt(stretchesOf(steeringOf(state)), elapsedOf(state, nowMs)) / 1000,
    ),
  )

/** SLOs that ask to end the run now. */
export const stoppingSlos = (state: RunState): string[] =>
  state.scenario.slo
    .filter((slo, i) => mustStop(slo, state.slo.watches[i] ?? newSloWatch))
    .map((slo) => slo.text)

export const missingLoadOf = (state: RunState, nowMs: number): MissingLoad[] => {
  const drivers = [...state.drivers.values()]
  const missing = drivers.filter(isMissing)
  const elapsedMs = elapsedOf(state, nowMs)
  // Where nobody is left to make the rest, it is missing to the end that was planned.
  const toMs = missing.length === drivers.length ? Math.max(elapsedMs, plannedMs(state)) : elapsedMs
  return missing.map((driver) => ({
    driver: driver.id,
    fromS: driver.reportedMs / 1000,
    toS: toMs / 1000,
    share: shareOf(driver, state),
  }))
}

/** How long the load was to last; 0 where only its count is planned, or it was ended, or never begun. */
const plannedMs = (state: RunState): number => {
  if (isStopping(state) || state.startAtMs === null) return 0
  const { load, drivers, seed } = state.scenario
  return createPacer(load, { index: 0, of: drivers }, seed, steeringOf(state)).plan.durationMs ?? 0
}

/**
 * Of the planned load. Drivers written by others carry a part of it where it is a count on each driver and they were
 * there when it was planned; otherwise what they do comes on top.
 */
const shareOf = (driver: DriverProgress, { drivers, scenario }: RunState): number => {
  const carries = ({ foreign }: DriverProgress): boolean =>
    foreign === null || (isSharedByCount(scenario.load) && !foreign.joinedLate)
  if (!carries(driver)) return 0
  return 1 / [...drivers.values()].filter(carries).length
}

const isMissing = (driver: DriverProgress): boolean =>
  driver.phase === 'lost' || driver.phase === 'left' || driver.phase === 'rejected'

const seconds = (s: number): string => `${Math.round(s * 10) / 10} s`
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`

export const judgeOutcome = (state: RunState, nowMs: number): Verdict => {
  if (state.error !== null) return { outcome: 'failed', why: [state.error.message] }
  const degraded = [...describeMissing(state, nowMs), ...describeMismatches(state), ...describeFaults(state)]
  const failed = describeFailures(state, nowMs)
  if (degraded.length > 0) return { outcome: 'degraded', why: [...degraded, ...failed] }
  if (failed.length > 0) return { outcome: 'failed', why: failed }
  const stop = state.controls.find((control) => control.command === 'stop')
  if (stop !== undefined && isByPerson(stop.by))
    return {
      outcome: 'stopped',
      why: [
        `Stopped by ${stop.by === 'signal' ? 'a signal' : 'a person'} after ${seconds(stop.at_elapsed_ms / 1000)}, before the load was over.`,
      ],
    }
  return { outcome: 'passed', why: [] }
}

/** `slo` ends a run that failed. */
const isByPerson = (by: string): boolean => by !== 'slo'

const describeMissing = (state: RunState, nowMs: number): string[] =>
  missingLoadOf(state, nowMs).map(({ driver, fromS, toS, share }) => {
    const { phase, reason, isForeign } = state.drivers.get(driver) ?? {
      phase: 'lost',
      reason: '',
      isForeign: false,
    }
    if (isForeign) {
      const fate = phase === 'left' ? reason : `was lost (${reason})`
      const part =
        share === 0 ? '' : `, and what it did of its ${percent(share)} of the load after that is unknown`
      return `Driver ${driver}, written by others, ${fate}: its figures end at ${seconds(fromS)}${part}.`
    }
    const part = `${percent(share)} of the load is missing from ${seconds(fromS)} to ${seconds(toS)}`
    if (phase === 'finished')
      return `Driver ${driver} ended its share early, and nobody had asked for it: ${part}.`
    if (phase === 'rejected') return `Driver ${driver} rejected the run (${reason}): ${part}.`
    if (phase === 'left') return `Driver ${driver} ${reason}: ${part}.`
    return `Driver ${driver} was lost (${reason}): ${part}.`
  })

const describeMismatches = (state: RunState): string[] => {
  const sentences: string[] = []
  for (const driver of state.drivers.values()) {
    if (driver.mismatched)
      sentences.push(
        `Driver ${driver.id} counted other totals than its reports add up to (${driver.missingReports} of ${driver.nextSeq} reports did not arrive): the totals are the driver's own, the timeline has holes.`,
      )
    if (driver.unreadable > 0)
      sentences.push(`Driver ${driver.id} sent ${driver.unreadable} measurements that could not be read.`)
  }
  return sentences
}

const faultAdvice: Partial<Record<UnsentReason, string>> = {
  noPorts:
    'ran out of local ports: use fewer new connections (http.reuse: true), add source addresses (http.localAddresses), more targets, or widen net.ipv4.ip_local_port_range',
  noDescriptors: 'ran out of file descriptors: raise the limit (ulimit -n) or lower http.connections',
}

const describeFaults = (state: RunState): string[] => {
  const sentences: string[] = []
  for (const driver of state.drivers.values()) {
    const { unsent } = overallOfSet(driver.total)
    for (const fault of driverFaults) {
      const count = unsent[fault] ?? 0
      if (count > 0)
        sentences.push(
          `Driver ${driver.id} ${faultAdvice[fault]}; ${count.toLocaleString('en-US')} requests were not sent.`,
        )
    }
  }
  return sentences
}

const describeFailures = (state: RunState, nowMs: number): string[] => {
  const sentences = concludeSlos(state, nowMs)
    .filter((outcome) => outcome.passed === false)
    .map((outcome) => `SLO crossed: ${outcome.text} (observed ${outcome.observedText}).`)
  const total = overallOfSet(totalOf(state))
  if (total.answered === 0 && total.started > 0 && !isStopping(state)) {
    const example = Object.keys(total.errorDetails)[0]
    sentences.push(`Nothing was answered${example === undefined ? '' : ` (${example})`}.`)
  }
  if (total.answered > 0 && total.errors.check === total.answered)
    sentences.push('Every answer failed a check; see the status codes and the failed checks.')
  return sentences
}
