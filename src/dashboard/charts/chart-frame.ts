import { element, setText } from '../element.ts'
import type { ChartRows } from './chart-rows.ts'
import { groupRows, type TableColumn } from './chart-table.ts'

/** What every chart has around its drawing: name, sentence, and the same as a table. */
export class ChartFrame {
  readonly element: HTMLElement
  /** Where the drawing goes. */
  readonly box: HTMLElement
  readonly #sentence = element('p', { class: 'chart-sentence' })
  readonly #note = element('p', { class: 'chart-note', hidden: true })
  readonly #empty = element('p', { class: 'chart-empty', hidden: true })
  readonly #table: ChartTable

  constructor(options: {
    title: string
    kind: string
    /** Above and below the drawing. */
    above: readonly Node[]
    below: readonly Node[]
    /** What the cursor in the drawing is called for those who do not see it. */
    cursorName: string
  }) {
    this.box = element('div', {
      class: 'chart-box',
      tabindex: 0,
      role: 'slider',
      'aria-label': options.cursorName,
      'aria-valuemin': 0,
      'aria-valuemax': 0,
      'aria-valuenow': 0,
      'aria-valuetext': 'no second yet; the arrow keys move the cursor',
    })
    this.#table = new ChartTable(options.title)
    this.element = element(
      'figure',
      { class: `chart chart-${options.kind}`, 'aria-label': options.title },
      element('figcaption', {}, element('h3', {}, options.title), this.#sentence),
      ...options.above,
      element('div', { class: 'chart-stage' }, this.box, this.#empty),
      ...options.below,
      this.#note,
      this.#table.element,
    )
  }

  say(sentence: string, note = '', empty = ''): void {
    setText(this.#sentence, sentence)
    setText(this.#note, note)
    this.#note.hidden = note === ''
    setText(this.#empty, empty)
    this.#empty.hidden = empty === ''
  }

  /** `columns` is called only while the table is open. */
  tabulate(rows: ChartRows, caption: string, columns: () => readonly TableColumn[]): void {
    this.#table.show(rows, caption, columns)
  }
}

/** At most 25 rows, made once and used again. Filled only while it is open. */
class ChartTable {
  readonly element: HTMLDetailsElement
  readonly #caption = element('caption')
  readonly #head = element('tr')
  readonly #body = element('tbody')
  #shown: [rows: ChartRows, caption: string, columns: () => readonly TableColumn[]] | undefined

  constructor(title: string) {
    this.element = element(
      'details',
      { class: 'chart-table', ontoggle: () => this.#fill() },
      element('summary', { 'aria-label': `${title} as table` }, 'As table'),
      element(
        'div',
        { class: 'chart-pan', tabindex: 0, role: 'region', 'aria-label': `${title} as table` },
        element(
          'table',
          { class: 'chart-numbers' },
          this.#caption,
          element('thead', {}, this.#head),
          this.#body,
        ),
      ),
    )
  }

  show(rows: ChartRows, caption: string, columns: () => readonly TableColumn[]): void {
    this.#shown = [rows, caption, columns]
    this.#fill()
  }

  #fill(): void {
    if (!this.element.open || this.#shown === undefined) return
    const [rows, caption, columnsOf] = this.#shown
    const columns = columnsOf()
    setText(this.#caption, caption)
    setCells(this.#head, ['time', ...columns.map(({ heading }) => heading)], 'col')
    const groups = groupRows(rows)
    while (this.#body.rows.length < groups.length) this.#body.append(element('tr'))
    while (this.#body.rows.length > groups.length) this.#body.deleteRow(-1)
    for (const [i, group] of groups.entries()) {
      const row = this.#body.rows[i]
      if (row !== undefined)
        setCells(row, [group.label, ...columns.map((column) => column.cell(rows, group))], 'row')
    }
  }
}

const setCells = (row: HTMLTableRowElement, texts: readonly string[], scope: 'col' | 'row'): void => {
  for (const [i, text] of texts.entries()) {
    if (row.cells.length <= i)
      row.append(scope === 'col' || i === 0 ? element('th', { scope }) : element('td'))
    const cell = row.cells[i]
    if (cell !== undefined) setText(cell, text)
  }
  while (row.cells.length > texts.length) row.deleteCell(-1)
}
