import type { Gap, SteeringRecord } from '../../results/run-result.ts'
import { formatPosition, formatShare, formatSpan } from '../../results/summary-text-figures.ts'
import type { TableView } from './run-table-rows.ts'
import { nameText, scaleText } from './run-text.ts'

/** What happened to a run, in its own time. */

export const gapTable = (gaps: readonly Gap[]): TableView => ({
  columns: [
    { key: 'from', heading: 'From' },
    { key: 'to', heading: 'To' },
    { key: 'driver', heading: 'Driver' },
    { key: 'share', heading: 'Of the whole load', isNumber: true },
  ],
  rows: gaps.map((gap) => {
    const { driver, from, to, share } = gap
    const [begin, end] = formatSpan(gap)
    return {
      key: `${driver} ${from}`,
      cells: [
        { text: begin, sort: from },
        { text: end, sort: to },
        { text: nameText(driver, 60) },
        { text: formatShare(share), sort: share },
      ],
    }
  }),
})

export const steeringTable = (steering: readonly SteeringRecord[]): TableView => ({
  columns: [
    { key: 'at', heading: 'At' },
    { key: 'what', heading: 'What' },
    { key: 'by', heading: 'By' },
  ],
  rows: steering.map((record, i) => ({
    key: String(i),
    cells: [
      { text: formatPosition(record.atMs), sort: record.atMs },
      { text: commandText(record) },
      { text: authors[record.by] ?? nameText(record.by, 60) },
    ],
  })),
})

const commandText = ({ command, scale }: SteeringRecord): string =>
  scale === null ? command : `load set to ${scaleText(scale)} of the scenario's own`

const authors: Readonly<Record<string, string>> = {
  api: 'the API or this page',
  keys: 'the keys of a terminal',
  signal: 'a signal',
  slo: 'an SLO (: stop)',
}
