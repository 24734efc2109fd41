import { element, setAttribute, setText } from '../element.ts'
import type { Place, RunSteerer } from './run-steerer.ts'
import { parseScale, type Slot } from './run-steering.ts'
import { clockText, scaleText, sentenceText } from './run-text.ts'

/** The controls of a run: hold the view, steer the load. What was asked, and what was refused, stands beside its button. */
export class RunControls {
  readonly element: HTMLElement
  readonly #steerer: RunSteerer
  readonly #hold: HTMLButtonElement
  readonly #rate = element('input', {
    type: 'text',
    inputmode: 'decimal',
    class: 'run-rate number',
    'aria-label': "Load, in percent of the scenario's own",
    autocomplete: 'off',
    value: '100',
  })
  readonly #apply = element('button', { type: 'submit' }, 'Apply')
  readonly #slower: HTMLButtonElement
  readonly #faster: HTMLButtonElement
  readonly #pause: HTMLButtonElement
  readonly #stop: HTMLButtonElement
  readonly #trigger: HTMLButtonElement
  readonly #confirm: HTMLElement
  readonly #really: HTMLButtonElement
  readonly #steering: HTMLElement
  readonly #notes: Record<Place, HTMLElement>
  /** What the field showed when it was last filled by us: what a person types stays. */
  #filled = '100'
  #wasConfirming = false
  /** What is wrong with what was typed. */
  #rateFault = ''
  #behind = ''

  constructor(steerer: RunSteerer, onHold: () => void) {
    this.#steerer = steerer
    const button = (text: string, onclick: () => void, more: Record<string, string> = {}) =>
      element('button', { type: 'button', onclick, ...more }, text)
    const note = () => element('p', { class: 'run-note small', role: 'status' })
    this.#notes = { rate: note(), pause: note(), stop: note(), trigger: note() }
    this.#hold = button('Hold', onHold, { 'aria-pressed': 'false', title: 'Hold the view: h' })
    this.#slower = button('−10 %', () => steerer.stepRate('slower'), { title: 'A tenth less load: -' })
    this.#faster = button('+10 %', () => steerer.stepRate('faster'), { title: 'A tenth more load: +' })
    this.#pause = button('Pause', () => steerer.pauseOrResume(), { title: 'Space' })
    this.#stop = button('Stop', () => steerer.stop(), { class: 'danger' })
    this.#trigger = button('Start the load', () => steerer.trigger(), { class: 'primary' })
    this.#really = button('Stop it', () => steerer.confirmStop(), { class: 'danger' })
    this.#confirm = element(
      'span',
      {
        class: 'run-confirm',
        role: 'group',
        'aria-label': 'Stop the run?',
        hidden: true,
        onkeydown: (event: Event) => {
          if (event instanceof KeyboardEvent && event.key === 'Escape') this.#keep()
        },
      },
      element('span', {}, 'Stop the run for good?'),
      this.#really,
      button('Keep it going', () => this.#keep()),
    )
    this.#steering = element(
      'div',
      { class: 'run-steering', role: 'group', 'aria-label': 'Steering' },
      element(
        'form',
        {
          class: 'run-rate-form',
          onsubmit: (event: Event) => {
            event.preventDefault()
            this.#submitRate()
          },
        },
        element(
          'span',
          { class: 'run-rate-set' },
          element(
            'label',
            { class: 'run-rate-field' },
            element('span', { class: 'dim' }, 'Load'),
            this.#rate,
            ' %',
          ),
          this.#apply,
        ),
        this.#slower,
        this.#faster,
      ),
      this.#trigger,
      this.#pause,
      this.#stop,
    )
    this.element = element(
      'div',
      { class: 'run-controls' },
      element('div', { class: 'run-buttons' }, this.#steering, this.#hold),
      this.#confirm,
      element('div', { class: 'run-notes' }, Object.values(this.#notes)),
    )
  }

  /** `behind`: what stands beside Hold; empty while nothing is held. */
  update(behind: string): void {
    this.#behind = behind
    const { state, slots, scale } = this.#steerer
    const isOver = state === 'finished'
    this.#steering.hidden = isOver
    this.#hold.hidden = isOver && behind === ''
    setText(this.#hold, behind === '' ? 'Hold' : `${behind}. Go on`)
    setAttribute(this.#hold, 'aria-pressed', behind === '' ? 'false' : 'true')
    const canRate = this.#steerer.can('rate')
    for (const control of [this.#rate, this.#apply, this.#slower, this.#faster]) control.disabled = !canRate
    this.#pause.disabled = !this.#steerer.can('pause')
    setText(this.#pause, state === 'paused' ? 'Resume' : 'Pause')
    this.#trigger.hidden = state !== 'ready'
    const isConfirming = slots.stop.kind === 'confirming'
    this.#stop.disabled = isConfirming || !this.#steerer.can('stop') || slots.stop.kind === 'asked'
    this.#confirm.hidden = !isConfirming
    if (isConfirming && !this.#wasConfirming) this.#really.focus()
    this.#wasConfirming = isConfirming
    const wanted = String(Number((scale * 100).toPrecision(4)))
    if (this.#rate.value === this.#filled && document.activeElement !== this.#rate) {
      this.#rate.value = wanted
      this.#filled = wanted
    }
    for (const [place, note] of Object.entries(this.#notes)) {
      const slot = slots[place as Place]
      const fault = place === 'rate' ? this.#rateFault : ''
      setText(note, fault === '' ? noteOf(slot) : fault)
      setAttribute(note, 'class', `run-note small ${fault !== '' || slot.kind === 'refused' ? 'bad' : 'dim'}`)
    }
  }

  #keep(): void {
    this.#steerer.cancel('stop')
    this.#stop.focus()
  }

  #submitRate(): void {
    const scale = parseScale(this.#rate.value)
    setAttribute(this.#rate, 'aria-invalid', scale === undefined ? 'true' : null)
    this.#rateFault = scale === undefined ? 'The load is a share in percent above 0, such as 150.' : ''
    if (scale === undefined) {
      this.update(this.#behind)
      return
    }
    this.#filled = this.#rate.value
    this.#steerer.setRate(scale)
  }
}

const noteOf = (slot: Slot): string => {
  if (slot.kind === 'asked')
    return `${commandWords[slot.command]}${slot.scale === null ? '' : ` ${scaleText(slot.scale)}`}: asked ${clockText(slot.atMs)}`
  if (slot.kind === 'refused')
    return `${commandWords[slot.command]} was refused: ${sentenceText(slot.why)} ${sentenceText(slot.hint)}`.trim()
  return ''
}

const commandWords = {
  rate: 'Load',
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
  trigger: 'Start',
} as const
