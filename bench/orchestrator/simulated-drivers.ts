import { connectKafkaBus } from '../../src/bus/kafka/kafka-bus.ts'
import { MessageChannel } from '../../src/bus/message-channel.ts'
import { type HeartbeatMessage, type PresenceMessage, protocol } from '../../src/bus/messages.ts'
import { topics } from '../../src/bus/topics.ts'
import { buildReport, encodeNamed } from '../../src/driver/metrics-report.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import { drawId } from '../../src/lib/random-id.ts'
import { version } from '../../src/lib/version.ts'
import { emptyMeasurement, type Measurement, plus } from '../../src/measuring/measurement.ts'
import {
  addMeasurements,
  emptyMeasurementSet,
  type MeasurementSet,
} from '../../src/measuring/measurement-set.ts'
import { type SampledInterval, sampleIntervals } from './sampled-interval.ts'

/**
 * Many drivers in one process that make no load: they register, say heartbeats, answer a configuration with `ready`, and
 * report as a driver does, one interval a second, the last with the totals of the share. Forked with a
 * {@link SimulationPlan} as its argument; tells its parent a {@link SimulationNews} at a time, ends with the channel.
 */
export interface SimulationPlan {
  brokers: string[]
  topicPrefix: string
  drivers: number
  seconds: number
  /** `spread`: each driver reports at an instant of its own within the second. `together`: all at its beginning. */
  phases: 'spread' | 'together'
}

/** `nth`: of the reports of that second, from 0. `atMs`: see {@link monotonicMs}. */
export type SimulationNews =
  | { kind: 'registered' }
  | { kind: 'sent'; second: number; nth: number; atMs: number }
  | { kind: 'over' }

/** The same in all processes of a machine (Linux: CLOCK_MONOTONIC). */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

const simulate = async (plan: SimulationPlan): Promise<void> => {
  const bus = await connectKafkaBus(
    { brokers: plan.brokers, topicPrefix: plan.topicPrefix },
    { clock: systemClock, logger: silentLogger },
  )
  const channel = new MessageChannel(bus, silentLogger)
  const intervals = sampleIntervals(64)
  const sentOf: number[] = []
  const tellSent = (second: number): void => {
    const nth = sentOf[second] ?? 0
    sentOf[second] = nth + 1
    tell({ kind: 'sent', second, nth, atMs: monotonicMs() })
  }
  const drivers = Array.from({ length: plan.drivers }, (_, index) => {
    // Far from its heartbeat's, and in no order of the ids.
    const phaseMs = plan.phases === 'together' ? 0 : ((index * 37) % plan.drivers) * (1000 / plan.drivers)
    return new SimulatedDriver({ channel, plan, index, phaseMs, intervals, tellSent })
  })
  let presence: HeartbeatMessage['heard']
  await channel.subscribe(topics.presence, { from: 'latest' }, (message: PresenceMessage) => {
    presence = {
      orchestrator_id: message.orchestrator_id,
      issued_at: message.issued_at,
      received_at: systemClock.wallMs(),
    }
  })
  await channel.subscribe(topics.testConfig, { from: 'latest' }, ({ test_id, config_hash }) => {
    for (const driver of drivers) driver.configure(test_id, config_hash)
  })
  await channel.subscribe(topics.trigger, { from: 'latest' }, ({ test_id, start_at }) => {
    void Promise.all(drivers.map((driver) => driver.run(test_id, start_at ?? systemClock.wallMs()))).then(
      () => tell({ kind: 'over' }),
    )
  })
  await Promise.all(drivers.map((driver) => driver.register(() => presence)))
  tell({ kind: 'registered' })
}

const tell = (news: SimulationNews): void => {
  process.send?.(news)
}

interface SimulatedDriverOptions {
  channel: MessageChannel
  plan: SimulationPlan
  index: number
  phaseMs: number
  intervals: readonly SampledInterval[]
  tellSent: (second: number) => void
}

