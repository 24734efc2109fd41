import { formatDuration } from '../lib/duration.ts'
import { formatRate } from '../lib/rate.ts'
import { parseSlo, type Slo } from '../measuring/slo.ts'
import type { RunResult, SloResult } from './run-result.ts'
import { errorShare, formatCount, formatPosition, formatShare, formatTime } from './summary-text-figures.ts'
import { isUnmeasured } from './told-totals.ts'

/** A run's verdict in words, for who was not there. */
export interface Verdict {
  /** Never by colour alone: a shape, and a word. */
  mark: string
  word: string
  tone: 'good' | 'bad' | 'caution'
  /** `Passed: p99 212 ms of 250 ms allowed; errors 0.02 % of 0.1 % allowed.` */
  sentence: string
}

const maxNamed = 3

export const verdictOf = (result: RunResult): Verdict => {
  const head = headOf(result)
  return { ...head, sentence: `${head.word}: ${reasonOf(result)}` }
}

const headOf = ({ outcome, error, state }: RunResult): Omit<Verdict, 'sentence'> => {
  if (error !== null) return { mark: '✗', word: 'Could not run', tone: 'bad' }
  if (outcome === 'passed') return { mark: '✓', word: 'Passed', tone: 'good' }
  if (outcome === 'failed') return { mark: '✗', word: 'Failed', tone: 'bad' }
  if (outcome === 'degraded') return { mark: '!', word: 'Degraded', tone: 'bad' }
  if (outcome === 'stopped') return { mark: '■', word: 'Stopped', tone: 'caution' }
  return { mark: '·', word: state === 'finished' ? 'Without an outcome' : 'Not finished', tone: 'caution' }
}

const reasonOf = (result: RunResult): string => {
  const { outcome, error, why, state, elapsedMs } = result
  if (error !== null) return ended(error.message)
  if (outcome === null) {
    return result.startedAt === null
      ? `it has not begun (${state}).`
      : `${state}, ${formatTime(elapsedMs)} after its start; these are the figures so far.`
  }
  const figures = `${ended(figuresOf(result))}`
  if (outcome === 'passed') return figures
  if (outcome === 'degraded') return `no verdict is safe. ${ended(why[0] ?? 'A part of the load is missing')}`
  if (outcome === 'stopped') return `a person ended it early. ${capital(figures)}`
  return result.slo.some(({ passed }) => passed === false) ? figures : ended(why[0] ?? figures)
}

/** SLOs with their figures, those that were crossed first; without one the figures that people ask for. */
const figuresOf = (result: RunResult): string => {
  if (isUnmeasured(result)) return 'all drivers were written by others; nothing is measured but what they say'
  const ranked = [
    ...result.slo.filter(({ passed }) => passed === false),
    ...result.slo.filter(({ passed }) => passed === true),
    ...result.slo.filter(({ passed }) => passed === null),
  ]
  if (ranked.length === 0) {
    const p99 = result.responseTimeMs.p99
    const time = p99 === null ? 'nothing was answered' : `response time p99 ${formatTime(p99)}`
    return `no SLO was set; ${time}, errors ${formatShare(errorShare(result.totals))}`
  }
  const crossed = ranked.filter(({ passed }) => passed === false)
  const shown = (crossed.length > 0 ? crossed : ranked).slice(0, maxNamed)
  const rest = ranked.filter((slo) => !shown.includes(slo))
  const others = [
    [rest.filter(({ passed }) => passed === false).length, 'also crossed'],
    [rest.filter(({ passed }) => passed === true).length, 'met'],
    [rest.filter(({ passed }) => passed === null).length, 'not judged'],
  ] as const
  const more = others.flatMap(([count, what]) =>
    count === 0 ? [] : [`${formatCount(count)} other SLO${count === 1 ? '' : 's'} ${what}`],
  )
  return [...shown.map(sentenceOfSlo), ...more].join('; ')
}

/** `p99 212 ms of 250 ms allowed, first crossed at 0:12`. */
export const sentenceOfSlo = (result: SloResult): string => {
  const crossed =
    result.brokenAtSecond === null ? '' : `, first crossed at ${formatPosition(result.brokenAtSecond * 1000)}`
  const { subject, limit, verb } = partsOfSlo(result)
  if (result.passed === null) return `${subject}: ${result.observedText}, not judged`
  return limit === ''
    ? `${subject}: ${result.observedText}${crossed}`
    : `${subject} ${result.observedText} of ${limit} ${verb}${crossed}`
}

/** `0:12`, for a column of that name. What was never judged was not kept to either. */
export const firstCrossed = ({
  passed,
  brokenAtSecond,
}: Pick<SloResult, 'passed' | 'brokenAtSecond'>): string => {
  if (brokenAtSecond !== null) return formatPosition(brokenAtSecond * 1000)
  return passed === null ? '–' : 'never'
}

/** What is judged, and its limit, in words (which is `allowed`, or `asked`); the whole text where it is none of ours. */
export const partsOfSlo = ({
  text,
}: Pick<SloResult, 'text'>): { subject: string; limit: string; verb: string } => {
  const parsed = parseSlo(text)
  if (!parsed.ok) return { subject: text, limit: '', verb: '' }
  const { slo } = parsed
  const lasting = slo.forSeconds === undefined ? '' : ` for ${formatDuration(slo.forSeconds * 1000)}`
  const verb = slo.condition === '<' || slo.condition === '<=' ? 'allowed' : 'asked'
  return { subject: subjectOf(slo), limit: `${limitWords(slo)}${lasting}`, verb }
}

const limitWords = (slo: Slo): string => {
  const limit = formatThreshold(slo)
  if (slo.condition === '=') return `exactly ${limit}`
  if (slo.condition.startsWith('>')) return `at least ${limit}`
  return limit
}

export const formatThreshold = ({ unit, threshold }: Pick<Slo, 'unit' | 'threshold'>): string => {
  if (unit === 'ms') return formatDuration(threshold)
  if (unit === 'share') return shareText(threshold)
  return unit === 'perSecond' ? formatRate(threshold) : formatCount(threshold)
}

/** A threshold as it was written: not rounded to what a figure would show. */
const shareText = (share: number): string => `${Number((share * 100).toPrecision(6))} %`

const subjectOf = ({ subject, of }: Slo): string => {
  const whose = of === undefined ? '' : ` of ${of}`
  if (subject.kind === 'status') return `status ${subject.status}${whose}`
  if (subject.kind !== 'time') return `${subject.kind}${whose}`
  const time =
    subject.time === 'response' ? '' : subject.time === 'service' ? 'service time ' : 'send lateness '
  const figure = typeof subject.figure === 'number' ? `p${subject.figure}` : subject.figure
  return `${time}${figure}${whose}`
}

const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
