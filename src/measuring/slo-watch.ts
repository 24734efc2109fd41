import type { Measurement } from './measurement.ts'
import type { Slo } from './slo.ts'
import { formatObserved, judgeSlo, type SloVerdict } from './slo-judge.ts'

/**
 * One SLO while a run goes on: a fold over its complete seconds, merged over all drivers. Plain immutable data.
 *
 *                  judged each second                broken when                                      for good
 *   without `for`  the run so far                    the run so far breaks it                         only with `: stop`
 *   with `for`     that second alone                 so many consecutive seconds have broken it       yes
 *
 * Broken for good means: no later second mends it. Without `for` and `: stop` the whole run decides in the end.
 * `: stop` without `for` acts at the end of the first complete second in which the run so far breaks it.
 *
 * A second without data (nobody reported; or no figure, such as a percentile without an answer) breaks nothing and
 * begins the count of consecutive seconds anew; so does a second left out, as while a run is paused. A target that has
 * stopped answering is therefore caught by `errors`, `rate` or `status`, not by a percentile.
 */
export interface SloWatch {
  /** -1 before the first. */
  readonly lastSecond: number
  /** Seconds in a row, up to the last one, that broke it. */
  readonly breach: number
  readonly longestBreach: number
  /** The figure of the second furthest on the wrong side, or least far on the right one; `null` before any data. */
  readonly worst: number | null
  /** The second that made it broken; `null` while it is not. */
  readonly brokenAtSecond: number | null
  /** The figure of that second, or of the run so far at its end. */
  readonly brokenBy: number | null
}

export const newSloWatch: SloWatch = Object.freeze({
  lastSecond: -1,
  breach: 0,
  longestBreach: 0,
  worst: null,
  brokenAtSecond: null,
  brokenBy: null,
})

/** A complete second of the run, of the request that the SLO names or of all. */
export interface WatchedSecond {
  /** 0 is the first. Seconds come in ascending order; one that is not newer than the last changes nothing. */
  second: number
  /** Undefined where nobody reported; an empty measurement where drivers reported and nothing happened. */
  ofSecond: Measurement | undefined
  /** Of the run up to the end of this second. */
  soFar: Measurement | undefined
  /** How long the run was not paused up to there; left out: all the time. */
  soFarSeconds?: number
}

export const watchSecond = (slo: Slo, watch: SloWatch, seen: WatchedSecond): SloWatch => {
  const { second } = seen
  if (second <= watch.lastSecond) return watch
  const { passed, observed } =
    slo.forSeconds === undefined
      ? judgeSlo(slo, seen.soFar, seen.soFarSeconds ?? second + 1)
      : judgeSlo(slo, seen.ofSecond, 1)
  const before = second === watch.lastSecond + 1 ? watch.breach : 0
  const breach = passed === false ? before + 1 : 0
  const next = {
    ...watch,
    lastSecond: second,
    breach,
    longestBreach: Math.max(watch.longestBreach, breach),
    worst: worseOf(slo, watch.worst, observed),
  }
  const isBroken = watch.brokenAtSecond !== null
  if (isBroken && (isForGood(slo) || passed === false)) return next
  if (breach >= (slo.forSeconds ?? 1)) return { ...next, brokenAtSecond: second, brokenBy: observed }
  return { ...next, brokenAtSecond: null, brokenBy: null }
}

/** Whether the SLO says that the run must end now. */
export const mustStop = (slo: Slo, watch: SloWatch): boolean => slo.stop && watch.brokenAtSecond !== null

export interface SloOutcome extends SloVerdict {
  text: string
  /** `null` where it holds, or nothing could be judged. */
  brokenAtSecond: number | null
}

/** What is to be said of an SLO now, or finally once `total` is the whole run, which lasted `durationSeconds`. */
export const concludeSlo = (
  slo: Slo,
  watch: SloWatch,
  total: Measurement | undefined,
  durationSeconds: number,
): SloOutcome => {
  const { text } = slo
  const { brokenAtSecond, brokenBy, worst } = watch
  if (isForGood(slo) && brokenAtSecond !== null && brokenBy !== null) {
    const observedText = `${formatObserved(slo, brokenBy)} in second ${brokenAtSecond}`
    return { text, passed: false, observed: brokenBy, observedText, brokenAtSecond }
  }
  if (slo.forSeconds === undefined) {
    const verdict = judgeSlo(slo, total, durationSeconds)
    const lastSecond = Math.max(0, Math.ceil(durationSeconds) - 1)
    return {
      text,
      ...verdict,
      brokenAtSecond: verdict.passed === false ? (brokenAtSecond ?? lastSecond) : null,
    }
  }
  // A run shorter than that could not have broken it, so its passing would say nothing.
  if (worst === null || watch.lastSecond + 1 < slo.forSeconds)
    return { text, passed: null, observed: worst, observedText: 'too little data', brokenAtSecond: null }
  const breach = watch.longestBreach > 0 ? `, broken for ${watch.longestBreach} s at most` : ''
  const observedText = `${formatObserved(slo, worst)} in the worst second${breach}`
  return { text, passed: true, observed: worst, observedText, brokenAtSecond: null }
}

const isForGood = (slo: Slo): boolean => slo.stop || slo.forSeconds !== undefined

const worseOf = (slo: Slo, a: number | null, b: number | null): number | null => {
  if (a === null || b === null) return a ?? b
  if (slo.condition === '=') return Math.abs(a - slo.threshold) >= Math.abs(b - slo.threshold) ? a : b
  return slo.condition.startsWith('<') ? Math.max(a, b) : Math.min(a, b)
}
