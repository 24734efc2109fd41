import { element, setAttribute, setText } from '../element.ts'
import { svgElement } from './chart-svg.ts'
import type { ChartTheme, LineColour } from './chart-theme.ts'

export interface LegendLine {
  name: string
  colour: LineColour
  dash?: readonly number[]
  width: number
  /** Shown from the start; who wants it switches it on. */
  isOff?: boolean
}

/** A chart's lines as switches: sample, name, newest value or the one under the cursor. */
export class ChartLegend {
  readonly element = element('div', { class: 'chart-legend', role: 'group', 'aria-label': 'Lines shown' })
  readonly #items: { button: HTMLButtonElement; value: HTMLElement; path: SVGPathElement; line: LegendLine }[]
  readonly #isOn: boolean[]
  readonly #when = element('span', { class: 'chart-when' })

  constructor(lines: readonly LegendLine[], onSwitch: () => void) {
    this.#isOn = lines.map(({ isOff }) => isOff !== true)
    this.#items = lines.map((line, i) => {
      const path = svgElement('path', {
        d: 'M0 5H26',
        fill: 'none',
        'stroke-width': Math.max(1.5, line.width),
        'stroke-dasharray': line.dash?.join(' ') ?? 'none',
      })
      const value = element('span', { class: 'chart-value' })
      const sample = svgElement('svg', { width: 26, height: 10, 'aria-hidden': 'true' }, path)
      const button = element(
        'button',
        {
          type: 'button',
          class: 'chart-switch',
          'aria-pressed': String(this.#isOn[i]),
          onclick: () => {
            this.#isOn[i] = !this.#isOn[i]
            setAttribute(button, 'aria-pressed', String(this.#isOn[i]))
            onSwitch()
          },
        },
        sample,
        element('span', {}, line.name),
        value,
      )
      return { button, value, path, line }
    })
    this.element.append(...this.#items.map(({ button }) => button), this.#when)
  }

  isOn(index: number): boolean {
    return this.#isOn[index] ?? false
  }

  /** `undefined`: the line is not in this chart now. */
  show(values: readonly (string | undefined)[], when: string): void {
    for (const [i, { button, value }] of this.#items.entries()) {
      const text = values[i]
      if (button.hidden !== (text === undefined)) button.hidden = text === undefined
      setText(value, text ?? '')
    }
    setText(this.#when, when)
  }

  paint(theme: ChartTheme): void {
    for (const { path, line } of this.#items) path.style.stroke = theme.lines[line.colour]
  }
}
