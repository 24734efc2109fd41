import type { RunResult, SteeringRecord } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import { formatPosition } from '../../results/summary-text-figures.ts'
import { isUnmeasured } from '../../results/told-totals.ts'
import { element, setText } from '../element.ts'
import { driverTable } from './driver-table.ts'
import { checkTable, errorTable, maxKinds, statusTable, unsentTable } from './error-table.ts'
import { requestTable } from './request-table.ts'
import { gapsOf } from './run-gaps.ts'
import { gapTable, steeringTable } from './run-history-tables.ts'
import { LiveTable } from './run-table.ts'
import { sentenceText } from './run-text.ts'

const maxWarnings = 20

/** Everything about a run that is a list. A list of which there is nothing to say is not there. */
export class RunTables {
  readonly element: HTMLElement
  readonly #requests: LiveTable
  readonly #drivers = new LiveTable({
    caption: 'Drivers',
    empty: 'No driver has it yet.',
    most: 100,
    noun: 'drivers',
  })
  readonly #errors = new LiveTable({ caption: 'Errors', empty: 'None.', most: maxKinds, noun: 'kinds' })
  readonly #checks = new LiveTable({
    caption: 'Answers that failed a check, of those that it looked at',
    empty: 'The scenario has no checks.',
    order: { column: 'failed', direction: 'descending' },
    most: maxKinds,
    noun: 'checks',
  })
  readonly #status = new LiveTable({
    caption: 'Of all answers',
    empty: 'No answer yet.',
    most: maxKinds,
    noun: 'codes',
  })
  readonly #unsent = new LiveTable({
    caption: 'Of all requests that were due',
    empty: 'Every request that was due was sent.',
    most: maxKinds,
    noun: 'reasons',
  })
  readonly #gaps = new LiveTable({
    caption: 'Load that was planned and is not in the figures, in minutes and seconds after the start',
    empty: 'None.',
    most: maxKinds,
    noun: 'gaps',
  })
  readonly #steering = new LiveTable({
    caption: 'What was done to the load, in minutes and seconds after the start',
    empty: 'Nobody has changed the load.',
    noun: 'commands',
  })
  readonly #warnings = element('ul', { class: 'run-warnings' })
  readonly #sections: Record<'warnings' | 'gaps' | 'checks' | 'unsent' | 'steering', HTMLElement>

  constructor(onRequest: (name: string) => void) {
    this.#requests = new LiveTable({
      caption: 'Requests',
      empty: 'No request was made yet.',
      order: { column: 'p99', direction: 'descending' },
      noun: 'requests',
      // A key is the kind, a blank and the name.
      onChoose: (key) => onRequest(key.slice(key.indexOf(' ') + 1)),
    })
    this.#sections = {
      warnings: section('Before you believe the figures', this.#warnings),
      gaps: section('Missing load', this.#gaps.element),
      checks: section('Checks', this.#checks.element),
      unsent: section('Not sent', this.#unsent.element),
      steering: section('Steering', this.#steering.element),
    }
    this.element = element(
      'div',
      { class: 'run-tables' },
      this.#sections.warnings,
      section('Requests', this.#requests.element),
      section('Drivers', this.#drivers.element),
      element(
        'div',
        { class: 'run-pair' },
        section('Errors', this.#errors.element),
        section('Answers', this.#status.element),
        this.#sections.checks,
        this.#sections.unsent,
        this.#sections.gaps,
        this.#sections.steering,
      ),
    )
  }

  update(result: RunResult, latest: RunUpdate | undefined, steering: readonly SteeringRecord[]): void {
    const { totals } = result
    const window =
      result.state === 'finished' ? 'whole run' : `run so far, ${formatPosition(result.elapsedMs)}`
    const isLive = latest !== undefined && result.state !== 'finished'
    const measured = isUnmeasured(result) ? 'Nothing is measured: all drivers were written by others.' : ''
    this.#requests.update(requestTable(result), `${window}, response times in milliseconds`)
    this.#drivers.update(
      driverTable(result, latest),
      isLive ? `${window}, but the last second where a heading says so` : `${window}, CPU of one core`,
    )
    this.#errors.update(
      errorTable(totals),
      `${window}, of the requests with an outcome${measured === '' ? '' : `. ${measured}`}`,
    )
    this.#status.update(statusTable(totals), `${window}, all requests`)
    this.#checks.update(checkTable(totals))
    this.#unsent.update(unsentTable(totals))
    this.#gaps.update(gapTable(gapsOf(result, latest)))
    this.#steering.update(steeringTable(steering))
    this.#updateWarnings(result.warnings)
    this.#sections.checks.hidden = Object.keys(totals.checks).length === 0
    this.#sections.unsent.hidden = totals.unsent === 0
    this.#sections.gaps.hidden = result.gaps.length === 0
    this.#sections.steering.hidden = steering.length === 0
  }

  #updateWarnings(warnings: readonly string[]): void {
    const shown = warnings.slice(0, maxWarnings)
    this.#sections.warnings.hidden = shown.length === 0
    if (this.#warnings.childElementCount !== shown.length)
      this.#warnings.replaceChildren(...shown.map(() => element('li')))
    for (const [i, text] of shown.entries()) {
      const item = this.#warnings.children[i]
      if (item !== undefined) setText(item, sentenceText(text))
    }
  }
}

const section = (heading: string, content: HTMLElement): HTMLElement =>
  element('section', { class: 'run-section' }, element('h2', {}, heading), content)
