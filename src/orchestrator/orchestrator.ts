import type { Bus, BusMessage, Subscription } from '../bus/bus.ts'
import { type ChannelOptions, MessageChannel } from '../bus/message-channel.ts'
import { type MetricsMessage, type PresenceMessage, protocol } from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import { calmLogger, maxLinesOfBus } from '../lib/calm-logger.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { AppError, messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { BusWatch } from './bus-watch.ts'
import { type Attribution, classify, type OrphanReason } from './classify-message.ts'
import type { Members } from './members.ts'
import { Roster } from './roster.ts'
import { Run } from './run.ts'
import { type JournaledRun, noJournal, type RunJournal } from './run-journal.ts'
import { foldRun, newRunState, type RunState } from './run-state.ts'
import { TriggersSeen } from './triggers-seen.ts'

/**
 * Owns the runs: knows the drivers, lets each run have those that it needs, in the order in which the runs came, and
 * hands it what they say. It generates no load and knows nothing of workloads.
 *
 * What it decides is in its journal before it is said, and what drivers report stays on the bus: started again after any
 * end, it goes on with the runs that were triggered and closes those that were not.
 */
export interface OrchestratorOptions {
  bus: Bus
  clock: Clock
  logger: Logger
  drawId: (prefix: string) => string
  version: string
  journal?: RunJournal
  channel?: ChannelOptions
  /** Runs that may wait at once. */
  maxQueued?: number
  /** A report that belongs to no run that goes on. */
  onOrphan?: (envelope: BusMessage, reason: OrphanReason) => void
}

export interface RunRequest {
  scenario: Scenario
  /** The scenario with secrets masked, for whoever wants to see it. */
  record: Scenario
  assets: ReadonlyMap<string, Uint8Array>
  /** Left out: drawn. */
  id?: string
  /** Prepared, then waits for {@link Run.trigger}. */
  hold?: boolean
  /** Who submits it awaits {@link Run.ended} and tells how that went: the log need not warn of a run that could not begin. */
  isFollowed?: boolean
}

const presenceMs = 1000

/** An ended run is still here for so long, for who follows it. */
const keptAfterEndMs = 60_000

/** Somebody may make them up. */
const maxOthersTold = 10

/** Topics may carry the drivers' own instants: so much may their clocks be behind. */
const replaySlackMs = 300_000

export class Orchestrator {
  readonly id: string
  readonly #options: OrchestratorOptions
  readonly #channel: MessageChannel
  readonly #journal: RunJournal
  readonly #runs = new Map<string, Run>()
  readonly #roster: Roster
  /** Of what others make us say. */
  readonly #busLogger: Logger
  readonly #subscriptions: Subscription[] = []
  readonly #forgetting = new Set<Timer>()
  #presence: Timer | undefined
  #watch: BusWatch
  #startedAtMs = 0
  #othersSeen = new Set<string>()
  #isStopped = false
  /** While it goes on, nothing is published that it could take with it. */
  #purging: Promise<void> | undefined

  constructor(options: OrchestratorOptions) {
    this.#options = options
    this.id = options.drawId('o')
    this.#journal = options.journal ?? noJournal
    this.#channel = new MessageChannel(options.bus, options.logger, options.channel)
    this.#watch = new BusWatch(options.clock.nowMs())
    const { clock, version } = options
    const logger = calmLogger(options.logger, clock, maxLinesOfBus)
    this.#busLogger = logger
    this.#roster = new Roster({ clock, logger, version, orchestratorId: this.id })
  }

  get members(): Members {
    return this.#roster.members
  }

  /** Queued, going on, and ended ones for a minute. Oldest first. */
  get runs(): ReadonlyMap<string, Run> {
    return this.#runs
  }

  /** Runs that wait for drivers. */
  get queued(): number {
    return [...this.#runs.values()].filter(
      ({ state }) => state.phase !== 'finished' && state.drivers.size === 0,
    ).length
  }

  /** Messages that could not be understood, by topic and reason. */
  get rejected(): ReadonlyMap<string, number> {
    return this.#channel.rejected
  }

  /** The bus brings messages, as far as can be told. */
  get isConnected(): boolean {
    return !this.#watch.isDeaf(this.#options.clock.nowMs())
  }

