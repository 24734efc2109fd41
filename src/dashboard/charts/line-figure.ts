import { setAttribute } from '../element.ts'
import { countLabel, formatSecond, latencyLabel, latencyTicks, linearTicks } from './chart-axis.ts'
import { type Controlled, controlByKeys, controlByPointer } from './chart-controls.ts'
import type { ChartCursor } from './chart-cursor.ts'
import { ChartFrame } from './chart-frame.ts'
import type { CursorBounds } from './chart-keys.ts'
import { ChartLegend } from './chart-legend.ts'
import { marksOf } from './chart-marks.ts'
import { drawEndLabels, drawHatch, drawLimits, drawMarks } from './chart-overlay.ts'
import { showCursor, showSpan } from './chart-pointer.ts'
import { type ChartRows, unreportedSpans } from './chart-rows.ts'
import type { ChartTheme } from './chart-theme.ts'
import { lineReadout, spanText, windowText } from './chart-words.ts'
import type { ChartsInput, Span } from './charts-input.ts'
import { farLimitText, KeptRange } from './line-range.ts'
import type { LineSpec } from './line-spec.ts'
import { UplotPlot } from './uplot-plot.ts'

/** A chart of lines over the seconds of a run. */
export class LineFigure {
  readonly element: HTMLElement
  readonly #spec: LineSpec
  readonly #cursor: ChartCursor
  readonly #theme: () => ChartTheme
  readonly #frame: ChartFrame
  readonly #legend: ChartLegend
  readonly #plot: UplotPlot
  readonly #range: KeptRange
  readonly #ending = new AbortController()
  readonly #controlled: Controlled
  #input: ChartsInput | undefined
  #rows: ChartRows | undefined
  #values: (number | null)[][] = []
  #isPresent: boolean[] = []

