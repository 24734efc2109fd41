import type { ExactFigures, Histogram } from '../measuring/histogram.ts'
import type { Measurement } from '../measuring/measurement.ts'
import { timeFiguresOf } from './figures.ts'
import type { TimeFigures } from './run-result.ts'

/** All times of a span of seconds: what a spectrum is drawn from. Nothing is left out. */
export interface Distribution {
  id: string
  request: string
  /** Seconds since the start, half open. */
  from: number
  to: number
  responseTime: TimeDistribution
  serviceTime: TimeDistribution
}

export interface TimeDistribution {
  figuresMs: TimeFigures
  /** How many values lay from `fromUs` to `toUs`, both included; ascending, only those that hold something. */
  bars: { fromUs: number; toUs: number; count: number }[]
  percentiles: { percentile: number; ms: number }[]
  /** The same once more for programs: HdrHistogram's V2 form, and what that leaves out. */
  histogram: { encoding: 'hdr-v2'; unit: 'us'; data: string; exact: ExactFigures }
}

const percentiles = [
  0, 1, 5, 10, 25, 50, 75, 90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100,
] as const

export const distributionOf = (
  measurement: Measurement,
  span: Pick<Distribution, 'id' | 'request' | 'from' | 'to'>,
): Distribution => ({
  ...span,
  responseTime: timeDistributionOf(measurement.responseTime),
  serviceTime: timeDistributionOf(measurement.serviceTime),
})

const timeDistributionOf = (histogram: Histogram): TimeDistribution => ({
  figuresMs: timeFiguresOf(histogram),
  bars: [...histogram.buckets()],
  percentiles: percentiles.flatMap((percentile) => {
    const us = histogram.percentileUs(percentile)
    return us === null ? [] : [{ percentile, ms: us / 1000 }]
  }),
  histogram: { encoding: 'hdr-v2', unit: 'us', data: histogram.encode(), exact: histogram.exact },
})
