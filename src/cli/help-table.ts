import { type Line, lineWidth, type Span, styled } from '../results/summary-text-line.ts'
import { type TextStyle, type Word, wordsOf } from './help-markdown.ts'
import { wrapWords } from './help-wrap.ts'

/** Between two columns. */
const gap = 2
/** A column of prose that would be narrower than this is no column. */
const narrowestProse = 16

interface Table {
  head: readonly string[]
  rows: readonly (readonly string[])[]
}

/**
 * A table as aligned columns whose cells wrap. Where the columns do not fit, each row becomes a paragraph: every cell
 * behind its column's heading.
 */
export const layTable = (table: Table, width: number, style: TextStyle): Line[] => {
  const head = table.head.map((cell) => wordsOf(cell, style))
  const rows = table.rows.map((row) => row.map((cell) => wordsOfCell(cell, style)))
  const widths = columnWidths([head, ...rows], width)
  if (widths === undefined) return layRecords(table.head, rows, width, style)
  const bold = (text: string): Span => (style.isStyled ? styled('bold', text) : text)
  const dim = (text: string): Span => (style.isStyled ? styled('dim', text) : text)
  return [
    ...layRow(
      table.head.map((cell) =>
        wordsOf(cell, { ...style, isStyled: false }).map((word) => [bold(word.join(''))]),
      ),
      widths,
    ),
    joinCells(
      widths.map((cells) => [dim('─'.repeat(cells))]),
      widths,
    ),
    ...rows.flatMap((row) => layRow(row, widths)),
  ]
}

/** A cell that is code and nothing else needs no quotes. */
const wordsOfCell = (cell: string, style: TextStyle): Word[] => {
  const [, code] = /^`([^`]+)`$/.exec(cell) ?? []
  return code === undefined || style.isStyled ? wordsOf(cell, style) : code.split(/\s+/).map((word) => [word])
}

const textWidth = (words: readonly Word[]): number =>
  words.reduce((sum, word) => sum + lineWidth(word), Math.max(0, words.length - 1))

const longestWord = (words: readonly Word[]): number => Math.max(0, ...words.map(lineWidth))

/** Undefined where the longest words do not fit side by side, or leave no room for prose. */
const columnWidths = (
  rows: readonly (readonly (readonly Word[])[])[],
  width: number,
): number[] | undefined => {
  const columns = rows[0]?.map((_, i) => rows.map((row) => row[i] ?? [])) ?? []
  const wanted = columns.map((cells) => Math.max(1, ...cells.map(textWidth)))
  const widths = columns.map((cells, i) =>
    Math.max(Math.min(narrowestProse, wanted[i] ?? 0), ...cells.map(longestWord)),
  )
  let left = width - gap * (columns.length - 1) - widths.reduce((sum, cells) => sum + cells, 0)
  if (left < 0) return undefined
  // Cell by cell to the column that is the farthest from what it wants.
  for (; left > 0; left--) {
    const need = wanted.map((cells, i) => cells / (widths[i] ?? 1))
    const neediest = need.indexOf(Math.max(...need))
    if ((need[neediest] ?? 0) <= 1) break
    widths[neediest] = (widths[neediest] ?? 0) + 1
  }
  return widths
}

const layRow = (row: readonly (readonly Word[])[], widths: readonly number[]): Line[] => {
  const cells = widths.map((width, i) => wrapWords(row[i] ?? [], width))
  const height = Math.max(1, ...cells.map(({ length }) => length))
  return Array.from({ length: height }, (_, i) =>
    joinCells(
      cells.map((lines) => lines[i] ?? []),
      widths,
    ),
  )
}

const joinCells = (cells: readonly Line[], widths: readonly number[]): Line =>
  cells.flatMap(
    (cell, i): Line => [
      ...cell,
      ' '.repeat(Math.max(0, (widths[i] ?? 0) - lineWidth(cell)) + (i < cells.length - 1 ? gap : 0)),
    ],
  )

const layRecords = (
  head: readonly string[],
  rows: readonly (readonly Word[][])[],
  width: number,
  style: TextStyle,
): Line[] =>
  rows.flatMap((row, r) => [
    ...(r === 0 ? [] : [[]]),
    ...row.flatMap((cell, i) => {
      if (cell.length === 0) return []
      const label = wordsOf(head[i] ?? '', style)
      const named =
        label.length === 0 ? cell : [...label.slice(0, -1), [...(label.at(-1) ?? []), ':'], ...cell]
      const [first = [], ...others] = wrapWords(named, width - (i === 0 ? 2 : 4))
      const from = i === 0 ? '' : '  '
      return [[from, ...first], ...others.map((line): Line => [`${from}  `, ...line])]
    }),
  ])
