import { formatCount, formatPosition, formatTime, tooFewForP999 } from '../../results/summary-text-figures.ts'
import { errorWords } from '../../results/words.ts'
import type { FigureName } from '../model/track.ts'
import type { ChartRows } from './chart-rows.ts'
import { cellOfMs, cellTimes } from './heat-grid.ts'

/**
 * Charts as tables of at most 25 rows. Counts of merged rows are added, rates are means, and latencies never are: a row names
 * the worst of its seconds, or where all counts are known (the heat map) the row of latency that the percentile falls in.
 */
export const maxTableRows = 25

/** Rows of the window that make one row of the table, half open. */
export interface TableGroup {
  first: number
  end: number
  label: string
}

const groupSeconds = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800,
]

/** Groups that begin at round times. */
export const groupRows = (rows: ChartRows): TableGroup[] => {
  if (rows.length === 0) return []
  const groupOf = (row: number, seconds: number): number => Math.floor(rows.secondOf(row) / seconds)
  const seconds =
    groupSeconds.find(
      (one) => one % rows.step === 0 && groupOf(rows.length - 1, one) - groupOf(0, one) < maxTableRows,
    ) ?? rows.step * Math.ceil(rows.length / (maxTableRows - 1))
  const groups: TableGroup[] = []
  let first = 0
  for (let row = 1; row <= rows.length; row++) {
    if (row < rows.length && groupOf(row, seconds) === groupOf(first, seconds)) continue
    const from = rows.secondOf(first)
    const to = rows.spanOf(row - 1).to
    groups.push({
      first,
      end: row,
      label:
        to - from <= 1
          ? formatPosition(from * 1000)
          : `${formatPosition(from * 1000)}–${formatPosition(to * 1000)}`,
    })
    first = row
  }
  return groups
}

export interface TableColumn {
  heading: string
  /** What stands in a row; `–` where nothing was reported. */
  cell(rows: ChartRows, group: TableGroup): string
}

const none = '–'

const known = (rows: ChartRows, name: FigureName, { first, end }: TableGroup): number[] =>
  rows
    .figure(name)
    .slice(first, end)
    .filter((value) => value !== null)

/** A rate over the seconds that were reported: what was counted, by how long it took. */
export const meanRate = (rows: ChartRows, name: FigureName, group: TableGroup): number | null => {
  const values = rows.figure(name)
  let sum = 0
  let seconds = 0
  for (let row = group.first; row < group.end; row++) {
    const value = values[row] ?? null
    if (value === null) continue
    sum += value * rows.secondsOf(row)
    seconds += rows.secondsOf(row)
  }
  return seconds === 0 ? null : sum / seconds
}

const rateText = (rate: number | null): string =>
  rate === null
    ? none
    : rate >= 100 || Number.isInteger(rate)
      ? formatCount(rate)
      : String(Number(rate.toPrecision(3)))

export const rateColumn = (heading: string, name: FigureName): TableColumn => ({
  heading,
  cell: (rows, group) => rateText(meanRate(rows, name, group)),
})

export const mostColumn = (
  heading: string,
  name: FigureName,
  write: (value: number) => string,
): TableColumn => ({
  heading,
  cell: (rows, group) => {
    const values = known(rows, name, group)
    return values.length === 0 ? none : write(Math.max(...values))
  },
})

export const worstColumn = (figure: string, name: FigureName): TableColumn =>
  mostColumn(figure === 'max' ? 'slowest' : `worst second’s ${figure}`, name, formatTime)

/** Of the rows with answers enough for one. */
export const p999Column: TableColumn = {
  heading: 'worst second’s p99.9',
  cell: (rows, group) => {
    const values = rows.figure('p999')
    let worst: number | undefined
    for (let row = group.first; row < group.end; row++) {
      const value = values[row] ?? null
      if (value !== null && rows.hasP999(row)) worst = Math.max(worst ?? 0, value)
    }
    if (worst !== undefined) return formatTime(worst)
    return known(rows, 'p999', group).length > 0 ? tooFewForP999 : none
  },
}

