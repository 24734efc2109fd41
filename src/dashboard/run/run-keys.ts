/** What a key does on a run's page. */
export type RunAction = 'pauseOrResume' | 'faster' | 'slower' | 'hold' | 'speak'

/** `key`: as a person reads it; `values`: what the browser calls it. In the order in which help shows them. */
export const runKeys: readonly {
  readonly key: string
  readonly what: string
  readonly action: RunAction
  readonly values: readonly string[]
}[] = [
  { key: 'Space', what: 'Pause or resume the load', action: 'pauseOrResume', values: [' '] },
  { key: '+', what: 'A tenth more load', action: 'faster', values: ['+', '='] },
  { key: '-', what: 'A tenth less load', action: 'slower', values: ['-', '_'] },
  { key: 'h', what: 'Hold the view, and let it go on', action: 'hold', values: ['h', 'H'] },
  { key: 's', what: 'Speak the state of the run', action: 'speak', values: ['s', 'S'] },
]

/** What was pressed, and where the focus was. */
export interface Pressed {
  key: string
  /** Ctrl, Alt or Meta: it is the browser's. */
  isModified: boolean
  isRepeated: boolean
  /** The focus is in something that takes keys itself. */
  isInControl: boolean
  /** The focus is in something that takes text: every character is its. */
  isInText: boolean
}

/** Space belongs to whatever control has the focus, all characters to a field of text. */
export const actionOf = ({ key, isModified, isRepeated, isInControl, isInText }: Pressed) => {
  if (isModified || isRepeated || isInText) return undefined
  const found = runKeys.find(({ values }) => values.includes(key))
  return found?.action === 'pauseOrResume' && isInControl ? undefined : found?.action
}
