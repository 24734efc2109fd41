import type { Bus, Subscription } from '../bus/bus.ts'
import { MessageChannel } from '../bus/message-channel.ts'
import {
  type ControlMessage,
  type DriverNodeState,
  type HeartbeatMessage,
  protocol,
  type TestConfigMessage,
  type TriggerMessage,
} from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { AppError, messageOf, toAppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Recorders } from '../measuring/recorders.ts'
import type { Steering } from '../pacing/steering.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Workload } from '../workloads/workload.ts'
import { AssetCollector } from './asset-collector.ts'
import { assetHashesOf, readScenario } from './read-scenario.ts'
import { describeRejection, ShareRun } from './share-run.ts'

/**
 * The life of a driver.
 *
 *   state        message or event                       next
 *   idle         test_config that names this driver     configured (the workload opens)
 *   configured   opened                                 ready
 *   configured   AppError                               rejected
 *   configured   control stop                           idle (nothing was promised yet)
 *   ready        trigger of this run                    running, at its start_at
 *   ready        control stop                           idle (an empty final report)
 *   running      control stop                           stopping
 *   running      share done                             idle (final report)
 *   stopping     nothing in flight, or its time is up   idle (final report)
 *   rejected     test_config of another run             configured
 *   any          leave()                                leaving, then gone
 *
 * Every other pair changes nothing: messages may come twice, late, or for other drivers. A driver runs one share at a
 * time and obeys nobody about whom it may load: the allow list is its own.
 */
export interface DriverOptions {
  bus: Bus
  clock: Clock
  logger: Logger
  drawId: (prefix: string) => string
  version: string
  /** Address for people; a driver does not listen. */
  address: string
  cores: number
  pid: number
  cpuUsageUs: () => number
  createWorkload: (context: WorkloadContext) => Workload
}

export interface WorkloadContext {
  scenario: Scenario
  share: { index: number; of: number }
  /** Files by hash. */
  assets: ReadonlyMap<string, Uint8Array>
  recorders: Recorders
  clock: Clock
  onEnd: () => void
}

const heartbeatMs = 1000

/** Commands kept for a run that is still being built. */
const maxEarly = 1000

/** How long the files of a scenario may take to arrive after it. */
const assetDeadlineMs = 60_000

export class Driver {
  readonly id: string
  readonly #options: DriverOptions
  readonly #channel: MessageChannel
  readonly #assets = new AssetCollector()
  readonly #subscriptions: Subscription[] = []
  #state: DriverNodeState = 'idle'
  #run: ShareRun | undefined
  /** Aborted when what is being built for the current run is not wanted any more. */
  #building = new AbortController()
  /** Heard since the configuration: the run that they are for may yet be waiting for its files. */
  #early: ControlMessage[] = []
  #testId: string | undefined
  /** Runs seen: a configuration or trigger delivered again must not start anything. Newest last, bounded. */
  readonly #seen = new Set<string>()
  #rejection: Partial<HeartbeatMessage> = {}
  #configHash: string | undefined
  #heartbeat: Timer | undefined
  #left = false

  constructor(options: DriverOptions) {
    this.#options = options
    this.id = options.drawId('d')
    this.#channel = new MessageChannel(options.bus, options.logger)
  }

  /** Resolves when registered. */
  async start(): Promise<void> {
    const subscribe = this.#channel.subscribe.bind(this.#channel)
    this.#subscriptions.push(
      ...(await Promise.all([
        subscribe(topics.asset, { from: 'latest' }, (message) => this.#assets.add(message)),
        subscribe(topics.testConfig, { from: 'latest' }, (message) => this.#configure(message)),
        subscribe(topics.trigger, { from: 'latest' }, (message) => this.#trigger(message)),
        subscribe(topics.control, { from: 'latest' }, (message) => this.#control(message)),
      ])),
    )
    const { address, version, cores, pid } = this.#options
    await this.#channel.publish(topics.register, this.id, {
      node_id: this.id,
      node_IP: address,
      message_type: 'DRIVER_NODE_REGISTER',
      node_ip: address,
      protocol,
      version,
      cores,
      pid,
      capabilities: ['histogram', 'start_at', 'control', 'pacing', 'assets'],
    })
    await this.#beat()
  }

  /** Says goodbye and lets go of everything; a share that runs is abandoned. Idempotent. */
  async leave(): Promise<void> {
    if (this.#left) return
    this.#left = true
    this.#heartbeat?.cancel()
    this.#building.abort()
    await this.#run?.abandon()
    await this.#sayState('leaving').catch(() => {})
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()))
  }

