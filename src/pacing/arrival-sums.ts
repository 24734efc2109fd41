import { drawExponential, streamOf } from '../lib/random.ts'

/*
 * Poisson arrivals of one seed, found again from any point: drivers and pacers of one run must agree on them without
 * drawing all from the first.
 */

const stream = streamOf('arrivals')
const shortestStride = 1024
const mostCheckpoints = 16_384
const mostSeeds = 8

/**
 * Sums of the seeded unit exponentials between the arrivals of a Poisson process, kept at every `stride`-th draw. What
 * is kept is a memory of a pure function, so it is shared by all pacers of a seed: one made after a change of rate, an
 * hour into the run, need not draw the hour again. When there are too many, every other one is dropped.
 */
class Checkpoints {
  stride = shortestStride
  /** At j: the sum of the first j x stride draws. */
  sums = [0]

  keep(count: number, sum: number): void {
    if (count !== this.sums.length * this.stride) return
    this.sums.push(sum)
    if (this.sums.length <= mostCheckpoints) return
    this.sums = this.sums.filter((_, j) => j % 2 === 0)
    this.stride *= 2
  }
}

const checkpointsOfSeed = new Map<number, Checkpoints>()

const checkpointsOf = (seed: number): Checkpoints => {
  const known = checkpointsOfSeed.get(seed)
  if (known !== undefined) return known
  const [oldest] = checkpointsOfSeed.keys()
  if (oldest !== undefined && checkpointsOfSeed.size >= mostSeeds) checkpointsOfSeed.delete(oldest)
  const checkpoints = new Checkpoints()
  checkpointsOfSeed.set(seed, checkpoints)
  return checkpoints
}

/** The unit-rate Poisson process of a seed. Walking forward costs one draw an arrival; going back, up to a stride. */
export class ArrivalSums {
  readonly #seed: number
  readonly #checkpoints: Checkpoints
  /** `#sum` is the sum of the first `#count` draws. */
  #count = 0
  #sum = 0

  constructor(seed: number) {
    this.#seed = seed
    this.#checkpoints = checkpointsOf(seed)
  }

  /** E_0 + ... + E_k. The same for the same k, whatever was asked before. */
  through(k: number): number {
    const wanted = k + 1
    if (wanted !== this.#count) this.#walk(wanted)
    return this.#sum
  }

  #walk(wanted: number): void {
    const { stride, sums } = this.#checkpoints
    const nearest = Math.min(Math.floor(wanted / stride), sums.length - 1)
    if (wanted < this.#count || nearest * stride > this.#count) {
      this.#count = nearest * stride
      this.#sum = sums[nearest] ?? 0
    }
    while (this.#count < wanted) {
      this.#sum += drawExponential(this.#seed, stream, this.#count)
      this.#count++
      if (this.#count % shortestStride === 0) this.#checkpoints.keep(this.#count, this.#sum)
    }
  }
}
