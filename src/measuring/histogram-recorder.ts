import { Histogram } from './histogram.ts'
import { draftCounts, draftSlots, keepDraft } from './slot-counts.ts'
import { maxValueUs, slotCount, slotOf } from './slots.ts'

/**
 * Where the hot path puts times: a counter for each slot of a histogram. `record` is a few additions and never
 * allocates, but for the few times that a larger value than ever before makes the counters grow.
 */
export class HistogramRecorder {
  #counts = new Float64Array(2048)
  #count = 0
  #sumUs = 0
  #minUs = maxValueUs
  #maxUs = 0

  /** Values recorded since the last `take`. */
  get count(): number {
    return this.#count
  }

  /**
   * Rounds to the nearest whole microsecond: the difference of two clock readings is a hair below the true value as often as
   * above it. Below 0 (and NaN) counts as 0, beyond 2^31 - 1 as that.
   */
  record(valueUs: number): void {
    const us = valueUs > 0 ? (valueUs < maxValueUs ? (valueUs + 0.5) | 0 : maxValueUs) : 0
    const slot = slotOf(us)
    if (slot >= this.#counts.length) this.#grow(slot)
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
    this.#count++
    this.#sumUs += us
    if (us < this.#minUs) this.#minUs = us
    if (us > this.#maxUs) this.#maxUs = us
  }

  /** What was recorded since the last time; begins anew. Costs as much as the range between minimum and maximum is wide. */
  take(): Histogram {
    if (this.#count === 0) return Histogram.empty
    const from = slotOf(this.#minUs)
    const range = this.#counts.subarray(from, slotOf(this.#maxUs) + 1)
    let used = 0
    for (let i = 0; i < range.length; i++) {
      const count = range[i] ?? 0
      if (count === 0) continue
      draftSlots[used] = from + i
      draftCounts[used++] = count
    }
    const taken = new Histogram(keepDraft(used), {
      count: this.#count,
      sumUs: this.#sumUs,
      minUs: this.#minUs,
      maxUs: this.#maxUs,
    })
    range.fill(0)
    this.#count = 0
    this.#sumUs = 0
    this.#minUs = maxValueUs
    this.#maxUs = 0
    return taken
  }

  #grow(slot: number): void {
    const grown = new Float64Array(Math.min(slotCount, ((slot >> 10) + 1) << 10))
    grown.set(this.#counts)
    this.#counts = grown
  }
}
