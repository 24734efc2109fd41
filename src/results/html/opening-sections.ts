import { formatSize } from '../../lib/bytes.ts'
import { formatRate } from '../../lib/rate.ts'
import type { RunResult } from '../run-result.ts'
import {
  errorShare,
  formatCount,
  formatKnownCount,
  formatShare,
  formatSpan,
  formatTime,
  rankCounts,
  sumCounts,
  unknown,
} from '../summary-text-figures.ts'
import { isUnmeasured, toldTotalsOf } from '../told-totals.ts'
import { firstCrossed, partsOfSlo, type Verdict } from '../verdict.ts'
import { reasonWords } from '../words.ts'
import { facts, htmlTable, section } from './html-table.ts'
import { type Content, cutText, html, type Markup } from './markup.ts'

/** What a reader in a hurry reads: the verdict, the SLOs, what to know before believing, what was asked and done. */

const maxListed = 20

export const verdictSection = (result: RunResult, { sentence, mark, tone }: Verdict): Markup =>
  section(
    'verdict',
    'Verdict',
    html`<p class="verdict ${tone}"><span aria-hidden="true">${mark}</span> <strong>${cutText(sentence, 1000)}</strong></p>`,
    result.error !== null && html`<p>${cutText(result.error.hint, 600)}</p>`,
    sentences(result.why.filter((text) => !sentence.includes(text))),
    result.startedAt !== null && keyFigures(result),
  )

/** The figures of the whole run. */
const keyFigures = (result: RunResult): Markup => {
  const { totals, responseTimeMs: times } = result
  if (isUnmeasured(result)) {
    const told = toldTotalsOf(result.drivers)
    return facts([
      ['sent, as told', formatKnownCount(told.sent)],
      ['answered, as told', formatKnownCount(told.answered)],
      ['errors, as told', formatKnownCount(told.errors)],
      ['slowest answer, as told', told.maxMs === null ? unknown : formatTime(told.maxMs)],
    ])
  }
  return html`<div class="tiles">${facts([
    ['requests sent', formatCount(totals.sent)],
    ['answered, mean', formatRate(totals.answeredPerSecond)],
    ['median response', formatTime(times.median)],
    ['p99 response', formatTime(times.p99)],
    ['slowest response', formatTime(times.max)],
    [`errors: ${formatCount(sumCounts(totals.errors))}`, formatShare(errorShare(totals))],
  ])}</div><p class="note">Figures of the whole run: ${formatTime(result.elapsedMs)} from the start to the last answer, all requests together.</p>`
}

export const slosSection = ({ slo }: RunResult): Markup =>
  section(
    'slos',
    'SLOs',
    slo.length === 0
      ? html`<p>The scenario sets none (<code>slo:</code>): the run could not fail by its figures.</p>`
      : htmlTable(
          'Each SLO: its limit, what was observed, and when it was first crossed (minutes and seconds after the start)',
          [
            { heading: 'SLO' },
            { heading: 'verdict' },
            { heading: 'limit' },
            { heading: 'observed' },
            { heading: 'first crossed', isNumber: true },
          ],
          slo.map((one) => [
            html`<code>${cutText(one.text)}</code>`,
            verdictWord(one.passed),
            cutText(partsOfSlo(one).limit),
            cutText(one.observedText),
            firstCrossed(one),
          ]),
        ),
  )

const verdictWord = (passed: boolean | null): Markup => {
  if (passed === null) return html`<span class="caution">· not judged</span>`
  return passed ? html`<span class="good">✓ met</span>` : html`<span class="bad">✗ crossed</span>`
}

/** Lateness, lost drivers, gaps: what is missing, and since when. */
export const warningsSection = (result: RunResult): Markup => {
  const { warnings, startedAt } = result
  // Of what never began nothing is missing.
  const gaps = startedAt === null ? [] : result.gaps
  return section(
    'warnings',
    'Before you believe the figures',
    warnings.length === 0 && gaps.length === 0
      ? startedAt === null
        ? html`<p>There are none: nothing was measured.</p>`
        : isUnmeasured(result)
          ? html`<p>All of them are as others tell them; none could be checked.</p>`
          : html`<p>Nothing stands against them: requests left on time, and every driver reported every second.</p>`
      : sentences(warnings),
    gaps.length > 0 &&
      htmlTable(
        'Load that was planned and is not in the figures; hatched in the charts, as far as they go',
        [
          { heading: 'driver' },
          { heading: 'from' },
          { heading: 'to' },
          { heading: 'of the whole load', isNumber: true },
        ],
        [
          ...gaps
            .slice(0, maxListed)
            .map((gap) => [cutText(gap.driver), ...formatSpan(gap), formatShare(gap.share)]),
          ...moreRow(gaps.length, 4),
        ],
      ),
  )
}

