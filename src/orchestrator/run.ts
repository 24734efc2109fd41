import { type ControlMessage, type HeartbeatMessage, type MetricsMessage, protocol } from '../bus/messages.ts'
import type { Timer } from '../lib/clock.ts'
import { AppError, messageOf, toAppError } from '../lib/errors.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { Announcer } from './announcer.ts'
import { describeUnready } from './describe-unready.ts'
import { hasEnded } from './driver-progress.ts'
import { showsBeginning } from './foreign-progress.ts'
import { noteDecision } from './note-decision.ts'
import { stoppingSlos } from './outcome.ts'
import type { JournalEvent } from './run-journal.ts'
import type { ChosenCast, RunOptions, SteerCommand } from './run-options.ts'
import { elapsedOf, foldRun, isOver, isStopping, type RunEvent, type RunState } from './run-state.ts'
import { WakeUps } from './wake-ups.ts'

/** A command takes effect so long after it was given, and twice the delay of the bus: every driver has heard it by then. */
const steerMarginMs = 50

/** The start lies at least so far ahead. */
const startMarginMs = 20

const tickMs = 250

/** A tick so late says that this process was stopped, or its machine asleep. */
const stoodStillMs = 500

/** Drivers that began have reported within so long of being listened to. */
const firstReportsMs = 3000

/** Drivers are held for a run that nobody triggers for so long. */
const holdLimitMs = 600_000

/**
 * Conducts one run: says what there is to say to the drivers, folds what is heard into the state, and tells who listens.
 * All knowledge is in the state; this is the shell around it.
 *
 *   step          is over when                                             journal, before it is said
 *   queued        drivers are free                                         configured
 *   configuring   every driver is ready, or the deadline is past
 *   ready         at once; of a held run: somebody triggers it             triggered
 *   running       every driver has ended or is lost                        control, for each command
 *   closing       drivers that still hold the run are let go of            closed, or failed
 *
 * A step that cannot be done ends the run as failed, with the error for which it could not begin.
 */
export class Run {
  readonly #options: RunOptions
  readonly #announcer: Announcer
  readonly #listeners = new Set<(state: RunState) => void>()
  readonly #wakeUps: WakeUps
  readonly #end = Promise.withResolvers<void>()
  #state: RunState
  #controlSeq: number
  #tick: Timer | undefined
  #failure: AppError | undefined
  #isTriggered = false

  constructor(options: RunOptions) {
    this.#options = options
    this.#announcer = new Announcer(options.channel, options.clock)
    this.#wakeUps = new WakeUps(options.clock)
    this.#state = options.state
    this.#controlSeq = 1 + Math.max(-1, ...options.state.controls.map(({ seq }) => seq))
    // Who waits for it looks at it; to anybody else a run that could not begin is no unhandled rejection.
    this.#end.promise.catch(() => {})
  }

  get id(): string {
    return this.#state.id
  }

  get state(): RunState {
    return this.#state
  }

  get record(): Scenario {
    return this.#options.record
  }

  /** Resolves when the run is closed; rejects with the AppError for which it could not begin. */
  get ended(): Promise<void> {
    return this.#end.promise
  }

