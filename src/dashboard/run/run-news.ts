import { formatRate } from '../../lib/rate.ts'
import type { DriverPhase, RunResult } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import { errorShare, formatPosition, formatShare, formatTime } from '../../results/summary-text-figures.ts'
import { partsOfSlo, verdictOf } from '../../results/verdict.ts'
import type { Link } from '../model/run-model.ts'
import type { Track } from '../model/track.ts'
import { staleSentence } from './run-header.ts'
import { isWaiting, runNow } from './run-now.ts'
import { cutText, nameText, sentenceText } from './run-text.ts'

/** What of a run is told to who does not look: its events, never its figures. */
export interface Seen {
  isWaiting: boolean
  isOver: boolean
  slo: readonly SeenSlo[]
  drivers: ReadonlyMap<string, DriverPhase>
}

export interface SeenSlo {
  passed: boolean | null
  /** When a change of it was told last. */
  toldMs: number
}

const never = Number.NEGATIVE_INFINITY

/** One that crosses its limit and comes back again and again is told of at most this often. */
const betweenSloMs = 30_000

/** What was told of the SLOs stays what is known of them until it may be told again: then the newest counts. */
export const calmed = (before: Seen | undefined, now: Seen, nowMs: number): Seen => ({
  ...now,
  slo: now.slo.map((is, i) => {
    const was = before?.slo[i]
    if (was === undefined) return is
    if (is.passed === null || is.passed === was.passed || nowMs - was.toldMs < betweenSloMs) return was
    return { passed: is.passed, toldMs: was.passed === null && is.passed ? never : nowMs }
  }),
})

export const seenOf = (result: RunResult, latest: RunUpdate | undefined): Seen => {
  const { state, slo } = runNow(result, latest)
  const drivers = new Map(result.drivers.map((driver) => [driver.id, driver.state]))
  if (state !== 'finished') for (const driver of latest?.drivers ?? []) drivers.set(driver.id, driver.state)
  return {
    isWaiting: isWaiting(state),
    // The verdict comes with the result.
    isOver: result.state === 'finished',
    slo: slo.map(({ passed }) => ({ passed, toldMs: never })),
    drivers,
  }
}

const isGone = (state: DriverPhase | undefined): boolean => state === 'lost' || state === 'left'

/** The most important last: of several that wait the latest is said. */
export const newsOf = (before: Seen | undefined, now: Seen, result: RunResult): string[] => {
  if (before === undefined) return []
  const news: string[] = []
  if (before.isWaiting && !now.isWaiting && !now.isOver) news.push('The run has started.')
  for (const [i, { text }] of result.slo.entries()) {
    const [was, is] = [before.slo[i]?.passed ?? null, now.slo[i]?.passed ?? null]
    const { subject, limit } = partsOfSlo({ text })
    const crossing = cutText(`${subject}${limit === '' ? '' : `, limit ${limit}`}`, 120)
    if (is === false && was !== false) news.push(`Crossed: ${crossing}.`)
    if (is === true && was === false) news.push(`Met again: ${crossing}.`)
  }
  for (const [id, state] of now.drivers)
    if (isGone(state) && !isGone(before.drivers.get(id)))
      news.push(
        `Driver ${nameText(id, 40)} ${state === 'left' ? 'has left' : `is ${state}`}: its load is missing.`,
      )
  if (now.isOver && !before.isOver) news.push(`The run is over. ${sentenceText(verdictOf(result).sentence)}`)
  return news
}

/** What must be seen at once; empty: nothing. */
export const alertOf = (link: Link): string => {
  if (link.kind === 'stale') return `What you see is ${staleSentence(link)}`
  return ''
}

/** One line for key s. */
export const spokenState = (
  result: RunResult,
  latest: RunUpdate | undefined,
  track: Track | undefined,
): string => {
  const { state, elapsedMs, totals, slo } = runNow(result, latest)
  if (result.state === 'finished') return sentenceText(verdictOf(result).sentence)
  if (isWaiting(state)) return `${nameText(result.name)} is ${state}.`
  const row = (track?.length ?? 0) - 1
  const answered = track?.figures.answered[row] ?? null
  const p99 = track?.figures.p99[row] ?? null
  const crossed = slo.filter(({ passed }) => passed === false).length
  return [
    `${nameText(result.name)} is ${state}, ${formatPosition(elapsedMs)} after its start`,
    answered === null ? 'no figures yet' : `${formatRate(answered)} answered in the last second`,
    p99 === null ? '' : `p99 ${formatTime(p99)}`,
    `errors ${formatShare(errorShare(totals))}`,
    slo.length === 0 ? '' : crossed === 0 ? 'no SLO crossed' : `${crossed} of ${slo.length} SLOs crossed`,
  ]
    .filter((part) => part !== '')
    .join(', ')
    .concat('.')
}
