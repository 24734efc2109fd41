import type { Histogram } from '../measuring/histogram.ts'
import { inFlightOf, type Measurement, unsentOf } from '../measuring/measurement.ts'
import type { Figures, TimeFigures, Totals } from './run-result.ts'

const ms = (us: number | null): number | null => (us === null ? null : us / 1000)

/** A live view asks several times a second for the figures of what has not changed since. */
const known = new WeakMap<Histogram, TimeFigures>()

/** All from one merged histogram. */
export const timeFiguresOf = (histogram: Histogram): TimeFigures => {
  const figures = known.get(histogram) ?? readTimeFigures(histogram)
  known.set(histogram, figures)
  return { ...figures }
}

const readTimeFigures = (histogram: Histogram): TimeFigures => ({
  count: histogram.count,
  min: ms(histogram.minUs),
  mean: ms(histogram.meanUs),
  median: ms(histogram.medianUs),
  mode: ms(histogram.modeUs),
  p90: ms(histogram.percentileUs(90)),
  p95: ms(histogram.percentileUs(95)),
  p99: ms(histogram.percentileUs(99)),
  p999: ms(histogram.percentileUs(99.9)),
  max: ms(histogram.maxUs),
})

const totalsOf = (m: Measurement, durationMs: number): Totals => ({
  started: m.started,
  sent: m.sent,
  answered: m.answered,
  retried: m.retried,
  unsent: unsentOf(m),
  unsentReasons: { ...m.unsent },
  inFlight: Math.max(0, inFlightOf(m)),
  errors: { ...m.errors },
  errorDetails: { ...m.errorDetails },
  status: { ...m.status },
  checks: { ...m.checks },
  bytesIn: m.bytesIn,
  bytesOut: m.bytesOut,
  connectionsOpened: m.connectionsOpened,
  answeredPerSecond: durationMs > 0 ? (m.answered * 1000) / durationMs : 0,
})

export const figuresOf = (m: Measurement, durationMs: number): Figures => ({
  totals: totalsOf(m, durationMs),
  responseTimeMs: timeFiguresOf(m.responseTime),
  serviceTimeMs: timeFiguresOf(m.serviceTime),
  sendLatenessMs: timeFiguresOf(m.sendLateness),
  errorTimeMs: timeFiguresOf(m.errorTime),
})
