/**
 * The slots of a histogram: HdrHistogram's layout for 3 significant digits and lowest value 1, over whole microseconds
 * below 2^31 (35 minutes).
 *
 * Values below 2,048 have a slot each. Above, every doubling of the value is cut into 1,024 slots of equal width, so
 * that a slot is never wider than 1/1,024 of what it holds. With b the number of the doubling:
 *
 *   b of value v   21 - clz32(v | 2047)           0 below 2,048, 1 below 4,096, ...
 *   slot of v      (b << 10) + (v >>> b)
 *   b of slot i    0 below 2,048, otherwise (i >> 10) - 1
 *   slot i covers  [s << b, ((s + 1) << b) - 1]   with s = i - (b << 10)
 */
export const slotCount = 22_528

/** The largest value that has a slot, in microseconds. */
export const maxValueUs = 2 ** 31 - 1

/** `valueUs` is whole, from 0 to {@link maxValueUs}. */
export const slotOf = (valueUs: number): number => {
  const b = 21 - Math.clz32(valueUs | 2047)
  return (b << 10) + (valueUs >>> b)
}

const doublingOf = (slot: number): number => (slot < 2048 ? 0 : (slot >> 10) - 1)

/** How many microseconds a slot covers: a power of two. */
export const slotWidthUs = (slot: number): number => 1 << doublingOf(slot)

/** The lowest value of a slot. */
export const slotLowUs = (slot: number): number => {
  const b = doublingOf(slot)
  return (slot - (b << 10)) << b
}

/** The highest whole value of a slot. */
export const slotHighUs = (slot: number): number => slotLowUs(slot) + slotWidthUs(slot) - 1
