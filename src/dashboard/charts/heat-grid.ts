import { rowOfUs, rowStartUs } from '../../results/heat-column.ts'
import type { HeatCounts } from '../model/track.ts'
import type { ChartRows } from './chart-rows.ts'
import { heatSteps, stepOfCount, stepOfShare } from './heat-palette.ts'

/**
 * The cells of a heat map, one pixel each, in a ring of columns: column c (counted from the start of the run) lies at x = c mod
 * width, so that the newest second replaces the one that left the window and nothing else is touched. `widen` aligned rows
 * of the track are one column, their counts added, where the picture has fewer pixels than the window has rows; `thicken`
 * rows of latency are one cell where it is low.
 */
export interface HeatShape {
  time: 'response' | 'service'
  mode: 'count' | 'share'
  widen: number
  thicken: number
  /** Cells in height, and the latency row (of `heat-column.ts`) where the lowest begins: a multiple of `thicken`. */
  firstRow: number
  cells: number
  width: number
  step: number
}

const widenings = [1, 2, 5, 10, 15, 30, 60, 300]

/** How many rows of the track become one column, so that each has a pixel at least. */
export const widenFor = (rows: number, pixels: number): number =>
  widenings.find((one) => rows / one <= pixels) ?? Math.ceil(rows / Math.max(1, pixels))

/** The latency rows from one time to another, in cells. */
export const heatRowsOf = (
  fromMs: number,
  toMs: number,
  thicken: number,
): Pick<HeatShape, 'firstRow' | 'cells' | 'thicken'> => {
  const firstRow = Math.floor(rowOfUs(fromMs * 1000 * 1.0001) / thicken) * thicken
  const endRow = rowOfUs(toMs * 1000 * 0.9999) + 1
  return { thicken, firstRow, cells: Math.max(1, Math.ceil((endRow - firstRow) / thicken)) }
}

/** Milliseconds where a cell begins and ends. */
export const cellTimes = (
  { firstRow, thicken }: Pick<HeatShape, 'firstRow' | 'thicken'>,
  cell: number,
): { fromMs: number; toMs: number } => ({
  fromMs: rowStartUs(firstRow + cell * thicken) / 1000,
  toMs: rowStartUs(firstRow + (cell + 1) * thicken) / 1000,
})

export const cellOfMs = (
  { firstRow, thicken }: Pick<HeatShape, 'firstRow' | 'thicken'>,
  ms: number,
): number => Math.floor((rowOfUs(ms * 1000) - firstRow) / thicken)

export interface HeatColumn {
  /** By latency row, not by cell. */
  counts: HeatCounts
  total: number
  /** The largest cell. */
  most: number
  isReported: boolean
}

const noColumn: HeatColumn = { counts: [], total: 0, most: 0, isReported: false }

const columnOfParts = (parts: readonly (HeatCounts | null)[], thicken: number): HeatColumn => {
  const known = parts.filter((part) => part !== null)
  if (known.length === 0) return noColumn
  const [only] = known
  let counts = known.length === 1 && only !== undefined ? only : undefined
  if (counts === undefined) {
    const sum = new Uint32Array(known.reduce((most, part) => Math.max(most, part.length), 0))
    for (const part of known)
      for (let row = 0; row < part.length; row++) sum[row] = (sum[row] ?? 0) + (part[row] ?? 0)
    counts = sum
  }
  let total = 0
  let most = 0
  for (let row = 0; row < counts.length; row += thicken) {
    let cell = 0
    for (let i = row; i < row + thicken; i++) cell += counts[i] ?? 0
    total += cell
    if (cell > most) most = cell
  }
  return { counts, total, most, isReported: true }
}

export class HeatGrid {
  readonly shape: HeatShape
  /** Steps of the palette by cell, the highest latency first; 255 where nothing was answered. */
  readonly steps: Uint8Array
  readonly #columns: HeatColumn[]
  readonly #numbers: Int32Array
  readonly #parts: (HeatCounts | null | undefined)[]
  #isStale: Uint8Array
  #most = 0
  #first = 0
  #end = 0

