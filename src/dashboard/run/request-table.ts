import type { RequestResult, RunResult } from '../../results/run-result.ts'
import {
  errorShare,
  formatCount,
  formatFigure,
  formatShare,
  sumCounts,
} from '../../results/summary-text-figures.ts'
import type { Cell, TableView } from './run-table-rows.ts'
import { nameText } from './run-text.ts'

/** Each request and journey over the run so far. The page shows the one with the worst p99 first. */
export const requestTable = ({ requests }: Pick<RunResult, 'requests'>): TableView => ({
  columns: [
    { key: 'name', heading: 'Request' },
    { key: 'sent', heading: 'Sent', isNumber: true },
    { key: 'rate', heading: 'Answered /s', isNumber: true },
    { key: 'p50', heading: 'p50 ms', isNumber: true },
    { key: 'p90', heading: 'p90 ms', isNumber: true },
    { key: 'p99', heading: 'p99 ms', isNumber: true },
    { key: 'max', heading: 'Max ms', isNumber: true },
    { key: 'errors', heading: 'Errors', isNumber: true },
    { key: 'share', heading: 'Error share', isNumber: true },
  ],
  rows: requests.map((request) => ({ key: `${request.kind} ${request.name}`, cells: cellsOf(request) })),
})

const cellsOf = ({ name, kind, totals, responseTimeMs: times }: RequestResult): Cell[] => {
  const errors = sumCounts(totals.errors)
  const share = errorShare(totals)
  return [
    { text: nameText(name), ...(kind === 'journey' ? { notes: ['journey'] } : {}) },
    { text: formatCount(totals.sent), sort: totals.sent },
    { text: formatFigure(totals.answeredPerSecond), sort: totals.answeredPerSecond },
    ...[times.median, times.p90, times.p99, times.max].map((ms) => ({ text: formatFigure(ms), sort: ms })),
    { text: formatCount(errors), sort: errors },
    { text: formatShare(share), sort: share, ...(share > 0 ? ({ tone: 'bad' } as const) : {}) },
  ]
}
