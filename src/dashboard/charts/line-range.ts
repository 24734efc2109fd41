import { keepLatencyRange, keepTop, type LatencyRange, roundLatencyRange } from './chart-axis.ts'
import { leastOf, mostOf } from './chart-rows.ts'
import type { ChartsInput } from './charts-input.ts'

/** A limit so far above all that was measured would press the picture flat: it is told in words then. */
const farFactor = 20

export const nearLimits = (limits: ChartsInput['limits'], mostMs: number): ChartsInput['limits'] =>
  limits.filter(({ ms }) => ms <= mostMs * farFactor)

/** Said where a limit is not drawn. */
export const farLimitText = (limits: ChartsInput['limits'], range: LatencyRange): string => {
  const far = limits.filter(({ ms }) => ms > range.toMs || ms < range.fromMs)
  return far.length === 0 ? '' : `Outside of what is drawn: ${far.map(({ label }) => label).join(', ')}.`
}

/** What a logarithmic axis must show: all values above 0 and the limits near them. */
export const latencyRangeOf = (
  values: readonly (readonly (number | null)[])[],
  limits: ChartsInput['limits'],
): LatencyRange | undefined => {
  const least = leastOf(values.map((line) => leastOf(line.map((ms) => (ms === 0 ? null : ms))) ?? null))
  const most = mostOf(values.map((line) => mostOf(line) ?? null))
  if (most === undefined) return undefined
  const shown = nearLimits(limits, most).map(({ ms }) => ms)
  return roundLatencyRange(Math.min(least ?? most, ...shown), Math.max(most, ...shown))
}

/** The range of an axis from draw to draw: see {@link keepLatencyRange} and {@link keepTop}. */
export class KeptRange {
  readonly #scale: 'log' | 'linear'
  #range: { from: number; to: number }

  constructor(scale: 'log' | 'linear') {
    this.#scale = scale
    this.#range = scale === 'log' ? { from: 0, to: 0 } : { from: 0, to: 0 }
  }

  take(
    values: readonly (readonly (number | null)[])[],
    limits: ChartsInput['limits'],
  ): { from: number; to: number } {
    if (this.#scale === 'linear') {
      const most = mostOf(values.map((line) => mostOf(line) ?? null)) ?? 0
      this.#range = { from: 0, to: keepTop(this.#range.to, most) }
    } else {
      const { from, to } = this.#range
      const shown = to === 0 ? undefined : { fromMs: from, toMs: to }
      const kept = keepLatencyRange(shown, latencyRangeOf(values, limits))
      this.#range = { from: kept.fromMs, to: kept.toMs }
    }
    return this.#range
  }

  forget(): void {
    this.#range = { from: 0, to: 0 }
  }
}
