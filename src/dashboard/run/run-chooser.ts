import type { RequestResult } from '../../results/run-result.ts'
import { formatCount } from '../../results/summary-text-figures.ts'
import { element, setText } from '../element.ts'
import { nameText } from './run-text.ts'

/** From so many names on there is a filter beside the list. */
const filterFrom = 20
/** More are not looked through, they are filtered. */
const maxOptions = 100

/** All requests, or one request or journey: what charts and tiles are of. */
export class RequestChooser {
  readonly element: HTMLElement
  readonly #select: HTMLSelectElement
  readonly #filter: HTMLInputElement
  readonly #filterField: HTMLElement
  readonly #note = element('span', { class: 'dim small' })
  #names: readonly { name: string; kind: string }[] = []
  #chosen: string
  #listed = ''

  constructor(chosen: string, onChoose: (request: string) => void) {
    this.#chosen = chosen
    this.#select = element('select', {
      onchange: () => {
        const index = Number(this.#select.value)
        this.#chosen = index < 0 ? '*' : (this.#names[index]?.name ?? '*')
        onChoose(this.#chosen)
      },
    })
    this.#filter = element('input', { type: 'search', autocomplete: 'off', oninput: () => this.#list() })
    this.#filterField = element(
      'label',
      { class: 'run-filter', hidden: true },
      element('span', {}, 'Filter requests'),
      this.#filter,
    )
    this.element = element(
      'div',
      { class: 'run-chooser' },
      element('label', { class: 'run-filter' }, element('span', {}, 'Request'), this.#select),
      this.#filterField,
      this.#note,
    )
    this.#list()
  }

  get chosen(): string {
    return this.#chosen
  }

  choose(request: string): void {
    this.#chosen = request
    this.#list()
  }

  update(requests: readonly RequestResult[]): void {
    const isSame =
      requests.length === this.#names.length && requests.every(({ name }, i) => this.#names[i]?.name === name)
    if (isSame) return
    this.#names = requests.map(({ name, kind }) => ({ name, kind }))
    this.#filterField.hidden = requests.length <= filterFrom
    this.#list()
  }

  /** Values are positions: a name may be anything. */
  #list(): void {
    const wanted = this.#filterField.hidden ? '' : this.#filter.value.trim().toLowerCase()
    const all = this.#names.map(({ name, kind }, index) => ({
      index,
      isChosen: name === this.#chosen,
      text: `${nameText(name)}${kind === 'journey' ? ' (journey)' : ''}`,
    }))
    const matching = all.filter(({ text, isChosen }) => isChosen || text.toLowerCase().includes(wanted))
    const shown = [
      ...matching.filter(({ isChosen }) => isChosen),
      ...matching.filter(({ isChosen }) => !isChosen).slice(0, maxOptions),
    ].sort((a, b) => a.index - b.index)
    const isForeign = this.#chosen !== '*' && !all.some(({ isChosen }) => isChosen)
    const options = [
      { value: -1, text: 'All requests' },
      ...shown.map(({ index, text }) => ({ value: index, text })),
      ...(isForeign ? [{ value: all.length, text: nameText(this.#chosen) }] : []),
    ]
    const listed = JSON.stringify(options)
    if (listed !== this.#listed) {
      this.#listed = listed
      this.#select.replaceChildren(...options.map(({ value, text }) => element('option', { value }, text)))
    }
    const index = all.findIndex(({ isChosen }) => isChosen)
    this.#select.value = String(this.#chosen === '*' ? -1 : index === -1 ? all.length : index)
    const hidden = matching.length - shown.length
    setText(this.#note, hidden > 0 ? `${formatCount(hidden)} more match` : '')
  }
}
