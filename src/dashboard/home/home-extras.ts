import { element, setText } from '../element.ts'
import { readVariables } from './scenario-draft.ts'

/** What a scenario may name and cannot reach from here: files and environment variables, which go along with it. */
export interface Extras {
  element: HTMLElement
  showFiles(assets: Readonly<Record<string, string>>): void
}

export const createExtras = (listener: {
  /** Base64, by name. */
  addFiles(assets: Record<string, string>): void
  setVariables(env: Record<string, string>): void
}): Extras => {
  const files = element('p', { class: 'dim small' })
  const pick = element('input', {
    type: 'file',
    multiple: true,
    onchange: () => {
      readFiles([...(pick.files ?? [])]).then(listener.addFiles, () =>
        setText(files, 'A file could not be read.'),
      )
    },
  })
  const fault = element('small', { class: 'bad' })
  const variables = element('textarea', {
    rows: 2,
    class: 'mono',
    spellcheck: 'false',
    autocomplete: 'off',
    placeholder: 'NAME=value',
    oninput: () => {
      const { env, wrongLines } = readVariables(variables.value)
      setText(fault, wrongLines.length === 0 ? '' : `Line ${wrongLines.join(', ')}: write NAME=value.`)
      listener.setVariables(env)
    },
  })
  return {
    element: element(
      'details',
      { class: 'extras' },
      element('summary', { class: 'small dim' }, 'Files and variables that the scenario names'),
      element(
        'div',
        { class: 'extras-grid' },
        element('label', { class: 'field' }, element('span', {}, 'Files (CSV, bodies)'), pick, files),
        element(
          'label',
          { class: 'field' },
          element('span', {}, 'Environment variables, a line each (kept nowhere)'),
          variables,
          fault,
        ),
      ),
    ),
    showFiles: (assets) => {
      const names = Object.keys(assets)
      setText(files, names.length === 0 ? 'No file goes with it.' : `With it: ${names.join(', ')}.`)
    },
  }
}

const readFiles = async (chosen: readonly File[]): Promise<Record<string, string>> => {
  const assets: Record<string, string> = {}
  for (const file of chosen) assets[file.name] = base64Of(new Uint8Array(await file.arrayBuffer()))
  return assets
}

const base64Of = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}
