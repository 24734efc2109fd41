import type { HeartbeatMessage, PresenceMessage } from '../bus/messages.ts'
import type { Clock } from '../lib/clock.ts'

/**
 * What a driver knows of the orchestrators around it: whether anybody still conducts its run, and how far their clock is
 * from its own.
 *
 * A run is spoken for by its configuration, trigger and commands, by a presence that names it in `runs`, and by one that
 * names no runs at all. An orchestrator of another kind says no presence: a run of such a one is not watched.
 */
export class OrchestratorWatch {
  readonly #clock: Clock
  #heard: HeartbeatMessage['heard']
  #testId: string | undefined
  #spokenForMs = 0
  #othersHeard = false
  /** Newest last: how long after its instant each of the latest presences came, by two different clocks. */
  #delaysMs: number[] = []
  /** Wall clock minus monotonic clock: it jumps when somebody sets the clock. */
  #wallAheadMs = 0
  /** Orchestrators heard so far, newest last, bounded. */
  readonly #known = new Set<string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether it comes from an orchestrator not heard before. */
  hearPresence({ orchestrator_id: id, issued_at: issuedMs, runs }: PresenceMessage): boolean {
    const receivedMs = this.#clock.wallMs()
    this.#heard = { orchestrator_id: id, issued_at: issuedMs, received_at: receivedMs }
    this.#forgetIfSet()
    this.#delaysMs = [...this.#delaysMs.slice(1 - keptDelays), receivedMs - issuedMs]
    if (this.#testId !== undefined) {
      if (runs === undefined || runs.includes(this.#testId)) this.hearOf(this.#testId)
      else this.#othersHeard = true
    }
    const isNew = !this.#known.has(id)
    this.#known.add(id)
    const oldest = this.#known.values().next().value
    if (this.#known.size > keptOrchestrators && oldest !== undefined) this.#known.delete(oldest)
    return isNew
  }

  /** A message of this run came. */
  hearOf(testId: string): void {
    if (testId !== this.#testId) return
    this.#spokenForMs = this.#clock.nowMs()
    this.#othersHeard = false
  }

  /** From now on it matters whether somebody speaks for this run. */
  watch(testId: string): void {
    this.#testId = testId
    this.hearOf(testId)
  }

  unwatch(): void {
    this.#testId = undefined
  }

  /** This process stood still for so long: nobody could have been heard. */
  excuse(forMs: number): void {
    this.#spokenForMs += forMs
  }

  /** For how long nobody spoke for the run; 0 where none is watched. */
  get silentMs(): number {
    return this.#testId === undefined ? 0 : this.#clock.nowMs() - this.#spokenForMs
  }

  /** An orchestrator was heard since then that does not know of the run: the bus works, so it is no outage. */
  get othersHeard(): boolean {
    return this.#othersHeard
  }

  /** The newest presence, once. */
  takeHeard(): HeartbeatMessage['heard'] {
    const heard = this.#heard
    this.#heard = undefined
    return heard
  }

  /**
   * Our clock is ahead of the orchestrators' by this at most, and by less only for what a message takes. Undefined before a
   * presence was heard, and again after our clock was set.
   */
  get clockAheadMs(): number | undefined {
    this.#forgetIfSet()
    return this.#delaysMs.length === 0 ? undefined : Math.min(...this.#delaysMs)
  }

  #forgetIfSet(): void {
    const wallAheadMs = this.#clock.wallMs() - this.#clock.nowMs()
    if (Math.abs(wallAheadMs - this.#wallAheadMs) > setByMs) this.#delaysMs = []
    this.#wallAheadMs = wallAheadMs
  }
}

const keptDelays = 10

/** Below it a clock is only being slewed. */
const setByMs = 100

const keptOrchestrators = 100
