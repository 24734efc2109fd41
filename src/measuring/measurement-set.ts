import { emptyMeasurement, type Measurement, type NamedMeasurement, plus } from './measurement.ts'

/**
 * What was measured, by kind and name. A monoid as its measurements are: `addMeasurements` in any order gives the same
 * set. Immutable: adding makes a new set, which shares what did not change.
 */
export type MeasurementSet = ReadonlyMap<string, NamedMeasurement>

export const emptyMeasurementSet: MeasurementSet = new Map()

const keyOf = (named: NamedMeasurement): string => `${named.kind} ${named.name}`

export const addMeasurements = (set: MeasurementSet, added: Iterable<NamedMeasurement>): MeasurementSet => {
  const sum = new Map(set)
  for (const named of added) {
    const key = keyOf(named)
    const before = sum.get(key)
    sum.set(
      key,
      before === undefined ? named : { ...named, measurement: plus(before.measurement, named.measurement) },
    )
  }
  return sum
}

/** All requests together. Journeys are left out: their steps are in already. */
export const overallOf = (set: Iterable<NamedMeasurement>): Measurement => {
  let sum = emptyMeasurement
  for (const named of set) if (named.kind === 'request') sum = plus(sum, named.measurement)
  return sum
}
