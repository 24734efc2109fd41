import type { Histogram } from '../measuring/histogram.ts'

/**
 * One second of a latency heat map in a few bytes: how many answers fell into which row.
 *
 * Rows are 8 to a doubling of the time, from 10 us: row r holds the times t (in us) with floor(8 log2 t) = 26 + r, so
 * that it begins at 2^((26 + r) / 8) us and is 9.1 % high; 60 s is in row 180. All times below row 1 are in row 0.
 *
 *   column  = base64( firstRow entry* )         nothing at all where no answer came
 *   entry   = count                             of the next row, at least 1
 *           | 0 more                            the next row is empty, and so many more after it
 *   numbers = varints: 7 bits a byte, the lowest first, the highest bit set on all but the last
 */
const rowsPerOctave = 8

/** The row of 10 us, were rows counted from 1 us. */
const rowOffset = 26

export const rowOfUs = (us: number): number =>
  us < 1 ? 0 : Math.max(0, Math.floor(rowsPerOctave * Math.log2(us)) - rowOffset)

/** Where a row begins, microseconds. */
export const rowStartUs = (row: number): number => 2 ** ((rowOffset + row) / rowsPerOctave)

const known = new WeakMap<Histogram, string>()

export const columnOf = (histogram: Histogram): string => {
  const column = known.get(histogram) ?? encodeColumn(countsByRow(histogram))
  known.set(histogram, column)
  return column
}

/** Index: the row. A slot counts where its middle is: it is a thousandth wide, a row a tenth. */
const countsByRow = (histogram: Histogram): number[] => {
  const counts: number[] = []
  for (const { fromUs, toUs, count } of histogram.buckets()) {
    const row = rowOfUs((fromUs + toUs) / 2)
    while (counts.length <= row) counts.push(0)
    counts[row] = (counts[row] ?? 0) + count
  }
  return counts
}

export const encodeColumn = (counts: readonly number[]): string => {
  const first = counts.findIndex((count) => count > 0)
  if (first === -1) return ''
  const last = counts.findLastIndex((count) => count > 0)
  const bytes: number[] = []
  pushVarint(bytes, first)
  for (let row = first; row <= last; row++) {
    const count = counts[row] ?? 0
    pushVarint(bytes, count)
    if (count > 0) continue
    let more = 0
    while (counts[row + 1] === 0) {
      row++
      more++
    }
    pushVarint(bytes, more)
  }
  return Buffer.from(bytes).toString('base64')
}

/** Counts by row; undefined where the text is no column. */
export const decodeColumn = (text: string): number[] | undefined => {
  const bytes = Buffer.from(text, 'base64')
  const numbers: number[] = []
  let factor = 1
  let number = 0
  for (const byte of bytes) {
    number += (byte & 0x7f) * factor
    factor *= 128
    if (byte >= 0x80) continue
    numbers.push(number)
    number = 0
    factor = 1
  }
  const [first, ...entries] = numbers
  if (factor !== 1 || (first ?? 0) > maxRows) return undefined
  const counts = new Array<number>(first ?? 0).fill(0)
  for (let i = 0; i < entries.length; i++) {
    const count = entries[i] ?? 0
    counts.push(count)
    if (count > 0) continue
    const more = entries[++i]
    if (more === undefined || counts.length + more > maxRows) return undefined
    for (let j = 0; j < more; j++) counts.push(0)
  }
  return counts
}

const maxRows = 1000

const pushVarint = (bytes: number[], value: number): void => {
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}
