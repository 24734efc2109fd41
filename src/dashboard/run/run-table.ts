import { formatCount } from '../../results/summary-text-figures.ts'
import { element, setAttribute, setText } from '../element.ts'
import {
  arrangeRows,
  type Cell,
  type Column,
  orderBy,
  type Row,
  type TableOrder,
  type TableView,
} from './run-table-rows.ts'

export interface LiveTableOptions {
  /** Its name; and what stands above it, as long as `update` says nothing better of its window and units. */
  caption: string
  /** Said instead of an empty table. */
  empty: string
  /** At first. */
  order?: Pick<TableOrder, 'column' | 'direction'>
  most?: number
  /** What its rows are, for the line under them and the filter's name: `requests`. With it there is a filter. */
  noun?: string
  /** A row's first cell becomes a button. */
  onChoose?: (key: string) => void
}

/** From so many rows on a filter is of use. */
const filterFrom = 8

/** A table that is updated in place: a row that stays keeps its elements, and a text that stays is not touched. */
export class LiveTable {
  readonly element: HTMLElement
  readonly #options: LiveTableOptions
  readonly #caption: HTMLElement
  readonly #head: HTMLTableRowElement
  readonly #body: HTMLElement
  readonly #table: HTMLElement
  readonly #pan: HTMLElement
  readonly #more: HTMLElement
  readonly #empty: HTMLElement
  readonly #filter: HTMLInputElement
  readonly #filterField: HTMLElement
  readonly #rows = new Map<string, LiveRow>()
  #headings: { column: Column; cell: HTMLElement; button: HTMLElement }[] = []
  #order: Pick<TableOrder, 'column' | 'direction'>
  #view: TableView | undefined

