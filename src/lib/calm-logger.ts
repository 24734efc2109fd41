import type { Clock } from './clock.ts'
import type { Logger, LogLevel } from './logger.ts'

/**
 * A log that nobody can fill by saying the same again and again: of each message at most `maxLines` a minute are written,
 * whatever their facts. How many were not (`leftOut`) is told after that minute: by the next of the message, or with the
 * next line of any.
 */
export const calmLogger = (logger: Logger, clock: Pick<Clock, 'nowMs'>, maxLines = 100): Logger => {
  const kinds = new Map<string, Kind>()
  let lookedMs = clock.nowMs()

  /** Of messages that are not said any more. */
  const tellLeftOut = (nowMs: number): void => {
    if (nowMs - lookedMs < spanMs) return
    lookedMs = nowMs
    for (const [key, { level, message, sinceMs, leftOut }] of kinds) {
      if (nowMs - sinceMs < spanMs) continue
      kinds.delete(key)
      if (leftOut > 0) logger[level]('further lines of a kind were left out', { kind: message, leftOut })
    }
  }

  const kindOf = (level: LogLevel, message: string, nowMs: number): Kind => {
    const key = `${level} ${message}`
    let kind = kinds.get(key)
    if (kind === undefined) {
      // Texts that quote what they speak of are kinds of their own: of these the oldest are forgotten.
      const oldest = kinds.keys().next().value
      if (kinds.size >= maxKinds && oldest !== undefined) kinds.delete(oldest)
      kind = { level, message, sinceMs: nowMs, written: 0, leftOut: 0 }
      kinds.set(key, kind)
    }
    return kind
  }

  const log = (level: LogLevel) => (message: string, facts?: Record<string, unknown>) => {
    const nowMs = clock.nowMs()
    const kind = kindOf(level, message, nowMs)
    const { leftOut } = kind
    if (nowMs - kind.sinceMs >= spanMs) Object.assign(kind, { sinceMs: nowMs, written: 0, leftOut: 0 })
    if (kind.written >= maxLines) {
      kind.leftOut++
      return
    }
    kind.written++
    logger[level](message, kind.written === 1 && leftOut > 0 ? { ...facts, leftOut } : facts)
    tellLeftOut(nowMs)
  }
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

interface Kind {
  level: LogLevel
  message: string
  sinceMs: number
  written: number
  leftOut: number
}

/** Lines a minute of what a message on the bus is enough for: whoever reaches it can say many. */
export const maxLinesOfBus = 10

const spanMs = 60_000
const maxKinds = 1000
