import { element } from '../element.ts'
import { runKeys } from '../run/run-keys.ts'
import type { KeptText } from './kept-text.ts'

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** Every key of every page, in one list. */
export const keyList: readonly [keys: string, what: string][] = [
  ['?', 'This list'],
  ['Tab', 'To the next control; in the editor as well'],
  ['Ctrl + Enter', 'Start: start the run that is in the editor'],
  ['/', 'Runs: filter the list'],
  ...runKeys.map(({ key, what }): [string, string] => [key, `A run: ${lowered(what)}`]),
  ['Arrows', 'Charts: move the mark by a second, or by a row'],
  ['Enter', "Charts: show that second's distribution"],
  ['Esc', 'Close what is open'],
]

/** Whether a key is text that goes somewhere, not a command. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement ||
  (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type)) ||
  (target instanceof HTMLElement && target.isContentEditable)

/**
 * The list of keys, and its switch: single keys can be turned off, for those who speak to their machine (WCAG 2.2,
 * 2.1.4). That is done here for all pages, before they hear of the key.
 */
export const createKeyHelp = (kept: KeptText): { button: HTMLElement; open(): void } => {
  const open = (): void => {
    const isOn = element('input', {
      type: 'checkbox',
      checked: kept.value !== 'off',
      onchange: () => {
        kept.value = isOn.checked ? null : 'off'
      },
    })
    const dialog = element(
      'dialog',
      { 'aria-labelledby': 'keys-title', onclose: () => dialog.remove() },
      element(
        'div',
        { class: 'stack' },
        element('h2', { id: 'keys-title' }, 'Keys'),
        element(
          'dl',
          { class: 'keys' },
          keyList.map(([keys, what]) => [
            element(
              'dt',
              {},
              keys.split(/( \+ )/).map((key, at) => (at % 2 === 0 ? element('kbd', {}, key) : key)),
            ),
            element('dd', {}, what),
          ]),
        ),
        element('label', { class: 'row' }, isOn, 'Single letters and signs are commands'),
        element(
          'div',
          {},
          element('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, 'Close'),
        ),
      ),
    )
    document.body.append(dialog)
    dialog.showModal()
  }
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === ' ')
        return
      if (isTyping(event.target)) return
      if (kept.value === 'off' || document.querySelector('dialog[open]') !== null)
        event.stopImmediatePropagation()
      else if (event.key === '?') {
        event.preventDefault()
        open()
      }
    },
    { capture: true },
  )
  const button = element(
    'button',
    { type: 'button', class: 'quiet icon', 'aria-label': 'Keys', title: 'Keys (?)', onclick: open },
    element('kbd', { 'aria-hidden': 'true' }, '?'),
  )
  return { button, open }
}