const moreRow = (count: number, columns: number): Content[][] =>
  count > maxListed
    ? [[`and ${formatCount(count - maxListed)} more`, ...new Array<string>(columns - 1).fill('')]]
    : []

const sentences = (texts: readonly string[]): Content => {
  if (texts.length === 0) return null
  const more = texts.length - maxListed
  return html`<ul>${texts.slice(0, maxListed).map((text) => html`<li>${cutText(text, 600)}</li>`)}${more > 0 && html`<li>and ${more} more</li>`}</ul>`
}

export const askedAndDoneSection = (result: RunResult): Markup => {
  const { plan, totals, drivers, startSkewMs } = result
  if (result.startedAt === null) return askedSection(result)
  const isMeasured = !isUnmeasured(result)
  const told = toldTotalsOf(drivers)
  const started = drivers.filter(({ state }) => state !== 'rejected').length
  const hasJourneys = result.requests.some(({ kind }) => kind === 'journey')
  return section(
    'load',
    'What was asked, what was done',
    htmlTable(
      'The plan beside what became of it',
      [{ heading: '' }, { heading: 'asked' }, { heading: 'done' }],
      [
        [
          'load',
          cutText(plan.load, 400),
          isMeasured ? `${formatRate(totals.answeredPerSecond)} answered, mean of the run` : unknown,
        ],
        [
          hasJourneys ? 'operations; requests' : 'requests',
          plan.operations === null ? 'as many as fit' : `${formatCount(plan.operations)} planned`,
          isMeasured
            ? `${formatCount(totals.started)} requests started, ${formatCount(totals.answered)} answered`
            : `${formatKnownCount(told.sent)} sent, ${formatKnownCount(told.answered)} answered, as told`,
        ],
        [
          'time',
          plan.durationMs === null ? 'until the count is reached' : formatTime(plan.durationMs),
          formatTime(result.elapsedMs),
        ],
        [
          'drivers',
          formatCount(plan.drivers),
          `${formatCount(started)}${started > 1 && startSkewMs !== null ? `, started within ${formatTime(startSkewMs)}` : ''}`,
        ],
      ],
    ),
    hasJourneys &&
      html`<p class="note">The load counts operations: a request, or a journey of several requests.</p>`,
    isMeasured && countsOf(result),
  )
}

/** Of a run that did not begin. */
const askedSection = ({ plan }: RunResult): Markup =>
  section(
    'load',
    'What was asked, what was done',
    facts([
      ['load asked', cutText(plan.load, 400)],
      [plan.targets.length === 1 ? 'target' : 'targets', listed(plan.targets)],
      ['drivers asked', formatCount(plan.drivers)],
      ['done', 'nothing: no request was sent'],
    ]),
  )

const countsOf = ({ plan, totals, sendLatenessMs }: RunResult): Markup => {
  const unsent = rankCounts(totals.unsentReasons).map(
    ([reason, count]) => `${formatCount(count)} ${reasonWords[reason] ?? cutText(reason, 60)}`,
  )
  const codes = rankCounts(totals.status)
  const more = codes.length - maxListed
  return facts([
    [plan.targets.length === 1 ? 'target' : 'targets', listed(plan.targets)],
    [
      'sent',
      `${formatCount(totals.sent)} requests${totals.retried === 0 ? '' : `, ${formatCount(totals.retried)} of them a second time`}`,
    ],
    ['not sent', totals.unsent === 0 ? 'none' : `${formatCount(totals.unsent)}: ${unsent.join('; ')}`],
    ['in flight at the end', formatCount(totals.inFlight)],
    [
      'status codes',
      codes.length === 0
        ? 'none'
        : `${codes
            .slice(0, maxListed)
            .map(([code, count]) => `${cutText(code, 20)} × ${formatCount(count)}`)
            .join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    ],
    [
      'traffic',
      `${formatSize(totals.bytesOut)} out, ${formatSize(totals.bytesIn)} in, ${formatCount(totals.connectionsOpened)} connections opened`,
    ],
    [
      'send lateness',
      `p99 ${formatTime(sendLatenessMs.p99)}, at most ${formatTime(sendLatenessMs.max)} after the planned instant`,
    ],
  ])
}

/** Addresses are text, never links. */
export const listed = (texts: readonly string[]): string => {
  const more = texts.length - maxListed
  return (
    texts
      .slice(0, maxListed)
      .map((text) => cutText(text))
      .join(', ') + (more > 0 ? ` and ${more} more` : '')
  )
}