  /** Calls back after every change, until the returned function is called. */
  onChange(listener: (state: RunState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  hear(
    event: { type: 'heartbeat'; message: HeartbeatMessage } | { type: 'metrics'; message: MetricsMessage },
  ): void {
    this.#fold({ ...event, atMs: this.#options.clock.wallMs() })
  }

  /** The run cannot begin, for a reason that its drivers will not tell: `ended` rejects with it. Later it does nothing. */
  fail(error: AppError): void {
    if (this.#state.phase !== 'configuring') return
    this.#failure ??= error
    this.#tell()
  }

  get failure(): AppError | undefined {
    return this.#failure
  }

  /** Tells all drivers. Resolves when the bus has it. After the end it does nothing. */
  async steer({ command, scale, by }: SteerCommand): Promise<void> {
    if (this.#state.phase === 'finished' || (command === 'stop' && isStopping(this.#state))) return
    const { clock, delayMs } = this.#options
    const nowMs = clock.wallMs()
    const message: ControlMessage = {
      test_id: this.id,
      protocol,
      command,
      seq: this.#controlSeq++,
      at_elapsed_ms:
        this.#state.startAtMs === null
          ? 0
          : elapsedOf(this.#state, nowMs) + Math.max(steerMarginMs, 2 * delayMs()),
      ...(scale === undefined ? {} : { scale }),
      by,
      issued_at: nowMs,
    }
    await this.#decide({ type: 'control', atMs: nowMs, message })
    await this.#announcer.control(message)
  }

  /** Starts a held run. Resolves when it is decided. Rejects with RUN_NOT_READY, RUN_BEGUN or RUN_FINISHED. */
  async trigger(): Promise<void> {
    const { phase, startAtMs, drivers } = this.#state
    if (phase === 'finished') throw new AppError('RUN_FINISHED', `Run ${this.id} is over.`)
    if (startAtMs !== null || this.#isTriggered || !this.#options.hold)
      throw new AppError('RUN_BEGUN', `Run ${this.id} was triggered already.`)
    const ready = [...drivers.values()].filter((driver) => driver.phase === 'ready')
    const waiting = [...drivers.values()].filter((driver) => driver.phase === 'configuring')
    if (ready.length === 0 || waiting.length > 0)
      throw new AppError(
        'RUN_NOT_READY',
        drivers.size === 0
          ? `Run ${this.id} waits for ${this.record.drivers} drivers.`
          : `Run ${this.id}: ${ready.length} of ${drivers.size} drivers are ready.`,
      )
    this.#isTriggered = true
    this.#wakeUps.wake()
    await this.#until(() => this.#state.startAtMs !== null || this.#state.phase === 'finished')
  }

  /**
   * From the chosen drivers to the closed run; nobody is chosen where it was stopped while it waited. Resolves in any case:
   * how it ended is told by `ended`.
   */
  async conduct(choose: () => Promise<ChosenCast>): Promise<void> {
    const { journal, record, clock, purging } = this.#options
    await this.#concluding(async () => {
      await journal.create({ id: this.id, createdAtMs: this.#state.createdAtMs, record })
      const { drivers, notes } = await choose()
      for (let purge = purging(); purge !== undefined; purge = purging()) await purge
      await this.#decide({ type: 'configured', atMs: clock.wallMs(), drivers, notes })
      this.#armTick()
      if (isStopping(this.#state)) return
      await this.#announcer.configure(this.#state, this.#options.assets)
      await this.#awaitReady()
      await this.#awaitTrigger()
      if (isStopping(this.#state)) return
      await this.#begin()
      await this.#until(() => isOver(this.#state))
    })
  }

  /** Goes on with a run that another life of this orchestrator triggered; `startAtMs` where its journal does not say so. */
  async resume(startAtMs?: number): Promise<void> {
    const { clock, logger } = this.#options
    await this.#concluding(async () => {
      logger.info('takes up a run of an earlier life', { run: this.id })
      if (startAtMs !== undefined) {
        const ready = [...this.#state.drivers.keys()]
        await this.#decide({ type: 'triggered', atMs: clock.wallMs(), startAtMs, ready })
      }
      this.#fold({ type: 'resumed', atMs: clock.wallMs() })
      this.#armTick()
      // That life may have ended between the decision and the message. Drivers of ours ignore a second one, others would
      // begin again: it is said only if nobody shows that it was heard.
      const isLate = this.#wakeUps.alarm(firstReportsMs)
      await this.#until(() => isLate.isDue || showsBeginning(this.#state) || isOver(this.#state))
      isLate.cancel()
      if (!showsBeginning(this.#state) && !isOver(this.#state)) await this.#announcer.trigger(this.#state)
      await this.#until(() => isOver(this.#state))
    })
  }

  /** Closes a run that was prepared and never triggered in an earlier life. */
  async giveUp(error: AppError): Promise<void> {
    await this.#concluding(async () => {
      throw error
    })
  }

  /** Nothing more is done or heard; the run stays open in the journal for the next life. */
  abandon(): void {
    this.#tick?.cancel()
    this.#wakeUps.close()
    this.#listeners.clear()
  }

  async #concluding(steps: () => Promise<void>): Promise<void> {
    const { clock } = this.#options
    let failure: AppError | undefined
    try {
      await steps()
    } catch (error) {
      failure = toAppError(error)
    }
    this.#tick?.cancel()
    const atMs = clock.wallMs()
    // Closed first: what drivers say as they let go is no part of the run.
    if (failure === undefined) await this.#decide({ type: 'closed', atMs })
    else {
      const { code, message, hint } = failure
      await this.#decide({ type: 'failed', atMs, error: { code, message, hint } })
    }
    await this.#releaseDrivers()
    if (failure === undefined) this.#end.resolve()
    else this.#end.reject(failure)
  }

  /** Until every driver is ready, or the deadline has passed and enough are. */
  async #awaitReady(): Promise<void> {
    const { deadlineMs, atLeast } = this.#state.scenario.start
    const isLate = this.#wakeUps.alarm(deadlineMs)
    const count = (phase: string): number =>
      [...this.#state.drivers.values()].filter((driver) => driver.phase === phase).length
    await this.#until(() => isLate.isDue || isStopping(this.#state) || count('configuring') === 0)
    isLate.cancel()
    if (isStopping(this.#state)) return
    const ready = count('ready')
    if (ready === this.#state.drivers.size || (ready >= atLeast && ready > 0)) return
    throw describeUnready(this.#state, ready)
  }

  /** Of a held run: until somebody triggers it. */
  async #awaitTrigger(): Promise<void> {
    if (!this.#options.hold) return
    const isLate = this.#wakeUps.alarm(holdLimitMs)
    await this.#until(() => isLate.isDue || this.#isTriggered || isStopping(this.#state))
    isLate.cancel()
    if (isLate.isDue && !this.#isTriggered)
      throw new AppError(
        'RUN_NOT_READY',
        `Run ${this.id} was ready and nobody triggered it for ${holdLimitMs / 60_000} minutes.`,
        { hint: 'Create it again, and trigger it with POST /trigger/ID.' },
      )
  }

  async #begin(): Promise<void> {
    const { clock, delayMs, refuse, joinForeign, clockOf } = this.#options
    // Somebody may have come since the drivers were chosen who would begin something else.
    const refusal = refuse()
    if (refusal !== undefined) throw refusal
    const nowMs = clock.wallMs()
    // Drivers written by others begin when they hear of it, wherever they came from, so with them everybody does.
    const newcomers = joinForeign(this.id)
    const isMixed =
      newcomers.length > 0 || [...this.#state.drivers.values()].some((driver) => driver.isForeign)
    const startAtMs = nowMs + (isMixed ? 0 : startMarginMs + 2 * delayMs())
    const ready = [...this.#state.drivers.values()].filter((driver) => driver.phase === 'ready')
    await this.#decide({
      type: 'triggered',
      atMs: nowMs,
      startAtMs,
      ready: ready.map(({ id }) => id),
      newcomers,
      clocks: Object.fromEntries(
        ready.flatMap(({ id }) => {
          const known = clockOf(id)
          return known === null ? [] : [[id, known]]
        }),
      ),
    })
    await this.#announcer.trigger(this.#state)
  }

  /** A driver that still holds this run (late, or lost and back) must let go of it. */
  async #releaseDrivers(): Promise<void> {
    const { clock, logger } = this.#options
    if ([...this.#state.drivers.values()].every((driver) => hasEnded(driver) && !driver.leftOut)) return
    const nowMs = clock.wallMs()
    try {
      // No steering of the run: it is over, or never was.
      await this.#announcer.control({
        test_id: this.id,
        protocol,
        command: 'stop',
        seq: this.#controlSeq++,
        at_elapsed_ms: elapsedOf(this.#state, nowMs),
        by: 'close',
        issued_at: nowMs,
      })
    } catch (error) {
      logger.warn('drivers could not be told that the run is closed', { error: messageOf(error) })
    }
  }

  #armTick(): void {
    const { clock, isDeaf } = this.#options
    const armedMs = clock.wallMs()
    this.#tick = clock.after(tickMs, () => {
      const atMs = clock.wallMs()
      this.#armTick()
      const lateMs = atMs - armedMs - tickMs
      // We heard nobody because we did not listen, or because the bus brought nothing: what drivers said waits to be read.
      if (isDeaf()) this.#fold({ type: 'stoodStill', atMs, forMs: atMs - armedMs })
      else if (lateMs > stoodStillMs) this.#fold({ type: 'stoodStill', atMs, forMs: lateMs })
      else this.#fold({ type: 'tick', atMs })
    })
  }

  /** What this orchestrator decides is in the journal before anybody is told. */
  async #decide(event: JournalEvent): Promise<void> {
    this.#fold(event)
    const { logger, clock, journal, record, isFollowed } = this.#options
    const run = { run: this.id, name: record.name, isFollowed }
    noteDecision(logger, run, event, this.#state, clock.wallMs())
    await journal.append(this.id, event)
  }

  #fold(event: RunEvent): void {
    const before = this.#state
    this.#state = foldRun(before, event)
    if (this.#state === before) return
    const broken = stoppingSlos(this.#state)
    if (broken.length > 0 && !isStopping(this.#state)) {
      this.#options.logger.info('stopping the run', { slo: broken[0] })
      this.steer({ command: 'stop', by: 'slo' }).catch((error: unknown) => {
        this.#options.logger.error('the run could not be stopped', { error: messageOf(error) })
      })
    }
    this.#tell()
  }

  #tell(): void {
    this.#wakeUps.wake()
    for (const listener of this.#listeners) listener(this.#state)
  }

  /** Rejects where the run was told meanwhile that it cannot begin. */
  #until(condition: () => boolean): Promise<void> {
    return this.#wakeUps.until(() => {
      if (this.#failure !== undefined && this.#state.phase === 'configuring') throw this.#failure
      return condition()
    })
  }
}
