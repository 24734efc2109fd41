/** Rates as people write them: `500/s`, `30k/min`, `1.2M/h`. */
const perSeconds: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['sec', 1],
  ['m', 60],
  ['min', 60],
  ['h', 3600],
  ['hour', 3600],
  ['d', 86_400],
  ['day', 86_400],
])
const factors: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 1e3],
  ['m', 1e6],
  ['g', 1e9],
])

/** Operations a second, or undefined where the text is no rate. */
export const parseRate = (text: string): number | undefined => {
  const match = /^\s*(\d{1,15}(?:\.\d{1,9})?)\s*([kKmMgG]?)\s*\/\s*([a-z]+)\s*$/.exec(text)
  if (match === null) return undefined
  const seconds = perSeconds.get(match[3] ?? '')
  const factor = factors.get((match[2] ?? '').toLowerCase())
  if (seconds === undefined || factor === undefined) return undefined
  return (Number(match[1]) * factor) / seconds
}

/** `500/s`, `2,400/s`, `0.2/s`. */
export const formatRate = (perSecond: number): string =>
  `${perSecond >= 100 ? Math.round(perSecond).toLocaleString('en-US') : Number(perSecond.toPrecision(3))}/s`
