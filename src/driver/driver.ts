import type { Subscription } from '../bus/bus.ts'
import { MessageChannel } from '../bus/message-channel.ts'
import { isForeign } from '../bus/message-codec.ts'
import {
  type ControlMessage,
  type DriverNodeState,
  type HeartbeatMessage,
  protocol,
  type TestConfigMessage,
  type TriggerMessage,
} from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import { calmLogger, maxLinesOfBus } from '../lib/calm-logger.ts'
import { AppError, messageOf, toAppError } from '../lib/errors.ts'
import type { Steering } from '../pacing/steering.ts'
import { AssetCollector } from './asset-collector.ts'
import { EarlyTriggers, isOlderThan, scenarioOf, shareOf } from './brief-config.ts'
import { BrokerWatch } from './broker-watch.ts'
import type { DriverOptions, DriverStatus } from './driver-options.ts'
import { NodeAnnouncer } from './node-announcer.ts'
import { OrchestratorWatch } from './orchestrator-watch.ts'
import { assetHashesOf } from './read-scenario.ts'
import { ReportOutbox } from './report-outbox.ts'
import { describeRejection, ShareRun } from './share-run.ts'
import { clockAheadOf, startOf } from './start-of.ts'
import { within } from './within.ts'

const defaultSilenceLimitMs = 120_000
const defaultDeliverMs = 600_000

/** Before the start, where another orchestrator is there that does not know the run. */
const disownedLimitMs = 10_000

/** So long the trigger of who speaks only the brief is waited for. */
const foreignTriggerMs = 600_000

/** A beat so late says that this process was stopped, or its machine asleep. */
const stoodStillMs = 1000

/** A driver that leaves takes so long for its last answers and reports; of it so much for the answers. */
const leaveMs = 5000
const leaveDrainMs = 3000

/** Saying goodbye may take as long. */
const goodbyeMs = 1000

/** Commands kept for a run that is still being built. */
const maxEarly = 1000

/**
 * The life of a driver.
 *
 *   state        message or event                       next
 *   idle         test_config that names this driver     configured (the workload opens)
 *   configured   opened                                 ready
 *   configured   AppError                               rejected
 *   configured   control stop                           idle (nothing was promised yet)
 *   configured   nobody speaks for the run              idle
 *   ready        trigger of this run                    running, at its start_at
 *   ready        control stop                           delivering (an empty final report)
 *   ready        nobody speaks for the run              delivering (an empty final report)
 *   running      control stop                           stopping
 *   running      nobody speaks for the run              stopping
 *   running      share done                             delivering (final report)
 *   stopping     nothing in flight, or its time is up   delivering (final report)
 *   delivering   the bus took every report, or deliverMs are over     idle
 *   rejected     test_config of another run             configured
 *   waiting      test_config of another run             configured, for that one
 *   waiting      10 minutes                             as at control stop
 *   busy         test_config of another run             no change; one heartbeat answers it: rejected
 *   any          leave()                                leaving, then gone
 *
 * Every other pair changes nothing: messages may come twice, late, or for other drivers. Delivering is no word of the wire:
 * the state said is still the one before, which keeps the driver out of other runs. Busy is all from configured to
 * delivering: a run waits for its own end, never for the next one to push it out. But waiting is configured or ready for an
 * orchestrator that speaks only the brief, which cannot say that it gave a run up.
 *
 * Nobody speaks for the run (see {@link OrchestratorWatch}): for `silenceLimitMs`; before the start already after 10 s
 * where another orchestrator is heard, for then it is no outage of the broker.
 *
 * A driver runs one share at a time and obeys nobody about whom it may load: the allow list is its own.
 */
export class Driver {
  readonly id: string
  readonly #options: DriverOptions
  readonly #channel: MessageChannel
  readonly #assets = new AssetCollector()
  readonly #outbox: ReportOutbox
  readonly #announcer: NodeAnnouncer
  readonly #watch: OrchestratorWatch
  readonly #broker: BrokerWatch
  readonly #subscriptions: Subscription[] = []
  #state: DriverNodeState = 'idle'
  #run: ShareRun | undefined
  /** Aborted when what is being built for the current run is not wanted any more. */
  #building = new AbortController()
  /** Heard since the configuration: the run that they are for may yet be waiting for its files. */
  #early: ControlMessage[] = []
  readonly #earlyTriggers = new EarlyTriggers()
  /** Wall clock. */
  #startedAtMs = 0
  #testId: string | undefined
  /** Of the run that is over. */
  #sent = 0
  /** Runs seen: a configuration or trigger delivered again must not start anything. Newest last, bounded. */
  readonly #seen = new Set<string>()
  /** Monotonic: when somebody who speaks only the brief configured the current run; undefined where others did, or it ends. */
  #foreignSinceMs: number | undefined
  #rejection: Partial<HeartbeatMessage> = {}
  #configHash: string | undefined
  /** An orchestrator came that perhaps has not heard of us. */
  #isStrange = false
  #leaving: Promise<void> | undefined

