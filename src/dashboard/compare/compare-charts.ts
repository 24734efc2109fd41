import type { RunResult } from '../../results/run-result.ts'
import { ChartCursor, isSameSpan } from '../charts/chart-cursor.ts'
import { ChartRows } from '../charts/chart-rows.ts'
import { ThemeWatch } from '../charts/chart-theme-watch.ts'
import { spanText } from '../charts/chart-words.ts'
import type { ChartsInput, Span } from '../charts/charts-input.ts'
import { HeatFigure } from '../charts/heat-figure.ts'
import { commonHeatScale } from '../charts/heat-scale.ts'
import { SpectrumFigure } from '../charts/spectrum-figure.ts'
import { element, setText } from '../element.ts'
import type { PageContext } from '../page.ts'
import { chartsInputOf } from '../run/run-charts-input.ts'
import { sentenceText } from '../run/run-text.ts'
import { commonStepOf, loadDistribution, loadTrack, problemOf } from './compare-run.ts'

type Both<T> = readonly [T, T]

const both = 'Both maps have one latency axis, one colour scale, one length and one cursor.'
const whole = 'Response times of the whole run. Choose a second or a span in a map to see that of both.'

/** Both runs drawn: two heat maps on one scale with one cursor, and their percentile curves over each other. */
export class CompareCharts {
  readonly element: HTMLElement
  readonly #context: PageContext
  readonly #cursor = new ChartCursor()
  readonly #watch: ThemeWatch
  readonly #maps: Both<HeatFigure>
  readonly #places: Both<HTMLElement> = [element('div'), element('div')]
  readonly #curves = new SpectrumFigure()
  readonly #mapsText = element('p', { class: 'dim' })
  readonly #curvesText = element('p', { class: 'dim' })
  #results: Both<RunResult> | undefined
  #end = 1
  #loading = new AbortController()
  #curvesLoading = new AbortController()

  constructor(context: PageContext) {
    this.#context = context
    const mapOf = (letter: string): HeatFigure =>
      new HeatFigure({
        cursor: this.#cursor,
        theme: () => this.#watch.theme,
        onChoose: (span) => this.#choose(span),
        title: `All answers of ${letter}`,
      })
    this.#watch = new ThemeWatch(() => {
      for (const map of this.#maps) map.repaint()
    })
    this.#maps = [mapOf('A'), mapOf('B')]
    this.#cursor.onChange(() => {
      for (const map of this.#maps) map.point()
    })
    for (const [i, place] of this.#places.entries())
      place.addEventListener('click', (event) => this.#pressOther(event.target, this.#places[1 - i]))
    this.element = element(
      'div',
      { class: 'stack', 'data-charts': 'loading' },
      sectionOf(
        'All answers over time',
        this.#mapsText,
        element('div', { class: 'compare-pair compare-maps' }, this.#places),
      ),
      sectionOf('Percentile curves', this.#curvesText, this.#curves.element),
    )
  }

  /** Draws both as they are now. */
  async load(results: Both<RunResult>): Promise<void> {
    this.#loading.abort()
    this.#loading = new AbortController()
    const { signal } = this.#loading
    this.#results = results
    const step = commonStepOf(results)
    const problems: string[] = []
    const tracks = await Promise.all(
      results.map((result) =>
        loadTrack(this.#context, result, step, signal).catch((error: unknown) => {
          problems.push(problemOf(error).message)
          return undefined
        }),
      ),
    )
    if (signal.aborted) return
    const inputs = results.map((result, i) => {
      const track = tracks[i]
      return track && chartsInputOf(result, undefined, track, result.steering, 'whole', '*')
    })
    this.#draw(inputs)
    if (problems.length > 0) setText(this.#mapsText, `Not all came: ${sentenceText(problems.join(' '))}`)
    await this.#drawCurves(this.#cursor.chosen)
  }

  close(): void {
    this.#loading.abort()
    this.#curvesLoading.abort()
    for (const map of this.#maps) map.close()
    this.#curves.close()
    this.#watch.close()
  }

  #draw(inputs: readonly (ChartsInput | undefined)[]): void {
    this.#end = Math.max(1, ...inputs.map((input) => input?.to ?? 0))
    // Of one length, so that a minute of one is as wide as a minute of the other.
    const drawn = inputs.map((input) => {
      if (input === undefined) return undefined
      const long = { ...input, to: this.#end }
      return { input: long, rows: new ChartRows(long) }
    })
    const scale = commonHeatScale(
      drawn.flatMap((one) => (one ? [{ rows: one.rows, limits: one.input.limits }] : [])),
    )
    const isAny = drawn.some((one) => one !== undefined)
    setText(this.#mapsText, isAny ? both : '')
    for (const [i, place] of this.#places.entries()) {
      const one = drawn[i]
      const map = this.#maps[i]
      if (one === undefined || map === undefined)
        place.replaceChildren(
          element('p', { class: 'empty' }, `No second of ${i === 0 ? 'A' : 'B'} has been reported.`),
        )
      else {
        if (map.element.parentNode !== place) place.replaceChildren(map.element)
        map.draw(one.input, one.rows, scale)
      }
    }
    this.element.dataset.charts = isAny ? 'drawn' : 'empty'
  }

  #choose(wanted: Span | undefined): void {
    // What is chosen already is let go.
    const span = isSameSpan(wanted, this.#cursor.chosen) ? undefined : wanted
    this.#cursor.choose(span)
    void this.#drawCurves(span)
  }

  async #drawCurves(span: Span | undefined): Promise<void> {
    this.#curvesLoading.abort()
    this.#curvesLoading = new AbortController()
    const { signal } = this.#curvesLoading
    const results = this.#results
    if (results === undefined) return
    const wanted = span ?? { from: 0, to: this.#end }
    try {
      const [a, b] = await Promise.all(
        results.map(({ id }) => loadDistribution(this.#context, id, wanted, signal)),
      )
      if (signal.aborted || a === undefined || b === undefined) return
      setText(
        this.#curvesText,
        span === undefined ? whole : `Response times of ${spanText(span)} of both runs.`,
      )
      this.#curves.drawTwo({ name: 'A', distribution: a }, { name: 'B', distribution: b })
    } catch (error) {
      if (!signal.aborted) this.#curves.draw({ kind: 'failed', message: problemOf(error).message })
    }
  }

  /** Both maps show the same: what is chosen for one is chosen for the other. */
  #pressOther(target: EventTarget | null, other: HTMLElement | undefined): void {
    const button = target instanceof Element ? target.closest('.chart-choices button') : null
    if (button === null || other === undefined) return
    for (const twin of other.querySelectorAll<HTMLButtonElement>('.chart-choices button'))
      if (twin.textContent === button.textContent && twin.getAttribute('aria-pressed') === 'false')
        twin.click()
  }
}

const sectionOf = (heading: string, ...children: readonly HTMLElement[]): HTMLElement =>
  element('section', { class: 'stack', 'aria-label': heading }, element('h2', {}, heading), children)
