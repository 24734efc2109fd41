import { decodeColumn, rowOfUs, rowStartUs } from '../heat-column.ts'
import { formatCount, sumCounts } from '../summary-text-figures.ts'
import type { TimelineRowWithColumns } from '../timeline.ts'
import { dataBlock, plotOf, toldMs, valuesOf } from './chart-data.ts'
import {
  attributes,
  axes,
  type Field,
  holes,
  limitLines,
  logAxis,
  marks,
  picture,
  type TimeAxis,
  timeScale,
} from './chart-frame.ts'
import { labelHeight, spreadEnds } from './end-labels.ts'
import { linePath } from './line-chart.ts'
import { type Content, html, type Markup, tenth } from './markup.ts'

/**
 * The whole distribution over time: a column a second (or a step of them), a row an eighth of an octave, its colour the
 * logarithm of the count, for else rare slow answers would be washed out. Cells of one colour that lie side by side are
 * one stroke, so that 300 columns are some 70 kB.
 */
export interface HeatMap {
  description: string
  rows: readonly TimelineRowWithColumns[]
  step: number
  limits: readonly { value: number; label: string }[]
}

/**
 * Of cividis (Nunez and others, PLoS ONE 13(7), 2018: the same for red-green blind eyes), from few to many. On a light page
 * few is light, on a dark one dark; both scales begin a little inside, where a single answer is still seen.
 */
const heatColours = [
  '#e6d04f',
  '#c9b765',
  '#ada174',
  '#918b78',
  '#777776',
  '#5a606d',
  '#3a486b',
  '#00224e',
] as const

/** Of the same scale, from few to many on a dark page. */
export const darkHeatColours = [
  '#25406c',
  '#3b496c',
  '#575d6d',
  '#707173',
  '#8a8678',
  '#a59c74',
  '#c3b369',
  '#fee838',
] as const

/** Above it there is room for the key of its colours: beside it stand the names of the lines. */
const field: Field = { width: 680, height: 338, left: 54, right: 78, top: 44, bottom: 24 }

export const renderHeatMap = ({ description, rows, step, limits }: HeatMap, time: TimeAxis): Markup => {
  const columns = rows.map(({ second, responseColumn }) => ({
    column: Math.floor(second / step),
    counts: decodeColumn(responseColumn) ?? [],
  }))
  const [first, last] = rowRange(columns, limits)
  const most = columns.reduce((a, { counts }) => counts.reduce((x, y) => Math.max(x, y), a), 1)
  const axis = logAxis(field, rowStartUs(first) / 1000, rowStartUs(last + 1) / 1000)
  const x = timeScale(field, time)
  const cellWidth = x(step) - x(0)
  const cellHeight = (field.height - field.top - field.bottom) / (last + 1 - first)
  const floor = field.height - field.bottom
  // In units of cells, from the lower left; a row's stroke lies in its middle.
  const cells = html`<g transform="translate(${field.left} ${tenth(floor)}) scale(${precise(cellWidth)} ${precise(-cellHeight)})" fill="none" shape-rendering="crispEdges">${strokes(
    columns,
    first,
    last,
    most,
  ).map(
    (path, level) =>
      path !== '' && html`<path class="h${level}" stroke="${heatColours[level]}" d="${path}"/>`,
  )}</g>`
  return picture(
    field,
    description,
    html`${axes(field, time, axis, 'response time')}${cells}${errorStrip(rows, step, time)}${holes(field, time, 'heat-hole')}${overlay(rows, step, x, axis.scale)}${limitLines(field, axis, limits)}${marks(field, time, 8)}${colourBar(most)}`,
    dataBlock({
      plot: plotOf(field),
      seconds: time.seconds,
      step,
      series: (['median', 'p99'] as const).map((figure) => [
        figure === 'median' ? 'p50' : figure,
        'ms',
        valuesOf(
          rows.map(({ second, responseTimeMs }) => ({ second, value: responseTimeMs[figure] })),
          step,
          time,
        ).map(toldMs),
      ]),
      first,
      rows: last + 1 - first,
      columns: valuesOf(
        rows.map(({ second, drivers, responseColumn }) => ({
          second,
          value: drivers === 0 ? null : responseColumn,
        })),
        step,
        time,
      ),
    }),
  )
}

const precise = (value: number): number => Number(value.toPrecision(6))

/** Rows that hold something, with a little air, and the limits that are near. */
const rowRange = (
  columns: readonly { counts: readonly number[] }[],
  limits: readonly { value: number }[],
): [first: number, last: number] => {
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const { counts } of columns) {
    const low = counts.findIndex((count) => count > 0)
    if (low === -1) continue
    first = Math.min(first, low)
    last = Math.max(last, counts.length - 1)
  }
  if (first > last) [first, last] = [rowOfUs(1000), rowOfUs(10_000)]
  for (const { value } of limits) last = Math.max(last, rowOfUs(value * 1000))
  return [Math.max(0, first - 2), Math.max(last + 2, first + 16)]
}

const levelOf = (count: number, most: number): number =>
  Math.min(
    heatColours.length - 1,
    Math.max(0, Math.ceil((Math.log(1 + count) / Math.log(1 + most)) * heatColours.length - 1e-9) - 1),
  )