class SimulatedDriver {
  readonly #options: SimulatedDriverOptions
  readonly #id = drawId('d')
  #state: HeartbeatMessage['state'] = 'idle'
  #testId: string | undefined
  #configHash: string | undefined
  #total: MeasurementSet = emptyMeasurementSet
  #cumulative: Measurement = emptyMeasurement
  #heard: () => HeartbeatMessage['heard'] = () => undefined

  constructor(options: SimulatedDriverOptions) {
    this.#options = options
  }

  async register(heard: () => HeartbeatMessage['heard']): Promise<void> {
    const { channel, index, plan } = this.#options
    this.#heard = heard
    await channel.publish(topics.register, this.#id, {
      node_id: this.#id,
      node_IP: '127.0.0.1:0',
      message_type: 'DRIVER_NODE_REGISTER',
      protocol,
      version,
      cores: 1,
      pid: process.pid,
      capabilities: ['histogram', 'start_at', 'control', 'pacing', 'assets'],
    })
    await systemClockSleep((index * 1000) / plan.drivers)
    setInterval(() => this.#beat(), 1000)
    this.#beat()
  }

  configure(testId: string, configHash: string | undefined): void {
    this.#testId = testId
    this.#configHash = configHash
    this.#state = 'ready'
    this.#beat()
  }

  /** Resolves when its last report is out. */
  async run(testId: string, startAtMs: number): Promise<void> {
    if (testId !== this.#testId) return
    const { plan, phaseMs, tellSent } = this.#options
    this.#state = 'running'
    for (let second = 0; second < plan.seconds; second++) {
      await systemClockSleep(startAtMs + (second + 1) * 1000 + phaseMs - systemClock.wallMs())
      const message = this.#report(second, startAtMs)
      tellSent(second)
      const published = this.#options.channel.publish(topics.metrics, this.#id, message)
      if (second === plan.seconds - 1) await published
    }
    this.#state = 'idle'
    this.#total = emptyMeasurementSet
    this.#cumulative = emptyMeasurement
  }

  #report(second: number, startedAtMs: number) {
    const { plan, index, intervals } = this.#options
    const interval = intervals[(index * 31 + second) % intervals.length]
    if (interval === undefined) throw new Error('there are no intervals')
    const { measurements, overall, requests, histogram } = interval
    this.#total = addMeasurements(this.#total, measurements)
    this.#cumulative = plus(this.#cumulative, overall)
    const isLast = second === plan.seconds - 1
    const identity = { nodeId: this.#id, testId: this.#testId ?? '', startedAtMs }
    const reported = {
      seq: second,
      startMs: second * 1000,
      endMs: (second + 1) * 1000,
      measurements: [],
      overall,
    }
    return {
      ...buildReport(identity, drawId('m'), reported, this.#cumulative),
      ...histogram,
      requests,
      more: false,
      in_flight: 0,
      cpu: 0.1,
      ...(isLast
        ? { totals: encodeNamed(this.#total.values()), final: true, outcome: 'completed' as const }
        : {}),
    }
  }

  #beat(): void {
    const nowMs = systemClock.wallMs()
    const heard = this.#heard()
    void this.#options.channel.publish(topics.heartbeat, this.#id, {
      node_id: this.#id,
      heartbeat: 'YES',
      timestamp: (nowMs / 1000).toFixed(3),
      protocol,
      timestamp_ms: nowMs,
      state: this.#state,
      ...(this.#testId === undefined ? {} : { test_id: this.#testId }),
      ...(this.#configHash === undefined ? {} : { config_hash: this.#configHash }),
      sent: this.#cumulative.sent,
      ...(heard === undefined ? {} : { heard }),
    })
  }
}

const systemClockSleep = (delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    systemClock.after(Math.max(0, delayMs), resolve)
  })

// Imported for its types and its clock as well.
if (process.argv[1] === import.meta.filename) {
  process.once('disconnect', () => process.exit())
  await simulate(JSON.parse(process.argv[2] ?? '') as SimulationPlan)
}
