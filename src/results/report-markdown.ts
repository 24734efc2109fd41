import { formatRate } from '../lib/rate.ts'
import { cutText } from './html/markup.ts'
import type { RunResult } from './run-result.ts'
import {
  errorShare,
  formatCount,
  formatFigure,
  formatKnownCount,
  formatShare,
  formatSpan,
  formatTime,
  sumCounts,
  unknown,
} from './summary-text-figures.ts'
import { isUnmeasured, toldTotalsOf } from './told-totals.ts'
import { firstCrossed, partsOfSlo, verdictOf } from './verdict.ts'
import { worstFirst } from './worst-first.ts'

/**
 * A run in less than 60 lines of Markdown (GitHub's), for a pull request: the verdict and why, the SLOs, what to know
 * before believing, what was asked and done, and the five requests with the worst p99.
 */
export const renderReportMarkdown = (result: RunResult): string => {
  const { mark, sentence } = verdictOf(result)
  const blocks = [
    [`## ${plain(result.name, 80)}`],
    [`**${mark} ${plain(sentence, 600)}**`],
    [
      ...bullets(
        result.why.filter((text) => !sentence.includes(text)),
        5,
      ),
      ...(result.error === null ? [] : [`- ${plain(result.error.hint, 300)}`]),
    ],
    slos(result),
    warnings(result),
    askedAndDone(result),
    requests(result),
    [
      `Run ${code(result.id)}, seed ${result.seed}.${result.startedAt === null ? '' : ` Figures are of the whole run (${formatTime(result.elapsedMs)}), times in milliseconds where no unit stands.`}`,
    ],
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

const maxSlos = 10
const maxRequests = 5

const slos = ({ slo }: RunResult): string[] => {
  if (slo.length === 0) return []
  const first = slo.toSorted((a, b) => rankOf(a.passed) - rankOf(b.passed))
  const rows = first
    .slice(0, maxSlos)
    .map((one) => [
      code(one.text),
      one.passed === null ? '· not judged' : one.passed ? '✓ met' : '**✗ crossed**',
      plain(partsOfSlo(one).limit, 60),
      plain(one.observedText, 100),
      firstCrossed(one),
    ])
  return [
    ...table(['SLO', 'verdict', 'limit', 'observed:', 'first crossed:'], rows),
    ...more(slo.length, maxSlos, 'SLOs'),
  ]
}

const rankOf = (passed: boolean | null): number => (passed === false ? 0 : passed === null ? 1 : 2)

const warnings = ({ warnings, gaps, startedAt }: RunResult): string[] => {
  // Of what never began nothing is missing.
  const missing = (startedAt === null ? [] : gaps).map(
    (gap) =>
      `Missing: ${formatShare(gap.share)} of the load from ${formatSpan(gap).join(' to ')}, driver ${gap.driver}.`,
  )
  const lines = bullets([...warnings, ...missing], 6)
  return lines.length === 0 ? [] : ['**Before you believe the figures**', '', ...lines]
}

const askedAndDone = (result: RunResult): string[] => {
  const { plan, totals } = result
  if (result.startedAt === null) return table(['', 'asked'], [['load', plain(plan.load, 200)]])
  const told = toldTotalsOf(result.drivers)
  const done: [what: string, asked: string, done: string][] = isUnmeasured(result)
    ? [
        [
          'load',
          plain(plan.load, 200),
          `${formatKnownCount(told.answered)} answered, as told by drivers written by others`,
        ],
        ['requests', '', `${formatKnownCount(told.sent)} sent`],
        ['errors', '', formatKnownCount(told.errors)],
        ['drivers', formatCount(plan.drivers), formatCount(result.drivers.length)],
      ]
    : [
        ['load', plain(plan.load, 200), `${formatRate(totals.answeredPerSecond)} answered`],
        [
          'requests',
          plan.operations === null ? '–' : `${formatCount(plan.operations)} operations`,
          `${formatCount(totals.sent)} sent, ${formatCount(totals.answered)} answered${totals.unsent === 0 ? '' : `, ${formatCount(totals.unsent)} not sent`}`,
        ],
        ['errors', '', `${formatCount(sumCounts(totals.errors))} (${formatShare(errorShare(totals))})`],
        ['time', plan.durationMs === null ? '–' : formatTime(plan.durationMs), formatTime(result.elapsedMs)],
      ]
  return table(['', 'asked', 'done'], done)
}

const requests = (result: RunResult): string[] => {
  if (result.requests.length === 0) return []
  const { responseTimeMs: all } = result
  const rows = worstFirst(result.requests)
    .slice(0, maxRequests)
    .map(({ name, kind, totals, responseTimeMs: times }) => [
      `${code(name, 80)}${kind === 'journey' ? ' (journey)' : ''}`,
      formatCount(totals.answered),
      ...[times.median, times.p99, times.max].map(formatFigure),
      formatShare(errorShare(totals)),
    ])
  return [
    ...table(
      ['request, worst p99 first', 'answered:', 'p50:', 'p99:', 'max:', 'errors:'],
      [
        ...rows,
        [
          '**all requests**',
          isUnmeasured(result) ? unknown : formatCount(result.totals.answered),
          ...[all.median, all.p99, all.max].map(formatFigure),
          formatShare(errorShare(result.totals)),
        ],
      ],
    ),
    ...more(result.requests.length, maxRequests, 'requests'),
  ]
}

/** A heading that ends in a colon is over numbers. */
const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(headings.map((heading) => heading.replace(/:$/, ''))),
    line(headings.map((heading) => (heading.endsWith(':') ? '---:' : '---'))),
    ...rows.map(line),
  ]
}

const bullets = (sentences: readonly string[], most: number): string[] => [
  ...sentences.slice(0, most).map((text) => `- ${plain(text, 300)}`),
  ...(sentences.length > most ? [`- and ${sentences.length - most} more`] : []),
]

const more = (count: number, most: number, what: string): string[] =>
  count > most ? ['', `and ${formatCount(count - most)} more ${what}`] : []

/**
 * Text that stays text: no markup, link, image, mention or reference to an issue comes of it. An invisible word joiner
 * parts the signs that GitHub reads even where they are escaped.
 */
const plain = (text: string, most: number): string =>
  cutText(text, most)
    .replace(/[\\`*_{}[\]<>|~&]/g, '\\$&')
    .replace(/[@#](?=[\w-])/g, '$&\u2060')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/\bwww\./gi, (word) => `${word.slice(0, -1)}\\.`)
    .replace(/^(?=[-+=#]|\d+[.)]\s)/, '\u2060')

/** Code says nothing to GitHub but itself. Its fence is longer than any within; a bar would end a cell. */
const code = (text: string, most = 120): string => {
  const clean = cutText(text, most).replaceAll('|', '\\|')
  const longest = Math.max(0, ...Array.from(clean.matchAll(/`+/g), ([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  const air = longest > 0 || clean === '' ? ' ' : ''
  return `${fence}${air}${clean}${air}${fence}`
}