/** A path for each colour: runs of equal cells along the rows. */
const strokes = (
  columns: readonly { column: number; counts: readonly number[] }[],
  first: number,
  last: number,
  most: number,
): string[] => {
  const paths = heatColours.map(() => '')
  // Where each path has got to: a step from there is half as long as an address.
  const at = heatColours.map(() => ({ x: 0, y: 0 }))
  for (let row = first; row <= last; row++) {
    let runLevel = -1
    let runFrom = 0
    let runTo = 0
    const end = (): void => {
      const pen = at[runLevel]
      if (pen !== undefined) {
        paths[runLevel] +=
          pen.y === 0
            ? `M${runFrom} ${row - first + 0.5}`
            : `m${runFrom - pen.x} ${row - first + 0.5 - pen.y}`
        paths[runLevel] += `h${runTo - runFrom}`
        at[runLevel] = { x: runTo, y: row - first + 0.5 }
      }
      runLevel = -1
    }
    for (const { column, counts } of columns) {
      const count = counts[row] ?? 0
      const level = count === 0 ? -1 : levelOf(count, most)
      if (level !== runLevel || column !== runTo) end()
      if (level === -1) continue
      if (runLevel === -1) runFrom = column
      runLevel = level
      runTo = column + 1
    }
    end()
  }
  return paths
}

const overlay = (
  rows: readonly TimelineRowWithColumns[],
  step: number,
  x: (second: number) => number,
  y: (ms: number) => number,
): Markup => {
  const lineOf = (figure: 'median' | 'p99'): string =>
    linePath(
      {
        points: rows.map(({ second, responseTimeMs }) => ({
          second: second + step / 2,
          value: responseTimeMs[figure],
        })),
      },
      step,
      x,
      y,
    )
  const right = field.width - field.right + 6
  const ends = (['median', 'p99'] as const).flatMap((figure) => {
    const values = rows.map(({ responseTimeMs }) => responseTimeMs[figure])
    const last = values.findLast((ms) => ms !== null)
    const name = figure === 'median' ? 'p50 (dashed)' : 'p99'
    return last === undefined || last === null ? [] : [{ name, values, y: y(last) }]
  })
  const hasErrors = rows.some(({ errors }) => sumCounts(errors) > 0)
  const names = spreadEnds(ends, field.top + (hasErrors ? labelHeight : 0), field.height - field.bottom - 4)
  return html`<g fill="none" stroke-linejoin="round"><path class="under" stroke="#ffffff" stroke-width="4" stroke-opacity="0.8" d="${lineOf('p99')}"/><path class="over" stroke="#b3001b" stroke-width="1.8" d="${lineOf('p99')}"/><path class="under" stroke="#ffffff" stroke-width="4" stroke-opacity="0.8" d="${lineOf('median')}"/><path class="over" stroke="#b3001b" stroke-width="1.8" stroke-dasharray="3 2" d="${lineOf('median')}"/></g>${names.map(({ name, y }) => html`<text x="${right}" y="${tenth(y + 4)}">${name}</text>`)}`
}

/** Steps with errors, as marks above the field. */
const errorStrip = (rows: readonly TimelineRowWithColumns[], step: number, time: TimeAxis): Content => {
  const x = timeScale(field, time)
  const failed = rows.filter(({ errors }) => sumCounts(errors) > 0)
  if (failed.length === 0) return null
  const width = Math.max(1.5, x(step) - x(0))
  const path = failed.map(({ second }) => `M${tenth(x(second))} ${field.top - 2.5}h${tenth(width)}`).join('')
  return html`<path d="${path}" ${attributes('fill="none" stroke="#d55e00" stroke-width="4"')}/><text x="${field.width - field.right + 6}" y="${field.top}">errors</text>`
}

/** Counts for the first colour, one between, and the last; above the field, at its right. */
const colourBar = (most: number): Markup => {
  const width = 20
  const last = heatColours.length - 1
  const right = field.width - 16
  const left = right - heatColours.length * width
  const countAt = (level: number): number =>
    Math.max(1, Math.round((1 + most) ** ((level + 1) / heatColours.length) - 1))
  const told: { level: number; count: number; x: number; anchor: 'start' | 'middle' | 'end' }[] = [
    { level: 0, count: countAt(0), x: left, anchor: 'start' },
    { level: 3, count: countAt(3), x: left + 3.5 * width, anchor: 'middle' },
    { level: last, count: most, x: right, anchor: 'end' },
  ]
  const shown = told.filter(
    ({ level, count }, i) => level === last || (count < most && count !== told[i - 1]?.count),
  )
  return html`<g>${heatColours.map(
    (colour, level) =>
      html`<rect class="k${level}" x="${left + level * width}" y="2" width="${width}" height="9" fill="${colour}"/>`,
  )}${shown.map(
    ({ count, x, anchor }) =>
      html`<text x="${x}" y="22" text-anchor="${anchor}">≤ ${formatCount(count)}</text>`,
  )}<text x="${left - 6}" y="10" text-anchor="end">answers</text></g>`
}
