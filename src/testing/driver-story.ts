import type { MetricsMessage } from '../bus/messages.ts'
import { buildReport, encodeNamed } from '../driver/metrics-report.ts'
import { drawFraction, streamOf } from '../lib/random.ts'
import type { NamedMeasurement } from '../measuring/measurement.ts'
import {
  addMeasurements,
  emptyMeasurementSet,
  type MeasurementSet,
  overallOf,
} from '../measuring/measurement-set.ts'
import { Recorders } from '../measuring/recorders.ts'

/** What one driver tells of a run: its reports in order, the last one final, and what they add up to. */
export interface DriverStory {
  id: string
  reports: MetricsMessage[]
  total: MeasurementSet
}

/** The honest reports of a driver that works for `seconds`, as the driver itself would build them. */
export const tellStory = (
  id: string,
  testId: string,
  { seed = 1, seconds = 3, requests = ['GET /', 'buy'], perSecond = 8 } = {},
): DriverStory => {
  const recorders = new Recorders()
  const stream = streamOf(id)
  const reports: MetricsMessage[] = []
  let total = emptyMeasurementSet
  let draws = 0
  const draw = (): number => drawFraction(seed, stream, draws++)
  const report = (
    startMs: number,
    endMs: number,
    measurements: readonly NamedMeasurement[],
  ): MetricsMessage => {
    const seq = reports.length
    const overall = overallOf(measurements)
    const interval = { seq, startMs, endMs, measurements, overall }
    const message = buildReport(
      { nodeId: id, testId, startedAtMs: 0 },
      `${id}-${seq}`,
      interval,
      overallOf(total.values()),
    )
    reports.push(message)
    return message
  }
  for (let second = 0; second < seconds; second++) {
    for (let n = 0; n < perSecond; n++) {
      const recorder = recorders.request(requests[Math.floor(draw() * requests.length)] ?? 'GET /')
      recorder.start()
      recorder.sent(draw() * 100, 50, false)
      if (draw() < 0.1) recorder.failed('timeout', draw() * 1e6, 'slow', 3)
      else recorder.answered(draw() < 0.1 ? 500 : 200, draw() * 1e5, draw() * 1e5, 500)
    }
    if (draw() < 0.2) recorders.request('GET /').refused('maxInFlight')
    const measurements = recorders.take()
    total = addMeasurements(total, measurements)
    report(second * 1000, (second + 1) * 1000, measurements).in_flight = 1
  }
  const last = report(seconds * 1000, seconds * 1000, [])
  Object.assign(last, { totals: encodeNamed(total.values()), final: true, outcome: 'completed' })
  return { id, reports, total }
}
