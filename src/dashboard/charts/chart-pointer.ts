import type uPlot from 'uplot'
import type { Span } from './charts-input.ts'
import { UPlot } from './load-uplot.ts'

/** Cursor and span are elements over the drawing: moving them draws nothing. */

export const showCursor = (plot: uPlot, atSecond: number | undefined, ms: number | undefined): void => {
  const { min, max } = plot.scales.x ?? {}
  const isOutside = atSecond === undefined || min === undefined || atSecond < min || atSecond > (max ?? 0)
  plot.setCursor(
    isOutside
      ? { left: -10, top: -10 }
      : { left: plot.valToPos(atSecond, 'x'), top: ms === undefined ? 0 : plot.valToPos(ms, 'y') },
    false,
  )
}

export const showSpan = (plot: uPlot, span: Span | undefined): void => {
  // Not of the element: asking that would lay out the page.
  const width = plot.bbox.width / UPlot.pxRatio
  const from = span === undefined ? 0 : Math.max(0, Math.min(width, plot.valToPos(span.from, 'x')))
  const to = span === undefined ? 0 : Math.max(0, Math.min(width, plot.valToPos(span.to, 'x')))
  // A second may be narrower than a pixel; what is chosen is seen all the same.
  const isShown = span !== undefined && to > 0 && from < width
  plot.setSelect(
    {
      left: Math.max(0, Math.min(from, width - 3)),
      top: 0,
      width: isShown ? Math.max(3, to - from) : 0,
      height: isShown ? plot.bbox.height / UPlot.pxRatio : 0,
    },
    false,
  )
}
