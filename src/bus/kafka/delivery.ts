import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import type { BusMessage, MessageHandler } from '../bus.ts'

/** Above either nothing more is fetched for a subscription until its handler has worked off half. */
const largestWaitingBytes = 1024 * 1024
const largestWaitingMessages = 1_000

/** Hands messages to one handler, one at a time, in the order in which they came. */
export class Delivery {
  readonly #handler: MessageHandler
  readonly #logger: Logger
  /** There is room again. */
  readonly #onRoom: () => void
  /** The handler is done with it. */
  readonly #onHandled: (message: BusMessage) => void
  #waiting: BusMessage[] = []
  #next = 0
  #waitingBytes = 0
  #full = false
  #running: Promise<void> | undefined
  #closed = false

  constructor(
    handler: MessageHandler,
    logger: Logger,
    callbacks: { onRoom: () => void; onHandled?: (message: BusMessage) => void },
  ) {
    this.#handler = handler
    this.#logger = logger
    this.#onRoom = callbacks.onRoom
    this.#onHandled = callbacks.onHandled ?? (() => {})
  }

  get isFull(): boolean {
    return this.#full || this.#closed
  }

  accept(message: BusMessage): void {
    if (this.#closed) return
    this.#waiting.push(message)
    this.#waitingBytes += message.value.length
    this.#full ||=
      this.#waitingBytes >= largestWaitingBytes || this.#waiting.length - this.#next >= largestWaitingMessages
    this.#running ??= this.#run()
  }

  /** Forgets what waits; resolves when the handler is done with what it has. */
  async clear(): Promise<void> {
    this.#waiting = []
    this.#next = 0
    this.#waitingBytes = 0
    this.#full = false
    await this.#running
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.clear()
  }

  async #run(): Promise<void> {
    // Who fetches never runs a subscriber's code.
    await Promise.resolve()
    for (;;) {
      const message = this.#waiting[this.#next]
      if (message === undefined || this.#closed) break
      this.#take(message)
      try {
        await this.#handler(message)
      } catch (error) {
        this.#logger.error('a message handler failed; the message is not delivered again', {
          topic: message.topic,
          offset: message.offset,
          error: messageOf(error),
        })
      }
      this.#onHandled(message)
    }
    if (this.#next === this.#waiting.length) {
      this.#waiting = []
      this.#next = 0
    }
    // In the same turn as the last look, so that nothing that comes now is left lying.
    this.#running = undefined
  }

  #take(message: BusMessage): void {
    this.#next++
    this.#waitingBytes -= message.value.length
    if (this.#next >= largestWaitingMessages) {
      this.#waiting = this.#waiting.slice(this.#next)
      this.#next = 0
    }
    const left = this.#waiting.length - this.#next
    if (this.#full && this.#waitingBytes <= largestWaitingBytes / 2 && left <= largestWaitingMessages / 2) {
      this.#full = false
      this.#onRoom()
    }
  }
}