  constructor(
    spec: LineSpec,
    options: { cursor: ChartCursor; theme(): ChartTheme; onChoose(span: Span | undefined): void },
  ) {
    const { cursor, theme, onChoose } = options
    this.#spec = spec
    this.#cursor = cursor
    this.#theme = theme
    this.#range = new KeptRange(spec.scale)
    this.#legend = new ChartLegend(spec.lines, () => this.#redraw())
    this.#frame = new ChartFrame({
      title: spec.title,
      kind: spec.kind,
      above: [this.#legend.element],
      below: [],
      cursorName: `${spec.title}: second`,
    })
    this.element = this.#frame.element
    this.#plot = new UplotPlot({
      box: this.#frame.box,
      scale: spec.scale,
      lines: spec.lines,
      topPx: 18,
      rightPx: spec.lines.length === 1 ? 16 : 72,
      hasLevel: false,
      theme,
      ticks: (from, to, heightPx) =>
        spec.scale === 'log' ? latencyTicks(from, to, heightPx) : linearTicks(to, heightPx, spec.isWhole),
      label: spec.scale === 'log' ? latencyLabel : countLabel,
      drawUnder: (plot) => {
        if (this.#rows === undefined || this.#input === undefined) return
        drawHatch(plot, theme(), this.#input.gaps, true)
        drawHatch(plot, theme(), unreportedSpans(this.#rows), false)
        drawMarks(plot, theme(), marksOf(this.#input), 0)
      },
      drawOver: (plot) => {
        if (this.#input === undefined) return
        if (spec.hasLimits) drawLimits(plot, theme(), this.#input.limits)
        drawEndLabels(plot, theme(), this.#endLabels())
      },
      onSize: (plot) => {
        if (!this.#isControlled) controlByPointer(plot.over, this.#controlled, this.#ending.signal)
        this.#isControlled = true
        this.point()
      },
    })
    this.#controlled = {
      box: this.#frame.box,
      cursor,
      onChoose,
      bounds: () => this.#bounds(),
      pxOf: (second) => this.#plot.plot?.valToPos(second, 'x') ?? 0,
      placeAt: (x) => {
        const plot = this.#plot.plot
        const rows = this.#rows
        if (plot === undefined || rows === undefined || rows.length === 0) return undefined
        const row = rows.rowAt(plot.posToVal(x, 'x'))
        return row === undefined ? undefined : { second: rows.secondOf(row) }
      },
    }
    controlByKeys(this.#controlled, this.#ending.signal)
    this.#legend.paint(theme())
  }

  #isControlled = false

  draw(input: ChartsInput, rows: ChartRows): void {
    if (this.#input !== undefined && this.#input.track !== input.track) this.#range.forget()
    this.#input = input
    this.#rows = rows
    this.#redraw()
  }

  /** Shows cursor and chosen span; costs no drawing. */
  point(): void {
    const rows = this.#rows
    if (rows === undefined) return
    const { place, span } = this.#cursor
    const row = place === undefined ? undefined : rows.rowAt(place.second)
    const plot = this.#plot.plot
    if (plot !== undefined) {
      showCursor(plot, row === undefined ? undefined : (rows.middles[row] ?? 0), undefined)
      showSpan(plot, span)
    }
    this.#tell(rows, row)
  }

  repaint(): void {
    this.#legend.paint(this.#theme())
    this.#plot.repaint()
  }

  close(): void {
    this.#ending.abort()
    this.#plot.close()
  }

  #redraw(): void {
    const { lines, scale, hasLimits } = this.#spec
    const rows = this.#rows
    const input = this.#input
    if (rows === undefined || input === undefined) return
    this.#isPresent = lines.map(({ isPresent }) => isPresent?.(rows) ?? true)
    this.#values = lines.map((line, i) => (this.#isPresent[i] ? line.values(rows) : []))
    const shown = this.#values.filter((_, i) => this.#isShown(i))
    const limits = hasLimits ? input.limits : []
    const y = this.#range.take(shown, limits)
    for (let i = 0; i < lines.length; i++) this.#plot.showLine(i, this.#isShown(i))
    this.#plot.draw({
      data: [rows.middles, ...this.#values],
      x: { from: rows.from, to: rows.to },
      y,
    })
    for (let i = 0; i < lines.length; i++) this.#plot.showLine(i, this.#isShown(i))
    const far = scale === 'log' ? farLimitText(limits, { fromMs: y.from, toMs: y.to }) : ''
    this.#frame.say(
      this.#spec.sentence(rows),
      [this.#spec.note?.(rows) ?? '', far].filter((text) => text !== '').join(' '),
      this.#spec.empty?.(rows) ?? '',
    )
    this.#frame.tabulate(rows, `${this.#spec.caption}; ${windowText(rows)}`, () => this.#spec.columns(rows))
    this.point()
  }

  #isShown(line: number): boolean {
    return (this.#isPresent[line] ?? false) && this.#legend.isOn(line)
  }

  #texts(rows: ChartRows, row: number): (string | undefined)[] {
    return this.#values.map((values, i) => {
      if (!this.#isPresent[i]) return undefined
      const value = values[row] ?? null
      return value === null ? (this.#spec.lines[i]?.lack?.(rows, row) ?? '–') : this.#spec.write(value)
    })
  }

  #tell(rows: ChartRows, row: number | undefined): void {
    const shown = row ?? rows.length - 1
    const texts = this.#texts(rows, shown)
    const when =
      rows.length === 0 ? '' : `${row === undefined ? 'newest, ' : ''}${spanText(rows.spanOf(shown))}`
    this.#legend.show(texts, when)
    const { box } = this.#frame
    const bounds = this.#bounds()
    if (bounds === undefined) return
    setAttribute(box, 'aria-valuemin', String(bounds.first))
    setAttribute(box, 'aria-valuemax', String(bounds.last))
    setAttribute(box, 'aria-valuenow', String(rows.secondOf(shown)))
    const values = this.#spec.lines.flatMap(({ name }, i) => {
      const text = texts[i]
      return text === undefined ? [] : [{ name, text }]
    })
    const input = this.#input
    setAttribute(
      box,
      'aria-valuetext',
      row === undefined || input === undefined
        ? `${formatSecond(bounds.first)} to ${formatSecond(bounds.last)}; the arrow keys move the cursor`
        : lineReadout(rows, row, values, marksOf(input), input.gaps),
    )
  }

  #bounds(): CursorBounds | undefined {
    const rows = this.#rows
    return rows === undefined || rows.length === 0
      ? undefined
      : { first: rows.secondOf(0), last: rows.secondOf(rows.length - 1), step: rows.step }
  }

  #endLabels(): { name: string; value: number }[] {
    const present = this.#spec.lines.flatMap(({ name }, i) => {
      const value = this.#isShown(i) ? this.#values[i]?.findLast((one) => one !== null) : undefined
      return value === undefined || value === null ? [] : [{ name, value }]
    })
    // One line needs no name.
    return present.length > 6 || this.#spec.lines.length === 1 ? [] : present
  }
}
