import { formatDuration } from '../lib/duration.ts'
import type { TimeFigures, Totals } from './run-result.ts'

/** Numbers as the terminal shows them. A figure that does not exist is `–`. */

const none = '–'

/** Samples below which a p99.9 would rest on fewer than ten values beyond it. */
const enoughForP999 = 10_000

/** Whether so many samples have one. */
export const hasP999 = (count: number): boolean => count >= enoughForP999

/** What stands in its place where they do not. */
export const tooFewForP999 = 'n < 10k'

/** A whole number, thousands separated. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US')

/** What nobody said is neither 0 nor absent. */
export const unknown = 'unknown'

export const formatKnownCount = (count: number | null): string =>
  count === null ? unknown : formatCount(count)

export const formatKnownTime = (ms: number | null): string => (ms === null ? unknown : formatTime(ms))

/** Three digits or more, without a unit, for a column that names it: `0.021`, `2.41`, `24.1`, `2,410`. */
export const formatFigure = (value: number | null): string => {
  if (value === null) return none
  if (value >= 99.95) return formatCount(value)
  if (value >= 9.995) return value.toFixed(1)
  return value >= 0.9995 || value === 0 ? value.toFixed(2) : value.toFixed(3)
}

/** With its unit, about three digits: `840 us`, `2.41 ms`. */
export const formatTime = (ms: number | null): string => (ms === null ? none : formatDuration(ms))

/** The 99.9th percentile where there are samples enough to speak of one. */
export const formatP999Ms = (figures: TimeFigures): string =>
  !hasP999(figures.count) && figures.p999 !== null ? tooFewForP999 : formatFigure(figures.p999)

/** A share of 1 in percent. Neither something rounds to nothing nor less than all to all. */
export const formatShare = (share: number): string => {
  const percent = share * 100
  if (percent === 0) return '0 %'
  if (percent < 0.01) return '<0.01 %'
  if (percent > 99.95 && percent < 100) return '>99.9 %'
  if (percent >= 99.95) return `${percent.toFixed(0)} %`
  return `${percent.toFixed(percent < 1 ? 2 : 1)} %`
}

/** A position in the run: `0:14`, `12:00`, `1:02:03`. */
export const formatPosition = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const tail = `${String(seconds % 60).padStart(2, '0')}`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}:${tail}`
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${tail}`
}

/**
 * Where something began and ended, seconds of the run: what is missing from 10.02 s to 24.96 s is from `0:10` to `0:25`. A
 * part of a second counts as missing; a twentieth, which no other figure shows, does not.
 */
export const formatSpan = ({ from, to }: { from: number; to: number }): [from: string, to: string] => [
  formatPosition(Math.floor(from + 0.05) * 1000),
  formatPosition(Math.ceil(to - 0.05) * 1000),
]

/** Every value of a record of counts, added. */
export const sumCounts = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0)

/** A record of counts, the largest first; equal ones by name. */
export const rankCounts = (counts: Readonly<Record<string, number>>): [name: string, count: number][] =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))

/** Requests that ended: answered, or failed without an answer. An answer that failed a check is one of the answered. */
export const endedCount = (totals: Pick<Totals, 'answered' | 'errors'>): number =>
  totals.answered + sumCounts(totals.errors) - (totals.errors.check ?? 0)

/** Errors of all kinds over {@link endedCount}. */
export const errorShare = (totals: Pick<Totals, 'answered' | 'errors'>): number => {
  const ended = endedCount(totals)
  return ended === 0 ? 0 : sumCounts(totals.errors) / ended
}