  constructor(options: LiveTableOptions) {
    this.#options = options
    this.#order = options.order ?? { column: undefined, direction: 'ascending' }
    this.#caption = element('p', { class: 'dim small run-caption' }, options.caption)
    this.#head = element('tr')
    this.#body = element('tbody')
    this.#table = element(
      'table',
      { class: 'run-table', 'aria-label': options.caption },
      element('thead', {}, this.#head),
      this.#body,
    )
    this.#pan = element(
      'div',
      { class: 'pan', role: 'region', tabindex: 0, 'aria-label': options.caption },
      this.#table,
    )
    this.#more = element('p', { class: 'dim small', hidden: true })
    this.#empty = element('p', { class: 'dim' }, options.empty)
    this.#filter = element('input', { type: 'search', oninput: () => this.#arrange(), autocomplete: 'off' })
    this.#filterField = element(
      'label',
      { class: 'run-filter', hidden: true },
      element('span', {}, `Filter ${options.noun ?? 'rows'}`),
      this.#filter,
    )
    this.element = element(
      'div',
      { class: 'run-table-box' },
      this.#filterField,
      this.#empty,
      this.#caption,
      this.#pan,
      this.#more,
    )
  }

  update(view: TableView, caption = this.#options.caption): void {
    this.#view = view
    setText(this.#caption, caption)
    const name = this.#options.caption
    const label = name === caption ? name : `${name}: ${caption}`
    for (const named of [this.#pan, this.#table]) setAttribute(named, 'aria-label', label)
    this.#updateHead(view.columns)
    this.#filterField.hidden = this.#options.noun === undefined || view.rows.length < filterFrom
    this.#arrange()
  }

  #updateHead(columns: readonly Column[]): void {
    const isSame =
      this.#headings.length === columns.length &&
      this.#headings.every(({ column }, i) => column.key === columns[i]?.key)
    if (!isSame) {
      this.#headings = columns.map((column) => {
        const button = element('button', {
          type: 'button',
          class: 'run-sort',
          onclick: () => this.#sort(column),
        })
        const cell = element('th', { scope: 'col', class: column.isNumber === true ? 'n' : null }, button)
        return { column, cell, button }
      })
      this.#head.replaceChildren(...this.#headings.map(({ cell }) => cell))
    }
    for (const [i, { button }] of this.#headings.entries()) setText(button, columns[i]?.heading ?? '')
  }

  #sort(column: Column): void {
    this.#order = orderBy(this.#order, column)
    this.#arrange()
  }

  #arrange(): void {
    const view = this.#view
    if (view === undefined) return
    const filter = this.#filterField.hidden ? '' : this.#filter.value
    const most = this.#options.most ?? 50
    const { shown, others } = arrangeRows(view, { ...this.#order, filter, most })
    for (const { column, cell } of this.#headings)
      setAttribute(cell, 'aria-sort', column.key === this.#order.column ? this.#order.direction : 'none')
    const keys = new Set(shown.map(({ key }) => key))
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue
      row.element.remove()
      this.#rows.delete(key)
    }
    const focused = document.activeElement
    let next = this.#body.firstChild
    for (const row of shown) {
      const live = this.#rowOf(row)
      live.update(row.cells)
      if (live.element === next) next = next.nextSibling
      else this.#body.insertBefore(live.element, next)
    }
    // What was moved has lost the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#body.contains(focused))
      focused.focus({ preventScroll: true })
    this.#empty.hidden = shown.length > 0
    setText(this.#empty, filter === '' ? this.#options.empty : `None matches “${filter.slice(0, 80)}”.`)
    this.#pan.hidden = shown.length === 0
    this.#caption.hidden = shown.length === 0
    this.#more.hidden = others === 0
    const noun = this.#options.noun ?? 'rows'
    setText(
      this.#more,
      others === 0
        ? ''
        : `and ${formatCount(others)} other ${noun}; the filter finds them, and the reports have all.`,
    )
  }

  #rowOf({ key, cells }: Row): LiveRow {
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const { onChoose } = this.#options
    const numbers = this.#headings.map(({ column }) => column.isNumber === true)
    const made = new LiveRow(cells.length, numbers, onChoose === undefined ? undefined : () => onChoose(key))
    this.#rows.set(key, made)
    return made
  }
}

class LiveRow {
  readonly element: HTMLTableRowElement
  readonly #cells: LiveCell[]

  constructor(count: number, numbers: readonly boolean[], onChoose: (() => void) | undefined) {
    this.#cells = Array.from(
      { length: count },
      (_, i) => new LiveCell(i === 0, numbers[i] === true, i === 0 ? onChoose : undefined),
    )
    this.element = element(
      'tr',
      {},
      this.#cells.map((cell) => cell.element),
    )
  }

  update(cells: readonly Cell[]): void {
    for (const [i, cell] of cells.entries()) this.#cells[i]?.update(cell)
  }
}

class LiveCell {
  readonly element: HTMLElement
  readonly #text: HTMLElement
  readonly #notes: HTMLElement[] = []
  #shown = ''
  #tone: string | null = null

  constructor(isFirst: boolean, isNumber: boolean, onChoose: (() => void) | undefined) {
    this.#text =
      onChoose === undefined
        ? element('span')
        : element('button', { type: 'button', class: 'run-choose', onclick: onChoose })
    this.element = element(
      isFirst ? 'th' : 'td',
      { ...(isFirst ? { scope: 'row' } : {}), class: isNumber ? 'n' : null },
      this.#text,
    )
  }

  /** What is the same as before costs a comparison of texts, none of the page. */
  update({ text, tone, notes = [] }: Cell): void {
    if (text !== this.#shown) {
      this.#text.textContent = text
      this.#shown = text
    }
    if ((tone ?? null) !== this.#tone) {
      this.#tone = tone ?? null
      setAttribute(this.#text, 'class', tone === undefined ? null : `light ${tone}`)
    }
    while (this.#notes.length > notes.length) this.#notes.pop()?.remove()
    for (const [i, note] of notes.entries()) {
      let place = this.#notes[i]
      if (place === undefined) {
        place = element('small', { class: 'run-note' })
        this.#notes.push(place)
        this.element.append(place)
      }
      setText(place, note)
    }
  }
}
