import { pino } from 'pino'
import { calmLogger } from '../lib/calm-logger.ts'
import { type Clock, isoTime } from '../lib/clock.ts'
import { createLineLogger, type Logger, type LogLevel } from '../lib/logger.ts'
import { cleanText } from '../results/summary-text-display.ts'
import { redactSecrets } from './redact-secrets.ts'

/**
 * The log of a role that runs for long and unattended: a line a message with its time for a person,
 * `2026-01-01T00:00:00.000Z orchestrator: info: run begun run=r-…`; or one JSON object a line (pino's, `level` as a word,
 * `time` as ISO 8601, facts as fields of their own) for what collects logs.
 */
export interface RoleLogOptions {
  role: string
  pid: number
  format: LogFormat
  lowest: LogLevel
  /** What must not appear, in whatever text somebody else's error brings: known secrets are starred in every value. */
  secrets: readonly string[]
  clock: Clock
  /** Takes a line with its line feed. */
  write: (text: string) => void
}

const logFormats = ['text', 'json'] as const
export type LogFormat = (typeof logFormats)[number]

export const createRoleLogger = (options: RoleLogOptions): Logger => {
  const logger = options.format === 'json' ? createJsonLogger(options) : createTextLogger(options)
  const clean = <T>(value: T): T => redactSecrets(value, options.secrets)
  const log = (level: LogLevel) => (message: string, facts?: Record<string, unknown>) =>
    logger[level](clean(message), facts === undefined ? undefined : clean(facts))
  const cleaning = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
  return calmLogger(cleaning, options.clock)
}

const createTextLogger = ({ role, lowest, clock, write }: RoleLogOptions): Logger =>
  createLineLogger(role, lowest, (line) => write(`${isoTime(clock.wallMs())} ${cleanText(line)}\n`))

const createJsonLogger = ({ role, pid, lowest, clock, write }: RoleLogOptions): Logger => {
  const log = pino(
    {
      level: lowest,
      base: { role, pid },
      timestamp: () => `,"time":"${isoTime(clock.wallMs())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  )
  const say = (level: LogLevel) => (message: string, facts?: Record<string, unknown>) =>
    log[level](facts ?? {}, message)
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
}
