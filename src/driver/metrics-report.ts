import { type MetricsMessage, protocol } from '../bus/messages.ts'
import type { Histogram } from '../measuring/histogram.ts'
import { errorsOf, type Measurement, type NamedMeasurement } from '../measuring/measurement.ts'
import { encodeMeasurement } from '../measuring/measurement-wire.ts'

/** What every report of one share has in common. */
export interface ReportIdentity {
  nodeId: string
  testId: string
  /** When this driver really started, epoch milliseconds. */
  startedAtMs: number
}

export interface ReportedInterval {
  seq: number
  /** Since the start instant. */
  startMs: number
  endMs: number
  measurements: readonly NamedMeasurement[]
  /** All requests of the interval together. */
  overall: Measurement
}

const ms = (us: number | null): number | null => (us === null ? null : us / 1000)

/** The brief's part of a report (figures since the start) and the interval that adds up. */
export const buildReport = (
  identity: ReportIdentity,
  reportId: string,
  interval: ReportedInterval,
  cumulative: Measurement,
): MetricsMessage => {
  const { responseTime } = cumulative
  return {
    node_id: identity.nodeId,
    test_id: identity.testId,
    report_id: reportId,
    metrics: {
      mean_latency: ms(responseTime.meanUs),
      median_latency: ms(responseTime.medianUs),
      min_latency: ms(responseTime.minUs),
      max_latency: ms(responseTime.maxUs),
      mode_latency: ms(responseTime.modeUs),
    },
    protocol,
    sent: cumulative.sent,
    completed: cumulative.answered,
    errors: errorsOf(cumulative),
    timeouts: cumulative.errors.timeout ?? 0,
    bytes_in: cumulative.bytesIn,
    bytes_out: cumulative.bytesOut,
    status: { ...cumulative.status },
    error_kinds: { ...cumulative.errors },
    interval: { seq: interval.seq, start_ms: interval.startMs, end_ms: interval.endMs },
    requests: encodeNamed(interval.measurements),
    started_at: identity.startedAtMs,
  }
}

/** The brief's addition for one interval: all requests together. */
export const encodeHistogram = (histogram: Histogram): Pick<MetricsMessage, 'histogram'> => ({
  histogram: { encoding: 'hdr-v2', unit: 'us', data: histogram.encode() },
})

export type WireNamed = NonNullable<MetricsMessage['requests']>

export const encodeNamed = (measurements: Iterable<NamedMeasurement>): WireNamed => {
  const wire: WireNamed = []
  for (const { name, kind, measurement } of measurements)
    wire.push({ name, kind, measurement: { ...encodeMeasurement(measurement) } })
  return wire
}

/** Cuts a list into pieces of at most `maxBytes` of JSON each (a larger item stands alone), at least one piece. */
export const splitBySize = <T>(items: readonly T[], maxBytes: number): T[][] => {
  const pieces: T[][] = [[]]
  let sizeBytes = 0
  for (const item of items) {
    const itemBytes = Buffer.byteLength(JSON.stringify(item))
    if (sizeBytes > 0 && sizeBytes + itemBytes > maxBytes) {
      pieces.push([])
      sizeBytes = 0
    }
    pieces.at(-1)?.push(item)
    sizeBytes += itemBytes
  }
  return pieces
}
