import type { RunResult } from '../../results/run-result.ts'
import type { ApiClient } from '../api-client.ts'
import { ApiProblem } from '../api-client.ts'
import { element, setText } from '../element.ts'
import { factsOf, reportsOf, scenarioText } from './run-facts.ts'
import { nameText, sentenceText } from './run-text.ts'

/** What stays of a run: its reports, its facts, its scenario. */
export class RunRecord {
  readonly element: HTMLElement
  readonly #api: ApiClient
  readonly #facts = element('dl', { class: 'run-facts' })
  readonly #scenario = element('pre', { class: 'run-scenario', tabindex: 0, 'aria-label': 'Scenario' })
  readonly #fault = element('p', { class: 'bad small', role: 'status' })
  #result: RunResult | undefined

  constructor(api: ApiClient, id: string) {
    this.#api = api
    const details = element(
      'details',
      { ontoggle: () => this.#showScenario() },
      element('summary', {}, 'Scenario, as it ran'),
      this.#scenario,
    )
    this.element = element(
      'section',
      { class: 'run-section run-record' },
      element('h2', {}, 'The record'),
      element(
        'ul',
        { class: 'run-reports', 'aria-label': 'Reports' },
        reportsOf(id).map(({ name, what, path, file }) =>
          element(
            'li',
            {},
            element(
              'a',
              {
                class: 'button',
                href: path,
                target: '_blank',
                rel: 'noopener',
                onclick: (event: Event) => {
                  if (!this.#api.hasToken) return
                  // A link carries no token.
                  event.preventDefault()
                  void this.#save(path, file)
                },
              },
              name,
            ),
            element('small', { class: 'dim' }, what),
          ),
        ),
      ),
      this.#fault,
      this.#facts,
      details,
    )
  }

  update(result: RunResult): void {
    this.#result = result
    const facts = factsOf(result)
    if (this.#facts.childElementCount !== facts.length)
      this.#facts.replaceChildren(...facts.map(() => element('div', {}, element('dt'), element('dd'))))
    for (const [i, { name, text }] of facts.entries()) {
      const [term, value] = this.#facts.children[i]?.children ?? []
      if (term !== undefined) setText(term, name)
      if (value !== undefined) setText(value, text)
    }
    this.#showScenario()
  }

  /** A scenario never changes: it is written once, when somebody looks. */
  #showScenario(): void {
    const isOpen =
      this.#scenario.parentElement instanceof HTMLDetailsElement && this.#scenario.parentElement.open
    if (!isOpen || this.#result === undefined || this.#scenario.firstChild !== null) return
    setText(this.#scenario, scenarioText(this.#result))
  }

  async #save(path: string, file: string): Promise<void> {
    setText(this.#fault, '')
    try {
      const text = await this.#api.text(path)
      const address = URL.createObjectURL(new Blob([text]))
      element('a', { href: address, download: nameText(file, 120) }).click()
      URL.revokeObjectURL(address)
    } catch (error) {
      const why =
        error instanceof ApiProblem ? sentenceText(error.message) : 'the orchestrator does not answer'
      setText(this.#fault, `The report did not come: ${why}`)
    }
  }
}
