import { formatCount, formatPosition } from '../../results/summary-text-figures.ts'

/** Ticks and their labels. Ranges grow by whole labels and shrink late, so that no axis moves each second. */

const timeSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800,
]

/** Round seconds from `from` to `to`, at least about 60 pixels apart. */
export const timeTicks = (from: number, to: number, widthPx: number): number[] => {
  const most = Math.max(1, Math.floor(widthPx / 60))
  const step = timeSteps.find((one) => (to - from) / one <= most) ?? 604_800
  const ticks: number[] = []
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push(tick)
  return ticks
}

export const formatSecond = (second: number): string => formatPosition(second * 1000)

/** 1, 2, 5, 10, 20 ... from `fromMs` to `toMs`, both included. */
const roundLatencies = (fromMs: number, toMs: number): number[] => {
  const times: number[] = []
  for (let decade = Math.floor(Math.log10(fromMs) + 1e-9); 10 ** decade <= toMs * 1.001; decade++)
    for (const digit of [1, 2, 5]) {
      const ms = Number((digit * 10 ** decade).toPrecision(1))
      if (ms >= fromMs * 0.999 && ms <= toMs * 1.001) times.push(ms)
    }
  return times
}

/** For a logarithmic axis of this height: 1-2-5, or decades alone where labels would touch. */
export const latencyTicks = (fromMs: number, toMs: number, heightPx: number): number[] => {
  const all = roundLatencies(fromMs, toMs)
  const octavePx = (heightPx * Math.log(2)) / Math.log(toMs / fromMs)
  return octavePx >= 15 ? all : all.filter((ms) => isDecade(ms))
}

const isDecade = (ms: number): boolean => Math.abs(Math.log10(ms) - Math.round(Math.log10(ms))) < 1e-9

/** `250 us`, `2 ms`, `10 s`. */
export const latencyLabel = (ms: number): string => {
  const plain = (value: number): string => String(Number(value.toPrecision(3)))
  if (ms < 1) return `${plain(ms * 1000)} us`
  return ms < 1000 ? `${plain(ms)} ms` : `${formatCount(ms / 1000)} s`
}

export interface LatencyRange {
  fromMs: number
  toMs: number
}

/** The round times around a range, at least a decade apart; nothing lies under 10 us, nothing above a day. */
export const roundLatencyRange = (leastMs: number, mostMs: number): LatencyRange => {
  const least = Math.max(0.01, Math.min(leastMs, mostMs))
  const most = Math.max(least, Math.min(mostMs, 86_400_000))
  const around = roundLatencies(0.01, most * 20)
  const fromMs = around.findLast((ms) => ms <= least) ?? 0.01
  const toMs = around.find((ms) => ms >= Math.max(most, fromMs * 10)) ?? most
  return { fromMs, toMs }
}

/** Grows at once to what is needed; shrinks only when what is needed would leave more than a decade of it empty. */
export const keepLatencyRange = (
  shown: LatencyRange | undefined,
  needed: LatencyRange | undefined,
): LatencyRange => {
  if (needed === undefined) return shown ?? { fromMs: 1, toMs: 1000 }
  if (shown === undefined) return needed
  return {
    fromMs: needed.fromMs > shown.fromMs * 10 ? needed.fromMs : Math.min(shown.fromMs, needed.fromMs),
    toMs: needed.toMs * 10 < shown.toMs ? needed.toMs : Math.max(shown.toMs, needed.toMs),
  }
}

const tops = [1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10]

/** The round end of an axis from 0 that shows `most`: grows at once, falls only under a half. */
export const keepTop = (shown: number, most: number): number => {
  if (most <= shown && most * 2 > shown) return shown
  if (!(most > 0)) return shown > 0 ? shown : 1
  const decade = 10 ** Math.floor(Math.log10(most) + 1e-9)
  return (tops.find((top) => top * decade >= most * 0.9999) ?? 10) * decade
}

/** From 0 to `top`, at least 26 pixels apart; `isWhole`: no halves. */
export const linearTicks = (top: number, heightPx: number, isWhole: boolean): number[] => {
  const most = Math.max(2, Math.min(6, Math.floor(heightPx / 26)))
  const decade = 10 ** Math.floor(Math.log10(top / most))
  const round = [1, 2, 2.5, 5, 10].map((digit) => digit * decade).find((one) => top / one <= most + 1e-9)
  const step = Math.max(round ?? top, isWhole ? 1 : 0)
  const ticks: number[] = []
  for (let i = 0; i * step <= top * 1.0001; i++) ticks.push(Number((i * step).toPrecision(6)))
  return ticks
}

/** `0`, `0.5`, `250`, `12,000`, `2.5 M`. */
export const countLabel = (value: number): string => {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`
  return value >= 10 ? formatCount(value) : String(Number(value.toPrecision(3)))
}

/** Where labels stand that belong at `wanted`, none nearer to another than `gap`, all between `top` and `bottom`. */
export const spreadLabels = (
  wanted: readonly number[],
  gap: number,
  top: number,
  bottom: number,
): number[] => {
  const order = wanted.map((_, i) => i).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0))
  const placed = [...wanted]
  let least = top
  for (const i of order) {
    const y = Math.max(least, placed[i] ?? 0)
    placed[i] = y
    least = y + gap
  }
  let most = bottom
  for (const i of order.reverse()) {
    const y = Math.min(most, placed[i] ?? 0)
    placed[i] = y
    most = y - gap
  }
  return placed
}
