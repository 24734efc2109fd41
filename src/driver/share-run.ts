import type { MetricsMessage } from '../bus/messages.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { type AppError, messageOf, toAppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { emptyMeasurement, type Measurement, plus } from '../measuring/measurement.ts'
import {
  addMeasurements,
  emptyMeasurementSet,
  type MeasurementSet,
  overallOf,
} from '../measuring/measurement-set.ts'
import { Recorders } from '../measuring/recorders.ts'
import { createPacer } from '../pacing/create-pacer.ts'
import type { Steering } from '../pacing/steering.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Workload } from '../workloads/workload.ts'
import {
  buildReport,
  encodeHistogram,
  encodeNamed,
  type ReportedInterval,
  splitBySize,
  type WireNamed,
} from './metrics-report.ts'
import { RunLoop } from './run-loop.ts'

/**
 * One driver's share of one run, from the built workload to the last report.
 *
 *   built ──begin──▶ running ──loop done──▶ reporting the rest ──▶ finished
 *
 * Each full second since the start instant one interval is reported; the last report says the whole share once more.
 * An interval too large for one message goes out in several, each with a number of its own.
 *
 * A driver that stood still catches up with what was due meanwhile: that is what an open load means. One that hears of the
 * start long after it does not, for it would send minutes of load at once: its whole schedule then begins when it hears of
 * it, with intended starts from there. Reports and commands go on counting from the start instant of the run, so that its
 * figures stand in the right seconds.
 */
export interface ShareRunOptions {
  nodeId: string
  testId: string
  scenario: Scenario
  share: { index: number; of: number }
  /** Takes reports in order, the final one last. */
  report: (message: MetricsMessage) => void
  clock: Clock
  logger: Logger
  drawId: (prefix: string) => string
  /** CPU time of this process so far, microseconds. */
  cpuUsageUs: () => number
  createWorkload: (recorders: Recorders, onEnd: () => void) => Workload
}

const intervalMs = 1000

/** A start instant that is past by more than this is not caught up with. */
const latestStartMs = 1000

/** The system counts CPU time in ticks of some milliseconds. */
const shortestCpuMs = 200

/** Of a message on the bus with room for its other fields. */
const maxRequestsBytes = 700_000

/** What is in flight when the load is over may take as long as a request may, and journeys some more. */
const drainMs = 30_000

export class ShareRun {
  readonly #options: ShareRunOptions
  readonly #recorders = new Recorders()
  readonly #workload: Workload
  #loop: RunLoop | undefined
  #steering: Steering[] = []
  #controlsSeen = new Set<number>()
  /** The start instant of the run, on the monotonic clock. */
  #startMs = 0
  /** How much later this share's schedule began. */
  #shiftMs = 0
  #startedAtMs = 0
  #stopping = false
  #finished = false
  readonly #end = Promise.withResolvers<void>()
  #seq = 0
  #reportedMs = 0
  #cpuUs = 0
  #cpuAtMs = 0
  #cpuShare = 0
  #timer: Timer | undefined
  #drainTimer: Timer | undefined
  #drainedMs = Number.POSITIVE_INFINITY
  #total: MeasurementSet = emptyMeasurementSet
  #cumulative: Measurement = emptyMeasurement

  constructor(options: ShareRunOptions) {
    this.#options = options
    this.#workload = options.createWorkload(this.#recorders, () => this.#loop?.operationEnded())
  }

  /** Attempts reported so far. */
  get sent(): number {
    return this.#cumulative.sent
  }

  /** Resolves when its final report is handed over, or it is abandoned, and its workload is closed. */
  get ended(): Promise<void> {
    return this.#end.promise
  }

  /** Throws the AppError for which this driver rejects the run. */
  async open(): Promise<void> {
    const { clock, scenario, share } = this.#options
    try {
      // What is wrong with the load is said now, not at the start.
      createPacer(scenario.load, share, scenario.seed, [])
      // The first precise timer starts a thread, which takes longer than the start instant lies ahead.
      await new Promise<void>((resolve) => {
        clock.afterPrecisely(0, resolve)
      })
      await this.#workload.open()
    } catch (error) {
      await this.#closeWorkload()
      throw toAppError(error)
    }
  }

  /** `startAtMs`: the instant on this machine's wall clock. A second call changes nothing. */
  begin(startAtMs: number): void {
    if (this.#loop !== undefined || this.#finished) return
    const { clock, scenario, share, logger } = this.#options
    const lateMs = clock.wallMs() - startAtMs
    this.#startMs = clock.nowMs() - lateMs
    this.#startedAtMs = startAtMs
    if (lateMs > latestStartMs) {
      logger.warn('the start instant is past: this share begins now and is not caught up', {
        run: this.#options.testId,
        lateMs: Math.round(lateMs),
      })
      this.#shiftMs = lateMs
      this.#reportedMs = lateMs
    }
    this.#cpuUs = this.#options.cpuUsageUs()
    this.#cpuAtMs = clock.nowMs()
    this.#loop = new RunLoop({
      clock,
      workload: this.#workload,
      share,
      startMs: this.#startMs + this.#shiftMs,
      maxInFlight: scenario.load.maxInFlight,
      createPacer: (steering) => createPacer(scenario.load, share, scenario.seed, steering),
      onBegin: (nowMs) => {
        this.#startedAtMs = startAtMs + (nowMs - this.#startMs)
      },
      onDone: () => this.#finish(),
    })
    // Commands given before the start hold from the start.
    if (this.#steering.length > 0) this.#loop.steer(this.#shifted())
    this.#loop.start()
    this.#armReport()
  }

