import type { CursorPlace } from './chart-keys.ts'
import type { Span } from './charts-input.ts'

/** One cursor and one chosen span for all charts of a page: each tells the others, and they show it too. */
export class ChartCursor {
  #place: CursorPlace | undefined
  #drawn: Span | undefined
  #chosen: Span | undefined
  readonly #listeners = new Set<() => void>()

  get place(): CursorPlace | undefined {
    return this.#place
  }

  /** The span that is being drawn, or else the chosen one. */
  get span(): Span | undefined {
    return this.#drawn ?? this.#chosen
  }

  move(place: CursorPlace | undefined): void {
    if (place?.second === this.#place?.second && place?.ms === this.#place?.ms) return
    this.#place = place
    this.#tell()
  }

  /** While the pointer is down, or Shift. */
  stretch(span: Span | undefined): void {
    if (isSameSpan(span, this.#drawn)) return
    this.#drawn = span
    this.#tell()
  }

  choose(span: Span | undefined): void {
    if (isSameSpan(span, this.#chosen) && this.#drawn === undefined) return
    this.#drawn = undefined
    this.#chosen = span
    this.#tell()
  }

  get chosen(): Span | undefined {
    return this.#chosen
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

export const isSameSpan = (a: Span | undefined, b: Span | undefined): boolean =>
  a?.from === b?.from && a?.to === b?.to
