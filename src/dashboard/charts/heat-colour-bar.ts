import { formatCount, formatShare } from '../../results/summary-text-figures.ts'
import { element, setText } from '../element.ts'
import { heatSteps, middleCount, type Rgb } from './heat-palette.ts'

/** Which colour is how many: the whole scale, and the count at its beginning, middle and end. */
export class HeatColourBar {
  readonly element: HTMLElement
  readonly #canvas = element('canvas', {
    width: heatSteps,
    height: 1,
    class: 'heat-bar',
    'aria-hidden': 'true',
  })
  readonly #labels = [element('span'), element('span'), element('span')]
  readonly #unit = element('span', { class: 'heat-bar-unit' })

  constructor() {
    this.element = element(
      'div',
      { class: 'heat-scale' },
      this.#unit,
      element(
        'div',
        { class: 'heat-bar-box' },
        this.#canvas,
        element('div', { class: 'heat-bar-labels' }, this.#labels),
      ),
    )
  }

  paint(colours: readonly Rgb[]): void {
    const ctx = this.#canvas.getContext('2d')
    if (ctx === null) return
    for (const [i, [red, green, blue]] of colours.entries()) {
      ctx.fillStyle = `rgb(${red} ${green} ${blue})`
      ctx.fillRect(i, 0, 1, 1)
    }
  }

  show(mode: 'count' | 'share', most: number): void {
    setText(this.#unit, mode === 'count' ? 'answers in a cell' : 'share of its second')
    const texts =
      mode === 'count'
        ? [1, middleCount(most), most].map(formatCount)
        : [0.001, middleCount(1000) / 1000, 1].map(formatShare)
    for (const [i, label] of this.#labels.entries()) setText(label, texts[i] ?? '')
  }
}