/** How many of an amount that is told as a rate. */
export const sumColumn = (heading: string, name: FigureName): TableColumn => ({
  heading,
  cell: (rows, group) => {
    const rate = meanRate(rows, name, group)
    if (rate === null) return none
    const values = rows.figure(name)
    let sum = 0
    for (let row = group.first; row < group.end; row++) sum += (values[row] ?? 0) * rows.secondsOf(row)
    return formatCount(sum)
  },
})

/** Errors of a row by kind; kinds that nobody here has heard of are `unknown`. */
export const countKind = (rows: ChartRows, row: number, kind: string): number | null => {
  const errors = rows.errors(row)
  if (errors === null) return null
  if (kind !== 'unknown') return errors[kind] ?? 0
  let sum = 0
  for (const name in errors) if (name === kind || !Object.hasOwn(errorWords, name)) sum += errors[name] ?? 0
  return sum
}

export const errorColumn = (kind: string): TableColumn => ({
  heading: kind,
  cell: (rows, { first, end }) => {
    let sum: number | null = null
    for (let row = first; row < end; row++) {
      const count = countKind(rows, row, kind)
      if (count !== null) sum = (sum ?? 0) + count
    }
    return sum === null ? none : formatCount(sum)
  },
})

/** All counts of a group of the heat map, added row by row: a histogram again, so that its percentiles are true. */
export const addCounts = (
  rows: ChartRows,
  time: 'response' | 'service',
  group: TableGroup,
): number[] | null => {
  let sum: number[] | null = null
  for (let row = group.first; row < group.end; row++) {
    const counts = rows.counts(time, row)
    if (counts === null) continue
    sum ??= []
    for (let i = 0; i < counts.length; i++) sum[i] = (sum[i] ?? 0) + (counts[i] ?? 0)
  }
  return sum
}

const oneRow = { firstRow: 0, thicken: 1 }

/** The end of the latency row that a percentile falls in: so many answers took at most that long. */
export const percentileRowMs = (counts: readonly number[], percentile: number): number | null => {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const wanted = Math.max(1, Math.ceil((total * percentile) / 100 - 1e-9))
  let below = 0
  for (let row = 0; row < counts.length; row++) {
    below += counts[row] ?? 0
    if (below >= wanted && total > 0) return cellTimes(oneRow, row).toMs
  }
  return null
}

const heatCell =
  (time: 'response' | 'service', write: (counts: readonly number[]) => string) =>
  (rows: ChartRows, group: TableGroup): string => {
    const counts = addCounts(rows, time, group)
    return counts === null ? none : write(counts)
  }

const withinText = (counts: readonly number[], percentile: number): string => {
  const ms = percentileRowMs(counts, percentile)
  return ms === null ? none : `≤ ${formatTime(ms)}`
}

export const heatColumns = (
  time: 'response' | 'service',
  limits: readonly { ms: number }[],
): TableColumn[] => {
  const limit = limits[0]
  return [
    {
      heading: 'answers',
      cell: heatCell(time, (counts) => formatCount(counts.reduce((sum, count) => sum + count, 0))),
    },
    ...[50, 90, 99, 100].map((percentile) => ({
      heading: percentile === 100 ? 'slowest' : `${percentile} % took`,
      cell: heatCell(time, (counts) => withinText(counts, percentile)),
    })),
    ...(limit === undefined
      ? []
      : [
          {
            heading: `over ${formatTime(limit.ms)}`,
            cell: heatCell(time, (counts) =>
              formatCount(
                counts.reduce((sum, count, row) => (row > cellOfMs(oneRow, limit.ms) ? sum + count : sum), 0),
              ),
            ),
          },
        ]),
    {
      heading: 'errors',
      cell: sumColumn('errors', 'errors').cell,
    },
  ]
}
