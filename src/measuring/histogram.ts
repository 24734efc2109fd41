import { decodeSlots, encodeSlots } from './hdr-encoding.ts'
import { maxValueUs, slotCount, slotHighUs, slotLowUs, slotOf, slotWidthUs } from './slots.ts'

/** One slot that holds something: `count` values from `fromUs` to `toUs`, both included. */
export interface Bucket {
  fromUs: number
  toUs: number
  count: number
}

/** What a histogram knows exactly, beside its slots. Without a value all are 0. */
export interface ExactFigures {
  count: number
  sumUs: number
  minUs: number
  maxUs: number
}

/**
 * How often which time was seen: an immutable value and a monoid under `plus`. Times are whole microseconds in the slots
 * of `slots.ts`, beside them count, sum, minimum and maximum. Counts are exact up to 2^53; so is the sum, which only hours
 * of a large stalled run bring there, and beyond it has 15 digits. A figure read from the slots is at most one slot (0.1 %)
 * above the true one; a figure of an empty histogram is `null`.
 *
 * Percentiles are read from the histogram of everything that they speak of, never computed from other percentiles.
 */
export class Histogram {
  static readonly empty = new Histogram(new Uint16Array(0), new Float64Array(0), 0, 0, 0)

  readonly count: number
  readonly sumUs: number
  /** Ascending, without repetition; `#counts` says how many values each slot holds, never 0. */
  readonly #slots: Uint16Array
  readonly #counts: Float64Array
  readonly #minUs: number
  readonly #maxUs: number

  /**
   * Of slots in ascending order and their positive counts. The arrays become the histogram's own. For callers inside
   * `measuring`: the arguments are trusted.
   */
  constructor(slots: Uint16Array, counts: Float64Array, sumUs: number, minUs: number, maxUs: number) {
    let count = 0
    for (let i = 0; i < counts.length; i++) count += countAt(counts, i)
    this.#slots = slots
    this.#counts = counts
    this.count = count
    this.sumUs = sumUs
    this.#minUs = minUs
    this.#maxUs = maxUs
  }

  get isEmpty(): boolean {
    return this.count === 0
  }

  get minUs(): number | null {
    return this.isEmpty ? null : this.#minUs
  }

  get maxUs(): number | null {
    return this.isEmpty ? null : this.#maxUs
  }

  get meanUs(): number | null {
    return this.isEmpty ? null : this.sumUs / this.count
  }

  get medianUs(): number | null {
    return this.percentileUs(50)
  }

