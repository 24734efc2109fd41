import type { HeatCounts } from '../model/track.ts'
import { keepLatencyRange, type LatencyRange, roundLatencyRange } from './chart-axis.ts'
import type { ChartRows } from './chart-rows.ts'
import type { ChartsInput } from './charts-input.ts'
import { cellTimes } from './heat-grid.ts'
import { keepMost } from './heat-palette.ts'
import { nearLimits } from './line-range.ts'

/** What two heat maps must have in common to be compared: their latency axis, and the count of the last colour. */
export interface HeatScale extends LatencyRange {
  mostCount: number
}

const oneRow = { firstRow: 0, thicken: 1 }

/** The lowest and highest latency row that holds something; looked for once in each column. */
const extents = new WeakMap<HeatCounts, readonly [low: number, high: number, most: number]>()

const extentOf = (counts: HeatCounts): readonly [low: number, high: number, most: number] => {
  const known = extents.get(counts)
  if (known !== undefined) return known
  let low = counts.length
  let high = -1
  let most = 0
  for (let row = 0; row < counts.length; row++) {
    const count = counts[row] ?? 0
    if (count === 0) continue
    if (row < low) low = row
    high = row
    if (count > most) most = count
  }
  const extent = [low, high, most] as const
  extents.set(counts, extent)
  return extent
}

/** All latencies of the window, of response and service time alike, so that switching between them moves no axis. */
export const heatRangeOf = (
  windows: readonly { rows: ChartRows; limits: ChartsInput['limits'] }[],
): LatencyRange | undefined => {
  let low = Number.POSITIVE_INFINITY
  let high = -1
  for (const { rows } of windows)
    for (let row = 0; row < rows.length; row++)
      for (const time of ['response', 'service'] as const) {
        const counts = rows.counts(time, row)
        if (counts === null) continue
        const [first, last] = extentOf(counts)
        if (first < low && last >= 0) low = first
        if (last > high) high = last
      }
  if (high < 0) return undefined
  const mostMs = cellTimes(oneRow, high).toMs
  const near = windows.flatMap(({ limits }) => nearLimits(limits, mostMs)).map(({ ms }) => ms * 1.1)
  return roundLatencyRange(cellTimes(oneRow, low).fromMs, Math.max(mostMs, ...near))
}

/** A common scale for maps that stand beside each other: pass it to each map's `draw`. */
export const commonHeatScale = (
  windows: readonly { rows: ChartRows; limits: ChartsInput['limits'] }[],
): HeatScale => {
  let most = 0
  for (const { rows } of windows)
    for (let row = 0; row < rows.length; row++) {
      const counts = rows.counts('response', row)
      if (counts !== null) most = Math.max(most, extentOf(counts)[2])
    }
  return { ...keepLatencyRange(undefined, heatRangeOf(windows)), mostCount: keepMost(0, most) }
}
