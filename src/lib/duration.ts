/** Durations as people write them: `250ms`, `1.5s`, `5m`, `2h`, `1d`, and sums of these, `1h30m`. */
const unitMs = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof unitMs

const part = /(\d+(?:\.\d+)?|\.\d+)(us|ms|s|m|h|d)/y

/** Milliseconds, or undefined where the text is no duration. A number without a unit is none. */
export const parseDuration = (text: string): number | undefined => {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > 40) return undefined
  let totalMs = 0
  part.lastIndex = 0
  while (part.lastIndex < trimmed.length) {
    const match = part.exec(trimmed)
    if (match === null) return undefined
    totalMs += Number(match[1]) * unitMs[match[2] as Unit]
  }
  return totalMs
}

const significant = (value: number): string => {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? trimZeros(value.toFixed(1)) : trimZeros(value.toFixed(2))
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

/** A duration with its unit and about three digits: `840 us`, `2.41 ms`, `1.2 s`, `3m20s`. */
export const formatDuration = (ms: number): string => {
  if (!Number.isFinite(ms)) return 'unbounded'
  if (ms === 0) return '0 ms'
  // The bounds lie where the figure shown would round up to the next unit.
  if (ms < 0.9995) return `${significant(ms * 1000)} us`
  if (ms < 999.5) return `${significant(ms)} ms`
  if (ms < 59_950) return `${significant(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  const h = Math.floor(seconds / 3600)
  const m = Math.floor((seconds % 3600) / 60)
  const s = seconds % 60
  return `${h > 0 ? `${h}h` : ''}${m > 0 ? `${m}m` : ''}${s > 0 ? `${s}s` : ''}`
}
