import type { HeartbeatMessage, RegisterMessage } from '../bus/messages.ts'
import type { Clock, Timer } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { castFewer, castOf, foreignIdsOf, refusalOf } from './cast.ts'
import { compatibilityOf } from './compatibility.ts'
import {
  forgetSilent,
  hearMember,
  isAlive,
  longestDelayOf,
  type Member,
  type Members,
  registerMember,
} from './members.ts'
import type { Run } from './run.ts'
import type { ChosenCast } from './run-options.ts'
import { isStopping, lostAfterMs } from './run-state.ts'

export interface RosterOptions {
  clock: Clock
  logger: Logger
  /** Of the orchestrator whose clock the drivers' are compared with. */
  orchestratorId: string
  version: string
}

const stoppedWhileWaiting = (run: Run): AppError =>
  new AppError('ORCHESTRATOR_RESTARTED', `The orchestrator ended before run ${run.id} had begun.`)

/** Ten times as many as are in any test of ours. */
export const maxMembers = 1000

/** Where nobody makes room it is not looked for again at once. */
const fullMs = 250

/**
 * Who is there and who holds whom. Runs get their drivers in the order in which they ask, and no driver is in two of them.
 */
export class Roster {
  readonly #options: RosterOptions
  readonly #sinceMs: number
  /** Which run holds a driver, whatever that says of itself yet. */
  readonly #holders = new Map<string, string>()
  #members: Members = new Map()
  #fullUntilMs = Number.NEGATIVE_INFINITY
  #isFullTold = false
  #isStopped = false
  /** When there were last as many drivers as somebody asked for, by the monotonic clock. */
  #enoughMs = Number.NEGATIVE_INFINITY
  #silent: ReadonlySet<string> = new Set()
  /** One run after the other chooses its drivers. */
  #turn: Promise<unknown> = Promise.resolve()
  #waiting = new Set<() => void>()

  constructor(options: RosterOptions) {
    this.#options = options
    this.#sinceMs = options.clock.wallMs()
  }

  get members(): Members {
    return this.#members
  }

