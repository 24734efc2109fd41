import type { Field, TimeAxis } from './chart-frame.ts'
import { cutText, Markup } from './markup.ts'

/**
 * The figures behind a chart of time, for the script that reads them off (`hover-script.ts`): a JSON block beside the picture.
 * Columns are `step` seconds each, from the start of the run; `null` is a column of which nothing is known.
 *
 *   plot     left, width, top, height of the field, in units of the view box
 *   series   a name, `ms` (its values are times, milliseconds) or what stands behind a value, such as ` a second`, and the
 *            values, with as many digits as are told
 *   columns  of a heat map, as in `heat-column.ts`; its field holds `rows` rows from row `first`
 */
export interface ChartData {
  plot: [left: number, width: number, top: number, height: number]
  seconds: number
  step: number
  series: [name: string, unit: string, values: (number | null)[]][]
  /** It says its figures to a pointer only, and takes no place in the order of the keyboard. */
  isSmall?: true
  first?: number
  rows?: number
  columns?: (string | null)[]
}

export const plotOf = ({ left, right, top, bottom, width, height }: Field): ChartData['plot'] => [
  left,
  width - left - right,
  top,
  height - top - bottom,
]

/** A value a column; those that nobody gave are `null`. */
export const valuesOf = <T>(
  points: readonly { second: number; value: T | null }[],
  step: number,
  { seconds }: TimeAxis,
): (T | null)[] => {
  const values = new Array<T | null>(Math.ceil(seconds / step)).fill(null)
  for (const { second, value } of points) {
    const column = Math.floor(second / step)
    if (column < values.length) values[column] = value
  }
  return values
}

/** As many digits as `formatTime` shows of it, so that it is the same figure everywhere. */
export const toldMs = (ms: number | null): number | null =>
  ms === null ? null : ms < 59_950 ? Number(ms.toPrecision(3)) : Math.round(ms)

/** The same of `formatFigure`. */
export const toldFigure = (value: number | null): number | null =>
  value === null ? null : value >= 99.95 ? Math.round(value) : Number(value.toPrecision(3))

/** Nothing in it ends the block or begins another, whatever names it holds. */
export const dataBlock = (data: ChartData): Markup => {
  const series = data.series.map(([name, unit, values]) => [cutText(name, 60), unit, values])
  const text = JSON.stringify({ ...data, series }).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return new Markup(`<script type="application/json">${text}</script>`)
}
