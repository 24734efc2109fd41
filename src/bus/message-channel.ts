import type { Logger } from '../lib/logger.ts'
import type { Bus, BusMessage, SubscribeOptions, Subscription } from './bus.ts'
import { decodeMessage, encodeMessage } from './message-codec.ts'
import type { MessageOf } from './messages.ts'
import type { Topic } from './topics.ts'

/**
 * The bus in typed messages: encodes what is said and decodes what is heard. What cannot be understood is counted by
 * topic and reason, logged once for each, and skipped.
 */
export class MessageChannel {
  readonly #bus: Bus
  readonly #logger: Logger
  /** `topic reason` to how often. Bounded: reasons come from a closed set of field names. */
  readonly #rejected = new Map<string, number>()

  constructor(bus: Bus, logger: Logger) {
    this.#bus = bus
    this.#logger = logger
  }

  /** Rejects as {@link Bus.publish} does. */
  async publish<T extends Topic>(topic: T, key: string, message: MessageOf[T]): Promise<void> {
    await this.#bus.publish(topic, key, encodeMessage(topic, message))
  }

  subscribe<T extends Topic>(
    topic: T,
    options: SubscribeOptions,
    handle: (message: MessageOf[T], envelope: BusMessage) => void | Promise<void>,
  ): Promise<Subscription> {
    return this.#bus.subscribe(topic, options, (envelope) => {
      const decoded = decodeMessage(topic, envelope.value)
      if ('message' in decoded) return handle(decoded.message, envelope)
      const kind = `${topic} ${decoded.reason}`
      const times = this.#rejected.get(kind) ?? 0
      this.#rejected.set(kind, times + 1)
      if (times === 0)
        this.#logger.warn('skipped a message that cannot be understood; further ones are only counted', {
          topic,
          reason: decoded.reason,
        })
      return undefined
    })
  }

  get rejected(): ReadonlyMap<string, number> {
    return this.#rejected
  }
}
