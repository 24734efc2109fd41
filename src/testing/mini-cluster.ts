import type { Bus } from '../bus/bus.ts'
import { InProcessBroker } from '../bus/in-process.ts'
import { Driver } from '../driver/driver.ts'
import type { DriverOptions, WorkloadContext } from '../driver/driver-options.ts'
import { type Clock, sleep, type Timer } from '../lib/clock.ts'
import type { AppError } from '../lib/errors.ts'
import { createLineLogger } from '../lib/logger.ts'
import type { UnsentReason } from '../measuring/outcomes.ts'
import type { Recorder } from '../measuring/recorder.ts'
import { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { Run } from '../orchestrator/run.ts'
import type { JournalEvent, JournaledRun, RunJournal } from '../orchestrator/run-journal.ts'
import { buildResult } from '../results/build-result.ts'
import type { RunResult } from '../results/run-result.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Workload } from '../workloads/workload.ts'
import { AwayBus, BrokerSwitch } from './away-bus.ts'
import { FakeClock } from './fake-clock.ts'
import { type Unruliness, UnrulyBus } from './unruly-bus.ts'

/** A target in a few lines: answers each operation after a time, counts what it got, on the test's clock. */
class FakeTarget {
  received = 0
  /** Of answer n, milliseconds; or 'never'. */
  latencyMs: (n: number) => number | 'never' = () => 5
  /** How long `open` takes on the driver with that share. */
  openMs: (share: number) => number = () => 0
  /** For which `open` throws. */
  openError: AppError | undefined
  /** Operations in the order in which they came, with their intended starts. */
  readonly operations: { driver: number; index: number; intendedMs: number; atMs: number }[] = []
}

class FakeWorkload implements Workload {
  inFlight = 0
  readonly #context: WorkloadContext
  readonly #target: FakeTarget
  readonly #recorder: Recorder
  #closed = false

  constructor(context: WorkloadContext, target: FakeTarget) {
    this.#context = context
    this.#target = target
    this.#recorder = context.recorders.request('GET /')
  }

  async open(): Promise<void> {
    const openMs = this.#target.openMs(this.#context.share.index)
    if (openMs > 0) await sleep(this.#context.clock, openMs)
    if (this.#target.openError !== undefined) throw this.#target.openError
  }

  start(index: number, intendedMs: number): void {
    const { clock, share, onEnd } = this.#context
    const sentMs = clock.nowMs()
    this.inFlight++
    this.#recorder.start()
    this.#recorder.sent((sentMs - intendedMs) * 1000, 100, false)
    const n = this.#target.received++
    this.#target.operations.push({ driver: share.index, index, intendedMs, atMs: sentMs })
    const latencyMs = this.#target.latencyMs(n)
    if (latencyMs === 'never') return
    clock.after(latencyMs, () => {
      if (this.#closed) return
      const nowMs = clock.nowMs()
      this.inFlight--
      this.#recorder.answered(200, (nowMs - intendedMs) * 1000, (nowMs - sentMs) * 1000, 200)
      onEnd()
    })
  }

  refuse(_index: number, reason: UnsentReason): void {
    this.#recorder.refused(reason)
  }

  cancelQueued(): void {}

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    while (this.inFlight > 0) {
      this.inFlight--
      this.#recorder.failed('timeout', 0, 'cut off', 0)
      this.#context.onEnd()
    }
  }
}

/** A driver of the mini cluster, and how to be cruel to it. */
export interface MiniDriver {
  driver: Driver
  /** As kill -9: it says and does nothing any more. */
  kill(): void
  /** Its own way to the broker. */
  readonly line: BrokerSwitch
}

/**
 * Orchestrator and drivers in one process, on one bus and a clock that the test owns, with a target of a few lines: the
 * whole spine but for sockets.
 */
export class MiniCluster {
  readonly clock = new FakeClock()
  readonly target = new FakeTarget()
  readonly logged: string[] = []
  readonly drivers: MiniDriver[] = []
  /** Away for everyone here. */
  readonly broker = new BrokerSwitch()
  readonly journal = new MemoryJournal()
  #orchestrator: Orchestrator
  #killOrchestrator: () => void
  #orchestratorBus!: MortalBus
  readonly #inProcess: InProcessBroker
  readonly #unruliness: Unruliness | undefined
  readonly #logger = createLineLogger('test', 'info', (line) => this.logged.push(line))
  #ids = 0

  constructor(unruliness?: Unruliness) {
    this.#unruliness = unruliness
    this.#inProcess = new InProcessBroker({ clock: this.clock, logger: this.#logger })
    const first = this.#openOrchestrator()
    this.#orchestrator = first.orchestrator
    this.#killOrchestrator = first.kill
  }

  /** The one that is alive. */
  get orchestrator(): Orchestrator {
    return this.#orchestrator
  }

  /** As kill -9: it says and does nothing any more. */
  killOrchestrator(): void {
    this.#killOrchestrator()
  }

  /** As kill -9 in the moment before it would have said something on this topic. */
  killOrchestratorBefore(topic: string): void {
    this.#orchestratorBus.beforePublish = (published) => {
      if (published === topic) this.#killOrchestrator()
    }
  }

  /** Another life of it, with the same journal and bus. */
  async restartOrchestrator(): Promise<void> {
    const next = this.#openOrchestrator()
    this.#orchestrator = next.orchestrator
    this.#killOrchestrator = next.kill
    await next.orchestrator.start()
  }

  #openOrchestrator(): { orchestrator: Orchestrator; kill: () => void } {
    const bus = new MortalBus(this.connect())
    this.#orchestratorBus = bus
    const clock = new MortalClock(this.clock)
    const orchestrator = new Orchestrator({
      bus,
      clock,
      logger: this.#logger,
      drawId: this.#drawId,
      version: 'test',
      journal: this.journal,
    })
    const kill = (): void => {
      bus.die()
      clock.die()
    }
    return { orchestrator, kill }
  }

  /** A bus as everyone here has it: unruly if the cluster is. */
  connect(...lines: BrokerSwitch[]): Bus {
    const bus = new AwayBus(this.#inProcess.connect(), this.broker, ...lines)
    return this.#unruliness === undefined ? bus : new UnrulyBus(bus, this.clock, this.#unruliness)
  }

  async start(drivers: number, options: Partial<DriverOptions> = {}): Promise<void> {
    await this.orchestrator.start()
    for (let i = 0; i < drivers; i++) await this.addDriver(options)
    await this.clock.advance(0)
  }

  async addDriver(options: Partial<DriverOptions> = {}): Promise<MiniDriver> {
    const line = new BrokerSwitch()
    const bus = new MortalBus(this.connect(line))
    const driver = new Driver({
      bus,
      clock: this.clock,
      logger: this.#logger,
      drawId: this.#drawId,
      version: 'test',
      address: '127.0.0.1:0',
      cores: 1,
      pid: this.drivers.length + 1,
      cpuUsageUs: () => 0,
      createWorkload: (context) => new FakeWorkload(context, this.target),
      ...options,
    })
    const mini = { driver, kill: () => bus.die(), line }
    this.drivers.push(mini)
    await driver.start()
    return mini
  }

  /** Creates a run and lets it go on in the background; `ended` holds its end. */
  begin(scenario: Scenario): { run: Run; ended: Promise<void> } {
    const run = this.orchestrator.submit({ scenario, record: scenario, assets: new Map() })
    return { run, ended: run.ended }
  }

  /** Advances until the run has ended, at most `limitMs`; its result, or the error that it ended with. */
  async finish({ run, ended }: { run: Run; ended: Promise<void> }, limitMs = 120_000): Promise<RunResult> {
    let isEnded = false
    const end = () => {
      isEnded = true
    }
    ended.then(end, end)
    for (let passedMs = 0; !isEnded; passedMs += 100) {
      if (passedMs > limitMs) throw new Error(`the run did not end within ${limitMs} ms`)
      await this.clock.advance(100)
    }
    await ended
    return buildResult(run.state, run.state.scenario, this.clock.wallMs())
  }

  readonly #drawId = (prefix: string): string => `${prefix}-${this.#ids++}`
}

/** A clock that stops with its owner. */
class MortalClock implements Clock {
  readonly #clock: Clock
  readonly #timers = new Set<Timer>()
  #isDead = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  die(): void {
    this.#isDead = true
    for (const timer of this.#timers) timer.cancel()
  }

  nowMs = (): number => this.#clock.nowMs()

  wallMs = (): number => this.#clock.wallMs()

  after = (delayMs: number, callback: () => void): Timer => {
    if (this.#isDead) return { cancel: () => {} }
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(timer)
      callback()
    })
    this.#timers.add(timer)
    return timer
  }

  afterPrecisely = (delayMs: number, callback: () => void): Timer => this.after(delayMs, callback)

  soon = (callback: () => void): void => {
    this.after(0, callback)
  }
}

/** A journal that outlives its orchestrators. */
class MemoryJournal implements RunJournal {
  readonly runs = new Map<string, Omit<JournaledRun, 'events'> & { events: JournalEvent[] }>()

  /** What is not written before the process is gone, as the store was away. */
  loses: (event: JournalEvent) => boolean = () => false

  async create(run: Omit<JournaledRun, 'events'>): Promise<void> {
    this.runs.set(run.id, { ...run, events: [] })
  }

  async append(runId: string, event: JournalEvent): Promise<void> {
    if (!this.loses(event)) this.runs.get(runId)?.events.push(structuredClone(event))
  }

  async unfinished(): Promise<JournaledRun[]> {
    return [...this.runs.values()].filter(
      ({ events }) => !events.some(({ type }) => type === 'closed' || type === 'failed'),
    )
  }
}

/** A bus whose participant can be killed: from then on nothing goes out or comes in. */
class MortalBus implements Bus {
  readonly #bus: Bus
  #isDead = false
  beforePublish: (topic: string) => void = () => {}

  constructor(bus: Bus) {
    this.#bus = bus
  }

  die(): void {
    this.#isDead = true
  }

  publish: Bus['publish'] = (topic, key, value) => {
    this.beforePublish(topic)
    return this.#isDead ? new Promise(() => {}) : this.#bus.publish(topic, key, value)
  }

  subscribe: Bus['subscribe'] = (topic, options, handler) =>
    this.#bus.subscribe(topic, options, (message) => (this.#isDead ? undefined : handler(message)))

  purge: Bus['purge'] = (topic) => (this.#isDead ? new Promise(() => {}) : this.#bus.purge(topic))

  close(): Promise<void> {
    return this.#bus.close()
  }
}
