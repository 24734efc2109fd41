import type { DriverResult, RequestResult, RunResult } from '../run-result.ts'
import {
  endedCount,
  errorShare,
  formatCount,
  formatFigure,
  formatKnownCount,
  formatP999Ms,
  formatShare,
  formatTime,
  rankCounts,
  sumCounts,
  unknown,
} from '../summary-text-figures.ts'
import { isTroubled } from '../summary-text-losses.ts'
import { isUnmeasured, toldTotalsOf } from '../told-totals.ts'
import { errorWords } from '../words.ts'
import { worstFirst } from '../worst-first.ts'
import { htmlTable, section } from './html-table.ts'
import { type Content, cutText, html, type Markup } from './markup.ts'
import type { ReportInput } from './report-input.ts'
import { requestCharts } from './request-charts.ts'

/** The run taken apart: by request, by error, by driver. */

const maxRequests = 50
const maxKinds = 20
const maxExamples = 3
const maxDrivers = 100

const number = (heading: string) => ({ heading, isNumber: true })

export const requestsSection = (input: ReportInput): Markup => {
  const { result } = input
  const requests = worstFirst(result.requests)
  const others = requests.slice(maxRequests)
  return section(
    'requests',
    'Requests',
    requests.length === 0
      ? html`<p>No request was ${isUnmeasured(result) ? 'measured' : 'made'}.</p>`
      : [
          htmlTable(
            'Each request over the whole run, the one with the worst p99 first; response times in milliseconds',
            [
              { heading: 'request' },
              ...[
                'sent',
                'answered',
                'a second',
                'errors',
                'of all',
                'p50',
                'p90',
                'p99',
                'p99.9',
                'max',
              ].map(number),
            ],
            [
              ['all requests', ...figureCells(result)],
              ...requests
                .slice(0, maxRequests)
                .map((request) => [requestName(request), ...figureCells(request)]),
              ...(others.length === 0 ? [] : [othersRow(others)]),
            ],
          ),
          html`<p class="note">A journey's time is the sum of those of its requests, which are in the table themselves; it is not in “all requests”. p99.9 is told from 10,000 answers on.</p>`,
          requestCharts(input),
        ],
  )
}

const requestName = ({ name, kind }: RequestResult): Content =>
  kind === 'journey' ? html`${cutText(name)} (journey)` : cutText(name)

const figureCells = ({ totals, responseTimeMs: times }: RunResult | RequestResult): string[] => [
  formatCount(totals.sent),
  formatCount(totals.answered),
  formatFigure(totals.answeredPerSecond),
  formatCount(sumCounts(totals.errors)),
  formatShare(errorShare(totals)),
  formatFigure(times.median),
  formatFigure(times.p90),
  formatFigure(times.p99),
  formatP999Ms(times),
  formatFigure(times.max),
]

/** Counts can be added; percentiles cannot. */
const othersRow = (requests: readonly RequestResult[]): string[] => {
  const sum = (of: (request: RequestResult) => number): number =>
    requests.reduce((total, request) => total + of(request), 0)
  const most = requests.reduce((max, { responseTimeMs }) => Math.max(max, responseTimeMs.max ?? 0), 0)
  return [
    `${formatCount(requests.length)} others, each with a lower p99`,
    formatCount(sum(({ totals }) => totals.sent)),
    formatCount(sum(({ totals }) => totals.answered)),
    formatFigure(sum(({ totals }) => totals.answeredPerSecond)),
    formatCount(sum(({ totals }) => sumCounts(totals.errors))),
    ...['–', '–', '–', '–', '–'],
    formatFigure(most === 0 ? null : most),
  ]
}

