import type { Logger } from '../lib/logger.ts'
import type { Bus, BusMessage, SubscribeOptions, Subscription } from './bus.ts'
import { decodeMessage, encodeMessage, type Quantities } from './message-codec.ts'
import type { MessageOf } from './messages.ts'
import { type PeerUnits, usualPeerUnits } from './tolerant-message.ts'
import type { Topic } from './topics.ts'

export interface ChannelOptions {
  /** What nodes mean that speak only the brief; seconds of delay and milliseconds of latency. */
  peerUnits?: Partial<PeerUnits>
  /** How the brief's quantities are written; `number`. */
  quantities?: Quantities
}

/**
 * The bus in typed messages: encodes what is said and decodes what is heard. What cannot be understood is counted by
 * topic and reason, logged once for each, and skipped.
 */
export class MessageChannel {
  readonly #bus: Bus
  readonly #logger: Logger
  readonly #peerUnits: PeerUnits
  readonly #quantities: Quantities
  /** `topic reason` to how often. Bounded: reasons come from a closed set of field names. */
  readonly #rejected = new Map<string, number>()
  readonly #told = new Set<string>()

  constructor(bus: Bus, logger: Logger, { peerUnits, quantities = 'number' }: ChannelOptions = {}) {
    this.#bus = bus
    this.#logger = logger
    this.#peerUnits = { ...usualPeerUnits, ...peerUnits }
    this.#quantities = quantities
  }

  /** Rejects as {@link Bus.publish} does. */
  async publish<T extends Topic>(topic: T, key: string, message: MessageOf[T]): Promise<void> {
    await this.#bus.publish(topic, key, encodeMessage(topic, message, this.#quantities))
  }

  subscribe<T extends Topic>(
    topic: T,
    options: SubscribeOptions,
    handle: (message: MessageOf[T], envelope: BusMessage) => void | Promise<void>,
  ): Promise<Subscription> {
    return this.#bus.subscribe(topic, options, (envelope) => {
      const decoded = decodeMessage(topic, envelope.value, envelope, this.#peerUnits)
      if ('message' in decoded) return handle(decoded.message, envelope)
      this.#skip(topic, decoded.reason)
      return undefined
    })
  }

  /** By `topic reason`. Those of `end_marker` are among those of `not_json`. */
  get rejected(): ReadonlyMap<string, number> {
    return this.#rejected
  }

  #skip(topic: Topic, reason: string): void {
    if (reason === 'end_marker') {
      // A habit of some nodes, and nobody's fault: counted, not told.
      this.#count(`${topic} end_marker`)
      this.#count(`${topic} not_json`)
      return
    }
    const kind = `${topic} ${reason}`
    this.#count(kind)
    if (this.#told.has(kind)) return
    this.#told.add(kind)
    this.#logger.warn('skipped a message that cannot be understood; further ones are only counted', {
      topic,
      reason,
    })
  }

  #count(kind: string): void {
    this.#rejected.set(kind, (this.#rejected.get(kind) ?? 0) + 1)
  }
}
