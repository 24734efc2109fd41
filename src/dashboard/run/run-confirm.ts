import { element, setText } from '../element.ts'

/** A question beside the controls, in words; Escape is no. */
export class RunConfirm {
  readonly element: HTMLElement
  readonly #text = element('span')
  readonly #yes: HTMLButtonElement
  #isOpen = false

  constructor(options: { name: string; yes: string; no: string; onYes: () => void; onNo: () => void }) {
    const { name, yes, no, onYes, onNo } = options
    this.#yes = element('button', { type: 'button', class: 'danger', onclick: onYes }, yes)
    this.element = element(
      'span',
      {
        class: 'run-confirm',
        role: 'group',
        'aria-label': name,
        hidden: true,
        onkeydown: (event: Event) => {
          if (event instanceof KeyboardEvent && event.key === 'Escape') onNo()
        },
      },
      this.#text,
      this.#yes,
      element('button', { type: 'button', onclick: onNo }, no),
    )
  }

  /** `undefined`: there is nothing to ask. A question that comes up takes the focus. */
  show(text: string | undefined): void {
    const wasOpen = this.#isOpen
    this.#isOpen = text !== undefined
    this.element.hidden = text === undefined
    if (text !== undefined) setText(this.#text, text)
    if (this.#isOpen && !wasOpen) this.#yes.focus()
  }
}
