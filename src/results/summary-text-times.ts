import type { PictureRow } from './latency-picture.ts'
import type { Figures, RequestResult, RunResult, TimeFigures } from './run-result.ts'
import { fitText, padToWidth, wrapText } from './summary-text-display.ts'
import {
  errorShare,
  formatCount,
  formatFigure,
  formatP999Ms,
  formatShare,
  formatTime,
  sumCounts,
} from './summary-text-figures.ts'
import { type Line, styled } from './summary-text-line.ts'
import { type Cell, renderTable } from './summary-text-table.ts'

/** How many named requests a terminal is asked to show; all are in the files. */
const maxRequests = 20
const maxNameWidth = 40

/** Service and response time are told apart from this on: the p99s differ by a tenth. */
const notable = 1.1

/** Below it the difference may be no more than the fineness of timers. */
const worthExplainingMs = 5

/** All requests, then each; of very many those with the worst p99. */
const namedFigures = (result: RunResult): { name: string; figures: Figures }[] => {
  const only = result.requests.length === 1 ? result.requests[0] : undefined
  if (only !== undefined) return [{ name: requestName(only), figures: only }]
  const shown =
    result.requests.length <= maxRequests
      ? result.requests
      : result.requests
          .toSorted((a, b) => (b.responseTimeMs.p99 ?? 0) - (a.responseTimeMs.p99 ?? 0))
          .slice(0, maxRequests)
  return [
    { name: 'all', figures: result },
    ...shown.map((request) => ({ name: requestName(request), figures: request })),
  ]
}

const requestName = (request: RequestResult): string =>
  request.kind === 'journey'
    ? `${fitText(request.name, maxNameWidth - 10)} (journey)`
    : fitText(request.name, maxNameWidth)

/** What became of the requests, in counts. */
export const requestLines = (result: RunResult, width: number): Line[] => {
  const rows = namedFigures(result).map(({ name, figures: { totals } }): Cell[] => {
    const errors = sumCounts(totals.errors)
    return [
      name,
      formatCount(totals.sent),
      formatCount(totals.answered),
      formatFigure(totals.answeredPerSecond),
      errors === 0 ? '0' : { text: formatCount(errors), style: 'bad' },
      formatShare(errorShare(totals)),
    ]
  })
  const lines = renderTable(
    [
      { heading: '', align: 'left' },
      { heading: 'sent', align: 'right' },
      { heading: 'answered', align: 'right' },
      { heading: 'answered/s', align: 'right' },
      { heading: 'errors', align: 'right' },
      { heading: 'share', align: 'right', rank: 1 },
    ],
    rows,
    width,
  )
  const more = result.requests.length - maxRequests
  return more > 0
    ? [...lines, [styled('dim', `  and ${formatCount(more)} more; shown are those with the worst p99`)]]
    : lines
}

/** Response times, and the service time beside them where it would tell another story. */
export const timeLines = (result: RunResult, width: number): Line[] => {
  const rows = namedFigures(result).map(({ name, figures }) => [name, ...timeCells(figures.responseTimeMs)])
  const { responseTimeMs: response, serviceTimeMs: service } = result
  const differs = differNotably(response.p99, service.p99)
  if (differs) rows.push(['service time', ...timeCells(service)])
  const errors = result.errorTimeMs
  if (errors.count > 0) rows.push(['without answer', ...timeCells(errors)])
  const table = renderTable(
    [
      { heading: '', align: 'left' },
      { heading: 'min', align: 'right', rank: 2 },
      { heading: 'mean', align: 'right', rank: 3 },
      { heading: 'median', align: 'right' },
      { heading: 'p90', align: 'right', rank: 4 },
      { heading: 'p95', align: 'right', rank: 1 },
      { heading: 'p99', align: 'right' },
      { heading: 'p99.9', align: 'right', rank: 5 },
      { heading: 'max', align: 'right' },
    ],
    rows,
    width,
  )
  if (!differs || (response.p99 ?? 0) - (service.p99 ?? 0) < worthExplainingMs) return table
  const gap =
    `Response time counts from the planned instant, service time from the real send: p99 ${formatTime(response.p99)} ` +
    `against ${formatTime(service.p99)}. The difference is waiting before the send: who waited for an answer before ` +
    'the next request would not see it (coordinated omission).'
  return [...table, ...wrapText(gap, width - 2).map((line): Line => [`  ${line}`])]
}

const timeCells = (figures: TimeFigures): string[] => [
  formatFigure(figures.min),
  formatFigure(figures.mean),
  formatFigure(figures.median),
  formatFigure(figures.p90),
  formatFigure(figures.p95),
  formatFigure(figures.p99),
  formatP999Ms(figures),
  formatFigure(figures.max),
]

const differNotably = (a: number | null, b: number | null): boolean =>
  a !== null && b !== null && Math.max(a, b) > Math.min(a, b) * notable

/** Percent in tenths, so that a column of them has its points aligned. */
const formatTenths = (share: number): string =>
  share > 0 && share < 0.0005 ? '<0.1 %' : `${(share * 100).toFixed(1)} %`

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A bar of `share` of `cells` cells, in steps of an eighth of a cell; what is not nothing is seen. */
const bar = (share: number, cells: number): string => {
  const steps = share === 0 ? 0 : Math.max(1, Math.round(share * cells * 8))
  return '█'.repeat(Math.floor(steps / 8)) + (eighths[steps % 8] ?? '')
}

/** The distribution, a row a range, bars to the scale of the largest. */
export const pictureLines = (rows: readonly PictureRow[], width: number): Line[] => {
  const total = rows.reduce((sum, row) => sum + row.count, 0)
  if (total === 0) return []
  const largest = Math.max(...rows.map((row) => row.count))
  const from = rows.map((row) => formatTime(row.fromMs))
  const to = rows.map((row) => formatTime(row.toMs))
  const counts = rows.map((row) => formatCount(row.count))
  const shares = rows.map((row) => formatTenths(row.count / total))
  const widest = (texts: string[]): number => Math.max(...texts.map((text) => text.length))
  const fromWidth = widest(from)
  const toWidth = widest(to)
  const countWidth = widest(counts)
  const shareWidth = widest(shares)
  const cells = Math.min(60, width - fromWidth - toWidth - countWidth - shareWidth - 12)
  return rows.map((row, i) => [
    `  ${padToWidth(from[i] ?? '', fromWidth, 'right')} – ${padToWidth(to[i] ?? '', toWidth, 'right')}  `,
    styled('accent', padToWidth(bar(row.count / largest, cells), cells, 'left')),
    `  ${padToWidth(counts[i] ?? '', countWidth, 'right')}  ${padToWidth(shares[i] ?? '', shareWidth, 'right')}`,
  ])
}
