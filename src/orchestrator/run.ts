import type { MessageChannel } from '../bus/message-channel.ts'
import { type ControlMessage, type HeartbeatMessage, type MetricsMessage, protocol } from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { AppError, type ErrorCode, errorCatalogue, messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { hasEnded } from './driver-progress.ts'
import { stoppingSlos } from './outcome.ts'
import {
  type ChosenDriver,
  elapsedOf,
  foldRun,
  isOver,
  isStopping,
  type RunEvent,
  type RunState,
} from './run-state.ts'
import { buildTestConfig, splitAsset } from './test-config.ts'

/**
 * Conducts one run: says what there is to say to the drivers, folds what is heard into the state, and tells who listens.
 * All knowledge is in the state; this is the shell around it.
 */
export interface RunOptions {
  channel: MessageChannel
  clock: Clock
  logger: Logger
  state: RunState
  /** Files of the scenario by hash. */
  assets: ReadonlyMap<string, Uint8Array>
}

export interface SteerCommand {
  command: 'stop' | 'pause' | 'resume' | 'rate'
  /** Of `rate`: relative to the scenario. */
  scale?: number
  by: string
}

/** A command takes effect so long after it was given: every driver has heard it by then. */
const steerMarginMs = 50

/** The start lies at least so far ahead. */
const startMarginMs = 20

const tickMs = 250

/** A tick so late says that this process was stopped, or its machine asleep. */
const stoodStillMs = 500

/** A trigger that reaches a driver later than this after it was sent starts nothing. */
const commandLifeMs = 60_000

export class Run {
  readonly #options: RunOptions
  readonly #listeners = new Set<(state: RunState) => void>()
  #state: RunState
  #controlSeq = 0
  #tick: Timer | undefined
  #wake: () => void = () => {}
  #failure: AppError | undefined

  constructor(options: RunOptions) {
    this.#options = options
    this.#state = options.state
  }

  get id(): string {
    return this.#state.id
  }

  get state(): RunState {
    return this.#state
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

  /** The run cannot begin, for a reason that its drivers will not tell: `conduct` rejects with it. Later it does nothing. */
  fail(error: AppError): void {
    if (this.#state.phase !== 'configuring') return
    this.#failure ??= error
    this.#wake()
  }

  get failure(): AppError | undefined {
    return this.#failure
  }

  /** Tells all drivers. Resolves when the bus has it. After the end it does nothing. */
  async steer({ command, scale, by }: SteerCommand): Promise<void> {
    if (this.#state.phase === 'finished' || (command === 'stop' && isStopping(this.#state))) return
    const nowMs = this.#options.clock.wallMs()
    const message: ControlMessage = {
      test_id: this.id,
      protocol,
      command,
      seq: this.#controlSeq++,
      at_elapsed_ms: this.#state.startAtMs === null ? 0 : elapsedOf(this.#state, nowMs) + steerMarginMs,
      ...(scale === undefined ? {} : { scale }),
      by,
      issued_at: nowMs,
    }
    this.#fold({ type: 'control', atMs: nowMs, message })
    await this.#options.channel.publish(topics.control, this.id, message)
  }

  /**
   * From the chosen drivers to the closed run. Resolves with the final state; rejects with the AppError for which the run
   * could not begin. `delayMs`: the longest known delay of the bus.
   */
  async conduct(drivers: readonly ChosenDriver[], delayMs: number): Promise<RunState> {
    const { channel, clock } = this.#options
    this.#fold({ type: 'configured', atMs: clock.wallMs(), drivers })
    this.#armTick()
    try {
      if (!isStopping(this.#state)) {
        await this.#configure(drivers)
        await this.#awaitReady()
      }
      if (!isStopping(this.#state)) {
        const nowMs = clock.wallMs()
        const startAtMs = nowMs + startMarginMs + 2 * delayMs
        this.#fold({ type: 'triggered', atMs: nowMs, startAtMs })
        await channel.publish(topics.trigger, this.id, {
          test_id: this.id,
          trigger: 'YES',
          protocol,
          start_at: startAtMs,
          issued_at: nowMs,
          expires_at: nowMs + commandLifeMs,
        })
        await this.#until(() => isOver(this.#state))
      }
    } catch (error) {
      await this.#releaseDrivers()
      throw error
    } finally {
      this.#tick?.cancel()
    }
    // Closed first: what drivers say as they let go is no part of the run.
    this.#fold({ type: 'closed', atMs: clock.wallMs() })
    await this.#releaseDrivers()
    return this.#state
  }

  async #configure(drivers: readonly ChosenDriver[]): Promise<void> {
    const { channel, clock, assets } = this.#options
    const { scenario } = this.#state
    for (const [sha256, content] of assets)
      for (const part of splitAsset(sha256, content)) await channel.publish(topics.asset, sha256, part)
    const nowMs = clock.wallMs()
    const ids = drivers.map(({ id }) => id)
    const config = buildTestConfig(this.id, scenario, ids, nowMs, nowMs + scenario.start.deadlineMs)
    await channel.publish(topics.testConfig, this.id, config)
  }

  /** Until every driver is ready, or the deadline has passed and enough are. */
  async #awaitReady(): Promise<void> {
    const { clock } = this.#options
    const { deadlineMs, atLeast } = this.#state.scenario.start
    let isLate = false
    const deadline = clock.after(deadlineMs, () => {
      isLate = true
      this.#wake()
    })
    const count = (phase: string): number =>
      [...this.#state.drivers.values()].filter((driver) => driver.phase === phase).length
    await this.#until(() => isLate || isStopping(this.#state) || count('configuring') === 0)
    deadline.cancel()
    if (isStopping(this.#state)) return
    const ready = count('ready')
    if (ready === this.#state.drivers.size || (ready >= atLeast && ready > 0)) return
    throw this.#describeUnready(ready)
  }

  #describeUnready(ready: number): AppError {
    const { drivers, scenario } = this.#state
    const rejecting = [...drivers.values()].find(
      (driver) => driver.phase === 'rejected' && driver.reasonCode !== '',
    )
    if (rejecting !== undefined) {
      const code =
        rejecting.reasonCode in errorCatalogue ? (rejecting.reasonCode as ErrorCode) : 'DRIVER_REJECTED'
      return new AppError(
        code,
        rejecting.reason,
        rejecting.reasonHint === '' ? {} : { hint: rejecting.reasonHint },
      )
    }
    const missing = [...drivers.values()].filter((driver) => driver.phase !== 'ready')
    return new AppError(
      'DRIVERS_MISSING',
      `${ready} of ${drivers.size} drivers were ready within ${scenario.start.deadlineMs / 1000} s; missing: ${missing
        .map((driver) => `${driver.id} (${driver.phase})`)
        .join(', ')}.`,
    )
  }

  /** A driver that still holds this run (late, or lost and back) must let go of it. */
  async #releaseDrivers(): Promise<void> {
    const { channel, clock, logger } = this.#options
    if ([...this.#state.drivers.values()].every((driver) => hasEnded(driver) && !driver.leftOut)) return
    const nowMs = clock.wallMs()
    try {
      // No steering of the run: it is over, or never was.
      await channel.publish(topics.control, this.id, {
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
    const { clock } = this.#options
    const dueMs = clock.wallMs() + tickMs
    this.#tick = clock.after(tickMs, () => {
      const atMs = clock.wallMs()
      this.#armTick()
      // We heard nobody because we did not listen: what drivers said meanwhile waits to be read.
      if (atMs - dueMs > stoodStillMs) this.#fold({ type: 'stoodStill', atMs, forMs: atMs - dueMs })
      else this.#fold({ type: 'tick', atMs })
    })
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
    this.#wake()
    for (const listener of this.#listeners) listener(this.#state)
  }

  async #until(condition: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined && this.#state.phase === 'configuring') throw this.#failure
      if (condition()) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
