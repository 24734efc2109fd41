import type { NamedMeasurement } from '../../measuring/measurement.ts'
import { addMeasurements, emptyMeasurementSet, type MeasurementSet } from '../../measuring/measurement-set.ts'
import { decodeMeasurement, encodeMeasurement } from '../../measuring/measurement-wire.ts'

/**
 * Measurements of a second as one text: a JSON array of
 *
 *   { name, kind, measurement }   measurement: in the wire encoding (`measurement-wire.ts`), histograms whole
 *
 * in the order of the set.
 */
export const encodeMeasurements = (measurements: Iterable<NamedMeasurement>): string =>
  JSON.stringify(
    Array.from(measurements, ({ name, kind, measurement }) => ({
      name,
      kind,
      measurement: encodeMeasurement(measurement),
    })),
  )

/** Undefined where the text is nothing that {@link encodeMeasurements} wrote: a file that was damaged. */
export const decodeMeasurements = (text: string): MeasurementSet | undefined => {
  const list = parseList(text)
  if (list === undefined) return undefined
  const measurements: NamedMeasurement[] = []
  for (const entry of list) {
    const { name, kind, measurement } = (entry ?? {}) as Record<string, unknown>
    const decoded = decodeMeasurement(measurement)
    if (typeof name !== 'string' || (kind !== 'request' && kind !== 'journey') || decoded === undefined)
      return undefined
    measurements.push({ name, kind, measurement: decoded })
  }
  return addMeasurements(emptyMeasurementSet, measurements)
}

const parseList = (text: string): unknown[] | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
