import { drawInteger } from '../../lib/random.ts'

export const greatestCommonDivisor = (a: number, b: number): number => {
  let x = a
  let y = b
  while (y !== 0) [x, y] = [y, x % y]
  return x
}

/** Sum of floor((a i + b) / m) over i from 0 to n-1 in O(log m), as Euclid's algorithm turns a and m round. */
const sumOfFloors = (n: number, m: number, a: number, b: number): number => {
  let [count, modulus, factor, offset] = [n, m, a, b]
  let sum = 0
  for (;;) {
    if (factor >= modulus) {
      sum += ((count * (count - 1)) / 2) * Math.floor(factor / modulus)
      factor %= modulus
    }
    if (offset >= modulus) {
      sum += count * Math.floor(offset / modulus)
      offset %= modulus
    }
    const top = factor * count + offset
    if (top < modulus) return sum
    count = Math.floor(top / modulus)
    offset = top % modulus
    const swapped = factor
    factor = modulus
    modulus = swapped
  }
}

/**
 * A seeded order of 0 .. size-1 without a table: position -> (a x position + b) mod size, a bijection because a and size
 * have no common divisor (the linear congruence of Knuth, TAOCP 2, 3.2.1.2). Any position is looked up in O(1), so drivers
 * that share nothing but the seed agree on the whole order. No shuffle for statistics: it spreads, and repeats nothing.
 */
export class Permutation {
  readonly #size: number
  readonly #a: number
  readonly #b: number

  /** `number` tells the permutations of one stream apart: another number, another order. `size` up to 2^50. */
  constructor(size: number, seed: number, stream: number, number: number) {
    this.#size = size
    // The factor's product with a position, plus twice the size, must stay an exact integer.
    const greatest = Math.max(1, Math.min(size - 1, Math.floor(Number.MAX_SAFE_INTEGER / size) - 2))
    let a = drawInteger(seed, stream, 2 * number, 1, greatest)
    // Ends at 1 at the latest, which has no divisor in common with anything.
    while (greatestCommonDivisor(a, size) !== 1) a--
    this.#a = a
    this.#b = drawInteger(seed, stream, 2 * number + 1, 0, size - 1)
  }

  /** `position` from 0 to size-1. */
  at(position: number): number {
    return (this.#a * position + this.#b) % this.#size
  }

  /** How many of the positions before `position` have a place from `from` up to, not including, `to`. O(log size). */
  countBefore(position: number, from: number, to: number): number {
    if (to - from === this.#size) return position
    // One for each place in the range: where the two floors differ.
    const offset = this.#b + this.#size
    return (
      sumOfFloors(position, this.#size, this.#a, offset - from) -
      sumOfFloors(position, this.#size, this.#a, offset - to)
    )
  }
}
