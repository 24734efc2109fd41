import { AppError } from '../../lib/errors.ts'
import { streamOf } from '../../lib/random.ts'
import { greatestCommonDivisor, Permutation } from './permutation.ts'

const orderStream = streamOf('operation order')

/** Blocks beyond it could not be numbered and multiplied exactly; nobody means such weights. */
const maxTotalWeight = 2 ** 40

/**
 * Which operation number `index` of the run is: a pure function of the seed, so that every driver knows it of every index.
 *
 *   W       sum of the weights, divided by their common divisor; indexes come in blocks of W
 *   block   floor(index / W); each has an order of its own, drawn from the seed
 *   place   the index's position in its block, permuted: operation i owns as many places in a row as it weighs
 *
 * So every block holds each operation exactly as often as its weight says, and how often an operation came before is known
 * without counting one by one, hence without coordination (see {@link OccurrenceCount}).
 */
export class OperationChoice {
  readonly #seed: number
  readonly #total: number
  /** Operation `i` owns the places from `#first[i]` up to the next entry; the total ends the list. */
  readonly #first: readonly number[]
  #order: Permutation
  #orderBlock = 0

  #position = 0

  /** Of the index last chosen. */
  block = 0

  /** `weights`: positive integers, at least one. */
  constructor(seed: number, weights: readonly number[]) {
    const divisor = weights.reduce(greatestCommonDivisor)
    const first = [0]
    let total = 0
    for (const weight of weights) {
      total += weight / divisor
      first.push(total)
    }
    if (total > maxTotalWeight)
      throw new AppError('SCENARIO_INVALID', `The weights of the requests add up to ${total}.`, {
        hint: 'Weights are shares: 9 and 1 mean the same as 900000 and 100000.',
      })
    this.#seed = seed
    this.#total = total
    this.#first = first
    this.#order = new Permutation(total, seed, orderStream, 0)
  }

  /** The operation of this index; `block` and `countBefore` are then about it. */
  choose(index: number): number {
    const block = Math.floor(index / this.#total)
    this.block = block
    this.#position = index - block * this.#total
    // A block of one has one order.
    if (block !== this.#orderBlock && this.#total > 1) {
      this.#order = new Permutation(this.#total, this.#seed, orderStream, block)
      this.#orderBlock = block
    }
    return this.#operationAt(this.#order.at(this.#position))
  }

  /** How many indexes before the one last chosen, in its block, have a place from `from` up to, not including, `to`. */
  countBefore(from: number, to: number): number {
    return this.#order.countBefore(this.#position, from, to)
  }

  firstPlaceOf(operation: number): number {
    return this.#first[operation] ?? 0
  }

  /** How often an operation comes in each block. */
  weightOf(operation: number): number {
    return (this.#first[operation + 1] ?? 0) - this.firstPlaceOf(operation)
  }

  #operationAt(place: number): number {
    let low = 0
    let high = this.#first.length - 1
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if ((this.#first[middle] ?? 0) <= place) low = middle
      else high = middle
    }
    return low
  }
}

/**
 * Numbers the operations of a group (those that use one feeder) through, over the whole run and in the order of their
 * indexes: how many of the group came before.
 */
export class OccurrenceCount {
  readonly #choice: OperationChoice
  /** Places of the group, neighbours joined: from, to (not included). */
  readonly #ranges: readonly (readonly [from: number, to: number])[]
  readonly #perBlock: number

  constructor(choice: OperationChoice, group: readonly number[]) {
    const ranges: [number, number][] = []
    for (const operation of group.toSorted((a, b) => a - b)) {
      const from = choice.firstPlaceOf(operation)
      const to = from + choice.weightOf(operation)
      const last = ranges.at(-1)
      if (last?.[1] === from) last[1] = to
      else ranges.push([from, to])
    }
    this.#choice = choice
    this.#ranges = ranges
    this.#perBlock = ranges.reduce((sum, [from, to]) => sum + to - from, 0)
  }

  /** Before the index last chosen. */
  current(): number {
    let count = this.#choice.block * this.#perBlock
    for (const [from, to] of this.#ranges) count += this.#choice.countBefore(from, to)
    return count
  }
}