export const errorsSection = (result: RunResult): Markup => {
  const { totals } = result
  const kinds = rankCounts(totals.errors)
  const details = rankCounts(totals.errorDetails)
  const ended = endedCount(totals)
  const failed = Object.entries(totals.checks).filter((entry) => entry[1].failed > 0)
  return section(
    'errors',
    'Errors',
    kinds.length === 0
      ? html`<p>${isUnmeasured(result) ? toldErrors(result) : 'None.'}</p>`
      : htmlTable(
          'Errors of the whole run by kind, their share of the requests with an outcome, and what was said most often',
          [{ heading: 'kind' }, number('count'), number('share'), { heading: 'examples' }],
          kinds
            .slice(0, maxKinds)
            .map(([kind, count]) => [
              html`${cutText(kind, 60)}${errorWords[kind] !== undefined && html`<br><span class="note">${errorWords[kind]}</span>`}`,
              formatCount(count),
              ended === 0 ? '–' : formatShare(count / ended),
              examplesOf(kind, details),
            ]),
        ),
    kinds.length > maxKinds && html`<p>and ${kinds.length - maxKinds} more kinds</p>`,
    failed.length > 0 &&
      htmlTable(
        'Checks that failed, over the whole run',
        [{ heading: 'check' }, number('failed'), number('of'), number('share')],
        failed
          .toSorted(([, a], [, b]) => b.failed - a.failed)
          .slice(0, maxKinds)
          .map(([name, check]) => [
            cutText(name),
            formatCount(check.failed),
            formatCount(check.failed + check.passed),
            formatShare(check.failed / (check.failed + check.passed)),
          ]),
      ),
  )
}

/** Of drivers that measure nothing: how many is all they tell. */
const toldErrors = ({ drivers }: RunResult): string => {
  const { errors } = toldTotalsOf(drivers)
  if (errors === null) return 'Unknown: not every driver told how many it had.'
  return `${formatCount(errors)}, as told by drivers written by others${errors === 0 ? '' : '; of which kind is unknown'}.`
}

const examplesOf = (kind: string, details: readonly (readonly [string, number])[]): Content => {
  const prefix = `${kind}: `
  const examples = details.filter(([text]) => text.startsWith(prefix))
  if (examples.length === 0) return '–'
  return html`<ul>${examples
    .slice(0, maxExamples)
    .map(
      ([text, times]) => html`<li>${cutText(text.slice(prefix.length))} × ${formatCount(times)}</li>`,
    )}</ul>`
}

export const driversSection = ({ drivers }: RunResult): Markup => {
  const ranked = [...drivers.filter(isTroubled), ...drivers.filter((driver) => !isTroubled(driver))]
  const more = ranked.length - maxDrivers
  return section(
    'drivers',
    'Drivers',
    drivers.length === 0
      ? html`<p>None took part.</p>`
      : htmlTable(
          'Each driver over the whole run; response times in milliseconds, CPU of one core in its last second',
          [
            { heading: 'driver' },
            { heading: 'state' },
            ...[
              'sent',
              'answered',
              'errors',
              'min',
              'mean',
              'median',
              'mode',
              'max',
              'late p99',
              'CPU',
              'clock off',
            ].map(number),
          ],
          ranked.slice(0, maxDrivers).map(driverCells),
        ),
    more > 0 && html`<p>and ${formatCount(more)} more</p>`,
    drivers.some(({ isForeign }) => isForeign) &&
      html`<p class="note">Drivers written by others tell a few figures and measure nothing that could be added to the rest: what they do not say is unknown, and none of it is in the figures of the run.</p>`,
  )
}

const driverCells = (driver: DriverResult): Content[] => {
  const { responseTimeMs: times, totals, isForeign } = driver
  const figure = (value: number | null): string =>
    isForeign && value === null ? unknown : formatFigure(value)
  const state = `${driver.state}${driver.assumedFinished ? ' (assumed)' : ''}`
  const absent = isForeign ? unknown : '–'
  return [
    html`${cutText(driver.id)}${isForeign && ' (written by others)'}`,
    isTroubled(driver)
      ? html`<strong class="bad">${state}</strong>${driver.reason !== '' && `: ${cutText(driver.reason)}`}`
      : state,
    formatKnownCount(totals.sent),
    formatKnownCount(totals.answered),
    totals.errors === null ? unknown : formatCount(sumCounts(totals.errors)),
    figure(times.min),
    figure(times.mean),
    figure(times.median),
    figure(times.mode),
    figure(times.max),
    figure(driver.sendLatenessMs.p99),
    driver.cpu === null ? absent : `${Math.round(driver.cpu * 100)} %`,
    driver.clock === null
      ? absent
      : `${formatSigned(driver.clock.offsetMs)} ± ${formatTime(driver.clock.uncertaintyMs)}`,
  ]
}

const formatSigned = (ms: number): string => `${ms < 0 ? '−' : '+'}${formatTime(Math.abs(ms))}`