  /** A command of the orchestrator. Commands may come twice, and before the start. */
  control(seq: number, command: 'stop' | Steering): void {
    if (this.#controlsSeen.has(seq) || this.#finished) return
    this.#controlsSeen.add(seq)
    if (command === 'stop') {
      this.stop()
      return
    }
    this.#steering = [...this.#steering, command].sort((a, b) => a.atMs - b.atMs)
    this.#loop?.steer(this.#shifted())
  }

  /**
   * Starts nothing more; the final report follows when what is in flight has ended, or is cut off after `graceMs`. A second
   * call may shorten that.
   */
  stop(graceMs = this.#options.scenario.http.timeoutMs): void {
    if (this.#finished) return
    this.#stopping = true
    if (this.#loop === undefined) {
      this.#finish()
      return
    }
    this.#loop.stop()
    this.#workload.cancelQueued()
    this.#boundDrain(graceMs)
  }

  /** Ends at once and says nothing more: the run was given up before it began, or there is no time left. */
  async abandon(): Promise<void> {
    if (this.#finished) return
    this.#finished = true
    this.#timer?.cancel()
    this.#drainTimer?.cancel()
    this.#loop?.stop()
    await this.#closeWorkload()
    this.#end.resolve()
  }

  /** Commands count from the run's start, the loop from its own. */
  #shifted(): Steering[] {
    return this.#steering.map((event) => ({ ...event, atMs: Math.max(0, event.atMs - this.#shiftMs) }))
  }

  /** The nearest of all bounds holds. */
  #boundDrain(graceMs: number): void {
    const { clock } = this.#options
    const boundMs = clock.nowMs() + graceMs
    if (boundMs >= this.#drainedMs || this.#finished) return
    this.#drainedMs = boundMs
    this.#drainTimer?.cancel()
    this.#drainTimer = clock.after(graceMs, () => {
      void this.#closeWorkload()
    })
  }

  #armReport(): void {
    const { clock } = this.#options
    const nextMs = (Math.floor(this.#reportedMs / intervalMs) + 1) * intervalMs
    this.#timer = clock.after(Math.max(0, this.#startMs + nextMs - clock.nowMs()), () => {
      if (this.#finished) return
      // Usually the second just over; several where this process stood still.
      const seconds = Math.floor((clock.nowMs() - this.#startMs) / intervalMs)
      this.#report(Math.max(nextMs, seconds * intervalMs), false)
      if (this.#loop?.isExhausted) this.#boundDrain(this.#options.scenario.http.timeoutMs + drainMs)
      this.#armReport()
    })
  }

  #finish(): void {
    if (this.#finished) return
    this.#finished = true
    this.#timer?.cancel()
    this.#drainTimer?.cancel()
    this.#report(Math.max(this.#reportedMs, this.#options.clock.nowMs() - this.#startMs), true)
    void this.#closeWorkload().then(() => this.#end.resolve())
  }

  /** A workload that cannot let go of something must not keep the driver from its next run. */
  async #closeWorkload(): Promise<void> {
    try {
      await this.#workload.close(0)
    } catch (error) {
      this.#options.logger.error('a workload could not be closed', { error: messageOf(error) })
    }
  }

  #report(endMs: number, final: boolean): void {
    const measurements = this.#recorders.take()
    const overall = overallOf(measurements)
    this.#total = addMeasurements(this.#total, measurements)
    this.#cumulative = plus(this.#cumulative, overall)
    const startMs = this.#reportedMs
    this.#reportedMs = endMs
    const cpu = this.#takeCpuShare()
    const interval = { startMs, endMs, measurements, overall }
    const totals = final ? splitBySize(encodeNamed(this.#total.values()), maxRequestsBytes) : []
    this.#publishAll(interval, cpu, totals)
  }

  /** One interval in as many messages as it takes; the totals of the share ride on further ones. */
  #publishAll(interval: Omit<ReportedInterval, 'seq'>, cpu: number, totals: WireNamed[]): void {
    const { nodeId, testId } = this.#options
    const identity = { nodeId, testId, startedAtMs: this.#startedAtMs }
    const pieces = splitBySize(encodeNamed(interval.measurements), maxRequestsBytes)
    const parts = pieces.length + totals.length
    for (let part = 0; part < parts; part++) {
      const report: MetricsMessage = {
        ...buildReport(
          identity,
          this.#options.drawId('m'),
          { ...interval, seq: this.#seq++ },
          this.#cumulative,
        ),
        // Once an interval: who adds up the histograms must not count it twice.
        ...(part === 0 ? encodeHistogram(interval.overall.responseTime) : {}),
        requests: pieces[part] ?? [],
        more: part < parts - 1,
        in_flight: this.#workload.inFlight,
        cpu,
      }
      const total = totals[part - pieces.length]
      if (total !== undefined) {
        report.totals = total
        report.final = part === parts - 1
        report.outcome = this.#stopping ? 'stopped' : 'completed'
      }
      this.#options.report(report)
    }
  }

  /** Of one core, since the last time; over a moment too short to say, what it was before. */
  #takeCpuShare(): number {
    const nowMs = this.#options.clock.nowMs()
    const passedMs = nowMs - this.#cpuAtMs
    if (passedMs < shortestCpuMs) return this.#cpuShare
    const cpuUs = this.#options.cpuUsageUs()
    this.#cpuShare = (cpuUs - this.#cpuUs) / 1000 / passedMs
    this.#cpuUs = cpuUs
    this.#cpuAtMs = nowMs
    return this.#cpuShare
  }
}

/** For a heartbeat: how an AppError is said on the bus. */
export const describeRejection = (
  error: AppError,
): { reason: string; reason_code: string; reason_hint: string } => ({
  reason: error.message,
  reason_code: error.code,
  reason_hint: error.hint,
})
