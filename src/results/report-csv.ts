import { errorKinds } from '../measuring/outcomes.ts'
import type { TimeFigures, TimelineRow } from './run-result.ts'

/**
 * The timeline as CSV (RFC 4180: CRLF, doubled quotes): a header, then a row for each second and request, `*` being all
 * requests. Units are in the header; an absent figure is an empty cell. The columns are the same for every run.
 */

const times = ['min', 'mean', 'median', 'mode', 'p90', 'p95', 'p99', 'p999', 'max'] as const

const timeColumns = (
  prefix: string,
  of: (row: TimelineRow) => TimeFigures,
): [string, (row: TimelineRow) => number | null][] =>
  times.map((figure) => [`${prefix}_${figure}_ms`, (row) => of(row)[figure]])

const statusClasses = ['1', '2', '3', '4', '5'] as const

const sumWhere = (counts: Record<string, number>, holds: (name: string) => boolean): number =>
  Object.entries(counts).reduce((sum, [name, count]) => (holds(name) ? sum + count : sum), 0)

const columns: readonly [name: string, value: (row: TimelineRow) => string | number | null][] = [
  ['second', (row) => row.second],
  ['request', (row) => row.request],
  ['drivers', (row) => row.drivers],
  ['started', (row) => row.started],
  ['sent', (row) => row.sent],
  ['answered', (row) => row.answered],
  ['unsent', (row) => row.unsent],
  ['in_flight', (row) => row.inFlight],
  ['errors', (row) => sumWhere(row.errors, () => true)],
  ...errorKinds.map((kind): [string, (row: TimelineRow) => number] => [
    `errors_${kind}`,
    (row) => row.errors[kind] ?? 0,
  ]),
  ...statusClasses.map((first): [string, (row: TimelineRow) => number] => [
    `status_${first}xx`,
    (row) => sumWhere(row.status, (code) => code.startsWith(first)),
  ]),
  ['received_bytes', (row) => row.bytesIn],
  ['sent_bytes', (row) => row.bytesOut],
  ...timeColumns('response_time', (row) => row.responseTimeMs),
  ...timeColumns('service_time', (row) => row.serviceTimeMs),
  ...timeColumns('send_lateness', (row) => row.sendLatenessMs),
]

/**
 * Spreadsheets take a text that begins so for a formula, which may call out or run programs; a leading apostrophe makes
 * it text again (OWASP, CSV Injection). Our own numbers are never negative and need none.
 */
const formulaStart = /^[=+\-@\t\r]/

const renderCell = (value: string | number | null): string => {
  if (value === null) return ''
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : ''
  const text = formulaStart.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const renderLine = (cells: readonly (string | number | null)[]): string =>
  `${cells.map(renderCell).join(',')}\r\n`

/** About a disk's write: a line each would cost a system call each. */
const chunkLength = 65_536

/** The file's text in chunks, so that a day of seconds is never in memory at once. */
export async function* renderReportCsv(
  rows: Iterable<TimelineRow> | AsyncIterable<TimelineRow>,
): AsyncGenerator<string> {
  let chunk = renderLine(columns.map(([name]) => name))
  for await (const row of rows) {
    chunk += renderLine(columns.map(([, value]) => value(row)))
    if (chunk.length >= chunkLength) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}
