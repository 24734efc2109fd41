import {
  encodeHistogram,
  encodeNamed,
  type ReportedInterval,
  type WireNamed,
} from '../../src/driver/metrics-report.ts'
import { drawFraction, streamOf } from '../../src/lib/random.ts'
import { HistogramRecorder } from '../../src/measuring/histogram-recorder.ts'
import { emptyMeasurement, type Measurement, type NamedMeasurement } from '../../src/measuring/measurement.ts'
import { overallOf } from '../../src/measuring/measurement-set.ts'

export const requestNames = ['home', 'search', 'order'] as const
/** Of each request, on each driver, each second: one in fifty ends with a timeout. */
export const startedPerRequest = 100
const timeoutsPerRequest = 2
export const startedPerSecond = requestNames.length * startedPerRequest

/** What one driver measured in one second, with its parts of a message encoded once: it is said by many drivers. */
export interface SampledInterval extends Pick<ReportedInterval, 'overall'> {
  measurements: NamedMeasurement[]
  requests: WireNamed
  histogram: ReturnType<typeof encodeHistogram>
}

/** Seconds that differ; every second has the same counts, so that the totals of a run are known before it. */
export const sampleIntervals = (count: number): SampledInterval[] =>
  Array.from({ length: count }, (_, i) => {
    const measurements = requestNames.map(
      (name): NamedMeasurement => ({ name, kind: 'request', measurement: sampleMeasurement(name, i) }),
    )
    const overall = overallOf(measurements)
    return {
      measurements,
      overall,
      requests: encodeNamed(measurements),
      histogram: encodeHistogram(overall.responseTime),
    }
  })

const sampleMeasurement = (name: string, interval: number): Measurement => {
  const answered = startedPerRequest - timeoutsPerRequest
  const [response, service, lateness, error] = Array.from({ length: 4 }, () => new HistogramRecorder())
  for (let i = 0; i < startedPerRequest; i++) {
    const draw = (purpose: string): number =>
      drawNormal(streamOf(`${name} ${purpose}`), interval * startedPerRequest + i)
    const latenessUs = 300 * Math.exp(0.5 * draw('lateness'))
    const serviceUs = 20_000 * Math.exp(0.6 * draw('service'))
    lateness?.record(latenessUs)
    if (i >= answered) error?.record(1_000_000 + latenessUs)
    else {
      service?.record(serviceUs)
      response?.record(latenessUs + serviceUs)
    }
  }
  return {
    ...emptyMeasurement,
    started: startedPerRequest,
    sent: startedPerRequest,
    answered,
    errors: { timeout: timeoutsPerRequest },
    errorDetails: { 'timeout: no answer within 1 s': timeoutsPerRequest },
    status: { 200: answered },
    bytesIn: answered * 250,
    bytesOut: startedPerRequest * 120,
    responseTime: response?.take() ?? emptyMeasurement.responseTime,
    serviceTime: service?.take() ?? emptyMeasurement.serviceTime,
    sendLateness: lateness?.take() ?? emptyMeasurement.sendLateness,
    errorTime: error?.take() ?? emptyMeasurement.errorTime,
  }
}

/** Box and Muller. */
const drawNormal = (stream: number, index: number): number =>
  Math.sqrt(-2 * Math.log(1 - drawFraction(1, stream, 2 * index))) *
  Math.cos(2 * Math.PI * drawFraction(1, stream, 2 * index + 1))
