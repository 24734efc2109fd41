import { dataBlock, plotOf, toldFigure, toldMs, valuesOf } from './chart-data.ts'
import {
  attributes,
  axes,
  type Field,
  holes,
  limitLines,
  linearAxis,
  logAxis,
  marks,
  picture,
  roundRange,
  type Scale,
  type TimeAxis,
  timeField,
  timeScale,
  type ValueAxis,
} from './chart-frame.ts'
import { labelHeight, spreadEnds } from './end-labels.ts'
import { html, type Markup, tenth } from './markup.ts'

/** Lines over the time of a run. A `null` is a gap in the line, never a 0. */
export interface LineChart {
  /** One of the page. */
  id: string
  description: string
  unit: string
  /** `log`: its values are milliseconds. */
  scale: 'linear' | 'log'
  /** What stands behind a value where it is told in words: ` a second`. */
  unitAfter: string
  /** Its values are counts. */
  isWhole?: boolean
  series: readonly Series[]
  limits: readonly { value: number; label: string }[]
  /** So many seconds lie between neighbouring points of one line. */
  step: number
}

export interface Series {
  name: string
  /** Of {@link lineStyles}; left out: its own place among the series. */
  style?: number
  points: readonly { second: number; value: number | null }[]
}

/**
 * A line is told by its dash and the name at its end as well as by its colour. Of the colours of Okabe and Ito those
 * with a contrast of 3:1 to the light page and to the dark one.
 */
export const lineStyles = [
  { stroke: '#0072b2', dash: null, width: 2 },
  { stroke: '#d55e00', dash: '7 3', width: 2 },
  { stroke: '#009e73', dash: '3 2', width: 2 },
  { stroke: '#cc79a7', dash: '9 3 2 3', width: 2 },
  { stroke: 'currentColor', dash: '1.5 2.5', width: 1.5 },
] as const

type LineStyle = (typeof lineStyles)[number]

export const renderLineChart = (chart: LineChart, time: TimeAxis): Markup => {
  const field = timeField
  const axis = valueAxis(field, chart)
  const x = timeScale(field, time)
  const lines = chart.series.map((series, i) => ({
    ...series,
    style: lineStyles[(series.style ?? i) % lineStyles.length] ?? lineStyles[0],
    path: linePath(series, chart.step, x, axis.scale),
  }))
  return picture(
    field,
    chart.description,
    html`${axes(field, time, axis, chart.unit)}${holes(field, time, `${chart.id}-hole`)}${lines.map(
      ({ path, style }) => html`<path d="${path}" ${strokeOf(style)}/>`,
    )}${limitLines(field, axis, chart.limits)}${marks(field, time)}${endLabels(field, axis, lines)}`,
    dataBlock({
      plot: plotOf(field),
      seconds: time.seconds,
      step: chart.step,
      series: chart.series
        .filter(({ points }) => points.length > 0)
        .map(({ name, points }) => [
          name,
          chart.scale === 'log' ? 'ms' : chart.unitAfter,
          valuesOf(points, chart.step, time).map(chart.scale === 'log' ? toldMs : toldFigure),
        ]),
    }),
  )
}

const strokeOf = ({ stroke, dash, width }: LineStyle): Markup =>
  attributes(
    `fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linejoin="round"${dash === null ? '' : ` stroke-dasharray="${dash}"`}`,
  )

const valueAxis = (field: Field, { scale, series, limits, isWhole }: LineChart): ValueAxis => {
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ value }) => (value === null ? [] : [value])),
  )
  const all = [...values, ...limits.map(({ value }) => value)]
  const most = all.reduce((a, b) => Math.max(a, b), 0)
  if (scale === 'linear') return linearAxis(field, most, isWhole)
  const least = all.filter((value) => value > 0).reduce((a, b) => Math.min(a, b), most)
  const [fromMs, toMs] = most > 0 ? roundRange(least, most) : [1, 10]
  return logAxis(field, fromMs, toMs)
}

/** Broken where a point is missing; a point without neighbours is a stroke as long as its time. */
export const linePath = ({ points }: Pick<Series, 'points'>, step: number, x: Scale, y: Scale): string => {
  let path = ''
  // In tenths of a unit, so that steps from point to point add up exactly: they are shorter than addresses.
  let run: [x: number, y: number][] = []
  let before = Number.NEGATIVE_INFINITY
  const half = tenth(Math.max(2.5, (x(step) - x(0)) / 2))
  const end = (): void => {
    const [first, ...others] = run
    if (first !== undefined) {
      path += `M${first[0] / 10} ${first[1] / 10}${others.length === 0 ? `m${-half} 0h${2 * half}` : 'l'}`
      let [atX, atY] = first
      path += others
        .map(([toX, toY]) => {
          const step = `${(toX - atX) / 10} ${(toY - atY) / 10}`
          atX = toX
          atY = toY
          return step
        })
        .join(' ')
        .replaceAll(' -', '-')
    }
    run = []
  }
  for (const { second, value } of points) {
    if (value === null || second - before > step * 1.01) end()
    if (value === null) continue
    run.push([Math.round(x(second) * 10), Math.round(y(value) * 10)])
    before = second
  }
  end()
  return path
}

/** Names at the lines' ends, moved apart where they would lie on each other, each with a piece of its line. */
const endLabels = (
  field: Field,
  axis: ValueAxis,
  lines: readonly (Omit<Series, 'style'> & { style: LineStyle })[],
): (Markup | null)[] => {
  const ends = lines.flatMap((line) => {
    const values = line.points.map(({ value }) => value)
    const last = values.findLast((value) => value !== null)
    return last === undefined || last === null ? [] : [{ ...line, values, y: axis.scale(last) }]
  })
  const labels = spreadEnds(ends, field.top + labelHeight / 2, field.height - field.bottom + 4)
  const left = field.width - field.right + 6
  return labels.map(
    ({ name, style, y }) =>
      html`<path d="M${left} ${tenth(y)}h16" ${strokeOf(style)}/><text x="${left + 20}" y="${tenth(y + 4)}">${name}</text>`,
  )
}
