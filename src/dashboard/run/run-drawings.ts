import type { ChartsInput, Span } from '../charts/charts-input.ts'
import { RunCharts } from '../charts/run-charts.ts'
import { SpectrumFigure } from '../charts/spectrum-figure.ts'
import type { PageContext } from '../page.ts'
import { SecondLoader } from './run-second.ts'

/** All that is drawn of a run: its charts, and under the heat map the distribution of the second that was chosen there. */
export class RunDrawings {
  readonly element: HTMLElement
  readonly #charts: RunCharts
  readonly #spectrum = new SpectrumFigure()
  readonly #seconds: SecondLoader
  #chosen: Span | undefined
  #request: string

  constructor(context: PageContext, id: string, request: string) {
    this.#request = request
    this.#charts = new RunCharts({
      clock: context.clock,
      onChoose: (span) => {
        this.#chosen = span
        this.#seconds.choose(span, this.#request)
      },
      announce: (sentence) => context.announce(sentence),
    })
    this.#seconds = new SecondLoader({
      api: context.api,
      id,
      show: (state) => {
        this.#spectrum.element.hidden = state.kind === 'none'
        this.#spectrum.draw(state)
      },
    })
    this.element = this.#charts.element
    this.element.firstElementChild?.after(this.#spectrum.element)
    this.#spectrum.element.hidden = true
  }

  draw(input: ChartsInput): void {
    this.#charts.draw(input)
  }

  /** The chosen second shows another request. */
  choose(request: string): void {
    this.#request = request
    if (this.#chosen !== undefined) this.#seconds.choose(this.#chosen, request)
  }

  close(): void {
    this.#seconds.close()
    this.#charts.close()
    this.#spectrum.close()
  }
}
