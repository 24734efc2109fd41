import { drawFraction, streamOf } from '../../src/lib/random.ts'
import { Histogram } from '../../src/measuring/histogram.ts'
import { HistogramRecorder } from '../../src/measuring/histogram-recorder.ts'

/** One percentile of a whole fleet of drivers, told in three ways. Errors are relative to the true one: 0.001 is 0.1 %. */
export interface MergingRow {
  percentile: number
  /** From all samples of all drivers, sorted. */
  trueUs: number
  mergedUs: number
  mergedError: number
  /** The mean of the drivers' own percentiles, as tools that cannot merge say it. */
  averagedUs: number
  averagedError: number
}

const percentiles = [50, 75, 90, 95, 99, 99.5, 99.9]

/**
 * Eight drivers: seven with 100,000 samples each, about 20 ms (log-normal), no two alike; the eighth ten times as slow
 * with 20,000, as behind a bad link. Each is recorded in intervals that travel encoded, as in a run.
 */
export const measureMerging = (seed: number): MergingRow[] => {
  const drivers = Array.from({ length: 8 }, (_, i) => {
    const isSlow = i === 7
    return samplesOf(seed, i, isSlow ? 20_000 : 100_000, (20_000 + 500 * i) * (isSlow ? 10 : 1))
  })
  const histograms = drivers.map(recordInIntervals)
  const merged = histograms.reduce((a, b) => a.plus(b), Histogram.empty)
  const all = Float64Array.from(drivers.flatMap((samples) => [...samples])).sort()

  return percentiles.map((percentile) => {
    const trueUs = all[Math.ceil((percentile * 10 * all.length) / 1000) - 1] ?? Number.NaN
    const mergedUs = figure(merged.percentileUs(percentile))
    const own = histograms.map((histogram) => figure(histogram.percentileUs(percentile)))
    const averagedUs = own.reduce((sum, us) => sum + us, 0) / own.length
    return {
      percentile,
      trueUs,
      mergedUs,
      mergedError: mergedUs / trueUs - 1,
      averagedUs,
      averagedError: averagedUs / trueUs - 1,
    }
  })
}

/** The figure that the goal of 0.1 % is about. */
export const largestMergedError = (rows: readonly MergingRow[]): number =>
  Math.max(...rows.map(({ mergedError }) => Math.abs(mergedError)))

/** Microseconds with fractions, as a clock would give them. */
const samplesOf = (seed: number, driver: number, count: number, medianUs: number): Float64Array => {
  const [radius, angle] = [streamOf(`radius ${driver}`), streamOf(`angle ${driver}`)]
  return Float64Array.from({ length: count }, (_, i) => {
    // Box and Muller's way from two even draws to a normal one.
    const normal =
      Math.sqrt(-2 * Math.log1p(-drawFraction(seed, radius, i))) *
      Math.cos(2 * Math.PI * drawFraction(seed, angle, i))
    return medianUs * Math.exp(0.6 * normal)
  })
}

const samplesPerInterval = 1000

const recordInIntervals = (samples: Float64Array): Histogram => {
  const recorder = new HistogramRecorder()
  let received = Histogram.empty
  samples.forEach((us, i) => {
    recorder.record(us)
    if ((i + 1) % samplesPerInterval !== 0 && i + 1 < samples.length) return
    const interval = recorder.take()
    const arrived = Histogram.decode(interval.encode(), interval.exact)
    if (arrived === undefined) throw new Error('an interval did not survive its encoding')
    received = received.plus(arrived)
  })
  return received
}

const figure = (us: number | null): number => us ?? Number.NaN

const percent = (share: number): string => `${share > 0 ? '+' : ''}${(share * 100).toFixed(3)} %`
const ms = (us: number): string => `${(us / 1000).toFixed(2)} ms`

/** The rows as a table for people. */
export const formatMerging = (rows: readonly MergingRow[]): string => {
  const head = ['', 'all samples', 'merged', 'error', 'averaged', 'error']
  const body = rows.map((row) => [
    `p${row.percentile}`,
    ms(row.trueUs),
    ms(row.mergedUs),
    percent(row.mergedError),
    ms(row.averagedUs),
    percent(row.averagedError),
  ])
  return [head, ...body].map((cells) => cells.map((cell) => cell.padStart(12)).join('')).join('\n')
}

if (import.meta.main) {
  const rows = measureMerging(1)
  console.log(formatMerging(rows))
  console.log(`largest error of merged percentiles: ${percent(largestMergedError(rows))} (goal: 0.1 %)`)
}
