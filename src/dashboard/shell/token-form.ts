import { element } from '../element.ts'

/** Asks for the API's token in a dialog; undefined where it was closed without one. */
export const askForToken = (wasRefused: boolean): Promise<string | undefined> =>
  new Promise((resolve) => {
    let given: string | undefined
    const input = element('input', {
      type: 'password',
      name: 'token',
      required: true,
      autocomplete: 'current-password',
      spellcheck: 'false',
      'aria-describedby': 'token-why',
      'aria-invalid': wasRefused ? 'true' : undefined,
    })
    const dialog = element(
      'dialog',
      { 'aria-labelledby': 'token-title', onclose: () => done() },
      element(
        'form',
        {
          class: 'stack',
          onsubmit: (event) => {
            event.preventDefault()
            given = input.value.trim()
            if (given !== '') dialog.close()
          },
        },
        element('h2', { id: 'token-title' }, 'This orchestrator wants a token'),
        element(
          'p',
          { id: 'token-why', class: wasRefused ? 'bad' : 'dim' },
          wasRefused
            ? 'That token is not the right one.'
            : 'It is in the file that its --token-file names, or in its GROUNDSWELL_TOKEN. It is kept for this tab only.',
        ),
        element('label', { class: 'field' }, element('span', {}, 'Token'), input),
        element(
          'div',
          { class: 'bar' },
          element('button', { type: 'submit', class: 'primary' }, 'Use this token'),
          element('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
        ),
      ),
    )
    const done = (): void => {
      dialog.remove()
      resolve(given === '' ? undefined : given)
    }
    document.body.append(dialog)
    dialog.showModal()
    input.focus()
  })
