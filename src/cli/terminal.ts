/**
 * The view of a terminal that the face needs, passed in so that a test can be one. How wide a text is, and how foreign
 * text becomes safe to show, is in `results/summary-text-display.ts`.
 */
export interface Terminal {
  readonly isTty: boolean
  /** Cells in a line, as of now. */
  columns(): number
  /** Lines on the screen, as of now. */
  rows(): number
  write(text: string): void
  /** Calls back after each change of size, until the returned function is called. */
  onResize(callback: () => void): () => void
}

/** What is needed of a `tty.WriteStream`; a pipe has the rest undefined. */
export interface TerminalStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

const defaultColumns = 80
const defaultRows = 24

export const terminalOf = (stream: TerminalStream): Terminal => ({
  isTty: stream.isTTY === true,
  // A pseudo-terminal without a size says 0.
  columns: () => stream.columns || defaultColumns,
  rows: () => stream.rows || defaultRows,
  write: (text) => {
    stream.write(text)
  },
  onResize: (callback) => {
    stream.on('resize', callback)
    return () => {
      stream.off('resize', callback)
    }
  },
})

/** Environment variables, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Whether lines may be drawn over: not in a pipe, not in a CI job's log, not on a terminal that knows no cursor. */
export const canRedraw = (terminal: Terminal, environment: Environment): boolean =>
  terminal.isTty && environment.TERM !== 'dumb' && !isSet(environment.CI)

/** Whether colour is wanted. NO_COLOR says no whatever its value, even empty. */
export const wantsColour = (terminal: Terminal, environment: Environment): boolean =>
  terminal.isTty && environment.TERM !== 'dumb' && environment.NO_COLOR === undefined

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== 'false'