  constructor(shape: HeatShape) {
    this.shape = shape
    this.steps = new Uint8Array(shape.width * shape.cells).fill(emptyStep)
    this.#columns = new Array<HeatColumn>(shape.width).fill(noColumn)
    this.#numbers = new Int32Array(shape.width).fill(-1)
    this.#parts = new Array<HeatCounts | null | undefined>(shape.width * shape.widen).fill(undefined)
    this.#isStale = new Uint8Array(shape.width)
  }

  /** Column numbers shown, half open. */
  get first(): number {
    return this.#first
  }

  get end(): number {
    return this.#end
  }

  /** Takes in what the window shows; returns the largest count of a cell. Only what is another object is looked at. */
  take(rows: ChartRows): number {
    const { widen, width, time, thicken } = this.shape
    const firstRow = rows.track.first + rows.first
    this.#first = Math.floor(firstRow / widen)
    this.#end = rows.length === 0 ? this.#first : Math.floor((firstRow + rows.length - 1) / widen) + 1
    let most = 0
    for (let number = this.#first; number < this.#end; number++) {
      const x = number % width
      let isNew = this.#numbers[x] !== number
      for (let i = 0; i < widen; i++) {
        const row = number * widen + i - firstRow
        const part = row < 0 || row >= rows.length ? null : rows.counts(time, row)
        if (this.#parts[x * widen + i] === part) continue
        this.#parts[x * widen + i] = part
        isNew = true
      }
      if (isNew) {
        this.#numbers[x] = number
        this.#columns[x] = columnOfParts(
          this.#parts.slice(x * widen, (x + 1) * widen).map((part) => part ?? null),
          thicken,
        )
        this.#isStale[x] = 1
      }
      most = Math.max(most, this.#columns[x]?.most ?? 0)
    }
    return most
  }

  /** Colours what is new, or all of it where the scale is another. Returns the x that changed. */
  colour(most: number): number[] {
    const all = most !== this.#most && this.shape.mode === 'count'
    this.#most = most
    const changed: number[] = []
    for (let number = this.#first; number < this.#end; number++) {
      const x = number % this.shape.width
      if (!all && this.#isStale[x] === 0) continue
      this.#isStale[x] = 0
      this.#colourColumn(x, most)
      changed.push(x)
    }
    return changed
  }

  #colourColumn(x: number, most: number): void {
    const { width, cells, thicken, firstRow, mode } = this.shape
    const { counts, total } = this.#columns[x] ?? noColumn
    for (let cell = 0; cell < cells; cell++) {
      let count = 0
      for (let i = 0; i < thicken; i++) count += counts[firstRow + cell * thicken + i] ?? 0
      this.steps[(cells - 1 - cell) * width + x] =
        count === 0 ? emptyStep : mode === 'count' ? stepOfCount(count, most) : stepOfShare(count / total)
    }
  }

  column(number: number): HeatColumn {
    return number >= this.#first && number < this.#end
      ? (this.#columns[number % this.shape.width] ?? noColumn)
      : noColumn
  }

  /** Count of a cell, and of all cells up to it, of a column. */
  cell(number: number, cell: number): { count: number; atOrBelow: number; total: number } {
    const { firstRow, thicken } = this.shape
    const { counts, total } = this.column(number)
    const from = firstRow + cell * thicken
    let count = 0
    let atOrBelow = 0
    for (let row = 0; row < Math.min(counts.length, from + thicken); row++) {
      const here = counts[row] ?? 0
      atOrBelow += here
      if (row >= from) count += here
    }
    return { count, atOrBelow, total }
  }
}

export const emptyStep = 255

/** Writes the columns at `xs` into an image of the grid's size. */
export const paintColumns = (
  grid: HeatGrid,
  xs: readonly number[],
  colours: Uint32Array,
  into: Uint32Array,
): void => {
  const { width, cells } = grid.shape
  for (const x of xs)
    for (let i = x; i < width * cells; i += width) {
      const step = grid.steps[i] ?? emptyStep
      into[i] = step < heatSteps ? (colours[step] ?? 0) : 0
    }
}
