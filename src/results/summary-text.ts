import { formatSize } from '../lib/bytes.ts'
import { formatRate } from '../lib/rate.ts'
import type { PictureRow } from './latency-picture.ts'
import type { DriverResult, RunOutcome, RunResult } from './run-result.ts'
import { cleanText, displayWidth, fitText, padToWidth, wrapText } from './summary-text-display.ts'
import {
  formatCount,
  formatKnownCount,
  formatPosition,
  formatTime,
  rankCounts,
  unknown,
} from './summary-text-figures.ts'
import { type Line, renderLine, type Span, type Style, styled } from './summary-text-line.ts'
import { checkLines, driverLines, errorLines, gapLines, unsentLines } from './summary-text-losses.ts'
import { pictureLines, requestLines, timeLines } from './summary-text-times.ts'
import { isUnmeasured, toldTotalsOf } from './told-totals.ts'

export interface SummaryOptions {
  /** Of the terminal; 80 where there is none. */
  columns: number
  /** Escape sequences for colour. Nothing is said by colour alone. */
  colour: boolean
}

/** Wider lines would only be harder to read. */
const maxColumns = 160
const minColumns = 40

const verdicts: Record<RunOutcome, { mark: string; word: string; style: Style }> = {
  passed: { mark: '✓', word: 'PASSED', style: 'good' },
  failed: { mark: '✗', word: 'FAILED', style: 'bad' },
  degraded: { mark: '!', word: 'DEGRADED', style: 'bad' },
  stopped: { mark: '■', word: 'STOPPED', style: 'caution' },
}

/**
 * What a person reads when a run has ended: the verdict and why, then what was asked and done, then the figures. Lines
 * of at most `columns` cells, each ended by a line feed. `distribution` is the picture of the overall response time.
 */
