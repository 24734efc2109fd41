import type uPlot from 'uplot'
import { element, setAttribute, setText } from '../element.ts'
import {
  formatSecond,
  keepLatencyRange,
  type LatencyRange,
  latencyLabel,
  latencyTicks,
} from './chart-axis.ts'
import { type Controlled, controlByKeys, controlByPointer } from './chart-controls.ts'
import type { ChartCursor } from './chart-cursor.ts'
import { ChartFrame } from './chart-frame.ts'
import { marksOf } from './chart-marks.ts'
import { drawEndLabels, drawHatch, drawLimits, drawMarks } from './chart-overlay.ts'
import { showCursor, showSpan } from './chart-pointer.ts'
import { ChartRows, unreportedSpans } from './chart-rows.ts'
import { heatColumns } from './chart-table.ts'
import type { ChartTheme } from './chart-theme.ts'
import { eachText, heatReadout, windowText } from './chart-words.ts'
import type { ChartsInput, Span } from './charts-input.ts'
import { HeatColourBar } from './heat-colour-bar.ts'
import { drawErrors } from './heat-errors.ts'
import { darkHeat, keepMost, lightHeat } from './heat-palette.ts'
import { HeatPicture } from './heat-picture.ts'
import { boundsOf, cellAt, columnAt, columnSeconds, middleOfCell, placeOf, shapeFor } from './heat-place.ts'
import { type HeatScale, heatRangeOf } from './heat-scale.ts'
import { buildChoice } from './heat-tools.ts'
import { farLimitText } from './line-range.ts'
import { UplotPlot } from './uplot-plot.ts'

const strip = { topPx: 20, heightPx: 13 }
const hint =
  'Point at a cell, or move there with the arrow keys. Enter or a click opens that second; drag, or Shift with the arrows, a span.'

