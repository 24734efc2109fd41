import type { Tone } from './run-now.ts'

/** A table as data: what it shows, and in which order. */
export interface TableView {
  columns: readonly Column[]
  rows: readonly Row[]
}

export interface Column {
  key: string
  heading: string
  /** Figures stand at the right and begin with the largest when they are sorted. */
  isNumber?: boolean
}

export interface Row {
  /** Of a row that is the same as before, whatever it shows now. */
  key: string
  /** In the order of the columns. */
  cells: readonly Cell[]
}

export interface Cell {
  text: string
  /** By which it is sorted; left out: by the text. `null`: there is none, and it comes last both ways. */
  sort?: number | string | null
  tone?: Tone
  /** Less important, below the text. */
  notes?: readonly string[]
}

export interface TableOrder {
  /** Key of a column; undefined: as given. */
  column: string | undefined
  direction: 'ascending' | 'descending'
  filter: string
  most: number
}

/** The rows to show, and how many more there are that match, and at all. */
export const arrangeRows = (
  { columns, rows }: TableView,
  { column, direction, filter, most }: TableOrder,
): { shown: readonly Row[]; others: number } => {
  const wanted = filter.trim().toLowerCase()
  const matching =
    wanted === '' ? rows : rows.filter(({ cells }) => cells[0]?.text.toLowerCase().includes(wanted) === true)
  const index = columns.findIndex(({ key }) => key === column)
  const sorted =
    index === -1
      ? matching
      : matching.toSorted((a, b) => compareCells(a.cells[index], b.cells[index], direction))
  return { shown: sorted.slice(0, most), others: Math.max(0, sorted.length - most) }
}

const compareCells = (
  a: Cell | undefined,
  b: Cell | undefined,
  direction: TableOrder['direction'],
): number => {
  const [left, right] = [sortValue(a), sortValue(b)]
  if (left === null || right === null) return Number(left === null) - Number(right === null)
  const order =
    typeof left === 'number' && typeof right === 'number'
      ? left - right
      : String(left).localeCompare(String(right), 'en', { numeric: true })
  return direction === 'ascending' ? order : -order
}

const sortValue = (cell: Cell | undefined): number | string | null =>
  cell === undefined ? null : cell.sort === undefined ? cell.text : cell.sort

/** What a press on a column's heading makes of the order. */
export const orderBy = (
  { column, direction }: Pick<TableOrder, 'column' | 'direction'>,
  pressed: Column,
): Pick<TableOrder, 'column' | 'direction'> => {
  if (column === pressed.key)
    return { column, direction: direction === 'ascending' ? 'descending' : 'ascending' }
  return { column: pressed.key, direction: pressed.isNumber === true ? 'descending' : 'ascending' }
}
