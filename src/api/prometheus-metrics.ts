import { emptyMeasurement, plus } from '../measuring/measurement.ts'
import type { MeasurementSet } from '../measuring/measurement-set.ts'
import { totalOf } from '../orchestrator/run-state.ts'
import { liveFiguresOf } from '../results/live-figures.ts'
import type { ApiOptions } from './api-options.ts'
import { driversByState } from './fleet-feed.ts'
import { type MeasuredRun, phases, renderRuns } from './prometheus-runs.ts'
import { type CounterMemory, maxLabelLength, PrometheusText } from './prometheus-text.ts'
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
const maxRuns = 50

/** Twice the longest usual interval between scrapes. */
const keptAfterEndMs = 120_000

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