  /**
   * Takes up what an earlier life left and listens from now on. Resolves when registrations are sure to be heard. Rejects
   * with what the bus or the journal rejects with.
   */
  async start(): Promise<void> {
    const { clock } = this.#options
    this.#startedAtMs = clock.wallMs()
    this.#watch = new BusWatch(clock.nowMs())
    const unfinished = (await this.#journal.unfinished()).map((journaled) => this.#recall(journaled))
    const begun = unfinished.filter((run) => run.state.drivers.size > 0)
    if (begun.length === 0) await this.#purge()
    const subscribe = this.#channel.subscribe.bind(this.#channel)
    const sinceMs = Math.min(...begun.map((run) => run.state.createdAtMs)) - replaySlackMs
    const triggers = new TriggersSeen(clock)
    this.#subscriptions.push(
      ...(await Promise.all([
        // From the beginning: drivers that were here before us register only once.
        subscribe(topics.register, { from: 'earliest' }, (message, { timestampMs }) =>
          this.#roster.register(message, timestampMs),
        ),
        subscribe(topics.heartbeat, { from: 'latest' }, (message) => {
          this.#roster.hear(message)
          this.#noteJoining(message.node_id, classify(message, 'heartbeat', this.#runs))
          for (const run of this.#runs.values()) run.hear({ type: 'heartbeat', message })
        }),
        subscribe(
          topics.metrics,
          { from: begun.length === 0 ? 'latest' : { sinceMs } },
          (message, envelope) => this.#hearMetrics(message, envelope),
        ),
        ...(begun.length === 0
          ? []
          : [subscribe(topics.trigger, { from: { sinceMs } }, (message) => triggers.add(message))]),
        subscribe(topics.presence, { from: 'latest' }, (message) => this.#hearPresence(message)),
      ])),
    )
    for (const run of unfinished) void this.#takeUp(run, triggers).then(() => this.#finish(run))
    void this.#sayPresence()
  }

  /** A new run, behind those that wait already. Throws QUEUE_FULL or RUN_EXISTS. */
  submit({ scenario, record, assets, id, hold = false, isFollowed = false }: RunRequest): Run {
    const { clock, drawId, maxQueued = 100 } = this.#options
    if (this.queued >= maxQueued)
      throw new AppError('QUEUE_FULL', `${this.queued} runs wait already; more are not taken.`)
    if (id !== undefined && this.#runs.has(id))
      throw new AppError('RUN_EXISTS', `There is a run ${id} already.`)
    const state = newRunState(id ?? drawId('r'), scenario, clock.wallMs())
    const run = this.#addRun(state, record, assets, { hold, isFollowed })
    const chosen = this.#roster.choose(run)
    // Looked at later, when the journal has the run.
    chosen.catch(() => {})
    void run.conduct(() => chosen).then(() => this.#finish(run))
    return run
  }

  /**
   * Hears and says nothing more. Runs that wait are closed; those that go on are left to the next life, or, without a
   * journal, to their drivers.
   */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#presence?.cancel()
    for (const timer of this.#forgetting) timer.cancel()
    const waiting = [...this.#runs.values()].filter(
      ({ state }) => state.phase !== 'finished' && state.drivers.size === 0,
    )
    this.#roster.stop()
    await Promise.allSettled(waiting.map((run) => run.ended))
    for (const run of this.#runs.values()) run.abandon()
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()))
  }

  #addRun(
    state: RunState,
    record: Scenario,
    assets: ReadonlyMap<string, Uint8Array>,
    { hold, isFollowed }: { hold: boolean; isFollowed: boolean },
  ): Run {
    const { clock, logger } = this.#options
    const run: Run = new Run({
      channel: this.#channel,
      clock,
      logger,
      journal: this.#journal,
      state,
      record,
      assets,
      hold,
      isFollowed,
      purging: () => this.#purging,
      joinForeign: (id) => this.#roster.joinForeign(id),
      refuse: () => this.#roster.refusalOf(state.scenario),
      clockOf: (id) => this.#roster.members.get(id)?.clock ?? null,
      delayMs: () => this.#roster.delayOf(run.state.drivers.keys()),
      isDeaf: () => this.#watch.isDeaf(clock.nowMs()),
    })
    this.#runs.set(run.id, run)
    return run
  }

  /** A run of the journal, as far as that tells. */
  #recall({ id, createdAtMs, record, events }: JournaledRun): Run {
    const state = events.reduce(foldRun, newRunState(id, record, createdAtMs))
    for (const driver of state.drivers.keys()) this.#roster.hold(driver, id)
    return this.#addRun(state, record, new Map(), { hold: false, isFollowed: false })
  }

  async #takeUp(run: Run, triggers: TriggersSeen): Promise<void> {
    const { state } = run
    if (state.phase === 'running') return run.resume()
    // The journal may lack the decision, where the store was away as it was taken: the bus has what was said.
    const trigger = state.drivers.size === 0 ? undefined : await triggers.find(run.id)
    if (trigger !== undefined) return run.resume(trigger.start_at)
    return run.giveUp(
      new AppError('ORCHESTRATOR_RESTARTED', `The orchestrator ended before run ${run.id} had begun.`),
    )
  }

