import { InProcessBroker } from '../bus/in-process.ts'
import { MessageChannel } from '../bus/message-channel.ts'
import {
  type DriverNodeState,
  type HeartbeatMessage,
  type MessageOf,
  type MetricsMessage,
  protocol,
  type RegisterMessage,
} from '../bus/messages.ts'
import { type Topic, topics } from '../bus/topics.ts'
import { Driver } from '../driver/driver.ts'
import type { DriverOptions, WorkloadContext } from '../driver/driver-options.ts'
import { createLineLogger, silentLogger } from '../lib/logger.ts'
import { buildTestConfig } from '../orchestrator/test-config.ts'
import type { Workload } from '../workloads/workload.ts'
import { AwayBus, BrokerSwitch } from './away-bus.ts'
import { FakeClock } from './fake-clock.ts'
import { sampleScenario } from './sample-scenario.ts'

/** A driver on a bus of its own, spoken to by hand, with a workload that answers each operation after `latencyMs`. */
export class DriverUnderTest {
  readonly clock = new FakeClock()
  readonly heartbeats: HeartbeatMessage[] = []
  readonly reports: MetricsMessage[] = []
  readonly registrations: RegisterMessage[] = []
  readonly logged: string[] = []
  /** Of the driver alone: the test hears everything that the bus took. */
  readonly line = new BrokerSwitch()
  readonly contexts: WorkloadContext[] = []
  readonly driver: Driver
  started: number[] = []
  opened = 0
  closed = 0
  latencyMs = 5
  /** What `open` waits for. */
  opening: Promise<void> = Promise.resolve()
  readonly #channel: MessageChannel
  #ids = 0

  constructor(options: Partial<DriverOptions> = {}) {
    const broker = new InProcessBroker({ clock: this.clock, logger: silentLogger })
    this.#channel = new MessageChannel(broker.connect(), silentLogger)
    this.driver = new Driver({
      bus: new AwayBus(broker.connect(), this.line),
      clock: this.clock,
      logger: createLineLogger('driver', 'info', (line) => this.logged.push(line)),
      drawId: (prefix) => `${prefix}-${this.#ids++}`,
      version: 'test',
      address: '127.0.0.1:0',
      cores: 1,
      pid: 1,
      cpuUsageUs: () => 0,
      createWorkload: (context) => this.#createWorkload(context),
      ...options,
    })
  }

  async start(): Promise<this> {
    await this.#channel.subscribe(topics.heartbeat, { from: 'latest' }, (message) => {
      this.heartbeats.push(message)
    })
    await this.#channel.subscribe(topics.register, { from: 'latest' }, (message) => {
      this.registrations.push(message)
    })
    await this.#channel.subscribe(topics.metrics, { from: 'latest' }, (message) => {
      this.reports.push(message)
    })
    await this.driver.start()
    await this.clock.advance(0)
    return this
  }

  get state(): DriverNodeState | undefined {
    return this.heartbeats.at(-1)?.state
  }

  /** As of its next heartbeat: not every change is said at once. */
  async stateSoon(): Promise<DriverNodeState | undefined> {
    await this.clock.advance(1000)
    return this.state
  }

  async say<T extends Topic>(topic: T, message: MessageOf[T]): Promise<void> {
    await this.#channel.publish(topic, 'key', message)
    await this.clock.advance(0)
  }

  /** A second of an orchestrator that conducts these runs. */
  present(runs: string[] | undefined, orchestratorId = 'o-1', issuedMs = this.clock.wallMs()): Promise<void> {
    return this.say(topics.presence, {
      orchestrator_id: orchestratorId,
      protocol,
      issued_at: issuedMs,
      ...(runs === undefined ? {} : { runs }),
    })
  }

  configure(testId: string, scenario: unknown = sampleScenario({ drivers: 1 }), drivers = [this.driver.id]) {
    const nowMs = this.clock.wallMs()
    const config = buildTestConfig(testId, sampleScenario({ drivers: 1 }), drivers, nowMs, nowMs + 10_000)
    return this.say(topics.testConfig, { ...config, scenario: scenario as Record<string, unknown> })
  }

  trigger(testId: string, inMs = 20): Promise<void> {
    const startAtMs = this.clock.wallMs() + inMs
    return this.say(topics.trigger, { test_id: testId, trigger: 'YES', protocol, start_at: startAtMs })
  }

  control(testId: string, seq: number, command: 'stop' | 'pause' | 'resume' | 'rate', scale?: number) {
    const rest = { at_elapsed_ms: 0, by: 'test', ...(scale === undefined ? {} : { scale }) }
    return this.say(topics.control, { test_id: testId, protocol, command, seq, ...rest })
  }

  #createWorkload(context: WorkloadContext): Workload {
    this.contexts.push(context)
    const recorder = context.recorders.request('GET /')
    let inFlight = 0
    let isClosed = false
    return {
      get inFlight() {
        return inFlight
      },
      open: async () => {
        await this.opening
        this.opened++
      },
      start: (index) => {
        inFlight++
        this.started.push(index)
        recorder.start()
        recorder.sent(0, 1, false)
        this.clock.after(this.latencyMs, () => {
          if (isClosed) return
          inFlight--
          recorder.answered(200, 5000, 5000, 1)
          context.onEnd()
        })
      },
      refuse: (_, reason) => recorder.refused(reason),
      cancelQueued: () => {},
      close: async () => {
        if (isClosed) return
        isClosed = true
        this.closed++
        while (inFlight > 0) {
          inFlight--
          recorder.failed('timeout', 0, 'cut off', 0)
          context.onEnd()
        }
      },
    }
  }
}
