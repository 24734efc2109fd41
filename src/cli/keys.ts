import { stripVTControlCharacters } from 'node:util'

/** What a person may ask for while a run goes on. `interrupt` is Ctrl-C, which a terminal in raw mode only passes on. */
export type Key = 'pauseOrResume' | 'faster' | 'slower' | 'stop' | 'interrupt'

/** What the load is multiplied by at each `faster`, and divided by at each `slower`. */
export const steeringFactor = 1.1

/** What is needed of a `tty.ReadStream`; a pipe has no raw mode. */
export interface KeyInput {
  readonly isTTY?: boolean
  readonly isRaw?: boolean
  setRawMode?(raw: boolean): unknown
  on(event: 'data', listener: (chunk: Buffer | string) => void): unknown
  off(event: 'data', listener: (chunk: Buffer | string) => void): unknown
  resume(): unknown
  pause(): unknown
}

export interface KeyReader extends Disposable {
  /** Gives the terminal its mode back and lets the process end. Idempotent, and at once. */
  close(): void
}

const keys: Record<string, Key> = {
  ' ': 'pauseOrResume',
  '+': 'faster',
  '=': 'faster',
  '-': 'slower',
  _: 'slower',
  q: 'stop',
  Q: 'stop',
  '\x03': 'interrupt',
}

/** Calls back for each key as it is pressed, without Enter; for nothing at all where the input is no terminal. */
export const readKeys = (input: KeyInput, onKey: (key: Key) => void): KeyReader => {
  if (input.isTTY !== true || input.setRawMode === undefined) {
    return { close: () => {}, [Symbol.dispose]: () => {} }
  }
  const wasRaw = input.isRaw === true
  let closed = false
  const onData = (chunk: Buffer | string): void => {
    // An arrow key is an escape sequence whose bytes are no keys of ours.
    for (const character of stripVTControlCharacters(chunk.toString())) {
      const key = Object.hasOwn(keys, character) ? keys[character] : undefined
      if (key !== undefined && !closed) onKey(key)
    }
  }
  const close = (): void => {
    if (closed) return
    closed = true
    input.off('data', onData)
    input.setRawMode?.(wasRaw)
    input.pause()
  }
  input.setRawMode(true)
  input.on('data', onData)
  input.resume()
  return { close, [Symbol.dispose]: close }
}