  #finish(run: Run): void {
    this.#roster.release(run.id)
    if (this.#isStopped) return
    const timer = this.#options.clock.after(keptAfterEndMs, () => {
      this.#forgetting.delete(timer)
      this.#runs.delete(run.id)
    })
    this.#forgetting.add(timer)
    const isAnyLive = [...this.#runs.values()].some(
      ({ state }) => state.phase !== 'finished' && state.drivers.size > 0,
    )
    if (isAnyLive || this.#purging !== undefined) return
    this.#purging = this.#purge().finally(() => {
      this.#purging = undefined
    })
  }

  /**
   * What lies in these topics would start or crash nodes written by others that join later and read from the first
   * message; ours read from the end.
   */
  async #purge(): Promise<void> {
    try {
      for (const topic of [topics.testConfig, topics.trigger]) await this.#options.bus.purge(topic)
    } catch (error) {
      if (!this.#isStopped)
        this.#options.logger.warn('old configurations and triggers could not be removed from the bus', {
          error: messageOf(error),
        })
    }
  }

  #hearMetrics(message: MetricsMessage, envelope: BusMessage): void {
    const isReplayed = envelope.timestampMs < this.#startedAtMs
    const attribution = classify(
      message,
      'metrics',
      this.#runs,
      isReplayed ? envelope.timestampMs : undefined,
    )
    if (attribution.kind === 'run') {
      this.#noteJoining(message.node_id, attribution)
      this.#runs.get(attribution.runId)?.hear({ type: 'metrics', message })
      return
    }
    if (attribution.kind === 'nobody') return
    // What ours say as they are let go of is no news, and what is read again after a restart was told before.
    const isExpected = message.protocol === protocol && attribution.reason === 'finished run'
    if (!isExpected && !isReplayed) this.#options.onOrphan?.(envelope, attribution.reason)
  }

  /** A driver written by others takes part in whatever is triggered; until it ends no other run may be. */
  #noteJoining(driver: string, attribution: Attribution): void {
    if (attribution.kind !== 'run' || !attribution.joins) return
    this.#roster.hold(driver, attribution.runId)
    this.#busLogger.info('a driver written by others joined a run', { driver, run: attribution.runId })
  }

  #hearPresence({ orchestrator_id: id, version }: PresenceMessage): void {
    const { clock, logger } = this.#options
    if (id === this.id) this.#watch.hearEcho(clock.nowMs())
    else if (!this.#othersSeen.has(id) && this.#othersSeen.size < maxOthersTold) {
      this.#othersSeen.add(id)
      logger.warn('another orchestrator uses these topics: a driver carries a run of one of them at a time', {
        orchestrator: id,
        version,
      })
    }
  }

  async #sayPresence(): Promise<void> {
    const { clock, logger, version } = this.#options
    if (this.#isStopped) return
    this.#presence = clock.after(presenceMs, () => {
      void this.#sayPresence()
    })
    this.#roster.forgetSilent()
    const runs = [...this.#runs.values()].filter(
      ({ state }) => state.phase !== 'finished' && state.drivers.size > 0,
    )
    try {
      await this.#channel.publish(topics.presence, this.id, {
        orchestrator_id: this.id,
        protocol,
        version,
        issued_at: clock.wallMs(),
        runs: runs.slice(0, 1000).map(({ id }) => id),
      })
    } catch (error) {
      if (!this.#isStopped) logger.debug('presence could not be said', { error: messageOf(error) })
    }
  }
}
