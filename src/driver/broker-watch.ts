import type { Clock } from '../lib/clock.ts'
import { AppError, messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'

/** Whether the broker takes messages, by what it said to the last one. Says so once when it goes and once when it is back. */
export class BrokerWatch {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #onChange: () => void
  #awaySinceMs: number | null = null

  constructor(clock: Clock, logger: Logger, onChange: () => void) {
    this.#clock = clock
    this.#logger = logger
    this.#onChange = onChange
  }

  /** Epoch; null while the broker takes messages. */
  get awaySinceMs(): number | null {
    return this.#awaySinceMs
  }

  /** `error`: for which a message was not taken; undefined: it was. `reports`: those that wait, and those given up. */
  hear(error: unknown, reports: { waiting: number; dropped: number }): void {
    const code = error instanceof AppError ? error.code : undefined
    if (code === 'BUS_CLOSED' || code === 'MESSAGE_TOO_LARGE') return
    const sinceMs = this.#awaySinceMs
    if ((error === undefined) === (sinceMs === null)) return
    if (sinceMs === null) {
      this.#awaySinceMs = this.#clock.wallMs()
      this.#logger.warn('the broker is away; a share that runs goes on, and its reports wait', {
        error: messageOf(error),
      })
    } else {
      this.#awaySinceMs = null
      this.#logger.info('the broker is back', {
        awaySeconds: Math.round((this.#clock.wallMs() - sinceMs) / 1000),
        waitingReports: reports.waiting,
        droppedReports: reports.dropped,
      })
    }
    this.#onChange()
  }
}
