import type { ExampleList, Validation } from '../../api/answer-schemas.ts'
import type { RunResult } from '../../results/run-result.ts'
import { element, setAttribute, setText } from '../element.ts'
import type { PageContext } from '../page.ts'
import { KeptText } from '../shell/kept-text.ts'
import { hashOf } from '../shell/shell-route.ts'
import { createExtras } from './home-extras.ts'
import { createQuickStart } from './home-quick-start.ts'
import { describeJudgement, headlineOf, problemText } from './home-verdict.ts'
import { bodyOf, keepDraft, readDraft, type ScenarioDraft } from './scenario-draft.ts'
import { createScenarioEditor } from './scenario-editor.ts'
import { asProblem, type Judgement, ScenarioValidator } from './scenario-validator.ts'

export interface Start {
  element: HTMLElement
  /** The orchestrator has been heard: that it did not answer is no longer so. */
  hear(): void
  close(): void
}

/** A new run: from an example, from a URL and a rate, or from a pasted scenario. */
export const createStart = ({ api, clock, go, announce }: PageContext): Start => {
  const kept = new KeptText(() => sessionStorage, 'draft')
  let draft: ScenarioDraft = readDraft(kept) ?? { text: '', assets: {}, env: {} }
  const closing = new AbortController()

  const headline = element('span', { class: 'light idle strong', id: 'scenario-state' })
  const told = element('div', { class: 'verdict' })
  const refused = element('div', { role: 'alert' })
  const editor = createScenarioEditor({
    describedBy: 'scenario-state',
    onInput: () => {
      change({ ...draft, text: editor.text })
      showExample()
    },
  })
  const startButton = element(
    'button',
    { type: 'button', class: 'primary', onclick: () => void start(), title: 'Ctrl + Enter' },
    'Start run',
  )

  let lastKind = ''
  const show = (judgement: Judgement): void => {
    const { tone, text } = headlineOf(judgement)
    setAttribute(headline, 'class', `light ${tone} strong`)
    setText(headline, text)
    // While it is checked again what was known stays: nothing flickers under who reads it.
    if (judgement.kind === 'checking') return
    const description = describeJudgement(judgement, (fault) => editor.goTo(fault))
    told.replaceChildren(...(description === undefined ? [] : [description]))
    editor.showFaults(judgement.kind === 'invalid' ? judgement.validation.faults : [])
    if (judgement.kind !== lastKind && lastKind !== '' && judgement.kind !== 'empty')
      announce(`Scenario: ${text}.`)
    lastKind = judgement.kind
  }
  const validator = new ScenarioValidator(api, clock, show)
  const change = (next: ScenarioDraft): void => {
    draft = next
    keepDraft(kept, draft)
    refused.replaceChildren()
    validator.judge(draft)
  }
  /** What somebody wrote, when an example or the quick start took its place. */
  let replaced: ScenarioDraft | undefined
  const back = element(
    'button',
    {
      type: 'button',
      hidden: true,
      onclick: () => {
        const mine = replaced
        replaced = undefined
        if (mine !== undefined) write(mine.text, mine.assets)
        written = ''
      },
    },
    'Bring back my text',
  )
  /** Written by the page itself, so that nothing is lost with it. */
  let written = ''
  const write = (text: string, assets: Readonly<Record<string, string>> = {}): void => {
    if (draft.text.trim() !== '' && draft.text !== written && draft.text !== text) replaced = draft
    back.hidden = replaced === undefined
    written = text
    editor.text = text
    change({ ...draft, text, assets })
    extras.showFiles(draft.assets)
    showExample()
  }

  let isStarting = false
  const start = async (): Promise<void> => {
    if (isStarting) return
    if (draft.text.trim() === '') return editor.focus()
    isStarting = true
    setAttribute(startButton, 'aria-disabled', 'true')
    setText(startButton, 'Starting')
    refused.replaceChildren()
    try {
      const { id } = await api.post<RunResult>('/api/runs', bodyOf(draft), closing.signal)
      go(hashOf('runs', id))
    } catch (error) {
      if (!closing.signal.aborted) refuse(error)
    } finally {
      isStarting = false
      setAttribute(startButton, 'aria-disabled', null)
      setText(startButton, 'Start run')
    }
  }
  let isUnheard = false
  const refuse = (error: unknown): void => {
    const problem = asProblem(error)
    isUnheard = problem.status === 0
    if (problem.code !== 'SCENARIO_INVALID') {
      refused.replaceChildren(problemText(problem))
      return
    }
    const { faults } = problem
    validator.close()
    show({ kind: 'invalid', validation: { ...noValidation, faults: [...faults], faultCount: faults.length } })
    const [first] = faults
    refused.replaceChildren(
      problemText({ message: 'Nothing was started: the scenario has faults.', hint: '' }),
    )
    if (first?.line !== undefined) editor.goTo(first)
  }

  const extras = createExtras({
    addFiles: (assets) => {
      change({ ...draft, assets: { ...draft.assets, ...assets } })
      extras.showFiles(draft.assets)
    },
    setVariables: (env) => change({ ...draft, env }),
  })

  const about = element('p', { class: 'dim small example-about' })
  const select = element('select', { id: 'example', onchange: () => useExample() })
  const noExample = element('option', { value: '' })
  /** The box says what is in the editor: an example, or none of them. */
  const showExample = (): void => {
    const example = examples.find(({ text }) => text === draft.text)
    setText(noExample, draft.text.trim() === '' ? 'Choose' : 'Own text')
    select.value = example?.name ?? ''
    setText(about, example?.title ?? '')
  }
  let examples: ExampleList['examples'] = []
  const useExample = (): void => {
    const example = examples.find(({ name }) => name === select.value)
    if (example !== undefined) write(example.text, example.assets)
  }
  const fillExamples = async (): Promise<void> => {
    const list = await api.get<ExampleList>('/api/examples', closing.signal)
    examples = list.examples
    select.replaceChildren(noExample, ...examples.map(({ name }) => element('option', { value: name }, name)))
    const known = examples.find(({ text }) => text === draft.text)
    const [first] = examples
    if (known !== undefined) written = known.text
    else if (draft.text === '' && first !== undefined) write(first.text, first.assets)
    showExample()
  }

  editor.text = draft.text
  validator.judge(draft)
  extras.showFiles(draft.assets)
  fillExamples().catch(() => setText(about, 'The examples did not come.'))

  const section = element(
    'section',
    { class: 'start stack', 'aria-labelledby': 'start-title' },
    element('h1', { id: 'start-title' }, 'New run'),
    element(
      'div',
      { class: 'begin' },
      element(
        'div',
        { class: 'begin-example' },
        element('div', { class: 'field' }, element('label', { for: 'example' }, 'Example'), select),
        about,
        back,
      ),
      createQuickStart((text) => write(text)),
    ),
    element(
      'div',
      { class: 'start-grid' },
      element('div', {}, editor.element, extras.element),
      element(
        'div',
        { class: 'start-side' },
        headline,
        told,
        refused,
        element(
          'div',
          { class: 'row start-row' },
          startButton,
          element(
            'span',
            { class: 'dim small keys-hint' },
            element('kbd', {}, 'Ctrl'),
            ' + ',
            element('kbd', {}, 'Enter'),
          ),
        ),
      ),
    ),
  )
  section.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void start()
  })
  return {
    element: section,
    hear: () => {
      if (isUnheard) refused.replaceChildren()
      isUnheard = false
    },
    close: () => {
      validator.close()
      closing.abort()
    },
  }
}

const noValidation: Validation = {
  file: '',
  valid: false,
  name: null,
  load: null,
  requests: [],
  warnings: [],
  faults: [],
  faultCount: 0,
}
