import type { Distribution } from '../../results/distribution.ts'
import { formatCount, formatTime } from '../../results/summary-text-figures.ts'
import { type Child, element, setText } from '../element.ts'
import { svgElement } from './chart-svg.ts'
import { spanText } from './chart-words.ts'
import type { Span } from './charts-input.ts'
import { countByRow, tableOfCounts, toldFigures } from './spectrum-bars.ts'
import { type DrawingSize, drawBars, drawCurves } from './spectrum-drawing.ts'

export type SpectrumState =
  | { kind: 'none' }
  | { kind: 'loading'; span: Span }
  | { kind: 'shown'; span: Span; distribution: Distribution }
  | { kind: 'failed'; message: string }

/** The whole distribution of a chosen second or span; or of two runs, over each other. */
export class SpectrumFigure {
  readonly element: HTMLElement
  readonly #heading = element('h3')
  readonly #sentence = element('p', { class: 'chart-sentence' })
  readonly #key = element('ul', { class: 'spectrum-key' })
  readonly #box = element('div', { class: 'spectrum-box' })
  readonly #below = element('div')
  readonly #observer: ResizeObserver
  #paint: ((size: DrawingSize) => SVGSVGElement) | undefined
  #size: DrawingSize = { width: 0, height: 0 }

  constructor() {
    this.element = element(
      'figure',
      { class: 'spectrum' },
      element('figcaption', {}, this.#heading, this.#sentence),
      this.#key,
      this.#box,
      this.#below,
    )
    this.#observer = new ResizeObserver(() => this.#fit())
    this.#observer.observe(this.#box)
    this.draw({ kind: 'none' })
  }

  draw(state: SpectrumState): void {
    switch (state.kind) {
      case 'none':
        this.#show(
          'One second, all of it',
          'Choose a second or a span in a chart: by a click, by dragging, or with the arrow keys and Enter.',
        )
        return
      case 'loading':
        this.#show(titleOf(state.span), 'Loading its distribution …')
        return
      case 'failed':
        this.#show('One second, all of it', `The distribution could not be loaded: ${state.message}`)
        return
      case 'shown':
        this.#showOne(state.span, state.distribution)
    }
  }

  /** Two distributions as curves over the share of answers; `name`: such as the runs' names. */
  drawTwo(
    first: { name: string; distribution: Distribution },
    second: { name: string; distribution: Distribution },
  ): void {
    const both = [first, second].map(({ name, distribution }) => ({ name, time: distribution.responseTime }))
    const sentence =
      'So many percent of the answers took at most so long; each further nine is as wide as the one before, up to the slowest answer.'
    const title = 'Response times of both'
    this.#show(title, sentence)
    const styles = ['spectrum-first', 'spectrum-second']
    this.#key.replaceChildren(
      ...both.map(({ name, time }, i) =>
        keyItem(styles[i] ?? '', `${name}: ${formatCount(time.figuresMs.count)} answers`),
      ),
    )
    this.#draw((size) =>
      drawCurves(
        both.map(({ time }, i) => ({ bars: time.bars, style: styles[i] ?? '' })),
        size,
        `${title}. ${both.map(({ name, time }) => `${name}: p50 ${formatTime(time.figuresMs.median)}, p99 ${formatTime(time.figuresMs.p99)}, max ${formatTime(time.figuresMs.max)}`).join('; ')}`,
      ),
    )
    const columns = both.map(({ time }) => toldFigures(time))
    this.#below.replaceChildren(
      tableOf(
        'Response time',
        ['', ...both.map(({ name }) => name)],
        (columns[0] ?? []).map(({ name }, i) => [name, ...columns.map((figures) => figures[i]?.text ?? '–')]),
      ),
    )
  }

  close(): void {
    this.#observer.disconnect()
  }

  #showOne(span: Span, distribution: Distribution): void {
    const { responseTime, serviceTime } = distribution
    const { count, median, p99, max } = responseTime.figuresMs
    if (count === 0) {
      this.#show(titleOf(span), 'Nothing was answered.')
      return
    }
    const request = distribution.request === '*' ? '' : ` of ${distribution.request}`
    this.#show(
      titleOf(span),
      `${formatCount(count)} answers${request}: how many took how long. Both axes are logarithmic, so that a single slow answer is seen.`,
    )
    this.#key.replaceChildren(
      keyItem('spectrum-bars', 'response time'),
      keyItem('spectrum-outline', 'service time'),
    )
    this.#draw((size) =>
      drawBars(
        distribution,
        size,
        `Response times of ${spanText(span)}: p50 ${formatTime(median)}, p99 ${formatTime(p99)}, slowest ${formatTime(max)}`,
      ),
    )
    const service = toldFigures(serviceTime)
    const rows = tableOfCounts(countByRow(responseTime.bars), countByRow(serviceTime.bars))
    this.#below.replaceChildren(
      tableOf(
        `Percentiles of ${spanText(span)}`,
        ['', 'response time', 'service time'],
        toldFigures(responseTime).map(({ name, text }, i) => [name, text, service[i]?.text ?? '–']),
      ),
      element(
        'details',
        { class: 'chart-table' },
        element('summary', { 'aria-label': 'Answers by latency as table' }, 'As table'),
        element(
          'div',
          { class: 'chart-pan', tabindex: 0, role: 'region', 'aria-label': 'Answers by latency as table' },
          tableOf(
            'Answers that took from, up to',
            ['from', 'to', 'response time', 'service time'],
            rows.map(({ fromMs, toMs, response, service: served }) => [
              formatTime(fromMs),
              formatTime(toMs),
              formatCount(response),
              formatCount(served),
            ]),
          ),
        ),
      ),
    )
  }

  #show(title: string, sentence: string): void {
    this.element.setAttribute('aria-label', title)
    setText(this.#heading, title)
    setText(this.#sentence, sentence)
    this.#key.replaceChildren()
    this.#box.replaceChildren()
    this.#box.hidden = true
    this.#below.replaceChildren()
    this.#paint = undefined
  }

  #draw(paint: (size: DrawingSize) => SVGSVGElement): void {
    this.#paint = paint
    this.#box.hidden = false
    this.#size = { width: 0, height: 0 }
    this.#fit()
  }

  #fit(): void {
    const width = this.#box.clientWidth
    const height = this.#box.clientHeight
    if (
      this.#paint === undefined ||
      width === 0 ||
      (width === this.#size.width && height === this.#size.height)
    )
      return
    this.#size = { width, height }
    this.#box.replaceChildren(this.#paint(this.#size))
  }
}

const titleOf = (span: Span): string =>
  span.to - span.from <= 1 ? `Second ${spanText(span)}, all of it` : `${spanText(span)}, all of it`

const keyItem = (style: string, text: string): HTMLElement =>
  element(
    'li',
    {},
    svgElement(
      'svg',
      { width: 26, height: 10, 'aria-hidden': 'true' },
      style === 'spectrum-bars'
        ? svgElement('rect', { width: 26, height: 10, class: style })
        : svgElement('path', { d: 'M0 5H26', class: style }),
    ),
    text,
  )

const tableOf = (
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement => {
  const cellsOf = (texts: readonly string[], isHead: boolean): Child[] =>
    texts.map((text, i) =>
      isHead || i === 0 ? element('th', { scope: isHead ? 'col' : 'row' }, text) : element('td', {}, text),
    )
  return element(
    'table',
    { class: 'chart-numbers' },
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, cellsOf(head, true))),
    element(
      'tbody',
      {},
      rows.map((texts) => element('tr', {}, cellsOf(texts, false))),
    ),
  )
}
