import { formatDuration } from '../../lib/duration.ts'
import type { RunResult, TimeFigures } from '../../results/run-result.ts'
import {
  endedCount,
  errorShare,
  formatCount,
  formatShare,
  formatTime,
  hasP999,
  tooFewForP999,
} from '../../results/summary-text-figures.ts'
import { isUnmeasured } from '../../results/told-totals.ts'

/** A figure of both runs and what lies between. */
export interface Shift {
  name: string
  a: string
  b: string
  /** `+12.3 ms`; `–` where one of them is missing. */
  by: string
  /** `+8.3 %`; `–` where there is nothing to take a share of. */
  percent: string
  /** `8.3 % slower`, `about the same`, `unknown`. */
  words: string
  /** Only where less is better, and what differs is more than {@link smallShift}. */
  tone: 'good' | 'bad' | null
}

/** Shares below it are neither better nor worse. */
const smallShift = 0.02

const none = '–'

const percentiles: readonly (readonly [name: string, figure: keyof TimeFigures])[] = [
  ['Response time p50', 'median'],
  ['Response time p90', 'p90'],
  ['Response time p99', 'p99'],
  ['Response time p99.9', 'p999'],
  ['Response time max', 'max'],
]

/** From the run at the left to the one at the right. */
export const shiftsOf = (a: RunResult, b: RunResult): Shift[] => [
  ...percentiles.map(([name, figure]) =>
    figure === 'p999'
      ? p999Shift(name, a, b)
      : shiftOf(name, a.responseTimeMs[figure], b.responseTimeMs[figure], times),
  ),
  shiftOf('Answered a second, whole run', rateOf(a), rateOf(b), rates),
  shiftOf('Error share', shareOf(a), shareOf(b), shares),
  shiftOf('Send lateness p99', a.sendLatenessMs.p99, b.sendLatenessMs.p99, latenesses),
]

/** Of too few answers there is none, and that is said. */
const p999Shift = (name: string, a: RunResult, b: RunResult): Shift => {
  const [before, after] = [a.responseTimeMs, b.responseTimeMs].map(({ count, p999 }) =>
    hasP999(count) ? { ms: p999 } : { ms: null, lack: p999 === null ? none : tooFewForP999 },
  )
  const shift = shiftOf(name, before?.ms ?? null, after?.ms ?? null, times)
  return { ...shift, a: before?.lack ?? shift.a, b: after?.lack ?? shift.b }
}

/** Where nothing was measured, or ended, there is no rate and no share. */
const rateOf = (run: RunResult): number | null =>
  run.startedAt === null || isUnmeasured(run) ? null : run.totals.answeredPerSecond
const shareOf = (run: RunResult): number | null =>
  isUnmeasured(run) || endedCount(run.totals) === 0 ? null : errorShare(run.totals)

interface Measure {
  text(value: number): string
  difference(value: number): string
  more: string
  less: string
  /** Of twice as much and more: `3 times as long`. */
  asMuch: string
  isLessBetter: boolean
}

const times: Measure = {
  text: formatTime,
  difference: formatDuration,
  more: 'slower',
  less: 'faster',
  asMuch: 'as long',
  isLessBetter: true,
}
const rates: Measure = {
  text: (value) => `${formatCount(value)}/s`,
  difference: (value) => `${value < 10 ? Number(value.toFixed(1)) : formatCount(value)}/s`,
  more: 'more',
  less: 'fewer',
  asMuch: 'as many',
  isLessBetter: false,
}
const shares: Measure = {
  text: formatShare,
  difference: (value) => `${formatShare(value).replace(' %', '')} points`,
  more: 'more',
  less: 'fewer',
  asMuch: 'as many',
  isLessBetter: true,
}
const latenesses: Measure = {
  ...times,
  more: 'later',
  less: 'less late',
  asMuch: 'as late',
  isLessBetter: false,
}

export const shiftOf = (name: string, a: number | null, b: number | null, measure: Measure): Shift => {
  const both = { name, a: a === null ? none : measure.text(a), b: b === null ? none : measure.text(b) }
  if (a === null || b === null) return { ...both, by: none, percent: none, words: 'unknown', tone: null }
  const share = a === 0 ? (b === 0 ? 0 : Number.POSITIVE_INFINITY) : (b - a) / a
  const isSmall = Math.abs(share) < smallShift
  const isWorse = b > a
  return {
    ...both,
    by: b === a ? '0' : `${sign(b - a)}${measure.difference(Math.abs(b - a))}`,
    percent: Number.isFinite(share) ? percentText(share) : none,
    words: isSmall ? 'about the same' : wordsOf(share, measure),
    tone: isSmall || !measure.isLessBetter ? null : isWorse ? 'bad' : 'good',
  }
}

const sign = (value: number): string => (value < 0 ? '−' : '+')

const percentText = (share: number): string =>
  share === 0 ? '0 %' : `${sign(share)}${digitsOf(Math.abs(share) * 100)} %`

const digitsOf = (percent: number): string =>
  percent >= 99.5 ? formatCount(percent) : percent.toFixed(percent < 1 ? 2 : 1)

/** From twice as much on a factor is easier to grasp. */
const wordsOf = (share: number, { more, less, asMuch }: Measure): string => {
  if (!Number.isFinite(share)) return 'none before, some now'
  if (share >= 1) return `${Number((1 + share).toPrecision(2))} times ${asMuch}`
  return `${digitsOf(Math.abs(share) * 100)} % ${share > 0 ? more : less}`
}
