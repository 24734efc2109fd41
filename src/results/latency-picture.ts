import type { Histogram } from '../measuring/histogram.ts'

/**
 * The shape of a distribution in about ten rows. Borders are round numbers at (nearly) equal distances on a logarithmic
 * scale, as many to a decade as fit. Everything beyond the 99.9th percentile shares the last row, so that one slow
 * answer does not press all the others into a single row.
 */
/** So many values from `fromMs` up to, not including, `toMs`. */
export interface PictureRow {
  fromMs: number
  toMs: number
  count: number
}

/** So many values from `fromMs` up to the next bucket. */
interface DistributionBucket {
  fromMs: number
  count: number
}

/** Round numbers to a decade, the finest first: the preferred numbers E24, E12 and E6 of IEC 60063, then coarser. */
const scales: readonly (readonly number[])[] = [
  [
    1, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2, 2.2, 2.4, 2.7, 3, 3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5,
    8.2, 9.1,
  ],
  [1, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2],
  [1, 1.5, 2.2, 3.3, 4.7, 6.8],
  [1, 2, 5],
  [1, 3],
  [1],
]

const maxRows = 11
const tailShare = 0.001

/** The rows from the smallest value to the largest, empty ones between others too. No values, no rows. */
export const latencyPicture = (histogram: Histogram): PictureRow[] => {
  const filled = Array.from(histogram.buckets(), ({ fromUs, count }) => ({ fromMs: fromUs / 1000, count }))
  const total = filled.reduce((sum, bucket) => sum + bucket.count, 0)
  const first = filled[0]
  const last = filled.at(-1)
  if (first === undefined || last === undefined) return []

  const bodyEndMs = valueAbove(filled, total * tailShare)
  const borders = chooseBorders(first.fromMs, bodyEndMs)
  const bodyBorder = borders.at(-1) ?? 0
  const tailBorder = borderAbove(last.fromMs)
  if (bodyBorder <= last.fromMs) borders.push(tailBorder)

  const rows = borders.slice(1).map((toMs, i) => ({ fromMs: borders[i] ?? 0, toMs, count: 0 }))
  let row = 0
  for (const bucket of filled) {
    while (row < rows.length - 1 && bucket.fromMs >= (rows[row]?.toMs ?? 0)) row++
    const into = rows[row]
    if (into !== undefined) into.count += bucket.count
  }
  return rows
}

/** Where the buckets begin that hold no more than `allowed` samples from the top. */
const valueAbove = (filled: readonly DistributionBucket[], allowed: number): number => {
  let beyond = 0
  for (const bucket of filled.toReversed()) {
    beyond += bucket.count
    if (beyond > allowed) return bucket.fromMs
  }
  return filled[0]?.fromMs ?? 0
}

/** Borders of the finest scale with few enough rows, the first at or under `fromMs`, the last above `lastMs`. */
const chooseBorders = (fromMs: number, lastMs: number): number[] => {
  let borders: number[] = []
  for (const scale of scales) {
    borders = bordersOf(scale, fromMs, lastMs)
    if (borders.length - 1 <= maxRows) return borders
  }
  return borders
}

/** Nothing is measured below a microsecond: that is where the scale begins. */
const bordersOf = (scale: readonly number[], fromMs: number, lastMs: number): number[] => {
  const borders: number[] = []
  let decade = Math.max(-3, Math.floor(Math.log10(Math.max(fromMs, 0.001))))
  if (fromMs < 10 ** decade) borders.push(0)
  for (;;) {
    for (const step of scale) {
      const border = Number((step * 10 ** decade).toPrecision(3))
      if (border <= fromMs) borders.length = 0 // a nearer one
      borders.push(border)
      if (border > lastMs) return borders
    }
    decade++
  }
}

const borderAbove = (ms: number): number => bordersOf([1, 2, 5], ms, ms).at(-1) ?? ms
