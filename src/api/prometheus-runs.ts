import { inFlightOf, type Measurement, unsentOf } from '../measuring/measurement.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import { totalOf } from '../orchestrator/run-state.ts'
import type { LiveFigures } from '../results/live-view-figures.ts'
import type { RunPhase, RunResult } from '../results/run-result.ts'
import type { LiveRun } from './api-options.ts'
import { bucketBounds, latencyBucketsOf } from './latency-buckets.ts'
import type { Labels, PrometheusText } from './prometheus-text.ts'

/** A run with what `GET /metrics` says of it. */
export interface MeasuredRun {
  run: LiveRun
  result: RunResult
  live: LiveFigures
  /** `run`, and `request` where there is one. */
  labels: Labels
  requests: { labels: Labels; measurement: Measurement }[]
}

const maxDrivers = 100

export const phases: readonly RunPhase[] = [
  'queued',
  'configuring',
  'ready',
  'running',
  'paused',
  'finishing',
  'finished',
]

export const renderRuns = (out: PrometheusText, runs: readonly MeasuredRun[]): void => {
  renderWholeRuns(out, runs)
  renderRequests(out, runs)
  renderDrivers(out, runs)
}

const renderWholeRuns = (out: PrometheusText, runs: readonly MeasuredRun[]): void => {
  const gauge = (name: string, help: string, value: (run: MeasuredRun) => number | null): void => {
    out.metric(name, 'gauge', help)
    for (const run of runs) out.gauge(run.labels, value(run))
  }
  // All of them, so that the last one is found long after the run has left.
  out.metric('groundswell_run_state', 'gauge', '1 for the state that the run is in, 0 for the others.')
  for (const { labels, result } of runs)
    for (const state of phases) out.gauge({ ...labels, state }, state === result.state ? 1 : 0)
  out.metric('groundswell_run_outcome', 'gauge', '1 for the outcome of an ended run.')
  for (const { labels, result } of runs)
    if (result.outcome !== null) out.gauge({ ...labels, outcome: result.outcome }, 1)
  gauge('groundswell_run_start_time_seconds', 'The start instant, in seconds since 1970.', ({ run }) =>
    inSeconds(run.state.startAtMs),
  )
  gauge(
    'groundswell_run_elapsed_seconds',
    'Since the start instant.',
    ({ result }) => result.elapsedMs / 1000,
  )
  gauge(
    'groundswell_run_asked_per_second',
    'Operations a second that plan and steering ask for now.',
    ({ live }) => live.askedPerSecond,
  )
  gauge(
    'groundswell_run_achieved_per_second',
    'Operations started in the latest complete second.',
    ({ live }) => live.lastSecond?.started ?? null,
  )
  gauge('groundswell_run_in_flight', 'Operations started and not ended.', ({ run }) =>
    Math.max(0, inFlightOf(overallOfSet(totalOf(run.state)))),
  )
  gauge(
    'groundswell_run_send_lateness_p99_seconds',
    'Of the latest complete second: how late requests left.',
    ({ live }) => inSeconds(live.lastSecond?.sendLatenessMs.p99 ?? null),
  )
  out.metric('groundswell_run_slo_passed', 'gauge', '1 while the SLO holds, 0 while it is broken.')
  for (const { labels, result } of runs)
    for (const { text, passed } of result.slo)
      if (passed !== null) out.gauge({ ...labels, slo: text }, passed ? 1 : 0)
}

const inSeconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000)

const renderRequests = (out: PrometheusText, runs: readonly MeasuredRun[]): void => {
  const requests = runs.flatMap((run) => run.requests)
  const counter = (name: string, help: string, value: (measurement: Measurement) => number): void => {
    out.metric(name, 'counter', help)
    for (const { labels, measurement } of requests) out.counter(labels, value(measurement))
  }
  counter('groundswell_requests_started_total', 'Requests that the plan began.', ({ started }) => started)
  counter(
    'groundswell_requests_sent_total',
    'Attempts handed to a socket, retries included.',
    ({ sent }) => sent,
  )
  counter('groundswell_requests_answered_total', 'Complete answers.', ({ answered }) => answered)
  counter('groundswell_requests_unsent_total', 'Planned and not sent.', unsentOf)
  counter('groundswell_received_bytes_total', 'Bytes received.', ({ bytesIn }) => bytesIn)
  counter('groundswell_sent_bytes_total', 'Bytes sent.', ({ bytesOut }) => bytesOut)
  out.metric('groundswell_request_errors_total', 'counter', 'Requests without a good answer, by kind.')
  for (const { labels, measurement } of requests)
    for (const [kind, count] of Object.entries(measurement.errors)) out.counter({ ...labels, kind }, count)
  out.metric('groundswell_responses_total', 'counter', 'Answers by class of their status code.')
  for (const { labels, measurement } of requests)
    for (const [code, count] of statusClasses(measurement)) out.counter({ ...labels, code }, count)
  const histogram = (
    name: string,
    help: string,
    of: (m: Measurement) => Measurement['responseTime'],
  ): void => {
    out.metric(name, 'histogram', help)
    for (const { labels, measurement } of requests)
      out.histogram(labels, bucketBounds, latencyBucketsOf(of(measurement)))
  }
  histogram(
    'groundswell_response_time_seconds',
    'From the intended start of a request to the end of its answer.',
    ({ responseTime }) => responseTime,
  )
  histogram(
    'groundswell_service_time_seconds',
    'From the real send of a request to the end of its answer.',
    ({ serviceTime }) => serviceTime,
  )
}

/** `2xx` and so on. */
const statusClasses = ({ status }: Measurement): Map<string, number> => {
  const classes = new Map<string, number>()
  for (const [code, count] of Object.entries(status)) {
    const name = /^[1-5]/.test(code) ? `${code.charAt(0)}xx` : 'other'
    classes.set(name, (classes.get(name) ?? 0) + count)
  }
  return classes
}

const renderDrivers = (out: PrometheusText, runs: readonly MeasuredRun[]): void => {
  const drivers = runs.flatMap(({ run, result, live }) =>
    result.drivers.slice(0, maxDrivers).map((driver) => ({
      driver,
      latest: live.drivers.get(driver.id),
      labels: { run: run.id, driver: driver.id },
    })),
  )
  out.metric('groundswell_driver_state', 'gauge', '1 for the state that the driver is in.')
  for (const { labels, driver } of drivers) out.gauge({ ...labels, state: driver.state }, 1)
  out.metric('groundswell_driver_sent_total', 'counter', 'Attempts handed to a socket by this driver.')
  for (const { labels, driver } of drivers)
    if (driver.totals.sent !== null) out.counter(labels, driver.totals.sent)
  out.metric('groundswell_driver_answered_per_second', 'gauge', 'Answers in its latest second.')
  for (const { labels, latest } of drivers) out.gauge(labels, latest?.answeredPerSecond ?? null)
  out.metric('groundswell_driver_send_lateness_p99_seconds', 'gauge', 'Of its latest second.')
  for (const { labels, latest } of drivers) out.gauge(labels, inSeconds(latest?.latenessP99Ms ?? null))
  out.metric('groundswell_driver_cpu_ratio', 'gauge', 'Of one core, in its latest second.')
  for (const { labels, driver } of drivers) out.gauge(labels, driver.cpu)
}
