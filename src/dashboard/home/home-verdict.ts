import type { Validation } from '../../api/answer-schemas.ts'
import type { ScenarioFault } from '../../scenario/scenario-faults.ts'
import type { ApiProblem } from '../api-client.ts'
import { element } from '../element.ts'
import { placeOf } from './scenario-editor-marks.ts'
import type { Judgement } from './scenario-validator.ts'

/** Beside the editor: what the scenario would do, or what is wrong with it. */

const maxNamed = 8

export const headlineOf = (judgement: Judgement): { tone: string; text: string } => {
  switch (judgement.kind) {
    case 'empty':
      return { tone: 'idle', text: 'Nothing to check yet' }
    case 'checking':
      return { tone: 'idle', text: 'Checking' }
    case 'valid':
      return { tone: 'good', text: 'Ready to start' }
    case 'invalid': {
      const { faultCount } = judgement.validation
      return { tone: 'bad', text: faultCount === 1 ? '1 fault' : `${faultCount} faults` }
    }
    case 'unknown':
      return { tone: 'caution', text: 'Could not be checked' }
  }
}

export const describeJudgement = (
  judgement: Judgement,
  goTo: (fault: ScenarioFault) => void,
): HTMLElement | undefined => {
  if (judgement.kind === 'valid') return planOf(judgement.validation)
  if (judgement.kind === 'invalid') return faultList(judgement.validation, goTo)
  if (judgement.kind === 'unknown')
    return element('p', { class: 'dim' }, `${judgement.problem.message} ${judgement.problem.hint}`)
  if (judgement.kind === 'empty')
    return element('p', { class: 'dim' }, 'Choose an example, fill in the quick start, or paste a scenario.')
  return undefined
}

const planOf = ({ name, load, requests, warnings }: Validation): HTMLElement =>
  element(
    'div',
    { class: 'stack' },
    element(
      'dl',
      { class: 'plan' },
      term('Name', name ?? ''),
      term('Load', load ?? ''),
      term(
        requests.length === 1 ? 'Request' : 'Requests',
        requests.slice(0, maxNamed).join(', ') +
          (requests.length > maxNamed ? ` and ${requests.length - maxNamed} more` : ''),
      ),
    ),
    warnings.length === 0
      ? null
      : element(
          'ul',
          { class: 'notice caution plain' },
          warnings.map((warning) => element('li', {}, warning)),
        ),
  )

const term = (name: string, text: string): HTMLElement[] => [element('dt', {}, name), element('dd', {}, text)]

const faultList = (
  { faults, faultCount }: Pick<Validation, 'faults' | 'faultCount'>,
  goTo: (fault: ScenarioFault) => void,
): HTMLElement =>
  element(
    'div',
    {},
    element(
      'ol',
      { class: 'faults plain' },
      faults.map((fault) => {
        const place = placeOf(fault)
        return element(
          'li',
          {},
          fault.line === undefined
            ? element('span', { class: 'strong' }, place)
            : element('button', { type: 'button', class: 'link', onclick: () => goTo(fault) }, place),
          element('p', {}, capital(fault.message)),
          fault.expected === undefined
            ? null
            : element('p', { class: 'dim small' }, `Expected: ${fault.expected}`),
          fault.hint === undefined ? null : element('p', { class: 'dim small' }, capital(fault.hint)),
        )
      }),
    ),
    faultCount > faults.length
      ? element('p', { class: 'dim' }, `and ${faultCount - faults.length} more`)
      : null,
  )

/** Above the start button: why nothing was started. */
export const problemText = (problem: Pick<ApiProblem, 'message' | 'hint'>): HTMLElement =>
  element(
    'div',
    { class: 'notice bad' },
    element('p', {}, problem.message),
    problem.hint === '' ? null : element('p', { class: 'dim small' }, problem.hint),
  )

/** Messages begin small, as a compiler's do. A name such as `p99` stays as it is. */
const capital = (text: string): string =>
  text.replace(/^[a-z]+(?= )/, (word) => word.charAt(0).toUpperCase() + word.slice(1))
