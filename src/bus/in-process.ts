import type { Clock } from '../lib/clock.ts'
import { AppError, messageOf } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import {
  type Bus,
  type BusMessage,
  type MessageHandler,
  maxMessageBytes,
  type SubscribeFrom,
  type SubscribeOptions,
  type Subscription,
} from './bus.ts'

/**
 * The embedded bus: topics as logs in memory, one partition each. Participants take a {@link Bus} of their own from
 * `connect`, so that one can close without the others, as with a real broker.
 *
 * A subscriber is a cursor into its topic's log and a pump that hands over one message at a time. A group is one shared
 * cursor: its longest member reads, the next takes over where it left, as Kafka does with one partition. A log keeps
 * what its limits allow; a cursor that fell behind them jumps to the oldest message left.
 */
export interface InProcessBrokerOptions {
  clock: Clock
  logger: Logger
  /** Oldest messages of a topic are dropped above either. */
  retainedMessages?: number
  retainedBytes?: number
}

export class InProcessBroker {
  readonly #topics = new Map<string, TopicLog>()
  readonly #options: Required<InProcessBrokerOptions>

  constructor(options: InProcessBrokerOptions) {
    this.#options = { retainedMessages: 100_000, retainedBytes: 256 * 1024 * 1024, ...options }
  }

  connect(): Bus {
    return new InProcessBus((name) => this.#topic(name), this.#options)
  }

  #topic(name: string): TopicLog {
    let log = this.#topics.get(name)
    if (log === undefined) {
      log = new TopicLog(name, this.#options)
      this.#topics.set(name, log)
    }
    return log
  }
}

class TopicLog {
  readonly groups = new Map<string, Cursor>()
  readonly #name: string
  readonly #options: Required<InProcessBrokerOptions>
  #messages: BusMessage[] = []
  #firstOffset = 0
  #bytes = 0
  readonly #waiting = new Set<() => void>()

  constructor(name: string, options: Required<InProcessBrokerOptions>) {
    this.#name = name
    this.#options = options
  }

  get firstOffset(): number {
    return this.#firstOffset
  }

  get endOffset(): number {
    return this.#firstOffset + this.#messages.length
  }

  at(offset: number): BusMessage | undefined {
    return this.#messages[offset - this.#firstOffset]
  }

  offsetOf(from: SubscribeFrom): number {
    if (from === 'earliest') return this.#firstOffset
    if (from === 'latest') return this.endOffset
    const position = this.#messages.findIndex((message) => message.timestampMs >= from.sinceMs)
    return position === -1 ? this.endOffset : this.#firstOffset + position
  }

  purge(): void {
    this.#firstOffset += this.#messages.length
    this.#messages = []
    this.#bytes = 0
  }

  append(key: string, value: Uint8Array): void {
    this.#messages.push({
      topic: this.#name,
      key,
      value,
      partition: 0,
      offset: this.endOffset,
      timestampMs: this.#options.clock.wallMs(),
    })
    this.#bytes += value.length
    this.#dropOldest()
    for (const wake of this.#waiting) wake()
  }

  /** Calls back at each append, until the returned function is called. */
  watch(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }

  /** In halves, so that dropping costs nothing noticeable an append. */
  #dropOldest(): void {
    const { retainedMessages, retainedBytes } = this.#options
    if (this.#messages.length <= retainedMessages && this.#bytes <= retainedBytes) return
    const dropped = this.#messages.splice(0, Math.ceil(this.#messages.length / 2))
    this.#firstOffset += dropped.length
    for (const message of dropped) this.#bytes -= message.value.length
  }
}

/** The next offset to hand over, and who reads there: the first reader of the list. */
interface Cursor {
  offset: number
  readers: Pump[]
}

class InProcessBus implements Bus {
  readonly #topic: (name: string) => TopicLog
  readonly #options: Required<InProcessBrokerOptions>
  readonly #pumps = new Set<Pump>()
  #closed = false

  constructor(topic: (name: string) => TopicLog, options: Required<InProcessBrokerOptions>) {
    this.#topic = topic
    this.#options = options
  }

  async publish(topic: string, key: string, value: Uint8Array): Promise<void> {
    this.#assertOpen()
    if (value.length > maxMessageBytes)
      throw new AppError('MESSAGE_TOO_LARGE', `A message for topic ${topic} has ${value.length} bytes.`)
    // Not `slice`, which of a Buffer is no copy.
    this.#topic(topic).append(key, new Uint8Array(value))
  }

  async subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    this.#assertOpen()
    const log = this.#topic(topic)
    const fresh = (): Cursor => ({
      offset: log.offsetOf(options.from),
      readers: [],
    })
    let cursor: Cursor
    if (options.group === undefined) cursor = fresh()
    else {
      cursor = log.groups.get(options.group) ?? fresh()
      log.groups.set(options.group, cursor)
    }
    const pump = new Pump(log, cursor, handler, this.#options.logger)
    this.#pumps.add(pump)
    return {
      close: async () => {
        this.#pumps.delete(pump)
        await pump.close()
      },
    }
  }

  async purge(topic: string): Promise<void> {
    this.#assertOpen()
    this.#topic(topic).purge()
  }

  async close(): Promise<void> {
    this.#closed = true
    const pumps = [...this.#pumps]
    this.#pumps.clear()
    await Promise.all(pumps.map((pump) => pump.close()))
  }

  #assertOpen(): void {
    if (this.#closed) throw new AppError('BUS_CLOSED', 'The bus is closed.')
  }
}

/** Hands the messages of one cursor to one handler, one at a time. Asleep while there is none or another reads. */
class Pump {
  readonly #log: TopicLog
  readonly #cursor: Cursor
  readonly #handler: MessageHandler
  readonly #logger: Logger
  readonly #unwatch: () => void
  #running: Promise<void> | undefined
  #closed = false

  constructor(log: TopicLog, cursor: Cursor, handler: MessageHandler, logger: Logger) {
    this.#log = log
    this.#cursor = cursor
    this.#handler = handler
    this.#logger = logger
    cursor.readers.push(this)
    this.#unwatch = log.watch(() => this.wake())
    this.wake()
  }

  wake(): void {
    if (this.#running !== undefined || this.#closed || this.#cursor.readers[0] !== this) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      // What came between the last look and here.
      if (this.#cursor.offset < this.#log.endOffset) this.wake()
    })
  }

  async #run(): Promise<void> {
    // A publisher never runs a subscriber's code: delivery begins in a later microtask.
    await Promise.resolve()
    while (!this.#closed) {
      this.#cursor.offset = Math.max(this.#cursor.offset, this.#log.firstOffset)
      const message = this.#log.at(this.#cursor.offset)
      if (message === undefined) return
      this.#cursor.offset++
      try {
        await this.#handler(message)
      } catch (error) {
        this.#logger.error('a message handler failed; the message is not delivered again', {
          topic: message.topic,
          offset: message.offset,
          error: messageOf(error),
        })
      }
    }
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#unwatch()
    }
    await this.#running
    const { readers } = this.#cursor
    const position = readers.indexOf(this)
    if (position !== -1) readers.splice(position, 1)
    readers[0]?.wake()
  }
}
