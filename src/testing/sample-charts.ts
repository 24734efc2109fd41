import type { Measurement, NamedMeasurement } from '../measuring/measurement.ts'
import { addMeasurements, emptyMeasurementSet } from '../measuring/measurement-set.ts'
import { Recorder } from '../measuring/recorder.ts'
import type { StoredSecond } from '../results/store/results-store.ts'

/** A second of so many answers, log-normal around 20 ms with a slow tail, the same for the same number. */
const measured = (name: string, second: number, answers: number, sigma: number): Measurement => {
  const recorder = new Recorder(name, 'request')
  const next = generator(second * 7919 + name.length)
  for (let i = 0; i < answers; i++) {
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
    const us = Math.max(30, Math.exp(Math.log(20_000) + sigma * normal))
    recorder.start()
    recorder.sent(us / 50, 120, false)
    if (next() < 0.01) recorder.failed('timeout', 700_000, 'no complete response within 700 ms', 0)
    else recorder.answered(200, us, us * 0.9, 500)
  }
  return recorder.take()
}

/** mulberry32. */
const generator = (seed: number): (() => number) => {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Seconds of many answers, spread as widely as an ill system spreads them. */
export function* sampleSeconds(
  seconds: number,
  {
    names = ['GET /'],
    answers = 100,
    sigma = 1.2,
  }: { names?: readonly string[]; answers?: number; sigma?: number } = {},
): Generator<StoredSecond> {
  for (let second = 0; second < seconds; second++) {
    const list = names.map(
      (name): NamedMeasurement => ({
        name,
        kind: 'request',
        measurement: measured(name, second, answers, sigma),
      }),
    )
    yield {
      second,
      drivers: 2,
      whole: 2,
      inFlight: second % 40,
      measurements: addMeasurements(emptyMeasurementSet, list),
    }
  }
}
