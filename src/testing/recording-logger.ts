import type { Logger } from '../lib/logger.ts'

export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error'
  message: string
  facts: Record<string, unknown>
}

export interface RecordingLogger extends Logger {
  lines: LogLine[]
  /** How many lines of a level say what matches. */
  count(level: LogLine['level'], pattern: RegExp): number
}

/** Keeps all that it is told. */
export const recordingLogger = (): RecordingLogger => {
  const lines: LogLine[] = []
  const record =
    (level: LogLine['level']) =>
    (message: string, facts: Record<string, unknown> = {}): void => {
      lines.push({ level, message, facts })
    }
  return {
    lines,
    count: (level, pattern) =>
      lines.filter((line) => line.level === level && pattern.test(line.message)).length,
    debug: record('debug'),
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
  }
}
