import { element, setAttribute, setText } from '../element.ts'
import { type QuickStart, quickStartText } from './quick-start.ts'

const fields: readonly { name: keyof QuickStart; label: string; value: string; hint: string }[] = [
  { name: 'url', label: 'URL', value: '', hint: 'http://localhost:8080/' },
  { name: 'rate', label: 'Rate, all drivers', value: '100/s', hint: '100/s' },
  { name: 'duration', label: 'Duration', value: '30s', hint: '30s' },
]

/** A URL, a rate and a duration: enough for a scenario. */
export const createQuickStart = (write: (text: string) => void): HTMLElement => {
  const inputs = fields.map(({ name, label, value, hint }) => {
    const fault = element('small', { class: 'bad', id: `quick-${name}-fault` })
    const input = element('input', {
      type: name === 'url' ? 'url' : 'text',
      name,
      value,
      placeholder: hint,
      autocomplete: 'off',
      spellcheck: 'false',
      'aria-describedby': `quick-${name}-fault`,
    })
    return {
      name,
      input,
      fault,
      field: element('label', { class: `field quick-${name}` }, element('span', {}, label), input, fault),
    }
  })
  const submit = (event: Event): void => {
    event.preventDefault()
    const asked: QuickStart = { url: '', rate: '', duration: '' }
    for (const { name, input } of inputs) asked[name] = input.value
    const made = quickStartText(asked)
    const wrong = 'wrong' in made ? made.wrong : {}
    for (const { name, input, fault } of inputs) {
      setText(fault, wrong[name] ?? '')
      setAttribute(input, 'aria-invalid', wrong[name] === undefined ? null : 'true')
    }
    if ('text' in made) write(made.text)
    else inputs.find(({ name }) => wrong[name] !== undefined)?.input.focus()
  }
  return element(
    'form',
    { class: 'quick', novalidate: true, 'aria-label': 'Quick start', onsubmit: submit },
    inputs.map(({ field }) => field),
    element('button', { type: 'submit' }, 'Write the scenario'),
  )
}
