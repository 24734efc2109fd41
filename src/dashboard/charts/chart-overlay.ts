import type uPlot from 'uplot'
import { spreadLabels } from './chart-axis.ts'
import { type Mark, placeMarkLabels } from './chart-marks.ts'
import type { ChartTheme } from './chart-theme.ts'
import type { ChartsInput, Span } from './charts-input.ts'
import { UPlot } from './load-uplot.ts'

/** What all charts draw over and under their lines, in the pixels of the canvas. */

const scaled = (): number => UPlot.pxRatio

const font = (bold = false): string => `${bold ? '600 ' : ''}${11 * scaled()}px system-ui, sans-serif`

/** Runs with the field as clip. */
export const inField = (plot: uPlot, draw: (ctx: CanvasRenderingContext2D) => void): void => {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  draw(ctx)
  ctx.restore()
}

const tiles = new Map<string, HTMLCanvasElement>()

const hatchTile = (colour: string, sizePx: number): HTMLCanvasElement => {
  const key = `${colour} ${sizePx}`
  const known = tiles.get(key)
  if (known !== undefined) return known
  const tile = document.createElement('canvas')
  tile.width = sizePx
  tile.height = sizePx
  const ctx = tile.getContext('2d')
  if (ctx !== null) {
    ctx.strokeStyle = colour
    ctx.lineWidth = Math.max(1, sizePx / 6)
    ctx.beginPath()
    for (const shift of [-sizePx, 0, sizePx]) {
      ctx.moveTo(shift, sizePx)
      ctx.lineTo(shift + sizePx, 0)
    }
    ctx.stroke()
  }
  tiles.set(key, tile)
  return tile
}

/** What was not reported never looks like nothing measured. `isPart`: some drivers did report. */
export const drawHatch = (plot: uPlot, theme: ChartTheme, spans: readonly Span[], isPart: boolean): void => {
  if (spans.length === 0) return
  inField(plot, (ctx) => {
    const pattern = ctx.createPattern(
      hatchTile(theme.hatch, Math.round((isPart ? 12 : 7) * scaled())),
      'repeat',
    )
    if (pattern === null) return
    ctx.fillStyle = pattern
    ctx.globalAlpha = isPart ? 0.6 : 1
    for (const { from, to } of spans) {
      const left = plot.valToPos(from, 'x', true)
      const width = Math.max(2 * scaled(), plot.valToPos(to, 'x', true) - left)
      ctx.fillRect(left, plot.bbox.top, width, plot.bbox.height)
    }
  })
}

/** Upright lines, dotted where steered and solid where an SLO broke, with their names above the field. */
export const drawMarks = (plot: uPlot, theme: ChartTheme, marks: readonly Mark[], laneTop: number): void => {
  if (marks.length === 0) return
  const { ctx, bbox } = plot
  const px = scaled()
  ctx.save()
  ctx.font = font(true)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  const laneY = (laneTop + 8) * px
  const placed = marks.map(({ second, label }) => ({
    x: Math.round(plot.valToPos(second, 'x', true)),
    width: ctx.measureText(label).width,
  }))
  const lefts = placeMarkLabels(placed, bbox.left, plot.ctx.canvas.width, 4 * px)
  for (const [i, { kind, label }] of marks.entries()) {
    const x = (placed[i]?.x ?? 0) + (px % 2) / 2
    const colour = kind === 'broken' ? theme.broken : theme.text
    ctx.strokeStyle = colour
    ctx.fillStyle = colour
    ctx.lineWidth = kind === 'broken' ? 1.6 * px : px
    ctx.setLineDash(kind === 'broken' ? [] : [2 * px, 3 * px])
    ctx.beginPath()
    // A line without its name must not cross another's.
    ctx.moveTo(x, lefts[i] === undefined ? bbox.top : laneY - 6 * px)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    const left = lefts[i]
    if (left !== undefined) ctx.fillText(label, left, laneY)
  }
  ctx.restore()
}

/** Limits of SLOs: dashed while they hold, solid and named broken when not. */
export const drawLimits = (plot: uPlot, theme: ChartTheme, limits: ChartsInput['limits']): void => {
  const { bbox } = plot
  const px = scaled()
  inField(plot, (ctx) => {
    ctx.font = font(true)
    ctx.textAlign = 'left'
    ctx.textBaseline = 'alphabetic'
    ctx.lineJoin = 'round'
    for (const { ms, label, isBroken } of limits) {
      const y = Math.round(plot.valToPos(ms, 'y', true)) + 0.5
      if (y < bbox.top || y > bbox.top + bbox.height) continue
      ctx.strokeStyle = isBroken ? theme.broken : theme.limit
      ctx.lineWidth = (isBroken ? 2 : 1.2) * px
      ctx.setLineDash(isBroken ? [] : [8 * px, 4 * px])
      ctx.beginPath()
      ctx.moveTo(bbox.left, y)
      ctx.lineTo(bbox.left + bbox.width, y)
      ctx.stroke()
      const above = y - 5 * px
      const baseline = above - 10 * px < bbox.top ? y + 14 * px : above
      write(ctx, theme, isBroken ? `✕ crossed: ${label}` : label, bbox.left + 6 * px, baseline, isBroken)
    }
  })
}

/** With a halo of the page's colour, so that it is read over cells and lines. */
const write = (
  ctx: CanvasRenderingContext2D,
  theme: ChartTheme,
  text: string,
  x: number,
  y: number,
  isBroken: boolean,
): void => {
  ctx.setLineDash([])
  ctx.lineWidth = 3.5 * scaled()
  ctx.strokeStyle = theme.background
  ctx.strokeText(text, x, y)
  ctx.fillStyle = isBroken ? theme.broken : theme.text
  ctx.fillText(text, x, y)
}

/** The names of lines at the height of their newest value, right of the field. */
export const drawEndLabels = (
  plot: uPlot,
  theme: ChartTheme,
  labels: readonly { name: string; value: number }[],
): void => {
  const { ctx, bbox } = plot
  const px = scaled()
  const bottom = bbox.top + bbox.height
  const wanted = labels.map(({ value }) =>
    Math.max(bbox.top, Math.min(bottom, plot.valToPos(value, 'y', true))),
  )
  ctx.save()
  ctx.font = font()
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.fillStyle = theme.text
  for (const [i, y] of spreadLabels(wanted, 12 * px, bbox.top + 4 * px, bottom - 4 * px).entries())
    ctx.fillText(labels[i]?.name ?? '', bbox.left + bbox.width + 5 * px, y)
  ctx.restore()
}
