import { drawInteger } from '../../lib/random.ts'

export const greatestCommonDivisor = (a: number, b: number): number => {
  let x = a
  let y = b
  while (y !== 0) [x, y] = [y, x % y]
  return x
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

  /** `number` tells the permutations of one stream apart: another number, another order. `size` up to 2^52. */
  constructor(size: number, seed: number, stream: number, number: number) {
    this.#size = size
    // The factor's product with a position, plus b, must stay an exact integer.
    const greatest = Math.max(1, Math.min(size - 1, Math.floor(Number.MAX_SAFE_INTEGER / size) - 1))
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
}
