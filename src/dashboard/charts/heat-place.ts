import type { LatencyRange } from './chart-axis.ts'
import type { CursorBounds, CursorPlace } from './chart-keys.ts'
import type { ChartRows } from './chart-rows.ts'
import { cellOfMs, cellTimes, type HeatGrid, type HeatShape, heatRowsOf, widenFor } from './heat-grid.ts'

/** Where something is in a heat map. */

/** Seconds of one column. */
export const columnSeconds = ({ widen, step }: Pick<HeatShape, 'widen' | 'step'>): number => widen * step

/** The column that holds a second; undefined where none is shown. */
export const columnAt = (grid: HeatGrid, second: number): number | undefined => {
  const column = Math.floor(second / columnSeconds(grid.shape))
  return column >= grid.first && column < grid.end ? column : undefined
}

/** The cell of a latency. Where the cursor came from a chart without latencies: where most answers are. */
export const cellAt = (grid: HeatGrid, column: number, ms: number | undefined): number => {
  const { cells } = grid.shape
  if (ms !== undefined) return Math.max(0, Math.min(cells - 1, cellOfMs(grid.shape, ms)))
  let fullest = 0
  let most = 0
  for (let cell = 0; cell < cells; cell++) {
    const { count } = grid.cell(column, cell)
    if (count <= most) continue
    most = count
    fullest = cell
  }
  return fullest
}

/** The middle of a cell on a logarithmic axis. */
export const middleOfCell = (grid: HeatGrid, cell: number): number => {
  const { fromMs, toMs } = cellTimes(grid.shape, cell)
  return Math.sqrt(fromMs * toMs)
}

/** What a pointer at a second and latency is on. */
export const placeOf = (grid: HeatGrid, second: number, ms: number): CursorPlace | undefined => {
  const column = columnAt(grid, second)
  if (column === undefined) return undefined
  return { second: column * columnSeconds(grid.shape), ms: middleOfCell(grid, cellAt(grid, column, ms)) }
}

/** What keys can reach. */
export const boundsOf = (grid: HeatGrid): CursorBounds | undefined => {
  if (grid.end === grid.first) return undefined
  const step = columnSeconds(grid.shape)
  return {
    first: grid.first * step,
    last: (grid.end - 1) * step,
    step,
    moveMs: (second, ms, cells) => {
      const cell = cellAt(grid, Math.floor(second / step), ms) + cells
      return middleOfCell(grid, Math.max(0, Math.min(grid.shape.cells - 1, cell)))
    },
  }
}

/** Cells that have a pixel each at least, in a field of so many pixels. */
export const shapeFor = (
  rows: ChartRows,
  { fromMs, toMs }: LatencyRange,
  field: { width: number; height: number },
  look: Pick<HeatShape, 'time' | 'mode'>,
): HeatShape => {
  const widen = widenFor(rows.length, field.width)
  const fine = heatRowsOf(fromMs, toMs, 1)
  const columns = Math.ceil((rows.to - rows.from) / rows.step / widen) + 2
  return {
    ...look,
    widen,
    ...(fine.cells > field.height ? heatRowsOf(fromMs, toMs, 2) : fine),
    // A run that grows does not make it anew each second.
    width: Math.ceil(columns / 128) * 128,
    step: rows.step,
  }
}
