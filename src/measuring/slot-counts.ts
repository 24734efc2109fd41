import { slotCount } from './slots.ts'

/**
 * How many values each slot holds: `slots` ascending, without repetition; `counts` positive and whole, below 2^53, in the
 * narrowest array that takes them. Most counts fit a byte, and a run keeps a histogram for each of its seconds.
 */
export interface SlotCounts {
  readonly slots: Uint16Array
  readonly counts: Counters
}

export type Counters = Uint8Array | Uint16Array | Uint32Array | Float64Array

/** Where slots are put together before it is known how many there are; what lies here is nobody's. */
export const draftSlots = new Uint16Array(slotCount)
export const draftCounts = new Float64Array(slotCount)

/** The first `used` of the draft. */
export const keepDraft = (used: number): SlotCounts => {
  let most = 0
  for (let i = 0; i < used; i++) most = Math.max(most, draftCounts[i] ?? 0)
  const width = most < 2 ** 8 ? 1 : most < 2 ** 16 ? 2 : most < 2 ** 32 ? 4 : 8
  // One buffer, as each costs more than what a second of one request puts into it.
  const offset = Math.ceil((2 * used) / width) * width
  const buffer = new ArrayBuffer(offset + used * width)
  const slots = new Uint16Array(buffer, 0, used)
  const counts = countersOver(buffer, offset, used, width)
  slots.set(draftSlots.subarray(0, used))
  counts.set(draftCounts.subarray(0, used))
  return { slots, counts }
}

const countersOver = (buffer: ArrayBuffer, offset: number, length: number, width: number): Counters => {
  if (width === 1) return new Uint8Array(buffer, offset, length)
  if (width === 2) return new Uint16Array(buffer, offset, length)
  if (width === 4) return new Uint32Array(buffer, offset, length)
  return new Float64Array(buffer, offset, length)
}
