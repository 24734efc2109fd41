/** What a part says to whoever operates it. Results and progress are no log: they have their own ways. */
export interface Logger {
  debug(message: string, facts?: Record<string, unknown>): void
  info(message: string, facts?: Record<string, unknown>): void
  warn(message: string, facts?: Record<string, unknown>): void
  error(message: string, facts?: Record<string, unknown>): void
}

export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const levels = { debug: 0, info: 1, warn: 2, error: 3 } as const
export type LogLevel = keyof typeof levels

const describeFacts = (facts: Record<string, unknown> | undefined): string =>
  facts === undefined
    ? ''
    : Object.entries(facts)
        .map(([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join('')

/** One plain line a message, for a person at a terminal: `groundswell: warn: …`. */
export const createLineLogger = (name: string, lowest: LogLevel, write: (line: string) => void): Logger => {
  const log = (level: LogLevel) => (message: string, facts?: Record<string, unknown>) => {
    if (levels[level] >= levels[lowest]) write(`${name}: ${level}: ${message}${describeFacts(facts)}`)
  }
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}
