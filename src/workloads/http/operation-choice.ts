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
 *   rank    the place's number among those of its operation
 *
 * So every block holds each operation exactly as often as its weight says, and how many times an operation came before
 * (block x weight + rank, see {@link OccurrenceCount}) is known without counting, hence without coordination.
 */
export class OperationChoice {
  readonly #seed: number
  readonly #total: number
  /** Operation `i` owns the places from `#first[i]` up to the next entry; the total ends the list. */
  readonly #first: readonly number[]
  #order: Permutation
  #orderBlock = 0

  /** Of the index last chosen. */
  block = 0
  rank = 0

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

  /** The operation of this index. Sets `block` and `rank`. */
  choose(index: number): number {
    const block = Math.floor(index / this.#total)
    this.block = block
    // A block of one has one order.
    if (block !== this.#orderBlock && this.#total > 1) {
      this.#order = new Permutation(this.#total, this.#seed, orderStream, block)
      this.#orderBlock = block
    }
    const place = this.#order.at(index - block * this.#total)
    const operation = this.#operationAt(place)
    this.rank = place - (this.#first[operation] ?? 0)
    return operation
  }

  /** How often an operation weighs in each block. */
  weightOf(operation: number): number {
    return (this.#first[operation + 1] ?? 0) - (this.#first[operation] ?? 0)
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
 * Numbers the operations of a group (those that use one feeder) through, over the whole run, as if they stood in one line:
 * no two operations of the group have the same occurrence, and none is left out.
 */
export class OccurrenceCount {
  readonly #choice: OperationChoice
  /** By operation; undefined: not in the group. */
  readonly #offsets: (number | undefined)[] = []
  readonly #perBlock: number

  constructor(choice: OperationChoice, group: readonly number[]) {
    this.#choice = choice
    let perBlock = 0
    for (const operation of group) {
      this.#offsets[operation] = perBlock
      perBlock += choice.weightOf(operation)
    }
    this.#perBlock = perBlock
  }

  /** Of the index last chosen; `operation` is what `choose` returned. */
  current(operation: number): number {
    return this.#choice.block * this.#perBlock + (this.#offsets[operation] ?? 0) + this.#choice.rank
  }
}
