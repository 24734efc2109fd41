/**
 * What orchestrator and drivers talk over: topics of small JSON messages, at most about two a second from each driver.
 *
 * Delivery is at least once and in order within a key. A subscriber in a group shares the topic with the group's other
 * members and goes on where the group left off; one without a group sees everything from where it asked to begin.
 * A handler that throws or rejects is logged and does not stop delivery, nor is the message delivered again.
 */
export interface Bus {
  /**
   * Resolves when the bus has taken the message (for Kafka: acknowledged). Rejects with BUS_CLOSED, MESSAGE_TOO_LARGE, or
   * BUS_UNAVAILABLE when the broker did not take it within some seconds; it may then have arrived all the same.
   */
  publish(topic: string, key: string, value: Uint8Array): Promise<void>

  /** Resolves when messages published from now on are sure to be seen. */
  subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription>

  /**
   * Removes what was published on a topic before the call, so that nobody reads it who did not yet. A topic that is not
   * there is empty. Rejects with BUS_CLOSED or BUS_UNAVAILABLE.
   */
  purge(topic: string): Promise<void>

  /** Waits for what is being published and handled, then delivers nothing more. Idempotent. */
  close(): Promise<void>
}

export interface SubscribeOptions {
  /** Members of one group share the messages; each message goes to one of them. */
  group?: string
  /** For a subscriber without a group, and for a group that is new. */
  from: SubscribeFrom
}

/** `sinceMs`: with the first message that the bus took at or after this instant of the epoch. */
export type SubscribeFrom = 'earliest' | 'latest' | { sinceMs: number }

/** Called for one message at a time, in order; the next waits for the promise. */
export type MessageHandler = (message: BusMessage) => void | Promise<void>

export interface BusMessage {
  topic: string
  key: string
  value: Uint8Array
  partition: number
  /** Within the partition, from 0, without holes as far as one subscriber can see. */
  offset: number
  /** When the bus took it, epoch milliseconds. */
  timestampMs: number
}

export interface Subscription {
  /** After it resolves the handler is not called again. Idempotent. */
  close(): Promise<void>
}

/** The largest value that a bus takes. */
export const maxMessageBytes = 1024 * 1024
