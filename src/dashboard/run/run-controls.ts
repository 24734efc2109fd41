import type { Scenario } from '../../scenario/scenario.ts'
import { element, setAttribute, setText } from '../element.ts'
import { RunConfirm } from './run-confirm.ts'
import { scaledRateText } from './run-load.ts'
import type { Place, RunSteerer } from './run-steerer.ts'
import { mostScale, parseScale, type Slot } from './run-steering.ts'
import { clockText, scaleText, sentenceText } from './run-text.ts'

/** The controls of a run: hold the view, steer the load. What was asked, and what was refused, stands beside its button. */
export class RunControls {
  readonly element: HTMLElement
  readonly #steerer: RunSteerer
  readonly #hold: HTMLButtonElement
  readonly #scenario: Scenario
  readonly #rate = element('input', {
    type: 'text',
    id: 'run-rate',
    inputmode: 'decimal',
    class: 'run-rate number',
    'aria-describedby': 'run-rate-means',
    autocomplete: 'off',
    value: '100',
    oninput: () => this.#showMeaning(),
  })
  /** What the field says, as a rate. */
  readonly #meaning = element('span', { class: 'number dim run-rate-means', id: 'run-rate-means' })
  readonly #apply = element('button', { type: 'submit' }, 'Apply')
  readonly #slower: HTMLButtonElement
  readonly #faster: HTMLButtonElement
  readonly #pause: HTMLButtonElement
  readonly #stop: HTMLButtonElement
  readonly #trigger: HTMLButtonElement
  readonly #stopQuestion: RunConfirm
  readonly #rateQuestion: RunConfirm
  readonly #steering: HTMLElement
  readonly #notes: Record<Place, HTMLElement>
  /** What the field showed when it was last filled by us: what a person types stays. */
  #filled = '100'
  /** What is wrong with what was typed. */
  #rateFault = ''
  #behind = ''

  constructor(steerer: RunSteerer, scenario: Scenario, onHold: () => void) {
    this.#steerer = steerer
    this.#scenario = scenario
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
    this.#stopQuestion = new RunConfirm({
      name: 'Stop the run?',
      yes: 'Stop it',
      no: 'Keep it going',
      onYes: () => steerer.confirm('stop'),
      onNo: () => this.#leave('stop', this.#stop),
    })
    this.#rateQuestion = new RunConfirm({
      name: 'Change the load?',
      yes: 'Change it',
      no: 'Leave it',
      onYes: () => {
        steerer.confirm('rate')
        this.#rate.focus()
      },
      onNo: () => this.#leave('rate', this.#rate),
    })
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
          element('label', { class: 'dim', for: 'run-rate' }, "Load, % of the scenario's own"),
          this.#rate,
          this.#meaning,
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
      this.#rateQuestion.element,
      this.#stopQuestion.element,
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
    this.#stopQuestion.show(isConfirming ? 'Stop the run for good?' : undefined)
    this.#rateQuestion.show(this.#rateQuestionText(slots.rate))
    const asked = slots.rate.kind === 'confirming' ? slots.rate.scale : null
    const wanted = String(Number(((asked ?? scale) * 100).toPrecision(4)))
    if (this.#rate.value === this.#filled && document.activeElement !== this.#rate) {
      this.#rate.value = wanted
      this.#filled = wanted
    }
    this.#showMeaning()
    for (const [place, note] of Object.entries(this.#notes)) {
      const slot = slots[place as Place]
      const fault = place === 'rate' ? this.#rateFault : ''
      setText(note, fault === '' ? noteOf(slot) : fault)
      setAttribute(
        note,
        'class',
        `run-note small ${fault !== '' || slot.kind === 'refused' || slot.kind === 'unanswered' ? 'bad' : 'dim'}`,
      )
    }
  }

  #leave(place: Place, focus: HTMLElement): void {
    this.#steerer.cancel(place)
    focus.focus()
  }

  #showMeaning(): void {
    setText(this.#meaning, scaledRateText(this.#scenario, parseScale(this.#rate.value)))
  }

  #rateQuestionText(slot: Slot): string | undefined {
    if (slot.kind !== 'confirming' || slot.scale === null) return undefined
    const { runningScale } = this.#steerer
    const rate = scaledRateText(this.#scenario, slot.scale)
    return `${scaleText(slot.scale)}${rate === '' ? '' : ` ${rate}`}: that is ${timesText(slot.scale / runningScale)} the load that runs now. Sure?`
  }

  #submitRate(): void {
    const scale = parseScale(this.#rate.value)
    setAttribute(this.#rate, 'aria-invalid', scale === undefined ? 'true' : null)
    this.#rateFault =
      scale === undefined
        ? `The load is a share in percent above 0 and up to ${scaleText(mostScale)}, such as 150.`
        : ''
    if (scale === undefined) {
      this.update(this.#behind)
      return
    }
    this.#filled = this.#rate.value
    this.#steerer.setRate(scale)
  }
}

/** `12 times`, `33.3 times`. */
const timesText = (factor: number): string =>
  `${Number(factor.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 2 })} times`

const noteOf = (slot: Slot): string => {
  if (slot.kind === 'asked' || slot.kind === 'unanswered') {
    const what = `${commandWords[slot.command]}${slot.scale === null ? '' : ` ${scaleText(slot.scale)}`}`
    return slot.kind === 'asked'
      ? `${what}: asked ${clockText(slot.atMs)}`
      : `${what}: no answer. If it arrived all the same, the list of steering says so.`
  }
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
