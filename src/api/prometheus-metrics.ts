import { emptyMeasurement, inFlightOf, type Measurement, plus, unsentOf } from '../measuring/measurement.ts'
import type { MeasurementSet } from '../measuring/measurement-set.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import { totalOf } from '../orchestrator/run-state.ts'
import { liveFiguresOf } from '../results/live-figures.ts'
import type { LiveFigures } from '../results/live-view-figures.ts'
import type { RunPhase, RunResult } from '../results/run-result.ts'
import type { ApiOptions, LiveRun } from './api-options.ts'
import { driversByState } from './fleet-feed.ts'
import { bucketBounds, latencyBucketsOf } from './latency-buckets.ts'
import { type CounterMemory, type Labels, maxLabelLength, PrometheusText } from './prometheus-text.ts'
import type { RunDirectory } from './run-directory.ts'

/**
 * What `GET /metrics` says: all that a dashboard shows of the runs that go on. Labels are bounded: 50 requests of a run by
 * name and the others as `others`, 100 drivers, 50 runs; an ended run stays for a while, so that its last figures are
 * scraped, and leaves.
 */
export interface MetricsSources
  extends Pick<ApiOptions, 'orchestrator' | 'clock' | 'version' | 'processUsage'> {
  directory: RunDirectory
  streams: () => number
  /** Requests to the API that were refused, by code. */
  refused: ReadonlyMap<string, number>
}

/** The label of all requests without a series of their own, so no request has it. */
const others = 'others'

const maxNames = 50
const maxDrivers = 100
const maxRuns = 50

/** Twice the longest usual interval between scrapes. */
const keptAfterEndMs = 120_000

const phases: readonly RunPhase[] = [
  'queued',
  'configuring',
  'ready',
  'running',
  'paused',
  'finishing',
  'finished',
]

interface MeasuredRun {
  run: LiveRun
  result: RunResult
  live: LiveFigures
  /** `run`, and `request` where there is one. */
  labels: Labels
  requests: { labels: Labels; measurement: Measurement }[]
}

export class PrometheusMetrics {
  readonly #sources: MetricsSources
  /** Names that have a series of their own, by run: once chosen they stay, so that no counter falls. */
  readonly #chosen = new Map<string, Set<string>>()
  #memory: CounterMemory = new Map()

  constructor(sources: MetricsSources) {
    this.#sources = sources
  }

  render(): string {
    const out = new PrometheusText(this.#memory)
    const runs = this.#measure()
    this.#renderProcess(out)
    this.#renderOrchestrator(out)
    renderRuns(out, runs)
    renderRequests(out, runs)
    renderDrivers(out, runs)
    const { text, memory } = out.finish()
    this.#memory = memory
    return text
  }

  #measure(): MeasuredRun[] {
    const { directory, clock } = this.#sources
    const nowMs = clock.wallMs()
    const runs = directory
      .live()
      .filter(({ state }) => state.finishedAtMs === null || nowMs - state.finishedAtMs < keptAfterEndMs)
      .slice(0, maxRuns)
    const ids = new Set(runs.map(({ id }) => id))
    for (const id of this.#chosen.keys()) if (!ids.has(id)) this.#chosen.delete(id)
    return runs.map((run) => ({
      run,
      result: directory.resultOf(run),
      live: liveFiguresOf(run.state, nowMs),
      labels: { run: run.id, name: run.record.name },
      requests: this.#requestsOf(run.id, totalOf(run.state)),
    }))
  }

  #requestsOf(id: string, total: MeasurementSet): MeasuredRun['requests'] {
    const chosen = this.#chosen.get(id) ?? new Set<string>()
    this.#chosen.set(id, chosen)
    const all = [...total.values()].filter(({ kind }) => kind === 'request')
    const newcomers = all.filter(
      ({ name }) => !chosen.has(name) && name !== others && name.length <= maxLabelLength,
    )
    newcomers.sort((a, b) => b.measurement.sent - a.measurement.sent)
    for (const { name } of newcomers.slice(0, maxNames - chosen.size)) chosen.add(name)
    let rest = emptyMeasurement
    const requests: MeasuredRun['requests'] = []
    for (const { name, measurement } of all)
      if (chosen.has(name)) requests.push({ labels: { run: id, request: name }, measurement })
      else rest = plus(rest, measurement)
    if (rest !== emptyMeasurement) requests.push({ labels: { run: id, request: others }, measurement: rest })
    return requests
  }

  #renderProcess(out: PrometheusText): void {
    const { version, processUsage } = this.#sources
    out.metric('groundswell_build_info', 'gauge', 'Always 1; the label is the version of the orchestrator.')
    out.gauge({ version }, 1)
    if (processUsage === undefined) return
    const { cpuSeconds, residentBytes } = processUsage()
    out.metric(
      'process_cpu_seconds_total',
      'counter',
      'CPU time of the orchestrator, user and system, in seconds.',
    )
    out.counter({}, cpuSeconds)
    out.metric('process_resident_memory_bytes', 'gauge', 'Resident memory of the orchestrator, in bytes.')
    out.gauge({}, residentBytes)
  }

  #renderOrchestrator(out: PrometheusText): void {
    const { orchestrator, directory, clock, streams, refused } = this.#sources
    out.metric('groundswell_bus_connected', 'gauge', '1 while the bus brings messages.')
    out.gauge({}, orchestrator.isConnected ? 1 : 0)
    out.metric(
      'groundswell_runs',
      'gauge',
      'Runs that this orchestrator conducts or has just ended, by state.',
    )
    const states = directory.live().map((run) => directory.resultOf(run).state)
    for (const phase of phases) out.gauge({ state: phase }, states.filter((state) => state === phase).length)
    out.metric('groundswell_queued_runs', 'gauge', 'Runs that wait for drivers.')
    out.gauge({}, orchestrator.queued)
    out.metric('groundswell_drivers', 'gauge', 'Drivers known, by what they last said; lost: silent for 3 s.')
    const drivers = { idle: 0, running: 0, lost: 0, ...driversByState(orchestrator, clock.wallMs()) }
    for (const [state, count] of Object.entries(drivers)) out.gauge({ state }, count)
    out.metric('groundswell_event_streams', 'gauge', 'Open streams of events.')
    out.gauge({}, streams())
    out.metric('groundswell_bus_rejected_messages_total', 'counter', 'Messages that could not be understood.')
    for (const [kind, count] of orchestrator.rejected) {
      const [topic = '', ...reason] = kind.split(' ')
      out.counter({ topic, reason: reason.join(' ') }, count)
    }
    out.metric('groundswell_api_refused_requests_total', 'counter', 'Requests to the API that were refused.')
    for (const [code, count] of refused) out.counter({ code }, count)
  }
}

const renderRuns = (out: PrometheusText, runs: readonly MeasuredRun[]): void => {
  const gauge = (name: string, help: string, value: (run: MeasuredRun) => number | null): void => {
    out.metric(name, 'gauge', help)
    for (const run of runs) out.gauge(run.labels, value(run))
  }
  out.metric('groundswell_run_state', 'gauge', '1 for the state that the run is in.')
  for (const { labels, result } of runs) out.gauge({ ...labels, state: result.state }, 1)
  out.metric('groundswell_run_outcome', 'gauge', '1 for the outcome of an ended run.')
  for (const { labels, result } of runs)
    if (result.outcome !== null) out.gauge({ ...labels, outcome: result.outcome }, 1)
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
  out.metric('groundswell_run_slo_passed', 'gauge', '1 while the criterion holds, 0 while it is broken.')
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
