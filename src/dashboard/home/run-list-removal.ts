import { element } from '../element.ts'
import type { ListedRun } from './run-list.ts'

/** Asks once; what was measured cannot come back. */
export const confirmRemoval = ({ id, name }: ListedRun): Promise<boolean> =>
  new Promise((resolve) => {
    let isSure = false
    const keep = element('button', { type: 'button', onclick: () => dialog.close() }, 'Keep it')
    const dialog = element(
      'dialog',
      {
        'aria-labelledby': 'remove-title',
        onclose: () => {
          dialog.remove()
          resolve(isSure)
        },
      },
      element(
        'div',
        { class: 'stack' },
        element('h2', { id: 'remove-title' }, `Delete ${name}?`),
        element('p', {}, `Run ${id} and all that was measured in it will be gone.`),
        element(
          'div',
          { class: 'bar' },
          element(
            'button',
            {
              type: 'button',
              class: 'danger',
              onclick: () => {
                isSure = true
                dialog.close()
              },
            },
            'Delete',
          ),
          keep,
        ),
      ),
    )
    document.body.append(dialog)
    dialog.showModal()
    keep.focus()
  })