  constructor(options: DriverOptions) {
    const { bus, clock, address, version, cores, pid, outboxBytes } = options
    const logger = calmLogger(options.logger, clock, maxLinesOfBus)
    this.#options = { ...options, logger }
    this.id = options.drawId('d')
    this.#channel = new MessageChannel(bus, options.logger, options.channel)
    this.#watch = new OrchestratorWatch(clock)
    this.#broker = new BrokerWatch(clock, logger, () => this.#tell())
    const onAttempt = (error?: unknown): void => this.#broker.hear(error, this.#outbox)
    this.#outbox = new ReportOutbox({
      bus,
      clock,
      logger,
      onAttempt,
      ...(outboxBytes === undefined ? {} : { maxBytes: outboxBytes }),
      ...(options.channel?.quantities === undefined ? {} : { quantities: options.channel.quantities }),
    })
    this.#announcer = new NodeAnnouncer({
      channel: this.#channel,
      clock,
      nodeId: this.id,
      registration: {
        node_id: this.id,
        node_IP: address,
        message_type: 'DRIVER_NODE_REGISTER',
        node_ip: address,
        protocol,
        version,
        cores,
        pid,
        capabilities: ['histogram', 'start_at', 'control', 'pacing', 'assets'],
      },
      describe: () => this.#describe(),
      onBeat: (lateMs) => this.#lookForSilence(lateMs),
      onAttempt,
    })
  }

  get state(): DriverNodeState {
    return this.#state
  }

  get status(): DriverStatus {
    return {
      state: this.#state,
      testId: this.#testId ?? null,
      brokerAwaySinceMs: this.#broker.awaySinceMs,
      waitingReports: this.#outbox.waiting,
      droppedReports: this.#outbox.dropped,
    }
  }

  /** Resolves when it listens and has said so; a registration that the bus did not take follows when it does. */
  async start(): Promise<void> {
    this.#startedAtMs = this.#options.clock.wallMs()
    const subscribe = this.#channel.subscribe.bind(this.#channel)
    this.#subscriptions.push(
      ...(await Promise.all([
        subscribe(topics.asset, { from: 'latest' }, (message) => this.#assets.add(message)),
        subscribe(topics.testConfig, { from: 'latest' }, (message) => this.#configure(message)),
        subscribe(topics.trigger, { from: 'latest' }, (message) => this.#trigger(message)),
        subscribe(topics.control, { from: 'latest' }, (message) => this.#control(message)),
        subscribe(topics.presence, { from: 'latest' }, (message) => {
          if (this.#watch.hearPresence(message)) this.#isStrange = true
          this.#introduce()
        }),
      ])),
    )
    await this.#announcer.start()
  }

  /**
   * Stops what runs, delivers what it has, says goodbye and lets go of everything: within some 7 s, whatever the broker
   * and the target do. Idempotent.
   */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  async #leave(): Promise<void> {
    const { clock, logger } = this.#options
    const endMs = clock.nowMs() + leaveMs
    this.#building.abort()
    const run = this.#run
    if (this.#state === 'configured') await within(clock, goodbyeMs, this.#abandon(run))
    else if (run !== undefined) {
      if (this.#state === 'running') this.#become('stopping')
      run.stop(leaveDrainMs)
      if (!(await within(clock, leaveMs, run.ended))) await within(clock, goodbyeMs, this.#abandon(run))
    }
    await this.#outbox.delivered(Math.max(0, endMs - clock.nowMs()))
    if (this.#outbox.waiting > 0)
      logger.error('left with reports that the broker did not take', { reports: this.#outbox.waiting })
    this.#outbox.close()
    this.#state = 'leaving'
    this.#tell()
    await within(clock, goodbyeMs, this.#announcer.sayLast())
    this.#announcer.stop()
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()))
  }

  #configure(config: TestConfigMessage): void {
    const { clock, logger } = this.#options
    const testId = config.test_id
    const isOtherProtocol = config.protocol !== undefined && config.protocol !== protocol
    const isForUs = isOtherProtocol
      ? config.drivers?.includes(this.id)
      : shareOf(config, this.id) !== undefined
    if (isForUs !== true || this.#seen.has(testId) || this.#leaving !== undefined) return
    if (isOlderThan(config, this.#startedAtMs)) {
      logger.warn('ignored a configuration that is older than this driver', { test_id: testId })
      return
    }
    if (this.#isPast(config.expires_at, this.#watch.clockAheadMs)) {
      logger.warn('ignored a configuration that has expired', { test_id: testId })
      return
    }
    this.#remember(testId)
    if (this.#isWaiting) this.#giveWay(testId)
    else if (this.#state !== 'idle' && this.#state !== 'rejected') {
      const busy = new AppError('DRIVER_REJECTED', `Driver ${this.id} is busy with run ${this.#testId}.`)
      logger.warn('rejected a configuration while busy', { test_id: testId, state: this.#state })
      this.#announcer.answer({
        ...this.#describe('rejected'),
        test_id: testId,
        sent: 0,
        ...describeRejection(busy),
      })
      return
    }
    this.#testId = testId
    this.#configHash = config.config_hash
    this.#sent = 0
    const share = shareOf(config, this.id)
    if (isOtherProtocol || share === undefined) {
      this.#reject(
        new AppError(
          'DRIVER_REJECTED',
          `The orchestrator speaks ${config.protocol}, driver ${this.id} ${protocol}.`,
          { hint: 'Use the same version of Groundswell for the orchestrator and all drivers.' },
        ),
      )
      return
    }
    this.#state = 'configured'
    this.#tell()
    this.#building = new AbortController()
    this.#early = []
    if (config.protocol === protocol) this.#watch.watch(testId)
    this.#foreignSinceMs = isForeign(config) ? clock.nowMs() : undefined
    // Not awaited: the bus hands over the next message only after this one, and building may take long.
    void this.#build(config, share)
  }

  /** To ready or rejected. What is built for a run that was given up meanwhile changes nothing any more. */
  async #build(config: TestConfigMessage, share: { index: number; of: number }): Promise<void> {
    const { clock, logger, drawId, cpuUsageUs, createWorkload, defaultTarget } = this.#options
    const testId = config.test_id
    const { signal } = this.#building
    try {
      const scenario = scenarioOf(config, defaultTarget)
      const assets = await this.#assets.collectWithin(clock, assetHashesOf(scenario), signal)
      if (signal.aborted) return
      const run = new ShareRun({
        nodeId: this.id,
        testId,
        scenario,
        share,
        report: (message) => this.#outbox.add(message),
        clock,
        logger,
        drawId,
        cpuUsageUs,
        createWorkload: (recorders, onEnd) =>
          createWorkload({ scenario, share, assets, recorders, clock, onEnd }),
      })
      this.#run = run
      for (const message of this.#early) run.control(message.seq, steeringOf(message))
      await run.open()
      if (signal.aborted) return
      void run.ended.then(() => this.#deliver(run))
      this.#become('ready')
      const trigger = this.#earlyTriggers.take(testId, clock.wallMs())
      if (trigger !== undefined) this.#trigger(trigger)
    } catch (error) {
      if (signal.aborted) return
      this.#run = undefined
      // Who speaks only the brief does not hear of it.
      if (isForeign(config)) logger.warn('rejected a run', { test_id: testId, reason: messageOf(error) })
      this.#reject(toAppError(error))
    }
  }

  #trigger(trigger: TriggerMessage): void {
    const { clock, logger } = this.#options
    if (isOlderThan(trigger, this.#startedAtMs)) return
    if (trigger.test_id !== this.#testId || this.#state !== 'ready') {
      this.#earlyTriggers.hold(trigger, clock.wallMs())
      return
    }
    this.#watch.hearOf(trigger.test_id)
    const view = { nodeId: this.id, nowMs: clock.wallMs(), clockAheadMs: this.#watch.clockAheadMs }
    if (this.#isPast(trigger.expires_at, clockAheadOf(trigger, view))) {
      logger.warn('ignored a trigger that has expired', { test_id: trigger.test_id })
      return
    }
    this.#become('running')
    this.#run?.begin(startOf(trigger, view))
  }

  #control(message: ControlMessage): void {
    if (message.test_id !== this.#testId) return
    this.#watch.hearOf(message.test_id)
    if (message.command === 'stop') this.#stop()
    else if (this.#run !== undefined) this.#run.control(message.seq, steeringOf(message))
    else if (this.#state === 'configured' && this.#early.length < maxEarly) this.#early.push(message)
  }

  /** For the trigger of an orchestrator that speaks only the brief. */
  get #isWaiting(): boolean {
    return this.#foreignSinceMs !== undefined && (this.#state === 'configured' || this.#state === 'ready')
  }

  #giveWay(testId: string): void {
    this.#options.logger.warn('gave up a run whose trigger did not come, for a newer one', {
      run: this.#testId,
      newer: testId,
    })
    this.#building.abort()
    void this.#abandon(this.#run)
  }

  #stop(): void {
    this.#foreignSinceMs = undefined
    if (this.#state === 'configured') {
      this.#building.abort()
      void this.#abandon(this.#run)
      this.#become('idle')
      return
    }
    if (this.#state === 'running') this.#become('stopping')
    this.#run?.stop()
  }

  /** Each second. */
  #lookForSilence(lateMs: number): void {
    if (lateMs > stoodStillMs) this.#watch.excuse(lateMs)
    if (this.#isWaiting) this.#lookForTrigger()
    const { silentMs, othersHeard } = this.#watch
    const { silenceLimitMs = defaultSilenceLimitMs, logger } = this.#options
    const hasBegun = this.#state === 'running' || this.#state === 'stopping'
    const limitMs = othersHeard && !hasBegun ? Math.min(disownedLimitMs, silenceLimitMs) : silenceLimitMs
    if (silentMs <= limitMs) return
    logger.warn('no orchestrator speaks for this run any more; this driver stops by itself', {
      run: this.#testId,
      state: this.#state,
      silentSeconds: Math.round(silentMs / 1000),
    })
    this.#watch.unwatch()
    this.#stop()
  }

  #lookForTrigger(): void {
    const { clock, logger } = this.#options
    if (clock.nowMs() - (this.#foreignSinceMs ?? 0) < foreignTriggerMs) return
    logger.warn('gave up a run whose trigger did not come', {
      run: this.#testId,
      waitedSeconds: foreignTriggerMs / 1000,
    })
    this.#stop()
  }

  /** The share is over. */
  async #deliver(run: ShareRun): Promise<void> {
    const { deliverMs = defaultDeliverMs, logger } = this.#options
    if (this.#run !== run) return
    this.#watch.unwatch()
    const isDelivered = await this.#outbox.delivered(deliverMs)
    if (this.#leaving !== undefined) return
    if (!isDelivered) {
      logger.error('the reports of this run could not be delivered; they go out if the broker comes back', {
        run: this.#testId,
        reports: this.#outbox.waiting,
        waitedSeconds: deliverMs / 1000,
      })
      this.#outbox.release()
    }
    this.#sent = run.sent
    this.#run = undefined
    this.#become('idle')
  }

  async #abandon(run: ShareRun | undefined): Promise<void> {
    this.#run = undefined
    this.#watch.unwatch()
    await run?.abandon()
  }

  #reject(error: AppError): void {
    this.#watch.unwatch()
    this.#rejection = describeRejection(error)
    this.#become('rejected')
  }

  /** Not while busy: who is registered and has not said its state yet looks free. */
  #introduce(): void {
    if (!this.#isStrange || (this.#state !== 'idle' && this.#state !== 'rejected')) return
    this.#isStrange = false
    this.#announcer.registerAgain()
  }

  #become(state: DriverNodeState): void {
    this.#state = state
    this.#introduce()
    this.#tell()
    void this.#announcer.say()
  }

  #tell(): void {
    this.#options.onState?.(this.status)
  }

  #describe(state = this.#state): HeartbeatMessage {
    const nowMs = this.#options.clock.wallMs()
    const heard = this.#watch.takeHeard()
    return {
      node_id: this.id,
      heartbeat: 'YES',
      timestamp: (nowMs / 1000).toFixed(3),
      protocol,
      timestamp_ms: nowMs,
      state,
      ...(this.#testId === undefined ? {} : { test_id: this.#testId }),
      ...(this.#configHash === undefined ? {} : { config_hash: this.#configHash }),
      ...(state === 'rejected' ? this.#rejection : {}),
      sent: this.#run?.sent ?? this.#sent,
      ...(heard === undefined ? {} : { heard }),
    }
  }

  /** `aheadMs`: how much our clock is ahead of who said the instant. Where that is not known nothing is past. */
  #isPast(instantMs: number | undefined, aheadMs: number | undefined): boolean {
    return (
      instantMs !== undefined && aheadMs !== undefined && instantMs + aheadMs < this.#options.clock.wallMs()
    )
  }

  #remember(testId: string): void {
    this.#seen.add(testId)
    const oldest = this.#seen.values().next().value
    if (this.#seen.size > 1000 && oldest !== undefined) this.#seen.delete(oldest)
  }
}

const steeringOf = ({ command, at_elapsed_ms: atMs, scale }: ControlMessage): 'stop' | Steering =>
  command === 'stop' ? 'stop' : { atMs, command, ...(scale === undefined ? {} : { scale }) }
