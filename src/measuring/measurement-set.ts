import { type Measurement, type NamedMeasurement, sumOf } from './measurement.ts'

/**
 * What was measured, by kind and name. A monoid as its measurements are: `addMeasurements` in any order gives the same
 * set. Immutable: adding makes a new set, which shares what did not change.
 *
 * Adding costs nothing yet: the sum is made when somebody looks at it, of all that came since at once, because a hundred
 * drivers' reports one by one are as many merges of histograms.
 */
export type MeasurementSet = ReadonlyMap<string, NamedMeasurement>

export const emptyMeasurementSet: MeasurementSet = new Map()

export const addMeasurements = (set: MeasurementSet, added: Iterable<NamedMeasurement>): MeasurementSet => {
  const list = [...added]
  return list.length === 0 ? set : SummedSet.of(set, list)
}

/** All requests together. Journeys are left out: their steps are in already. */
export const overallOf = (set: Iterable<NamedMeasurement>): Measurement => {
  const requests: Measurement[] = []
  for (const { kind, measurement } of set) if (kind === 'request') requests.push(measurement)
  return sumOf(requests)
}

/** The same of a set, which need not be summed by name for it. */
export const overallOfAll = (set: MeasurementSet): Measurement =>
  set instanceof SummedSet ? set.overall() : overallOf(set.values())

const keyOf = (named: NamedMeasurement): string => `${named.kind} ${named.name}`

/** So many additions wait unsummed at most, as what waits is larger than its sum. */
const maxWaiting = 8

/** A set and what was added to it. That it is summed late, and once, cannot be seen from outside. */
class SummedSet implements MeasurementSet {
  #base: MeasurementSet
  #waiting: readonly (readonly NamedMeasurement[])[]
  /** All requests together, in this set or in an earlier one, and what was added since; undefined: nobody asked yet. */
  #overall: { upTo: Measurement; since: readonly (readonly NamedMeasurement[])[] } | undefined

  private constructor(base: MeasurementSet, waiting: readonly (readonly NamedMeasurement[])[]) {
    this.#base = base
    this.#waiting = waiting
  }

  static of(set: MeasurementSet, added: readonly NamedMeasurement[]): SummedSet {
    if (!(set instanceof SummedSet)) return new SummedSet(set, [added])
    const waiting = set.#waiting.length < maxWaiting ? set.#waiting : []
    // Read after the decision: to let nothing wait is to sum it.
    const base = waiting === set.#waiting ? set.#base : set.#sum()
    const sum = new SummedSet(base, [...waiting, added])
    if (set.#overall !== undefined && set.#overall.since.length < maxWaiting)
      sum.#overall = { upTo: set.#overall.upTo, since: [...set.#overall.since, added] }
    return sum
  }

  overall(): Measurement {
    const { upTo, since } = this.#overall ?? { upTo: overallOf(this.values()), since: [] }
    const added = since.flat().filter(({ kind }) => kind === 'request')
    const overall = added.length === 0 ? upTo : sumOf([upTo, ...added.map(({ measurement }) => measurement)])
    this.#overall = { upTo: overall, since: [] }
    return overall
  }

  get size(): number {
    return this.#sum().size
  }

  get(key: string): NamedMeasurement | undefined {
    return this.#sum().get(key)
  }

  has(key: string): boolean {
    return this.#sum().has(key)
  }

  keys(): MapIterator<string> {
    return this.#sum().keys()
  }

  values(): MapIterator<NamedMeasurement> {
    return this.#sum().values()
  }

  entries(): MapIterator<[string, NamedMeasurement]> {
    return this.#sum().entries()
  }

  [Symbol.iterator](): MapIterator<[string, NamedMeasurement]> {
    return this.entries()
  }

  forEach(visit: (value: NamedMeasurement, key: string, map: MeasurementSet) => void): void {
    for (const [key, named] of this) visit(named, key, this)
  }

  #sum(): MeasurementSet {
    if (this.#waiting.length === 0) return this.#base
    const parts = new Map<string, NamedMeasurement[]>()
    for (const [key, named] of this.#base) parts.set(key, [named])
    for (const added of this.#waiting)
      for (const named of added) {
        const key = keyOf(named)
        const known = parts.get(key)
        if (known === undefined) parts.set(key, [named])
        else known.push(named)
      }
    const sums = new Map<string, NamedMeasurement>()
    for (const [key, list] of parts) {
      const [first] = list
      if (first !== undefined) sums.set(key, list.length === 1 ? first : sumOfNamed(first, list))
    }
    this.#base = sums
    this.#waiting = []
    return sums
  }
}

const sumOfNamed = (
  { name, kind }: NamedMeasurement,
  list: readonly NamedMeasurement[],
): NamedMeasurement => ({
  name,
  kind,
  measurement: sumOf(list.map(({ measurement }) => measurement)),
})
