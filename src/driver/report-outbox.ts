import type { Bus } from '../bus/bus.ts'
import { encodeMessage, type Quantities } from '../bus/message-codec.ts'
import type { MetricsMessage } from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import type { Clock } from '../lib/clock.ts'
import { AppError, messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'

/**
 * Where reports wait until the bus has taken them. They go out one after the other, in order, each again and again for as
 * long as it takes: at least once, so one may arrive twice.
 *
 *   the bus says          the report
 *   taken                 is gone from here
 *   MESSAGE_TOO_LARGE     is given up, and counted
 *   BUS_CLOSED            is given up with all others: this bus never comes back
 *   anything else         is sent again, after 0.25 s, 0.5 s, 1 s, 2 s, 2 s, ...
 *
 * What waits has at most `maxBytes`. Above it the oldest report that tells of an interval is dropped, counted and seen by
 * the orchestrator as a hole in `interval.seq`; those with the totals of a share are kept beyond the bound, so that the
 * sums stay true. They are few: the driver takes no other run before they are delivered, or given up by `release`.
 */
export interface ReportOutboxOptions {
  bus: Bus
  clock: Clock
  logger: Logger
  maxBytes?: number
  /** How the brief's quantities are written. */
  quantities?: Quantities
  /** Called after each attempt: without an error when the bus took a report, with it when that has to wait. */
  onAttempt?: (error?: unknown) => void
}

interface Waiting {
  key: string
  value: Uint8Array
  /** Not to be dropped. */
  isKept: boolean
}

const defaultOutboxBytes = 64 * 1024 * 1024

const firstRetryMs = 250
const longestRetryMs = 2000

export class ReportOutbox {
  readonly #options: ReportOutboxOptions
  readonly #maxBytes: number
  /** Oldest first; while the bus is asked, the first is the one that it is asked to take. */
  #waiting: Waiting[] = []
  #bytes = 0
  #dropped = 0
  #isSending = false
  #isClosed = false
  #isFull = false
  #endPause: () => void = () => {}
  readonly #onEmpty = new Set<(isEmpty: boolean) => void>()

  constructor(options: ReportOutboxOptions) {
    this.#options = options
    this.#maxBytes = options.maxBytes ?? defaultOutboxBytes
  }

  /** Reports that the bus has not taken yet. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Encoded. */
  get waitingBytes(): number {
    return this.#bytes
  }

  /** Reports that will never be delivered. */
  get dropped(): number {
    return this.#dropped
  }

  add(report: MetricsMessage): void {
    if (this.#isClosed) {
      this.#dropped++
      return
    }
    try {
      const value = encodeMessage(topics.metrics, report, this.#options.quantities)
      this.#waiting.push({ key: report.node_id, value, isKept: report.totals !== undefined })
      this.#bytes += value.length
    } catch (error) {
      this.#giveUp(error)
      return
    }
    this.#makeRoom()
    void this.#send()
  }

  /** Resolves when nothing waits any more, with true; with false when that takes longer than `withinMs`, or never comes. */
  async delivered(withinMs: number): Promise<boolean> {
    if (this.#waiting.length === 0 || this.#isClosed) return this.#waiting.length === 0
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = this.#options.clock.after(withinMs, () => resolve(false))
    this.#onEmpty.add(resolve)
    const isEmpty = await promise
    timer.cancel()
    this.#onEmpty.delete(resolve)
    return isEmpty
  }

  /** What waits still goes out when it can; but nobody counts on it, and it makes room for what comes. */
  release(): void {
    for (const report of this.#waiting) report.isKept = false
    this.#makeRoom()
  }

  /** Sends nothing more; what waits is lost, and counted. Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#dropped += this.#waiting.length
    this.#endPause()
    for (const tell of this.#onEmpty) tell(false)
  }

  async #send(): Promise<void> {
    if (this.#isSending) return
    this.#isSending = true
    let retryMs = firstRetryMs
    for (;;) {
      const report = this.#waiting[0]
      if (report === undefined || this.#isClosed) break
      const error = await this.#attempt(report)
      if (this.#isClosed) break
      if (error === undefined) {
        retryMs = firstRetryMs
        this.#shift()
        continue
      }
      const code = error instanceof AppError ? error.code : undefined
      if (code === 'BUS_CLOSED') {
        this.close()
      } else if (code === 'MESSAGE_TOO_LARGE') {
        this.#giveUp(error)
        this.#shift()
      } else {
        await this.#pause(retryMs)
        retryMs = Math.min(2 * retryMs, longestRetryMs)
      }
    }
    this.#isSending = false
  }

  /** The error for which the bus did not take it. */
  async #attempt({ key, value }: Waiting): Promise<unknown> {
    const { bus, onAttempt } = this.#options
    try {
      await bus.publish(topics.metrics, key, value)
      onAttempt?.()
      return undefined
    } catch (error) {
      onAttempt?.(error)
      return error ?? new AppError('INTERNAL', 'The bus rejected a report and said nothing.')
    }
  }

  async #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(delayMs, resolve)
    this.#endPause = resolve
    await promise
    timer.cancel()
  }

  #shift(): void {
    const report = this.#waiting.shift()
    if (report === undefined) return
    this.#bytes -= report.value.length
    if (this.#waiting.length > 0) return
    this.#isFull = false
    for (const tell of this.#onEmpty) tell(true)
  }

  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes) {
      // The first is on its way, perhaps taken already.
      const position = this.#waiting.findIndex(({ isKept }, i) => !isKept && (i > 0 || !this.#isSending))
      if (position === -1) return
      const [report] = this.#waiting.splice(position, 1)
      this.#bytes -= report?.value.length ?? 0
      this.#dropped++
      if (this.#isFull) continue
      this.#isFull = true
      this.#options.logger.warn('too many reports wait for the broker; the oldest are dropped', {
        maxBytes: this.#maxBytes,
        waiting: this.#waiting.length,
      })
    }
  }

  #giveUp(error: unknown): void {
    this.#dropped++
    this.#options.logger.error('a report cannot be delivered', { error: messageOf(error) })
  }
}
