import { element } from '../element.ts'
import type { PageClock } from '../page.ts'
import { formatSecond } from './chart-axis.ts'
import { ChartCursor, isSameSpan } from './chart-cursor.ts'
import { ChartRows, isSameInput } from './chart-rows.ts'
import { ThemeWatch } from './chart-theme-watch.ts'
import { spanText } from './chart-words.ts'
import type { ChartsInput, Span } from './charts-input.ts'
import { HeatFigure } from './heat-figure.ts'
import { LineFigure } from './line-figure.ts'
import { errorSpec, flightSpec, latencySpec, latenessSpec, rateSpec } from './line-spec.ts'

/** All charts of a run, one cursor over them. Laid out by `charts.css`. */
export class RunCharts {
  readonly element: HTMLElement
  readonly #cursor = new ChartCursor()
  readonly #watch: ThemeWatch
  readonly #heat: HeatFigure
  readonly #lines: readonly LineFigure[]
  #input: ChartsInput | undefined
  #version = -1

  /** `onChoose`: a second or span was chosen, or let go, by pointer or keys. The charts show it already. */
  constructor(options: {
    clock: PageClock
    onChoose(span: Span | undefined): void
    announce(sentence: string): void
  }) {
    this.#watch = new ThemeWatch(() => {
      for (const figure of [this.#heat, ...this.#lines]) figure.repaint()
    })
    const shared = {
      cursor: this.#cursor,
      theme: () => this.#watch.theme,
      onChoose: (wanted: Span | undefined) => {
        // What is chosen already is let go, for those who have no Escape key.
        const span = isSameSpan(wanted, this.#cursor.chosen) ? undefined : wanted
        if (isSameSpan(span, this.#cursor.chosen)) return
        this.#cursor.choose(span)
        options.onChoose(span)
        options.announce(span === undefined ? 'No second is chosen' : `Chosen: ${spanText(span)}`)
      },
    }
    this.#heat = new HeatFigure(shared)
    this.#lines = [rateSpec, latencySpec, errorSpec, flightSpec, latenessSpec].map(
      (spec) => new LineFigure(spec, shared),
    )
    this.#cursor.onChange(() => {
      for (const figure of [this.#heat, ...this.#lines]) figure.point()
    })
    this.element = element(
      'div',
      { class: 'charts' },
      this.#heat.element,
      this.#lines.map((figure) => figure.element),
    )
  }

  /** What is the same as before costs nothing. */
  draw(input: ChartsInput): void {
    if (this.#version === input.track.version && isSameInput(this.#input, input)) return
    this.#input = input
    this.#version = input.track.version
    const rows = new ChartRows(input)
    this.element.dataset.to = formatSecond(rows.to)
    for (const figure of [this.#heat, ...this.#lines]) figure.draw(input, rows)
  }

  choose(span: Span | undefined): void {
    this.#cursor.choose(span)
  }

  close(): void {
    for (const figure of [this.#heat, ...this.#lines]) figure.close()
    this.#watch.close()
  }
}