  #configure(config: TestConfigMessage): void {
    const { clock, logger } = this.#options
    const index = config.drivers?.indexOf(this.id) ?? -1
    if (index === -1 || config.drivers === undefined || config.scenario === undefined) return
    if (this.#seen.has(config.test_id) || this.#left) return
    if (config.expires_at !== undefined && config.expires_at < clock.wallMs()) {
      logger.warn('ignored a configuration that has expired', { test_id: config.test_id })
      return
    }
    if (this.#state !== 'idle' && this.#state !== 'rejected') {
      logger.warn('ignored a configuration while busy', { test_id: config.test_id, state: this.#state })
      return
    }
    this.#remember(config.test_id)
    this.#testId = config.test_id
    this.#configHash = config.config_hash
    this.#rejection = {}
    this.#state = 'configured'
    this.#building = new AbortController()
    this.#early = []
    // Not awaited: the bus hands over the next message only after this one, and building may take long.
    void this.#build(config.test_id, config.scenario, { index, of: config.drivers.length })
  }

  /** To ready or rejected. What is built for a run that was given up meanwhile changes nothing any more. */
  async #build(testId: string, config: unknown, share: { index: number; of: number }): Promise<void> {
    const { clock, logger, drawId, cpuUsageUs, createWorkload } = this.#options
    const { signal } = this.#building
    try {
      const scenario = readScenario(config)
      const assets = await this.#collectAssets(scenario, signal)
      const run = new ShareRun({
        nodeId: this.id,
        testId,
        scenario,
        share,
        channel: this.#channel,
        clock,
        logger,
        drawId,
        cpuUsageUs,
        createWorkload: (recorders, onEnd) =>
          createWorkload({ scenario, share, assets, recorders, clock, onEnd }),
        onFinished: () => {
          if (this.#run === run) this.#run = undefined
          this.#become('idle')
        },
      })
      this.#run = run
      for (const message of this.#early) run.control(message.seq, steeringOf(message))
      await run.open()
      if (!signal.aborted) this.#become('ready')
    } catch (error) {
      if (signal.aborted) return
      this.#run = undefined
      this.#rejection = describeRejection(toAppError(error))
      this.#become('rejected')
    }
  }

  async #collectAssets(scenario: Scenario, signal: AbortSignal): Promise<ReadonlyMap<string, Uint8Array>> {
    const hashes = assetHashesOf(scenario)
    const late = new AbortController()
    const timer = this.#options.clock.after(assetDeadlineMs, () => {
      const seconds = assetDeadlineMs / 1000
      late.abort(new AppError('DRIVER_REJECTED', `The scenario's files did not arrive within ${seconds} s.`))
    })
    try {
      return await this.#assets.collect(hashes, AbortSignal.any([signal, late.signal]))
    } finally {
      timer.cancel()
    }
  }

  #trigger(trigger: TriggerMessage): void {
    if (trigger.test_id !== this.#testId || this.#state !== 'ready') return
    const nowMs = this.#options.clock.wallMs()
    if (trigger.expires_at !== undefined && trigger.expires_at < nowMs) {
      this.#options.logger.warn('ignored a trigger that has expired', { test_id: trigger.test_id })
      return
    }
    this.#state = 'running'
    this.#run?.begin(trigger.start_at ?? nowMs)
  }

  #control(message: ControlMessage): void {
    if (message.test_id !== this.#testId) return
    if (message.command === 'stop') {
      this.#stop(message.seq)
      return
    }
    if (this.#run !== undefined) this.#run.control(message.seq, steeringOf(message))
    else if (this.#state === 'configured' && this.#early.length < maxEarly) this.#early.push(message)
  }

  #stop(seq: number): void {
    if (this.#state === 'configured') {
      this.#building.abort()
      const run = this.#run
      this.#run = undefined
      this.#become('idle')
      run?.abandon().catch((error: unknown) => {
        this.#options.logger.warn('a run that was given up could not be closed', { error: messageOf(error) })
      })
      return
    }
    if (this.#state === 'running') this.#become('stopping')
    this.#run?.control(seq, 'stop')
  }

  #become(state: DriverNodeState): void {
    this.#state = state
    if (this.#left) return
    this.#sayState(state).catch((error: unknown) => {
      this.#options.logger.warn('a heartbeat could not be delivered', { error: messageOf(error) })
    })
  }

  async #beat(): Promise<void> {
    if (this.#left) return
    this.#heartbeat = this.#options.clock.after(heartbeatMs, () => {
      void this.#beat()
    })
    try {
      await this.#sayState(this.#state)
    } catch (error) {
      this.#options.logger.warn('a heartbeat could not be delivered', { error: messageOf(error) })
    }
  }

  #sayState(state: DriverNodeState): Promise<void> {
    const nowMs = this.#options.clock.wallMs()
    return this.#channel.publish(topics.heartbeat, this.id, {
      node_id: this.id,
      heartbeat: 'YES',
      timestamp: (nowMs / 1000).toFixed(3),
      protocol,
      timestamp_ms: nowMs,
      state,
      ...(this.#testId === undefined ? {} : { test_id: this.#testId }),
      ...(this.#configHash === undefined ? {} : { config_hash: this.#configHash }),
      ...(state === 'rejected' ? this.#rejection : {}),
      sent: this.#run?.sent ?? 0,
    })
  }

  #remember(testId: string): void {
    this.#seen.add(testId)
    const oldest = this.#seen.values().next().value
    if (this.#seen.size > 1000 && oldest !== undefined) this.#seen.delete(oldest)
  }
}

const steeringOf = ({ command, at_elapsed_ms: atMs, scale }: ControlMessage): 'stop' | Steering =>
  command === 'stop' ? 'stop' : { atMs, command, ...(scale === undefined ? {} : { scale }) }
