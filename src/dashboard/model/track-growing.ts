import { type FigureName, figureNames, type HeatCounts, type Track } from './track.ts'
import { gapRow, type TrackRow } from './track-row.ts'

/** A track whose arrays grow in place: a new row costs the same however long the run is. */
export class GrowingTrack implements Track {
  readonly step: number
  readonly seconds: number[] = []
  readonly figures: Record<FigureName, (number | null)[]>
  readonly response: (HeatCounts | null)[] = []
  readonly service: (HeatCounts | null)[] = []
  readonly errors: (Readonly<Record<string, number>> | null)[] = []
  #first: number
  #version = 0

  /** `first`: the row that it begins with, in steps since the start. */
  constructor(step: number, first: number) {
    this.step = step
    this.#first = first
    this.figures = Object.fromEntries(figureNames.map((name) => [name, []])) as unknown as Record<
      FigureName,
      (number | null)[]
    >
  }

  get first(): number {
    return this.#first
  }

  get length(): number {
    return this.seconds.length
  }

  get version(): number {
    return this.#version
  }

  /** The row behind the last, in steps since the start. */
  get end(): number {
    return this.#first + this.length
  }

  /** `at`: in steps since the start. Rows between it and the last are gaps; those before the first are no longer wanted. */
  put(at: number, row: TrackRow): void {
    if (at < this.#first) return
    while (this.end < at) this.#set(this.end, gapRow)
    this.#set(at, row)
    this.#version++
  }

  /** Rows that nobody has reported, up to `end`. */
  extend(end: number): void {
    if (this.end < end) this.put(end - 1, gapRow)
  }

  dropOldest(count: number): void {
    const dropped = Math.min(count, this.length)
    this.#first += dropped
    for (const array of [this.seconds, this.response, this.service, this.errors]) array.splice(0, dropped)
    for (const name of figureNames) this.figures[name].splice(0, dropped)
    this.#version++
  }

  #set(at: number, row: TrackRow): void {
    const i = at - this.#first
    this.seconds[i] = at * this.step
    for (const name of figureNames) this.figures[name][i] = row.figures[name]
    this.response[i] = row.response
    this.service[i] = row.service
    this.errors[i] = row.errors
  }
}