  /**
   * The middle of the slot with the most values per microsecond of width (slots widen with the value; by count alone
   * the wide ones would win). Of equals the lowest.
   */
  get modeUs(): number | null {
    let best = -1
    let bestDensity = 0
    for (let i = 0; i < this.#slots.length; i++) {
      const density = countAt(this.#counts, i) / slotWidthUs(slotAt(this.#slots, i))
      if (density > bestDensity) {
        bestDensity = density
        best = slotAt(this.#slots, i)
      }
    }
    if (best < 0) return null
    return this.#withinRange((slotLowUs(best) + slotHighUs(best)) / 2)
  }

  /** All values of both. */
  plus(other: Histogram): Histogram {
    if (other.isEmpty) return this
    if (this.isEmpty) return other
    const [a, b] = [this.#slots, other.#slots]
    const [countsA, countsB] = [this.#counts, other.#counts]
    let used = 0
    let i = 0
    let j = 0
    for (; i < a.length || j < b.length; used++) {
      const slotA = i < a.length ? slotAt(a, i) : slotCount
      const slotB = j < b.length ? slotAt(b, j) : slotCount
      mergedSlots[used] = slotA < slotB ? slotA : slotB
      mergedCounts[used] =
        (slotA <= slotB ? countAt(countsA, i++) : 0) + (slotB <= slotA ? countAt(countsB, j++) : 0)
    }
    return new Histogram(
      mergedSlots.slice(0, used),
      mergedCounts.slice(0, used),
      this.sumUs + other.sumUs,
      Math.min(this.#minUs, other.#minUs),
      Math.max(this.#maxUs, other.#maxUs),
    )
  }

  /** All values of all: of many at far less cost than one after the other. */
  static sumOf(histograms: readonly Histogram[]): Histogram {
    const filled = histograms.filter((histogram) => !histogram.isEmpty)
    if (filled.length <= 2) return filled.reduce((sum, histogram) => sum.plus(histogram), Histogram.empty)
    let first = slotCount
    let last = 0
    let sumUs = 0
    let minUs = maxValueUs
    let maxUs = 0
    for (const histogram of filled) {
      const slots = histogram.#slots
      const counts = histogram.#counts
      for (let i = 0; i < slots.length; i++) {
        const slot = slotAt(slots, i)
        allCounts[slot] = countAt(allCounts, slot) + countAt(counts, i)
      }
      first = Math.min(first, slotAt(slots, 0))
      last = Math.max(last, slotAt(slots, slots.length - 1))
      sumUs += histogram.sumUs
      minUs = Math.min(minUs, histogram.#minUs)
      maxUs = Math.max(maxUs, histogram.#maxUs)
    }
    let used = 0
    for (let slot = first; slot <= last; slot++) {
      const count = countAt(allCounts, slot)
      if (count === 0) continue
      mergedSlots[used] = slot
      mergedCounts[used++] = count
    }
    allCounts.fill(0, first, last + 1)
    return new Histogram(mergedSlots.slice(0, used), mergedCounts.slice(0, used), sumUs, minUs, maxUs)
  }

  /**
   * The smallest time (to one slot, its upper end) that at least `percentile` per cent of the values do not exceed. 0 gives
   * the exact minimum, 100 the exact maximum.
   */
  percentileUs(percentile: number): number | null {
    if (this.isEmpty) return null
    if (percentile <= 0) return this.#minUs
    if (percentile >= 100) return this.#maxUs
    // 99.9 / 100 * 1000 is a little above 999 in binary fractions: without the factor the rank would be 1,000.
    const rank = Math.ceil((percentile / 100) * this.count * (1 - 4 * Number.EPSILON))
    let seen = 0
    for (let i = 0; i < this.#counts.length; i++) {
      seen += countAt(this.#counts, i)
      if (seen >= rank) return this.#withinRange(slotHighUs(slotAt(this.#slots, i)))
    }
    return this.#maxUs
  }

  /** Which share of the values, 0 to 1, lies at or below `valueUs`; the slot of `valueUs` counts as below it. */
  shareAtOrBelowUs(valueUs: number): number | null {
    if (this.isEmpty) return null
    if (valueUs < this.#minUs) return 0
    if (valueUs >= this.#maxUs) return 1
    const last = slotOf(Math.floor(valueUs))
    let seen = 0
    for (let i = 0; i < this.#slots.length && slotAt(this.#slots, i) <= last; i++)
      seen += countAt(this.#counts, i)
    return seen / this.count
  }

  /** The slots that hold something, ascending. */
  *buckets(): Generator<Bucket> {
    for (let i = 0; i < this.#slots.length; i++) {
      const slot = slotAt(this.#slots, i)
      yield { fromUs: slotLowUs(slot), toUs: slotHighUs(slot), count: countAt(this.#counts, i) }
    }
  }

  equals(other: Histogram): boolean {
    return (
      this.sumUs === other.sumUs &&
      this.#minUs === other.#minUs &&
      this.#maxUs === other.#maxUs &&
      this.#slots.length === other.#slots.length &&
      this.#slots.every((slot, i) => slot === other.#slots[i]) &&
      this.#counts.every((count, i) => count === other.#counts[i])
    )
  }

  /** What {@link decode} needs to restore the histogram to the last microsecond. */
  get exact(): ExactFigures {
    return { count: this.count, sumUs: this.sumUs, minUs: this.#minUs, maxUs: this.#maxUs }
  }

  /** HdrHistogram's compressed V2 form in base64 (`HISTF...`): readable by every HdrHistogram. See `hdr-encoding.ts`. */
  encode(): string {
    return encodeSlots(this.#slots, this.#counts)
  }

  /**
   * The histogram that a text of HdrHistogram's V2 form holds, ours or another library's. The form keeps neither sum
   * nor extremes: `exact` brings them, and without it they are taken from the slots (sum from their middles). Undefined
   * where the text is no such form, goes beyond our slots, or contradicts `exact`.
   */
  static decode(text: string, exact?: ExactFigures): Histogram | undefined {
    const decoded = decodeSlots(text)
    if (decoded === undefined) return undefined
    const { slots, counts } = decoded
    if (slots.length === 0) {
      const isZero = exact === undefined || Object.values(exact).every((figure) => figure === 0)
      return isZero ? Histogram.empty : undefined
    }
    let lowSumUs = 0
    let highSumUs = 0
    for (let i = 0; i < slots.length; i++) {
      lowSumUs += countAt(counts, i) * slotLowUs(slotAt(slots, i))
      highSumUs += countAt(counts, i) * slotHighUs(slotAt(slots, i))
    }
    const first = slotAt(slots, 0)
    const last = slotAt(slots, slots.length - 1)
    if (exact === undefined) {
      const sumUs = Math.round((lowSumUs + highSumUs) / 2)
      return new Histogram(slots, counts, sumUs, slotLowUs(first), slotHighUs(last))
    }
    const { sumUs, minUs, maxUs } = exact
    const histogram = new Histogram(slots, counts, sumUs, minUs, maxUs)
    // Beyond 2^53 neither this sum nor those of the slots are exact any more.
    const slackUs = Number.isSafeInteger(sumUs) ? 0 : sumUs * 1e-9
    const agrees =
      histogram.count === exact.count &&
      isTime(minUs) &&
      isTime(maxUs) &&
      slotOf(minUs) === first &&
      slotOf(maxUs) === last &&
      minUs <= maxUs &&
      Number.isInteger(sumUs) &&
      sumUs >= lowSumUs - slackUs &&
      sumUs <= highSumUs + slackUs
    return agrees ? histogram : undefined
  }

  #withinRange(valueUs: number): number {
    return Math.min(Math.max(valueUs, this.#minUs), this.#maxUs)
  }
}

// Where sums are made before their size is known. Nothing stays in them: `allCounts`, a count for each slot, is 0 again.
const mergedSlots = new Uint16Array(slotCount)
const mergedCounts = new Float64Array(slotCount)
const allCounts = new Float64Array(slotCount)

const isTime = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= maxValueUs

// An element that is known to be there. One function for each type of array, so that each stays monomorphic.
const slotAt = (slots: Uint16Array, i: number): number => slots[i] ?? 0
const countAt = (counts: Float64Array, i: number): number => counts[i] ?? 0
