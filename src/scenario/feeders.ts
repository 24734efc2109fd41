import type { AssetStore } from './assets.ts'
import { feederSchema } from './http-schema.ts'
import type { Feeder } from './scenario.ts'
import { cut, type Fault } from './scenario-faults.ts'
import { isMap } from './strict-map.ts'

/** More ragged rows of one file are only counted. */
const maxRaggedRows = 10

/**
 * Reads the feeders of the raw `http.feeders`. Those that are wrong are `undefined`, so that their columns are not
 * missed a second time; what the schema refuses is left to the schema.
 */
export const loadFeeders = async (
  feeders: unknown,
  assets: AssetStore,
): Promise<{ feeders: Map<string, Feeder | undefined>; faults: Fault[] }> => {
  const loaded = new Map<string, Feeder | undefined>()
  const faults: Fault[] = []
  for (const [name, value] of Object.entries(isMap(feeders) ? feeders : {})) {
    loaded.set(name, undefined)
    const parsed = feederSchema.safeParse(value)
    if (!parsed.success) continue
    const {
      file,
      order = 'sequential',
      unique = false,
    } = typeof parsed.data === 'string' ? { file: parsed.data } : parsed.data
    const path = ['http', 'feeders', name, ...(typeof parsed.data === 'string' ? [] : ['file'])]
    const asset = await assets.load(file)
    if (typeof asset === 'string') {
      faults.push({
        path,
        message: `feeder "${name}": ${file}: ${asset}`,
        expected: 'a CSV file, named from the directory of the scenario',
      })
      continue
    }
    const table = await readTable(asset.bytes)
    if (table.problems.length === 0)
      loaded.set(name, { asset: asset.reference, order, unique, columns: table.columns, rows: table.rows })
    for (const { line, message } of table.problems)
      faults.push({
        path,
        message: `${file}${line === undefined ? '' : `:${line}`}: ${message}`,
        expected: 'a header line, and in every row as many cells',
      })
  }
  return { feeders: loaded, faults }
}

interface Table {
  columns: string[]
  rows: number
  problems: { line?: number; message: string }[]
}

/** Columns and number of rows of a CSV text (RFC 4180), or all that is wrong with it. */
export const readTable = async (bytes: Uint8Array): Promise<Table> => {
  // Loaded only here: most scenarios have no feeder.
  const { parse } = await import('csv-parse/sync')
  const table: Table = { columns: [], rows: 0, problems: [] }
  let ragged = 0
  let isHeader = true
  const look = (record: string[], { lines }: { lines: number }): null => {
    if (isHeader) {
      isHeader = false
      table.columns = record
      table.problems.push(...headerProblems(record).map((message) => ({ line: lines, message })))
      return null
    }
    table.rows++
    if (record.length === table.columns.length) return null
    ragged++
    if (ragged <= maxRaggedRows)
      table.problems.push({
        line: lines,
        message: `row ${table.rows} has ${cells(record.length)}, where the header has ${table.columns.length}`,
      })
    return null
  }
  try {
    parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: look,
    })
  } catch (thrown) {
    const { message, lines } = thrown as { message: string; lines?: number }
    table.problems.push({ ...(lines === undefined ? {} : { line: lines }), message: cut(message, 200) })
    return table
  }
  if (ragged > maxRaggedRows)
    table.problems.push({ message: `${(ragged - maxRaggedRows).toLocaleString('en-US')} more ragged rows` })
  if (table.rows === 0) table.problems.push({ message: isHeader ? 'an empty file' : 'a header, and no rows' })
  return table
}

const cells = (n: number): string => (n === 1 ? '1 cell' : `${n} cells`)

const headerProblems = (columns: string[]): string[] => {
  const seen = new Set<string>()
  return columns.flatMap((column, i) => {
    if (column.trim() === '') return [`column ${i + 1} has no name`]
    if (seen.has(column)) return [`two columns "${cut(column, 60)}"`]
    seen.add(column)
    return []
  })
}
