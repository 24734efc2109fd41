import type { TimeDistribution } from '../../results/distribution.ts'
import { rowOfUs } from '../../results/heat-column.ts'
import { formatTime, hasP999, tooFewForP999 } from '../../results/summary-text-figures.ts'
import { type LatencyRange, roundLatencyRange } from './chart-axis.ts'
import { cellTimes } from './heat-grid.ts'

type Bars = TimeDistribution['bars']

const oneRow = { firstRow: 0, thicken: 1 }

/** Bars of a histogram by row of the heat map, so that both show the same steps of latency. */
export const countByRow = (bars: Bars): number[] => {
  const counts: number[] = []
  for (const { fromUs, toUs, count } of bars) {
    const row = rowOfUs((fromUs + toUs) / 2)
    while (counts.length <= row) counts.push(0)
    counts[row] = (counts[row] ?? 0) + count
  }
  return counts
}

/** The round times around all bars; undefined where there is none. */
export const rangeOfBars = (all: readonly Bars[]): LatencyRange | undefined => {
  let least = Number.POSITIVE_INFINITY
  let most = 0
  for (const bars of all) {
    least = Math.min(least, (bars[0]?.fromUs ?? Number.POSITIVE_INFINITY) / 1000)
    most = Math.max(most, (bars.at(-1)?.toUs ?? 0) / 1000)
  }
  return Number.isFinite(least) ? roundLatencyRange(Math.max(0.01, least / 1.1), most * 1.1) : undefined
}

/** Height of a count, of 1: logarithmic, so that a single slow answer is seen beside a thousand quick ones. */
export const barHeight = (count: number, most: number): number =>
  count <= 0 ? 0 : (0.5 + Math.log10(count)) / (0.5 + Math.log10(Math.max(most, 10)))

/** 1, 10, 100 ... up to `most`. */
export const countTicks = (most: number): number[] => {
  const ticks: number[] = []
  for (let tick = 1; tick <= Math.max(10, most); tick *= 10) ticks.push(tick)
  return ticks
}

/** One path for all bars: a rectangle each, `x` and `y` in pixels. */
export const barsPath = (
  counts: readonly number[],
  x: (ms: number) => number,
  y: (count: number) => number,
  floor: number,
): string =>
  counts
    .map((count, row) => {
      if (count === 0) return ''
      const { fromMs, toMs } = cellTimes(oneRow, row)
      const left = x(fromMs)
      const width = Math.max(1, x(toMs) - left - 0.75)
      return `M${tenth(left)} ${tenth(floor)}V${tenth(y(count))}h${tenth(width)}V${tenth(floor)}z`
    })
    .join('')

/** The same as an outline without fill, over the other's bars. */
export const outlinePath = (
  counts: readonly number[],
  x: (ms: number) => number,
  y: (count: number) => number,
  floor: number,
): string => {
  let path = ''
  let isDown = true
  for (let row = 0; row <= counts.length; row++) {
    const count = counts[row] ?? 0
    const { fromMs, toMs } = cellTimes(oneRow, row)
    if (count === 0) {
      if (!isDown) path += `V${tenth(floor)}`
      isDown = true
      continue
    }
    if (isDown) path += `M${tenth(x(fromMs))} ${tenth(floor)}`
    isDown = false
    path += `V${tenth(y(count))}H${tenth(x(toMs))}`
  }
  return path
}

export const tenth = (value: number): number => Math.round(value * 10) / 10

/** How many nines a share of answers is: 0.9 is 1, 0.99 is 2. */
export const ninesOf = (share: number): number => 0 - Math.log10(Math.max(1e-12, 1 - share))

/** All times in their order: after `share` of the answers, the slowest so far. The last one ends where the nines do. */
export const curveOf = (bars: Bars): { nines: number; ms: number }[] => {
  const total = bars.reduce((sum, { count }) => sum + count, 0)
  const end = Math.log10(Math.max(2, total))
  const points: { nines: number; ms: number }[] = []
  let below = 0
  for (const { toUs, count } of bars) {
    points.push({ nines: below === 0 ? 0 : ninesOf(below / total), ms: toUs / 1000 })
    below += count
    points.push({ nines: below >= total ? end : ninesOf(below / total), ms: toUs / 1000 })
  }
  return points
}

/** Whole nines that hold all points, and the shares that stand under the axis. */
export const ninesAxis = (totals: readonly number[]): { nines: number; shares: number[] } => {
  const nines = Math.max(1, Math.ceil(Math.log10(Math.max(2, ...totals)) - 1e-9))
  return { nines, shares: [0, 0.5, ...Array.from({ length: nines }, (_, i) => 1 - 10 ** -(i + 1))] }
}

/** `50 %`, `99.9 %`. */
export const sharePercent = (share: number): string => `${Number((share * 100).toPrecision(12))} %`

/** Rows of the heat map, so many to a row of the table that there are 25 at most, and the whole covered. */
export const tableOfCounts = (
  response: readonly number[],
  service: readonly number[],
): { fromMs: number; toMs: number; response: number; service: number }[] => {
  const end = Math.max(response.length, service.length)
  const first = Math.min(
    ...[response, service].map((counts) => counts.findIndex((count) => count > 0)).filter((row) => row >= 0),
    end,
  )
  const wide = [1, 2, 4, 8, 16, 32].find((one) => Math.ceil(end / one) - Math.floor(first / one) <= 25) ?? 64
  const rows: { fromMs: number; toMs: number; response: number; service: number }[] = []
  for (let cell = Math.floor(first / wide); cell * wide < end; cell++) {
    const sum = (counts: readonly number[]): number =>
      counts.slice(cell * wide, (cell + 1) * wide).reduce((a, b) => a + b, 0)
    const row = {
      ...cellTimes({ firstRow: 0, thicken: wide }, cell),
      response: sum(response),
      service: sum(service),
    }
    if (row.response > 0 || row.service > 0) rows.push(row)
  }
  return rows
}

const told = [
  ['p50', 'median'],
  ['p90', 'p90'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
] as const

/** The figures that are told of a distribution, in this order. */
export const toldFigures = ({ figuresMs }: TimeDistribution): { name: string; text: string }[] =>
  told.map(([name, key]) => ({
    name,
    text:
      key === 'p999' && figuresMs.p999 !== null && !hasP999(figuresMs.count)
        ? tooFewForP999
        : formatTime(figuresMs[key]),
  }))