  /** `takenMs`: when the bus took it. One from before our time says who somebody was, not that it is there or free. */
  register(message: RegisterMessage, takenMs: number): void {
    const { clock } = this.#options
    const heardMs =
      takenMs < this.#sinceMs
        ? Math.min(takenMs, this.#sinceMs - lostAfterMs)
        : Math.min(takenMs, clock.wallMs())
    if (!this.#hasRoom(message.node_id)) return
    this.#change(registerMember(this.#members, message, heardMs, lostAfterMs), message.node_id)
  }

  hear(message: HeartbeatMessage): void {
    const { clock, orchestratorId } = this.#options
    if (!this.#hasRoom(message.node_id)) return
    this.#change(hearMember(this.#members, message, clock.wallMs(), orchestratorId), message.node_id)
  }

  forgetSilent(): void {
    this.#change(forgetSilent(this.#members, this.#options.clock.wallMs()))
    this.#noteSilent()
  }

  #noteSilent(): void {
    const { clock, logger } = this.#options
    const silent = new Set<string>()
    for (const member of this.#members.values())
      if (!isAlive(member, clock.wallMs(), lostAfterMs)) silent.add(member.id)
    for (const id of silent)
      if (!this.#silent.has(id) && (this.#members.get(id)?.lastHeardMs ?? 0) > this.#sinceMs - lostAfterMs)
        logger.warn('a driver is silent', { driver: id })
    for (const id of this.#silent)
      if (!silent.has(id) && this.#members.has(id)) logger.info('a driver is heard again', { driver: id })
    this.#silent = silent
  }

  /**
   * Ids may be made up: of so many at once whoever is silent makes room, and nobody who is there does. A driver that finds
   * none is known by the first heartbeat that does.
   */
  #hasRoom(id: string): boolean {
    if (this.#members.size < maxMembers || this.#members.has(id)) return true
    const { clock, logger } = this.#options
    if (clock.nowMs() < this.#fullUntilMs) return false
    this.#change(forgetSilent(this.#members, clock.wallMs(), lostAfterMs))
    if (this.#members.size < maxMembers) return true
    this.#fullUntilMs = clock.nowMs() + fullMs
    if (!this.#isFullTold)
      logger.warn('more drivers say that they are there than are taken: the others are not known', {
        taken: maxMembers,
      })
    this.#isFullTold = true
    return false
  }

  hold(driver: string, runId: string): void {
    this.#holders.set(driver, runId)
  }

  /** The run needs its drivers no more. */
  release(runId: string): void {
    for (const [driver, holder] of this.#holders) if (holder === runId) this.#holders.delete(driver)
    this.#wake()
  }

  /** How long a message to one of these drivers may take. */
  delayOf(drivers: Iterable<string>): number {
    return longestDelayOf([...drivers].flatMap((id) => this.#members.get(id) ?? []))
  }

  /** Every driver written by others that is present begins with whatever is triggered: held for that run, and named. */
  joinForeign(runId: string): string[] {
    const ids = foreignIdsOf(this.#members, this.#options.clock.wallMs())
    for (const id of ids) this.hold(id, runId)
    return ids
  }

  /** The error for which a run must not be triggered now, because of who is there. */
  refusalOf(scenario: Scenario): AppError | undefined {
    return refusalOf(this.#members, scenario, this.#options.clock.wallMs())
  }

  /**
   * Waits for its turn and for drivers. Nobody where the run is stopped meanwhile. Rejects with DRIVERS_MISSING or
   * UNSUITABLE_DRIVERS, or with the run's own failure. First come, first served: who waits for many drivers is not
   * overtaken by who needs few.
   */
  choose(run: Run): Promise<ChosenCast> {
    const askedMs = this.#options.clock.nowMs()
    const chosen = this.#turn.then(async () => {
      const cast = await this.#await(run, askedMs)
      for (const { id, isAbsent } of cast.drivers) if (!isAbsent) this.hold(id, run.id)
      return cast
    })
    this.#turn = chosen.catch(() => {})
    return chosen
  }

  /** Who waits for drivers, or asks for some later, is refused. */
  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  async #await(run: Run, askedMs: number): Promise<ChosenCast> {
    const { clock, version } = this.#options
    const { scenario } = run.state
    let alarm: Timer | undefined
    const stopListening = run.onChange(() => this.#wake())
    try {
      for (;;) {
        if (this.#isStopped) throw stoppedWhileWaiting(run)
        if (run.failure !== undefined) throw run.failure
        if (isStopping(run.state)) return { drivers: [], notes: [] }
        const taken = new Set(this.#holders.keys())
        const cast = castOf(this.#members, taken, scenario, clock.wallMs(), version)
        if (cast.kind === 'unsuitable') throw cast.error
        if (cast.kind === 'chosen') return cast
        alarm?.cancel()
        alarm = undefined
        if (cast.kind === 'busy') this.#enoughMs = clock.nowMs()
        else {
          // Who waited in the queue while drivers were missing has waited for them too.
          const leftMs = Math.max(askedMs, this.#enoughMs) + scenario.start.deadlineMs - clock.nowMs()
          if (leftMs <= 0) return { drivers: castFewer(cast, scenario), notes: cast.notes }
          alarm = clock.after(leftMs, () => this.#wake())
        }
        await new Promise<void>((resolve) => {
          this.#waiting.add(resolve)
        })
      }
    } finally {
      alarm?.cancel()
      stopListening()
    }
  }

  #change(members: Members, id?: string): void {
    const before = this.#members
    if (members === before) return
    this.#members = members
    const member = id === undefined ? undefined : members.get(id)
    if (member !== undefined) this.#note(before.get(member.id), member)
    this.#wake()
  }

  /** Says once what an operator has to know of a driver. */
  #note(before: Member | undefined, member: Member): void {
    if (before === member) return
    const { logger, version } = this.#options
    if (before === undefined && member.lastHeardMs > this.#sinceMs - lostAfterMs)
      logger.info('a driver is there', { driver: member.id, address: member.address })
    if (member.isDisputed && before?.isDisputed === false)
      logger.error('two drivers say that they have the same id: none of them gets a share', {
        driver: member.id,
        address: member.address,
      })
    if (before?.protocol === member.protocol && before?.version === member.version) return
    const compatibility = compatibilityOf(member, version)
    if ('text' in compatibility)
      logger.warn('a driver is of another version', { driver: member.id, why: compatibility.text })
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) wake()
  }
}
