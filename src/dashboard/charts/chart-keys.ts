import type { Span } from './charts-input.ts'

/** Where the cursor of all charts is. `second`: where the row under it begins; `ms`: how high, in the heat map. */
export interface CursorPlace {
  second: number
  ms?: number | undefined
}

/** What keys can reach: rows of `step` seconds from `first` to `last`, and in the heat map the latencies of its cells. */
export interface CursorBounds {
  first: number
  last: number
  step: number
  /** One cell up or down; undefined where the chart has no height to move in. */
  moveMs?: (second: number, ms: number | undefined, cells: number) => number
}

/** `anchor`: where a span that Shift and the arrows draw begins. */
export interface KeyState {
  place: CursorPlace | undefined
  anchor: number | undefined
}

export type KeyAct =
  | { kind: 'move'; place: CursorPlace; anchor: undefined }
  | { kind: 'stretch'; place: CursorPlace; anchor: number }
  | { kind: 'choose'; span: Span }
  | { kind: 'release' }

/**
 *  | key                      | does                                                        |
 *  |--------------------------|-------------------------------------------------------------|
 *  | left, right              | a row back or on; with Shift the span grows or shrinks      |
 *  | page up, page down       | ten rows                                                    |
 *  | home, end                | the first or the newest row                                 |
 *  | up, down                 | a cell of latency, in the heat map                          |
 *  | enter, space             | chooses the row, or the span                                |
 *  | escape                   | lets go                                                     |
 */
export const actOfKey = (
  key: string,
  hasShift: boolean,
  { place, anchor }: KeyState,
  bounds: CursorBounds,
): KeyAct | undefined => {
  if (key === 'Escape') return { kind: 'release' }
  const at = place ?? { second: bounds.last }
  if (key === 'Enter' || key === ' ')
    return place === undefined
      ? undefined
      : { kind: 'choose', span: spanBetween(anchor ?? at.second, at.second, bounds.step) }
  if (key === 'ArrowUp' || key === 'ArrowDown') {
    if (bounds.moveMs === undefined) return undefined
    const ms = bounds.moveMs(at.second, at.ms, place === undefined ? 0 : key === 'ArrowUp' ? 1 : -1)
    return { kind: 'move', place: { second: at.second, ms }, anchor: undefined }
  }
  const target = targetOf(key, at.second, bounds)
  if (target === undefined) return undefined
  // The first key of all only shows the cursor, at the newest row, unless it says where to.
  const isPlaced = place !== undefined || key === 'Home' || key === 'End'
  const second = isPlaced ? Math.max(bounds.first, Math.min(bounds.last, target)) : at.second
  const ms = at.ms ?? bounds.moveMs?.(second, undefined, 0)
  const next: CursorPlace = ms === undefined ? { second } : { second, ms }
  return hasShift
    ? { kind: 'stretch', place: next, anchor: anchor ?? at.second }
    : { kind: 'move', place: next, anchor: undefined }
}

const targetOf = (key: string, second: number, { first, last, step }: CursorBounds): number | undefined => {
  switch (key) {
    case 'ArrowLeft':
      return second - step
    case 'ArrowRight':
      return second + step
    case 'PageUp':
      return second - 10 * step
    case 'PageDown':
      return second + 10 * step
    case 'Home':
      return first
    case 'End':
      return last
    default:
      return undefined
  }
}

/** Both rows and all between. */
export const spanBetween = (a: number, b: number, step: number): Span => ({
  from: Math.min(a, b),
  to: Math.max(a, b) + step,
})
