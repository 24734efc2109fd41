import type { RunPhase, SteeringRecord } from '../../results/run-result.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import type { PageClock } from '../page.ts'
import { isSteerable, isWaiting, scaleOf } from './run-now.ts'
import {
  type Ask,
  type Command,
  idle,
  type Slot,
  type SlotEvent,
  steppedScale,
  stepSlot,
} from './run-steering.ts'

/** Where commands are given; each has a slot of its own. */
export type Place = 'rate' | 'pause' | 'stop' | 'trigger'

export interface SteererOptions {
  api: ApiClient
  clock: PageClock
  id: string
  /** A slot, or what may be done now, has changed. */
  onChange: () => void
}

/** For the answer to a command. */
const patienceMs = 8000

/** Gives a run commands and follows each until the run's own record holds it. */
export class RunSteerer {
  readonly #options: SteererOptions
  readonly #slots: Record<Place, Slot> = { rate: idle, pause: idle, stop: idle, trigger: idle }
  readonly #aborter = new AbortController()
  #state: RunPhase = 'queued'
  #steering: readonly SteeringRecord[] = []
  #isLive = false
  #tickets = 0

  constructor(options: SteererOptions) {
    this.#options = options
  }

  get slots(): Readonly<Record<Place, Slot>> {
    return this.#slots
  }

  get state(): RunPhase {
    return this.#state
  }

  /** What the load is multiplied by, as soon as what was asked for holds. */
  get scale(): number {
    const slot = this.#slots.rate
    return slot.kind === 'asked' && slot.scale !== null ? slot.scale : scaleOf(this.#steering)
  }

  /** What the load is multiplied by as far as the run has told. */
  get runningScale(): number {
    return scaleOf(this.#steering)
  }

  can(place: Place): boolean {
    if (place === 'trigger') return this.#state === 'ready'
    if (place === 'stop') return isSteerable(this.#state) || isWaiting(this.#state)
    return isSteerable(this.#state)
  }

  /** `isLive`: what is heard is of this moment. */
  hear(state: RunPhase, steering: readonly SteeringRecord[], isLive: boolean): void {
    this.#state = state
    this.#steering = steering
    this.#isLive = isLive
    for (const place of ['rate', 'pause', 'stop', 'trigger'] as const)
      this.#step(place, { type: 'heard', steering, state, isLive })
    this.#options.onChange()
  }

  setRate(scale: number): void {
    this.#press('rate', 'rate', scale)
  }

  stepRate(direction: 'faster' | 'slower'): void {
    this.setRate(steppedScale(this.scale, direction))
  }

  pauseOrResume(): void {
    const slot = this.#slots.pause
    const isPaused = slot.kind === 'asked' ? slot.command === 'pause' : this.#state === 'paused'
    this.#press('pause', isPaused ? 'resume' : 'pause', null)
  }

  trigger(): void {
    this.#press('trigger', 'trigger', null)
  }

  stop(): void {
    this.#press('stop', 'stop', null)
  }

  confirm(place: Place): void {
    const slot = this.#slots[place]
    if (slot.kind !== 'confirming') return
    const ask = this.#newAsk(slot.command, slot.scale)
    this.#step(place, { type: 'confirm', ask })
    this.#send(place, ask)
    this.#options.onChange()
  }

  cancel(place: Place): void {
    this.#step(place, { type: 'cancel' })
    this.#options.onChange()
  }

  close(): void {
    this.#aborter.abort()
  }

  #press(place: Place, command: Command, scale: number | null): void {
    if (!this.can(place)) return
    const ask = this.#newAsk(command, scale)
    this.#step(place, { type: 'press', ask })
    const slot = this.#slots[place]
    if (slot.kind === 'asked' && slot.ticket === ask.ticket) this.#send(place, ask)
    this.#options.onChange()
  }

  #newAsk(command: Command, scale: number | null): Ask {
    return {
      ticket: ++this.#tickets,
      command,
      scale,
      from: this.runningScale,
      atMs: this.#options.clock.wallMs(),
      seen: this.#steering.length,
    }
  }

  #send(place: Place, { ticket, command, scale }: Ask): void {
    const { api, clock, id, onChange } = this.#options
    // A command that waited for long is taken back as far as that goes: nobody expects it any more.
    const attempt = new AbortController()
    const timer = clock.after(patienceMs, () => attempt.abort())
    const path = `/api/runs/${encodeURIComponent(id)}/${command}`
    // That it was taken is no news: what counts is the run's own record of it.
    api
      .post(
        path,
        scale === null ? undefined : { json: { scale } },
        AbortSignal.any([this.#aborter.signal, attempt.signal]),
      )
      .catch((error: unknown) => {
        if (this.#aborter.signal.aborted) return
        this.#step(
          place,
          error instanceof ApiProblem && error.status > 0
            ? { type: 'refused', ticket, why: error.message, hint: error.hint }
            : { type: 'unanswered', ticket, isLive: this.#isLive },
        )
        onChange()
      })
      .finally(() => timer.cancel())
  }

  #step(place: Place, event: SlotEvent): void {
    this.#slots[place] = stepSlot(this.#slots[place], event)
  }
}