/** The whole distribution over time: all answers of every second, where an average or a percentile shows one. */
export class HeatFigure {
  readonly element: HTMLElement
  readonly #cursor: ChartCursor
  readonly #theme: () => ChartTheme
  readonly #frame: ChartFrame
  readonly #plot: UplotPlot
  readonly #picture = new HeatPicture()
  readonly #bar = new HeatColourBar()
  readonly #readout = element('p', { class: 'chart-readout' }, hint)
  readonly #modes = buildChoice('Colour', { count: 'Count', share: 'Share of its second' }, (mode) => {
    this.#mode = mode
    this.#redraw()
  })
  readonly #times = buildChoice('Time', { response: 'Response time', service: 'Service time' }, (time) => {
    this.#time = time
    this.#redraw()
  })
  readonly #ending = new AbortController()
  readonly #controlled: Controlled
  #mode: 'count' | 'share' = 'count'
  #time: 'response' | 'service' = 'response'
  #isControlled = false
  #input: ChartsInput | undefined
  #rows: ChartRows | undefined
  #scale: HeatScale | undefined
  #range: LatencyRange | undefined
  #most = 0

  /** Maps that share a cursor follow each other. `title`: what the figure is called. */
  constructor(options: {
    cursor: ChartCursor
    theme(): ChartTheme
    onChoose(span: Span | undefined): void
    title?: string
  }) {
    const { cursor, theme, onChoose, title = 'Heat map of all answers' } = options
    this.#cursor = cursor
    this.#theme = theme
    this.#frame = new ChartFrame({
      title,
      kind: 'heat',
      above: [
        element('div', { class: 'chart-tools' }, this.#times.element, this.#modes.element, this.#bar.element),
      ],
      below: [this.#readout],
      cursorName: `${title}: second`,
    })
    this.element = this.#frame.element
    this.#plot = new UplotPlot({
      box: this.#frame.box,
      scale: 'log',
      lines: [
        { colour: 'background', width: 4 },
        { colour: 'over', width: 1.5, dash: [4, 3] },
        { colour: 'background', width: 4.5 },
        { colour: 'over', width: 1.8 },
      ],
      topPx: strip.topPx + strip.heightPx + 9,
      rightPx: 34,
      hasLevel: true,
      theme,
      ticks: latencyTicks,
      label: latencyLabel,
      drawUnder: (plot) => this.#drawUnder(plot),
      drawOver: (plot) => this.#drawOver(plot),
      onSize: (plot) => {
        if (!this.#isControlled) controlByPointer(plot.over, this.#controlled, this.#ending.signal)
        this.#isControlled = true
        this.#redraw()
      },
    })
    this.#controlled = {
      box: this.#frame.box,
      cursor,
      onChoose,
      bounds: () => (this.#picture.grid === undefined ? undefined : boundsOf(this.#picture.grid)),
      pxOf: (second) => this.#plot.plot?.valToPos(second, 'x') ?? 0,
      placeAt: (x, y) => {
        const plot = this.#plot.plot
        const grid = this.#picture.grid
        if (grid === undefined || plot === undefined) return undefined
        return placeOf(grid, plot.posToVal(x, 'x'), plot.posToVal(y, 'y'))
      },
    }
    controlByKeys(this.#controlled, this.#ending.signal)
    this.#bar.paint(theme().isDark ? darkHeat : lightHeat)
  }

  /** `scale`: one that other maps have too, see `commonHeatScale`; left out, the map has its own. */
  draw(input: ChartsInput, rows = new ChartRows(input), scale?: HeatScale): void {
    if (this.#input !== undefined && this.#input.track !== input.track) this.#range = undefined
    this.#input = input
    this.#rows = rows
    this.#scale = scale
    this.#redraw()
  }

  /** Shows cursor and chosen span; costs no drawing. */
  point(): void {
    const rows = this.#rows
    const input = this.#input
    const grid = this.#picture.grid
    if (rows === undefined || input === undefined || grid === undefined) return
    const { place, span } = this.#cursor
    const column = place === undefined ? undefined : columnAt(grid, place.second)
    const cell = column === undefined ? 0 : cellAt(grid, column, place?.ms)
    const wide = columnSeconds(grid.shape)
    const plot = this.#plot.plot
    if (plot !== undefined) {
      showCursor(plot, column === undefined ? undefined : (column + 0.5) * wide, middleOfCell(grid, cell))
      showSpan(plot, span)
    }
    const text =
      column === undefined ? hint : heatReadout(rows, grid, column, cell, marksOf(input), input.gaps)
    setText(this.#readout, text)
    const bounds = boundsOf(grid)
    if (bounds === undefined) return
    const { box } = this.#frame
    setAttribute(box, 'aria-valuemin', String(bounds.first))
    setAttribute(box, 'aria-valuemax', String(bounds.last))
    setAttribute(box, 'aria-valuenow', String(column === undefined ? bounds.last : column * wide))
    setAttribute(
      box,
      'aria-valuetext',
      column === undefined
        ? `${formatSecond(bounds.first)} to ${formatSecond(bounds.last)}; the arrow keys move the cursor`
        : text,
    )
  }

  repaint(): void {
    this.#bar.paint(this.#theme().isDark ? darkHeat : lightHeat)
    this.#picture.paint(this.#most, this.#theme())
    this.#plot.repaint()
  }

  close(): void {
    this.#ending.abort()
    this.#plot.close()
  }

  #redraw(): void {
    const rows = this.#rows
    const input = this.#input
    if (rows === undefined || input === undefined) return
    this.#modes.show(this.#mode)
    this.#times.show(this.#time)
    const range = this.#scale ?? keepLatencyRange(this.#range, heatRangeOf([{ rows, limits: input.limits }]))
    this.#range = { fromMs: range.fromMs, toMs: range.toMs }
    const most = this.#picture.take(
      shapeFor(rows, range, this.#plot.plot?.bbox ?? { width: 1200, height: 300 }, {
        time: this.#time,
        mode: this.#mode,
      }),
      rows,
    )
    this.#most = this.#scale?.mostCount ?? keepMost(this.#most, most)
    this.#picture.paint(this.#most, this.#theme())
    this.#bar.show(this.#mode, this.#most)
    const [p50, p99] =
      this.#time === 'response'
        ? [rows.figure('p50'), rows.figure('p99')]
        : [rows.figure('serviceP50'), rows.figure('serviceP99')]
    this.#plot.draw({
      data: [rows.middles, p50, p50, p99, p99],
      x: { from: rows.from, to: rows.to },
      y: { from: range.fromMs, to: range.toMs },
    })
    this.#say(rows, input, range)
    this.point()
  }

  #say(rows: ChartRows, input: ChartsInput, range: LatencyRange): void {
    const isDark = this.#theme().isDark
    const what =
      this.#time === 'response'
        ? 'Response time, from when a request was due to the end of its answer'
        : 'Service time, from when a request was sent to the end of its answer'
    const { widen = 1, step = 1 } = this.#picture.grid?.shape ?? {}
    const each = widen === 1 ? eachText(rows) : `each ${widen * step} s`
    const hatched =
      input.gaps.length > 0 || unreportedSpans(rows).length > 0 ? ' Hatched: not all drivers reported.' : ''
    const limits = this.#time === 'service' && input.limits.length > 0 ? ' Limits are of response time.' : ''
    this.#frame.say(
      `${what}; ${windowText(rows)}, a column for ${each}: the ${isDark ? 'lighter' : 'darker'} a cell, the more answers took that long. Lines: p99, and p50 dashed.${hatched}${limits}`,
      farLimitText(input.limits, range),
      rows.length === 0 ? 'No second has been reported yet' : '',
    )
    this.#frame.tabulate(
      rows,
      `${this.#time === 'response' ? 'Response' : 'Service'} time; counts of each row added, times to the end of their cell; ${windowText(rows)}`,
      () => heatColumns(this.#time, this.#time === 'response' ? input.limits : []),
    )
  }

  #drawUnder(plot: uPlot): void {
    const rows = this.#rows
    const input = this.#input
    if (rows === undefined || input === undefined) return
    const theme = this.#theme()
    drawHatch(plot, theme, input.gaps, true)
    drawHatch(plot, theme, unreportedSpans(rows), false)
    this.#picture.drawOn(plot)
    drawErrors(plot, theme, rows, strip)
    drawMarks(plot, theme, marksOf(input), 0)
  }

  #drawOver(plot: uPlot): void {
    const rows = this.#rows
    if (rows === undefined || this.#input === undefined) return
    drawLimits(plot, this.#theme(), this.#input.limits)
    const isResponse = this.#time === 'response'
    const ends = [
      { name: 'p99', value: rows.figure(isResponse ? 'p99' : 'serviceP99').findLast((ms) => ms !== null) },
      { name: 'p50', value: rows.figure(isResponse ? 'p50' : 'serviceP50').findLast((ms) => ms !== null) },
    ]
    drawEndLabels(
      plot,
      this.#theme(),
      ends.flatMap(({ name, value }) => (value === undefined || value === null ? [] : [{ name, value }])),
    )
  }
}
