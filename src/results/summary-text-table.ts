import { cutToWidth, displayWidth, padToWidth } from './summary-text-display.ts'
import { type Line, type Span, type Style, styled } from './summary-text-line.ts'

export interface TableColumn {
  heading: string
  /** Numbers stand right, names left. */
  align: 'left' | 'right'
  /** Columns with the lowest rank go first when the table is too wide; those without one stay. */
  rank?: number
}

/** Clean text, or with a style. */
export type Cell = string | { text: string; style: Style }

/** What the first column keeps when the others want the room. */
const minNameWidth = 12
const indent = '  '

const cellText = (cell: Cell | undefined): string =>
  cell === undefined ? '' : typeof cell === 'string' ? cell : cell.text

/**
 * A table with a heading line, two cells in from the margin. The first column gives way first (its texts are cut), then
 * the gaps between columns, then whole columns by rank.
 */
export const renderTable = (
  columns: readonly TableColumn[],
  rows: readonly (readonly Cell[])[],
  width: number,
): Line[] => {
  const widths = columns.map((column, i) =>
    rows.reduce(
      (widest, row) => Math.max(widest, displayWidth(cellText(row[i]))),
      displayWidth(column.heading),
    ),
  )
  const shown = new Set(columns.keys())
  const others = (gap: number): number =>
    [...shown].filter((i) => i > 0).reduce((sum, i) => sum + (widths[i] ?? 0) + gap, 0)
  const nameNeeds = Math.min(widths[0] ?? 0, minNameWidth)
  const fits = (gap: number): boolean => indent.length + nameNeeds + others(gap) <= width
  while (!fits(1)) {
    const next = lowestRanked(columns, shown)
    if (next === undefined) break
    shown.delete(next)
  }
  const gap = fits(3) && width > 90 ? 3 : fits(2) ? 2 : 1
  widths[0] = Math.max(1, Math.min(widths[0] ?? 0, width - indent.length - others(gap)))

  const line = (cells: readonly Cell[], heading: boolean): Line =>
    [...shown].map((i): Span => {
      const cell = cells[i]
      const cellWidth = widths[i] ?? 0
      const text = padToWidth(cutToWidth(cellText(cell), cellWidth), cellWidth, columns[i]?.align ?? 'left')
      const placed = (i === 0 ? indent : ' '.repeat(gap)) + text
      if (heading) return styled('dim', placed)
      return typeof cell === 'object' ? styled(cell.style, placed) : placed
    })
  return [
    line(
      columns.map((column) => column.heading),
      true,
    ),
    ...rows.map((row) => line(row, false)),
  ]
}

const lowestRanked = (columns: readonly TableColumn[], shown: ReadonlySet<number>): number | undefined => {
  let lowest: number | undefined
  for (const i of shown) {
    const rank = columns[i]?.rank
    if (rank === undefined) continue
    if (lowest === undefined || rank < (columns[lowest]?.rank ?? Infinity)) lowest = i
  }
  return lowest
}
