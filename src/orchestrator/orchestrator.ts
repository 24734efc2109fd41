import type { Bus, Subscription } from '../bus/bus.ts'
import { MessageChannel } from '../bus/message-channel.ts'
import { topics } from '../bus/topics.ts'
import { type Clock, sleep } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { availableMembers, hearMember, type Member, type Members, registerMember } from './members.ts'
import { Run } from './run.ts'
import { type ChosenDriver, isStopping, lostAfterMs, newRunState } from './run-state.ts'

/**
 * Owns the runs: knows the drivers, gives each run those that it needs, and hands it what they say. It generates no load
 * and knows nothing of workloads.
 */
export interface OrchestratorOptions {
  bus: Bus
  clock: Clock
  logger: Logger
  drawId: (prefix: string) => string
}

export interface RunRequest {
  scenario: Scenario
  assets: ReadonlyMap<string, Uint8Array>
}

const pollMs = 5

export class Orchestrator {
  readonly #options: OrchestratorOptions
  readonly #channel: MessageChannel
  readonly #runs = new Map<string, Run>()
  readonly #subscriptions: Subscription[] = []
  #members: Members = new Map()

  constructor(options: OrchestratorOptions) {
    this.#options = options
    this.#channel = new MessageChannel(options.bus, options.logger)
  }

  get members(): Members {
    return this.#members
  }

  /** Listens from now on. Resolves when registrations are sure to be heard. */
  async start(): Promise<void> {
    const { clock } = this.#options
    const subscribe = this.#channel.subscribe.bind(this.#channel)
    this.#subscriptions.push(
      ...(await Promise.all([
        subscribe(topics.register, { from: 'latest' }, (message) => {
          this.#members = registerMember(this.#members, message, clock.wallMs())
        }),
        subscribe(topics.heartbeat, { from: 'latest' }, (message) => {
          this.#members = hearMember(this.#members, message, clock.wallMs())
          for (const run of this.#runs.values()) run.hear({ type: 'heartbeat', message })
        }),
        subscribe(topics.metrics, { from: 'latest' }, (message) => {
          this.#runs.get(message.test_id)?.hear({ type: 'metrics', message })
        }),
      ])),
    )
  }

  /** A new run; nothing happens before {@link conduct}. */
  create({ scenario, assets }: RunRequest): Run {
    const { clock, logger, drawId } = this.#options
    const state = newRunState(drawId('r'), scenario, clock.wallMs())
    const run = new Run({ channel: this.#channel, clock, logger, state, assets })
    this.#runs.set(run.id, run)
    return run
  }

  /**
   * Waits for drivers and conducts the run to its end. Rejects with DRIVERS_MISSING, or with the AppError for which the
   * drivers rejected it.
   */
  async conduct(run: Run): Promise<void> {
    try {
      const { chosen, delayMs } = await this.#chooseDrivers(run)
      await run.conduct(chosen, delayMs)
    } finally {
      this.#runs.delete(run.id)
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()))
  }

  /** Nobody where the run is stopped while it waits. */
  async #chooseDrivers(run: Run): Promise<{ chosen: ChosenDriver[]; delayMs: number }> {
    const { clock } = this.#options
    const { drivers, start } = run.state.scenario
    const deadlineMs = clock.nowMs() + start.deadlineMs
    let free: Member[] = []
    for (;;) {
      free = availableMembers(this.#members, clock.wallMs(), lostAfterMs)
      if (run.failure !== undefined) throw run.failure
      if (free.length >= drivers || clock.nowMs() >= deadlineMs) break
      if (isStopping(run.state)) return { chosen: [], delayMs: 0 }
      await sleep(clock, pollMs)
    }
    if (free.length < Math.min(start.atLeast, drivers) || free.length === 0)
      throw new AppError(
        'DRIVERS_MISSING',
        `The scenario asks for ${drivers} drivers; within ${start.deadlineMs / 1000} s ${free.length} registered.`,
      )
    const chosen: ChosenDriver[] = free.slice(0, drivers).map(({ id, pid }) => ({
      id,
      pid,
      isAbsent: false,
      isForeign: false,
      clock: null,
    }))
    for (let i = chosen.length; i < drivers; i++)
      chosen.push({ id: `absent-${i + 1}`, pid: null, isAbsent: true, isForeign: false, clock: null })
    return { chosen, delayMs: Math.max(0, ...free.map((member) => member.delayMs)) }
  }
}
