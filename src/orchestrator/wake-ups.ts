import type { Clock, Timer } from '../lib/clock.ts'

/** A deadline among conditions. */
export interface Alarm {
  readonly isDue: boolean
  cancel(): void
}

/** Steps that wait for conditions: these are looked at again whenever somebody says that something has changed. */
export class WakeUps {
  readonly #clock: Clock
  readonly #alarms = new Set<Timer>()
  #waiting = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Something has changed. */
  wake(): void {
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) wake()
  }

  /** Resolves when `condition` holds; rejects with what it throws. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
      })
  }

  /** Due after `delayMs`, which wakes everybody. */
  alarm(delayMs: number): Alarm {
    const timer = this.#clock.after(delayMs, () => {
      alarm.isDue = true
      this.#alarms.delete(timer)
      this.wake()
    })
    this.#alarms.add(timer)
    const cancel = (): void => {
      this.#alarms.delete(timer)
      timer.cancel()
    }
    const alarm = { isDue: false, cancel }
    return alarm
  }

  /** No alarm is due any more; who waits, waits for ever. */
  close(): void {
    for (const timer of this.#alarms) timer.cancel()
    this.#alarms.clear()
  }
}
