import { hasP999 } from '../../results/summary-text-figures.ts'
import { askedPerSecond } from '../model/asked.ts'
import type { FigureName, HeatCounts, Track } from '../model/track.ts'
import type { ChartsInput, Span } from './charts-input.ts'

/** The rows of a track that a window shows, as plain arrays of their own: never more than the window holds. */
export class ChartRows {
  readonly track: Track
  readonly from: number
  readonly to: number
  readonly step: number
  readonly isClosed: boolean
  /** Index in the track of the first row shown, and how many there are. */
  readonly first: number
  readonly length: number
  readonly #figures = new Map<FigureName, (number | null)[]>()
  #middles: number[] | undefined

  readonly #gaps: ChartsInput['gaps']

  constructor({
    track,
    from,
    to,
    gaps = [],
    isClosed = false,
  }: Pick<ChartsInput, 'track' | 'from' | 'to'> & Partial<ChartsInput>) {
    this.track = track
    this.#gaps = gaps
    this.isClosed = isClosed
    this.from = from
    this.to = Math.max(to, from + 1)
    this.step = track.step
    const end = Math.min(track.length, Math.ceil(to / track.step) - track.first)
    this.first = Math.max(0, Math.min(end, Math.floor(from / track.step) - track.first))
    this.length = Math.max(0, end - this.first)
  }

  /** One figure of each row shown. The same array at each call: do not change it. */
  figure(name: FigureName): (number | null)[] {
    const known = this.#figures.get(name)
    if (known !== undefined) return known
    const told = this.track.figures[name].slice(this.first, this.first + this.length)
    const values = name === 'asked' ? told.map((value, row) => this.#asked(value, row)) : told
    this.#figures.set(name, values)
    return values
  }

  #asked(told: number | null, row: number): number | null {
    const { from, to } = this.spanOf(row)
    return askedPerSecond(told, this.#gaps, from, to)
  }

  /** Where lines have their points: in the middle of each row, as its column in the heat map. */
  get middles(): number[] {
    this.#middles ??= Array.from({ length: this.length }, (_, i) => this.secondOf(i) + this.step / 2)
    return this.#middles
  }

  secondOf(row: number): number {
    return (this.track.first + this.first + row) * this.step
  }

  /** How many seconds a row holds; the newest of a long run seen whole may not be full yet. */
  secondsOf(row: number): number {
    return Math.max(1, Math.min(this.step, this.to - this.secondOf(row)))
  }

  /** The row that holds a second; undefined where none is shown. */
  rowAt(second: number): number | undefined {
    const row = Math.floor(second / this.step) - this.track.first - this.first
    return row >= 0 && row < this.length ? row : undefined
  }

  /** False: no driver has reported it. */
  isReported(row: number): boolean {
    return (this.figure('drivers')[row] ?? null) !== null
  }

  /** A p99.9 of too few answers is none, the same in every place that shows one. */
  hasP999(row: number): boolean {
    return hasP999(Math.round((this.figure('answered')[row] ?? 0) * this.secondsOf(row)))
  }

  counts(time: 'response' | 'service', row: number): HeatCounts | null {
    return this.track[time][this.first + row] ?? null
  }

  errors(row: number): Readonly<Record<string, number>> | null {
    return this.track.errors[this.first + row] ?? null
  }

  spanOf(row: number): Span {
    const from = this.secondOf(row)
    return { from, to: from + this.secondsOf(row) }
  }
}

/** Rows that nobody has reported, run together, in seconds. */
export const unreportedSpans = (rows: ChartRows): Span[] => {
  const spans: Span[] = []
  for (let row = 0; row < rows.length; row++) {
    if (rows.isReported(row)) continue
    const { from, to } = rows.spanOf(row)
    const last = spans.at(-1)
    if (last !== undefined && last.to === from) last.to = to
    else spans.push({ from, to })
  }
  return spans
}

/** The largest of what is known; undefined where nothing is. */
export const mostOf = (values: readonly (number | null)[]): number | undefined => {
  let most: number | undefined
  for (const value of values) if (value !== null && (most === undefined || value > most)) most = value
  return most
}

export const leastOf = (values: readonly (number | null)[]): number | undefined => {
  let least: number | undefined
  for (const value of values) if (value !== null && (least === undefined || value < least)) least = value
  return least
}

/** Whether a drawing of `a` shows `b` too. Version and identity tell: rows are replaced, never changed. */
export const isSameInput = (a: ChartsInput | undefined, b: ChartsInput): boolean =>
  a !== undefined &&
  a.track === b.track &&
  a.from === b.from &&
  a.to === b.to &&
  a.steering.length === b.steering.length &&
  a.gaps.length === b.gaps.length &&
  a.gaps.at(-1)?.to === b.gaps.at(-1)?.to &&
  a.broken.length === b.broken.length &&
  a.limits.length === b.limits.length &&
  a.limits.every(({ ms, label, isBroken }, i) => {
    const other = b.limits[i]
    return other?.ms === ms && other.label === label && other.isBroken === isBroken
  })
