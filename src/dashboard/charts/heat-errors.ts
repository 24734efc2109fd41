import type uPlot from 'uplot'
import { sumCounts } from '../../results/summary-text-figures.ts'
import type { ChartRows } from './chart-rows.ts'
import type { ChartTheme } from './chart-theme.ts'
import { UPlot } from './load-uplot.ts'
import { axisFont } from './uplot-plot.ts'

/** The height of a bar of errors, of 1: logarithmic, so that a single one is seen beside a thousand. */
export const errorHeight = (count: number, most: number): number =>
  count <= 0 ? 0 : 0.2 + (0.8 * Math.log(1 + count)) / Math.log(1 + Math.max(count, most, 1))

/** A strip of bars above the heat map: what failed has no response time, and would otherwise not be in the picture. */
export const drawErrors = (
  plot: uPlot,
  theme: ChartTheme,
  rows: ChartRows,
  strip: { topPx: number; heightPx: number },
): void => {
  const { ctx, bbox } = plot
  const px = UPlot.pxRatio
  const counts = Array.from({ length: rows.length }, (_, row) => sumCounts(rows.errors(row) ?? {}))
  const most = Math.max(0, ...counts)
  const bottom = (strip.topPx + strip.heightPx) * px
  ctx.save()
  ctx.fillStyle = theme.dim
  ctx.font = axisFont.replace('11px', `${11 * px}px`)
  ctx.textAlign = 'right'
  ctx.textBaseline = 'alphabetic'
  ctx.fillText('errors', bbox.left - 5 * px, bottom)
  ctx.fillStyle = theme.grid
  ctx.fillRect(bbox.left, bottom - px, bbox.width, px)
  ctx.fillStyle = theme.error
  for (const [row, count] of counts.entries()) {
    if (count === 0) continue
    const second = rows.secondOf(row)
    const left = Math.max(bbox.left, plot.valToPos(second, 'x', true))
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(second + rows.step, 'x', true))
    const height = errorHeight(count, most) * strip.heightPx * px
    ctx.fillRect(left, bottom - height, Math.max(1.5 * px, right - left), height)
  }
  ctx.restore()
}
