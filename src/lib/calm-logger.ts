import type { Clock } from './clock.ts'
import type { Logger, LogLevel } from './logger.ts'

/**
 * A log that nobody can fill by saying the same again and again: of each message at most 100 lines a minute are written,
 * whatever their facts. The first line after that minute says how many were not (`leftOut`).
 */
export const calmLogger = (logger: Logger, clock: Pick<Clock, 'nowMs'>): Logger => {
  const kinds = new Map<string, Kind>()

  const kindOf = (key: string, nowMs: number): Kind => {
    let kind = kinds.get(key)
    if (kind === undefined) {
      // Texts that quote what they speak of are kinds of their own: of these the oldest are forgotten.
      const oldest = kinds.keys().next().value
      if (kinds.size >= maxKinds && oldest !== undefined) kinds.delete(oldest)
      kind = { sinceMs: nowMs, written: 0, leftOut: 0 }
      kinds.set(key, kind)
    }
    return kind
  }

  const log = (level: LogLevel) => (message: string, facts?: Record<string, unknown>) => {
    const nowMs = clock.nowMs()
    const kind = kindOf(`${level} ${message}`, nowMs)
    const { leftOut } = kind
    if (nowMs - kind.sinceMs >= spanMs) Object.assign(kind, { sinceMs: nowMs, written: 0, leftOut: 0 })
    if (kind.written >= maxLines) {
      kind.leftOut++
      return
    }
    kind.written++
    logger[level](message, kind.written === 1 && leftOut > 0 ? { ...facts, leftOut } : facts)
  }
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

interface Kind {
  sinceMs: number
  written: number
  leftOut: number
}

const spanMs = 60_000
const maxLines = 100
const maxKinds = 1000
