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
import { messageOf, toAppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Recorders } from '../measuring/recorders.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Workload } from '../workloads/workload.ts'
import { AssetCollector } from './asset-collector.ts'
import { describeRejection, ShareRun } from './share-run.ts'

/**
 * The life of a driver.
 *
 *   state        message or event                       next
 *   idle         test_config that names this driver     configured (the workload opens)
 *   configured   opened                                 ready
 *   configured   AppError                               rejected
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
    // Not awaited: the bus hands over the next message only after this one, and building may take long.
    void this.#build(
      config.test_id,
      // The orchestrator parsed it; what is wrong with it all the same ends in a rejection below.
      config.scenario as unknown as Scenario,
      { index, of: config.drivers.length },
    )
  }

  async #build(testId: string, scenario: Scenario, share: { index: number; of: number }): Promise<void> {
    const { clock, logger, drawId, cpuUsageUs, createWorkload } = this.#options
    try {
      const assets = await this.#collectAssets(scenario)
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
      await run.open()
      if (this.#left || this.#testId !== testId) return
      if (this.#state === 'configured') this.#become('ready')
    } catch (error) {
      this.#run = undefined
      this.#rejection = describeRejection(toAppError(error))
      this.#become('rejected')
    }
  }

  async #collectAssets(scenario: Scenario): Promise<ReadonlyMap<string, Uint8Array>> {
    const hashes = assetHashesOf(scenario)
    if (hashes.length === 0) return new Map()
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(assetDeadlineMs, () => {
        reject(new Error(`the scenario's files did not arrive within ${assetDeadlineMs / 1000} s`))
      })
      this.#assets.collect(hashes).then((files) => {
        timer.cancel()
        resolve(files)
      }, reject)
    })
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
      this.#run?.control(message.seq, 'stop')
      if (this.#state === 'running') this.#become('stopping')
      return
    }
    this.#run?.control(message.seq, {
      atMs: message.at_elapsed_ms,
      command: message.command,
      ...(message.scale === undefined ? {} : { scale: message.scale }),
    })
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

/** Hashes of all files that a scenario refers to, each once. */
export const assetHashesOf = (scenario: Scenario): string[] => {
  const hashes = new Set<string>()
  for (const feeder of Object.values(scenario.http.feeders)) hashes.add(feeder.asset.sha256)
  for (const operation of scenario.http.requests)
    for (const step of operation.kind === 'journey' ? operation.steps : [operation])
      if (step.kind === 'request' && step.body?.kind === 'file') hashes.add(step.body.asset.sha256)
  return [...hashes]
}
