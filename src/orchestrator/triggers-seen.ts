import type { TriggerMessage } from '../bus/messages.ts'
import type { Clock } from '../lib/clock.ts'

/*
 * The journal may lack a trigger, where the store was away as it was said and the orchestrator then ended. Its next life
 * asks the bus, here, before it decides that a run never began.
 */

/** What the bus brings within so long was there before. */
const patienceMs = 3000

/** Triggers of an earlier life, read from the bus again: what was said there was decided, whatever the journal has of it. */
export class TriggersSeen {
  readonly #clock: Clock
  readonly #seen = new Map<string, TriggerMessage>()
  readonly #waiting = new Map<string, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(message: TriggerMessage): void {
    // Those of runs that nobody asks about are few: the topic is cleared when nothing runs.
    if (this.#seen.size < 10_000) this.#seen.set(message.test_id, message)
    this.#waiting.get(message.test_id)?.()
  }

  /** Waits for what is on its way. */
  async find(runId: string): Promise<(TriggerMessage & { start_at: number }) | undefined> {
    if (!this.#seen.has(runId))
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(patienceMs, resolve)
        this.#waiting.set(runId, () => {
          timer.cancel()
          resolve()
        })
      })
    this.#waiting.delete(runId)
    const found = this.#seen.get(runId)
    return found?.start_at === undefined ? undefined : { ...found, start_at: found.start_at }
  }
}
