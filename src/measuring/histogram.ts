import { decodeSlots, encodeSlots } from './hdr-encoding.ts'
import { draftCounts, draftSlots, keepDraft, type SlotCounts } from './slot-counts.ts'
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
  static readonly empty = new Histogram(keepDraft(0), { count: 0, sumUs: 0, minUs: 0, maxUs: 0 })

  readonly count: number
  readonly sumUs: number
  readonly #kept: SlotCounts
  readonly #minUs: number
  readonly #maxUs: number

  /** The arrays become the histogram's own. For callers inside `measuring`: the arguments are trusted. */
  constructor(kept: SlotCounts, { count, sumUs, minUs, maxUs }: ExactFigures) {
    this.#kept = kept
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
    const used = open(this, this.#kept)
    for (let i = 0; i < used; i++) {
      const density = countAt(i) / slotWidthUs(slotAt(i))
      if (density > bestDensity) {
        bestDensity = density
        best = slotAt(i)
      }
    }
    if (best < 0) return null
    return this.#withinRange((slotLowUs(best) + slotHighUs(best)) / 2)
  }

  /** All values of both. */
  plus(other: Histogram): Histogram {
    if (other.isEmpty) return this
    if (this.isEmpty) return other
    const used = open(this, this.#kept)
    const usedByOther = other.#kept.slots.length
    otherSlots.set(other.#kept.slots)
    otherCounts.set(other.#kept.counts)
    let merged = 0
    let i = 0
    let j = 0
    for (; i < used || j < usedByOther; merged++) {
      const slotA = i < used ? slotAt(i) : slotCount
      const slotB = j < usedByOther ? (otherSlots[j] ?? 0) : slotCount
      draftSlots[merged] = slotA < slotB ? slotA : slotB
      draftCounts[merged] =
        (slotA <= slotB ? countAt(i++) : 0) + (slotB <= slotA ? (otherCounts[j++] ?? 0) : 0)
    }
    return new Histogram(keepDraft(merged), {
      count: this.count + other.count,
      sumUs: this.sumUs + other.sumUs,
      minUs: Math.min(this.#minUs, other.#minUs),
      maxUs: Math.max(this.#maxUs, other.#maxUs),
    })
  }

  /** All values of all: of many at far less cost than one after the other. */
  static sumOf(histograms: readonly Histogram[]): Histogram {
    const filled = histograms.filter((histogram) => !histogram.isEmpty)
    if (filled.length <= 2) return filled.reduce((sum, histogram) => sum.plus(histogram), Histogram.empty)
    const sum = { count: 0, sumUs: 0, minUs: maxValueUs, maxUs: 0 }
    for (const histogram of filled) {
      const used = open(histogram, histogram.#kept)
      for (let i = 0; i < used; i++) {
        const slot = slotAt(i)
        slotSums[slot] = (slotSums[slot] ?? 0) + countAt(i)
      }
      sum.count += histogram.count
      sum.sumUs += histogram.sumUs
      sum.minUs = Math.min(sum.minUs, histogram.#minUs)
      sum.maxUs = Math.max(sum.maxUs, histogram.#maxUs)
    }
    const last = slotOf(sum.maxUs)
    let merged = 0
    for (let slot = slotOf(sum.minUs); slot <= last; slot++) {
      const count = slotSums[slot] ?? 0
      if (count === 0) continue
      draftSlots[merged] = slot
      draftCounts[merged++] = count
      slotSums[slot] = 0
    }
    return new Histogram(keepDraft(merged), sum)
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
    const used = open(this, this.#kept)
    let seen = 0
    for (let i = 0; i < used; i++) {
      seen += countAt(i)
      if (seen >= rank) return this.#withinRange(slotHighUs(slotAt(i)))
    }
    return this.#maxUs
  }

  /** Which share of the values, 0 to 1, lies at or below `valueUs`; the slot of `valueUs` counts as below it. */
  shareAtOrBelowUs(valueUs: number): number | null {
    if (this.isEmpty) return null
    if (valueUs < this.#minUs) return 0
    if (valueUs >= this.#maxUs) return 1
    const last = slotOf(Math.floor(valueUs))
    const used = open(this, this.#kept)
    let seen = 0
    for (let i = 0; i < used && slotAt(i) <= last; i++) seen += countAt(i)
    return seen / this.count
  }

  /** The slots that hold something, ascending. */
  *buckets(): Generator<Bucket> {
    // Between two of them another histogram may be opened.
    const used = open(this, this.#kept)
    const slots = openSlots.slice(0, used)
    const counts = openCounts.slice(0, used)
    for (const [i, slot] of slots.entries())
      yield { fromUs: slotLowUs(slot), toUs: slotHighUs(slot), count: counts[i] ?? 0 }
  }

  equals(other: Histogram): boolean {
    return (
      this.sumUs === other.sumUs &&
      this.#minUs === other.#minUs &&
      this.#maxUs === other.#maxUs &&
      this.#kept.slots.length === other.#kept.slots.length &&
      this.#kept.slots.every((slot, i) => slot === other.#kept.slots[i]) &&
      this.#kept.counts.every((count, i) => count === other.#kept.counts[i])
    )
  }

  /** What {@link decode} needs to restore the histogram to the last microsecond. */
  get exact(): ExactFigures {
    return { count: this.count, sumUs: this.sumUs, minUs: this.#minUs, maxUs: this.#maxUs }
  }

  /** HdrHistogram's compressed V2 form in base64 (`HISTF...`): readable by every HdrHistogram. See `hdr-encoding.ts`. */
  encode(): string {
    return encodeSlots(this.#kept)
  }

  /**
   * The histogram that a text of HdrHistogram's V2 form holds, ours or another library's. The form keeps neither sum
   * nor extremes: `exact` brings them, and without it they are taken from the slots (sum from their middles). Undefined
   * where the text is no such form, goes beyond our slots, or contradicts `exact`.
   */
  static decode(text: string, exact?: ExactFigures): Histogram | undefined {
    const kept = decodeSlots(text)
    if (kept === undefined) return undefined
    const used = open(undefined, kept)
    if (used === 0) {
      const isZero = exact === undefined || Object.values(exact).every((figure) => figure === 0)
      return isZero ? Histogram.empty : undefined
    }
    let count = 0
    let lowSumUs = 0
    let highSumUs = 0
    for (let i = 0; i < used; i++) {
      count += countAt(i)
      lowSumUs += countAt(i) * slotLowUs(slotAt(i))
      highSumUs += countAt(i) * slotHighUs(slotAt(i))
    }
    const first = slotAt(0)
    const last = slotAt(used - 1)
    if (exact === undefined) {
      const sumUs = Math.round((lowSumUs + highSumUs) / 2)
      return new Histogram(kept, { count, sumUs, minUs: slotLowUs(first), maxUs: slotHighUs(last) })
    }
    const { sumUs, minUs, maxUs } = exact
    // Beyond 2^53 neither this sum nor those of the slots are exact any more.
    const slackUs = Number.isSafeInteger(sumUs) ? 0 : sumUs * 1e-9
    const agrees =
      count === exact.count &&
      isTime(minUs) &&
      isTime(maxUs) &&
      slotOf(minUs) === first &&
      slotOf(maxUs) === last &&
      minUs <= maxUs &&
      Number.isInteger(sumUs) &&
      sumUs >= lowSumUs - slackUs &&
      sumUs <= highSumUs + slackUs
    return agrees ? new Histogram(kept, exact) : undefined
  }

  #withinRange(valueUs: number): number {
    return Math.min(Math.max(valueUs, this.#minUs), this.#maxUs)
  }
}

const isTime = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= maxValueUs

/*
 * The histogram that is being read lies open here: many figures are read from one in a row, and loops see one kind of array,
 * whatever the counts are kept in. Nothing else may be opened while somebody reads.
 */
const openSlots = new Uint16Array(slotCount)
const openCounts = new Float64Array(slotCount)
let opened: Histogram | undefined

/** Returns how many slots it uses. `histogram`: whose they are; undefined: nobody's yet. */
const open = (histogram: Histogram | undefined, { slots, counts }: SlotCounts): number => {
  if (histogram === undefined || opened !== histogram) {
    openSlots.set(slots)
    openCounts.set(counts)
    opened = histogram
  }
  return slots.length
}

const slotAt = (i: number): number => openSlots[i] ?? 0
const countAt = (i: number): number => openCounts[i] ?? 0

// The other one while two are added, and a count for each slot while many are; all 0 otherwise.
const otherSlots = new Uint16Array(slotCount)
const otherCounts = new Float64Array(slotCount)
const slotSums = new Float64Array(slotCount)
