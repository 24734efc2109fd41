import { emptyMeasurement, type Measurement } from '../measuring/measurement.ts'
import { addMeasurements, emptyMeasurementSet, type MeasurementSet } from '../measuring/measurement-set.ts'
import type { Slo } from '../measuring/slo.ts'
import { newSloWatch, type SloWatch, watchSecond } from '../measuring/slo-watch.ts'
import type { Steering } from '../pacing/steering.ts'
import { loadTimeAt, stretchesOf } from '../pacing/steering.ts'
import { overallOfSet } from './overall-of-set.ts'

/** The SLOs of a run while it goes on, over its complete seconds. */
export interface SloProgress {
  /** Seconds judged so far. */
  seconds: number
  /** What these hold together. */
  soFar: MeasurementSet
  /** In the order of the scenario's SLOs. */
  watches: readonly SloWatch[]
}

export const newSloProgress = (slos: readonly Slo[]): SloProgress => ({
  seconds: 0,
  soFar: emptyMeasurementSet,
  watches: slos.map(() => newSloWatch),
})

/** What an SLO speaks of: the request or journey that it names, or all requests. */
export const measurementFor = (slo: Slo, set: MeasurementSet): Measurement | undefined => {
  if (slo.of === undefined) return overallOfSet(set)
  return (set.get(`request ${slo.of}`) ?? set.get(`journey ${slo.of}`))?.measurement
}

/** Takes in the rows that became complete: `rows` from the first second on, of which `complete` are. */
export const judgeSeconds = (
  slos: readonly Slo[],
  progress: SloProgress,
  rows: readonly { whole: number; measurements: MeasurementSet }[],
  complete: number,
  steering: readonly Steering[],
): SloProgress => {
  let { seconds, soFar, watches } = progress
  const stretches = stretchesOf(steering)
  for (; seconds < complete; seconds++) {
    const row = rows[seconds]
    if (row === undefined) break
    const second = seconds
    soFar = addMeasurements(soFar, row.measurements.values())
    const beginMs = loadTimeAt(stretches, second * 1000)
    const endMs = loadTimeAt(stretches, (second + 1) * 1000)
    // A second of which a part was paused is no second of the load.
    if (endMs - beginMs < 999) continue
    const upToHere = soFar
    watches = watches.map((watch, i) => {
      const slo = slos[i]
      if (slo === undefined) return watch
      return watchSecond(slo, watch, {
        second,
        ofSecond: row.whole === 0 ? undefined : (measurementFor(slo, row.measurements) ?? emptyMeasurement),
        soFar: measurementFor(slo, upToHere) ?? emptyMeasurement,
        soFarSeconds: endMs / 1000,
      })
    })
  }
  return { seconds, soFar, watches }
}