export const renderSummary = (
  result: RunResult,
  options: SummaryOptions,
  distribution: readonly PictureRow[] = [],
): string => {
  const width = Math.max(minColumns, Math.min(options.columns, maxColumns))
  const sections: Line[][] = [
    verdictLines(result, width),
    section('SLOs', sloLines(result, width)),
    section('Warnings', sentenceLines(result.warnings, styled('caution', '  ! '), width)),
    section('Load', loadLines(result, width)),
    section('Requests', isUnmeasured(result) ? [] : requestLines(result, width)),
    section('Response time, ms', isUnmeasured(result) ? [] : timeLines(result, width)),
    section('Distribution of response times', pictureLines(distribution, width)),
    section('Status codes', statusLines(result, width)),
    section('Errors', errorLines(result, width)),
    section('Failed checks', checkLines(result, width)),
    section('Not sent', unsentLines(result, width)),
    section('Missing load', gapLines(result, width)),
    section('Drivers, times in ms', driverLines(result, width)),
    section('Steering', steeringLines(result, width)),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${renderLine(line, width, options.colour)}\n`).join(''))
    .join('\n')
}

const section = (title: string, lines: Line[]): Line[] =>
  lines.length === 0 ? [] : [[styled('bold', title)], ...lines]

const verdictLines = (result: RunResult, width: number): Line[] => {
  const { mark, word, style } =
    result.outcome === null
      ? { mark: '·', word: 'NOT FINISHED', style: 'caution' as const }
      : verdicts[result.outcome]
  const head: Span = styled(style, `${mark} ${word}`)
  const run = ` run ${fitText(result.id, 40)}`
  const name = `  ${fitText(result.name, Math.max(8, width - word.length - run.length - 6))}`
  const space = ' '.repeat(Math.max(1, width - word.length - 2 - displayWidth(name) - run.length))
  return [
    [head, styled('bold', name), space, styled('dim', run)],
    ...sentenceLines(result.why, '  - ', width),
  ]
}

const sloLines = (result: RunResult, width: number): Line[] => {
  const texts = result.slo.map((slo) => fitText(slo.text, Math.max(16, Math.floor(width * 0.4))))
  const textWidth = Math.max(0, ...texts.map(displayWidth))
  const observed = result.slo.map((slo) => fitText(slo.observedText, 20))
  const observedWidth = Math.max(0, ...observed.map(displayWidth))
  return result.slo.map((slo, i) => {
    const light =
      slo.passed === null
        ? styled('caution', '· not judged')
        : slo.passed
          ? styled('good', '✓ met       ')
          : styled('bad', '✗ crossed   ')
    const crossed =
      slo.brokenAtSecond === null ? '' : `  first crossed at ${formatPosition(slo.brokenAtSecond * 1000)}`
    const limit = padToWidth(texts[i] ?? '', textWidth, 'left')
    return [
      '  ',
      light,
      `  ${limit}  `,
      padToWidth(observed[i] ?? '', observedWidth, 'right'),
      styled('dim', crossed),
    ]
  })
}

const maxSentences = 10
const maxSentenceWidth = 500

const sentenceLines = (sentences: readonly string[], mark: Span, width: number): Line[] => {
  const lines = sentences
    .slice(0, maxSentences)
    .flatMap((sentence) =>
      wrapText(fitText(sentence, maxSentenceWidth), width - 4).map(
        (text, i): Line => [i === 0 ? mark : '    ', text],
      ),
    )
  const more = sentences.length - maxSentences
  return more > 0 ? [...lines, [`    and ${more} more`]] : lines
}

const loadLines = (result: RunResult, width: number): Line[] => {
  const { plan, totals } = result
  const missed = totals.unsent === 0 ? '' : `, ${formatCount(totals.unsent)} not sent`
  const started = result.drivers.length > 1 && result.startSkewMs !== null
  const skew = started ? `, started within ${formatTime(result.startSkewMs)}` : ''
  const lateness = result.sendLatenessMs
  const labels = Object.entries(result.labels).map(([name, value]) => `${name}=${value}`)
  const done =
    `${formatCount(totals.sent)} sent${missed}, ${formatCount(totals.answered)} answered in ` +
    `${formatTime(result.elapsedMs)}: ${formatRate(totals.answeredPerSecond)}`
  const traffic =
    `${formatSize(totals.bytesOut)} out, ${formatSize(totals.bytesIn)} in, ` +
    `${counted(totals.connectionsOpened, 'connection')} opened` +
    (totals.retried === 0 ? '' : `, ${formatCount(totals.retried)} retried`)
  const isMeasured = !isUnmeasured(result)
  const foreign = result.drivers.filter(({ isForeign }) => isForeign)
  const targets = isMeasured
    ? listed(plan.targets, 3) + (foreign.length === 0 ? '' : '; unknown for drivers written by others')
    : 'unknown: drivers written by others have their own'
  return [
    ['asked', plan.load],
    ...(isMeasured ? [['done', done] as const] : []),
    ...(foreign.length === 0 ? [] : [['told', describeTold(foreign, result.elapsedMs)] as const]),
    [isMeasured && plan.targets.length === 1 ? 'target' : 'targets', targets],
    ['drivers', `${formatCount(plan.drivers)}${skew}`],
    [
      'lateness',
      isMeasured
        ? `p99 ${formatTime(lateness.p99)}, max ${formatTime(lateness.max)} after the planned instant`
        : unknown,
    ],
    ['traffic', isMeasured ? traffic : unknown],
    ['seed', String(result.seed)],
    ...(labels.length === 0 ? [] : [['labels', listed(labels, 6)] as const]),
  ].flatMap(([key = '', value = '']) =>
    wrapText(cleanText(value), width - 13).map(
      (text, i): Line => ['  ', styled('dim', (i === 0 ? key : '').padEnd(11)), text],
    ),
  )
}

/** By drivers that measure nothing which could be added to the rest. */
const describeTold = (drivers: readonly DriverResult[], elapsedMs: number): string => {
  const { sent, answered, errors } = toldTotalsOf(drivers)
  const who = `by ${counted(drivers.length, 'driver')} written by others`
  return (
    `sent ${formatKnownCount(sent)}, answered ${formatKnownCount(answered)}, errors ${formatKnownCount(errors)} ` +
    `in ${formatTime(elapsedMs)}, ${who}`
  )
}

const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`

const listed = (texts: readonly string[], most: number): string => {
  const more = texts.length - most
  const shown = texts.slice(0, most).map((text) => fitText(text, 60))
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

const maxCodes = 20

const statusLines = (result: RunResult, width: number): Line[] => {
  const codes = rankCounts(result.totals.status)
  if (codes.length === 0) return []
  const text = codes
    .slice(0, maxCodes)
    .map(([code, count]) => `${cleanText(code)} × ${formatCount(count)}`)
    .join('   ')
  const more = codes.length > maxCodes ? `   and ${codes.length - maxCodes} more` : ''
  // A code and its count stay on one line.
  const unbroken = wrapText((text + more).replaceAll(' × ', '\u00a0×\u00a0'), width - 2)
  return unbroken.map((line): Line => [`  ${line.replaceAll('\u00a0', ' ')}`])
}

const steeringLines = (result: RunResult, width: number): Line[] => {
  const most = 10
  const lines = result.steering.slice(0, most).map((record): Line => {
    const what = record.scale === null ? record.command : `rate × ${Number(record.scale.toPrecision(3))}`
    return [`  ${formatPosition(record.atMs)}  ${fitText(`${what}, by ${record.by}`, width - 12)}`]
  })
  const more = result.steering.length - most
  return more > 0 ? [...lines, [`  and ${more} more`]] : lines
}
