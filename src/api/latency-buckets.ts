import type { Histogram } from '../measuring/histogram.ts'

/** Upper bounds in seconds: 1-2-5 from 100 us, to 60 s. */
export const bucketBounds = [
  0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 60,
] as const

const boundsUs = bucketBounds.map((seconds) => Math.round(seconds * 1e6))

export interface LatencyBuckets {
  /** How many values are at most each bound. */
  buckets: readonly number[]
  /** Seconds. */
  sum: number
  count: number
}

const known = new WeakMap<Histogram, LatencyBuckets>()

/** A histogram as Prometheus' classic one. A slot that holds a bound counts as below it: it is a thousandth wide. */
export const latencyBucketsOf = (histogram: Histogram): LatencyBuckets => {
  const found = known.get(histogram) ?? countBuckets(histogram)
  known.set(histogram, found)
  return found
}

const countBuckets = (histogram: Histogram): LatencyBuckets => {
  const buckets = new Array<number>(boundsUs.length).fill(0)
  let below = 0
  let next = 0
  for (const { fromUs, count } of histogram.buckets()) {
    for (; next < boundsUs.length && fromUs > (boundsUs[next] ?? 0); next++) buckets[next] = below
    below += count
  }
  for (; next < boundsUs.length; next++) buckets[next] = below
  return { buckets, sum: histogram.sumUs / 1e6, count: histogram.count }
}
