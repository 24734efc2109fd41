import fc from 'fast-check'
import { Histogram } from '../measuring/histogram.ts'
import type { Measurement, NamedMeasurement } from '../measuring/measurement.ts'
import { addMeasurements, emptyMeasurementSet, type MeasurementSet } from '../measuring/measurement-set.ts'
import { Recorder } from '../measuring/recorder.ts'
import type { ResultsStore, StoredSecond } from '../results/store/results-store.ts'

/** A measurement of requests answered after these times. */
export const answeredAfter = (...timesUs: readonly number[]): Measurement => {
  const recorder = new Recorder('', 'request')
  for (const us of timesUs) {
    recorder.start()
    recorder.sent(us / 10, 120, false)
    recorder.answered(us % 7 === 0 ? 503 : 200, us, us * 0.9, 500)
  }
  return recorder.take()
}

export const requestNamed = (name: string, measurement: Measurement): NamedMeasurement => ({
  name,
  kind: 'request',
  measurement,
})

/** A second in which one request was answered after these times. */
export const sampleSecond = (second: number, ...timesUs: readonly number[]): StoredSecond => ({
  second,
  drivers: 2,
  whole: 2,
  inFlight: 3,
  measurements: addMeasurements(emptyMeasurementSet, [requestNamed('GET /', answeredAfter(...timesUs))]),
})

/** As {@link ResultsStore.readSeconds}, all at once. */
export const readAll = async (
  store: ResultsStore,
  id: string,
  from?: number,
  to?: number,
): Promise<StoredSecond[]> => {
  const rows: StoredSecond[] = []
  for await (const row of store.readSeconds(id, from, to)) rows.push(row)
  return rows
}

/** Everything that is known of a second, as plain data that can be compared. */
export const describeSecond = (row: StoredSecond): unknown => ({
  ...row,
  measurements: Array.from(row.measurements, ([key, { name, kind, measurement }]) => ({
    key,
    name,
    kind,
    measurement: Object.fromEntries(
      Object.entries(measurement).map(([field, value]) => [
        field,
        value instanceof Histogram ? { exact: value.exact, buckets: [...value.buckets()] } : value,
      ]),
    ),
  })),
})

const timeUs = fc.double({ min: 0, max: 4e9, noNaN: true })

const measurement: fc.Arbitrary<Measurement> = fc
  .array(
    fc.record({
      us: timeUs,
      status: fc.integer({ min: 100, max: 999 }),
      fails: fc.boolean(),
      detail: fc.string({ unit: 'binary', maxLength: 20 }),
    }),
    { maxLength: 40 },
  )
  .map((operations) => {
    const recorder = new Recorder('', 'request')
    for (const { us, status, fails, detail } of operations) {
      recorder.start()
      recorder.sent(us / 10, 10, false)
      if (fails) recorder.failed('reset', us, detail, 1)
      else recorder.answered(status, us, us / 2, 100)
    }
    return recorder.take()
  })

const measurements: fc.Arbitrary<MeasurementSet> = fc
  .array(
    fc.record({
      name: fc.oneof(
        fc.constantFrom('GET /', '__proto__', '*'),
        fc.string({ unit: 'binary', maxLength: 20 }),
      ),
      kind: fc.constantFrom('request', 'journey'),
      measurement,
    }),
    { maxLength: 4 },
  )
  .map((list) => addMeasurements(emptyMeasurementSet, list))

/** Seconds as rich as they come, each number once. */
export const anySeconds: fc.Arbitrary<StoredSecond[]> = fc.uniqueArray(
  fc.record({
    second: fc.nat({ max: 200_000 }),
    drivers: fc.nat({ max: 1000 }),
    whole: fc.nat({ max: 1000 }),
    inFlight: fc.nat({ max: 1e9 }),
    measurements,
  }),
  { maxLength: 6, selector: ({ second }) => second },
)
