import { isIP } from 'node:net'
import { Consumer } from '@platformatic/kafka'
import type { Logger } from '../../lib/logger.ts'
import type { BusMessage, MessageHandler, Subscription } from '../bus.ts'
import { requestTimeoutMs } from './broker-connection.ts'
import { type Cluster, closedError } from './cluster.ts'
import { Delivery } from './delivery.ts'
import type { Fetcher, ReaderSet } from './fetcher.ts'
import { describeFault } from './kafka-faults.ts'
import { type CheckedKafkaOptions, parseBrokerAddress, tlsOptionsOf } from './kafka-options.ts'
import { PartitionReader } from './partition-reader.ts'

/** A member that is not heard of for so long is out of the group. */
const sessionTimeoutMs = 10_000
/** How soon a member notices that another one came or left. */
const heartbeatMs = 500
const joinLimitMs = 30_000
const leaveLimitMs = 3_000

interface GroupPlace {
  name: string
  nameInKafka: string
  group: string
}

/**
 * A member of a consumer group: the library keeps the membership and says which partitions are ours; reading and
 * delivery are those of every subscription. What was handled is committed; at most one commit is under way, always the
 * newest.
 *
 *   joined (again)   readers begin at the committed offsets, or where the subscriber asked to where there are none
 *   rebalance begins  nothing more is delivered until it is over
 *   membership lost   (the broker was away too long) a new membership
 */
export class GroupSubscription implements Subscription, ReaderSet {
  readonly topicName: string
  readonly readers: PartitionReader[] = []
  readonly #place: GroupPlace
  readonly #options: CheckedKafkaOptions
  readonly #positions: readonly number[]
  readonly #cluster: Cluster
  readonly #fetcher: Fetcher
  readonly #logger: Logger
  readonly #delivery: Delivery
  #consumer: Consumer
  /** Handled and not committed yet: the offset to go on at, by partition. */
  readonly #handled = new Map<number, number>()
  #committing: Promise<void> | undefined
  /** Counts memberships and rebalances: what began under an older one counts for nothing. */
  #generation = 0
  /** From the end of the first join on the library joins again by itself, and tells. */
  #isMember = false
  #closing: Promise<void> | undefined

  static async join(
    options: CheckedKafkaOptions,
    place: GroupPlace,
    positions: readonly number[],
    handler: MessageHandler,
    tools: { cluster: Cluster; fetcher: Fetcher; logger: Logger },
  ): Promise<GroupSubscription> {
    const subscription = new GroupSubscription(options, place, positions, handler, tools)
    try {
      await tools.cluster.persist(`Joining group ${place.group}`, joinLimitMs, () => subscription.#join())
      return subscription
    } catch (error) {
      await subscription.close()
      throw error
    }
  }

  private constructor(
    options: CheckedKafkaOptions,
    place: GroupPlace,
    positions: readonly number[],
    handler: MessageHandler,
    tools: { cluster: Cluster; fetcher: Fetcher; logger: Logger },
  ) {
    this.topicName = place.nameInKafka
    this.#place = place
    this.#options = options
    this.#positions = positions
    this.#cluster = tools.cluster
    this.#fetcher = tools.fetcher
    this.#logger = tools.logger
    this.#delivery = new Delivery(handler, tools.logger, {
      onRoom: () => this.#fetcher.wake(this),
      onHandled: (message) => this.#noteHandled(message),
    })
    this.#consumer = this.#newConsumer()
  }

  /** The group's next rebalance gives it to somebody. */
  grow(): void {}

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#fetcher.remove(this)
    await this.#delivery.close()
    await this.#leave(this.#consumer, () => this.#commitAll())
  }

  #newConsumer(): Consumer {
    const { brokers, clientId, tls, sasl } = this.#options
    const addresses = brokers.map((text) => parseBrokerAddress(text)).filter((found) => found !== undefined)
    const consumer = new Consumer({
      clientId,
      groupId: this.#place.group,
      bootstrapBrokers: addresses,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatMs,
      connectTimeout: requestTimeoutMs,
      requestTimeout: 2 * sessionTimeoutMs,
      retries: 2,
      retryDelay: 300,
      ...(tls === undefined ? {} : { tls: tlsOptionsOf(tls) }),
      // The library gives the name or nothing to all of them; RFC 6066: no address as server name.
      ...(tls !== undefined && addresses.every(({ host }) => isIP(host) === 0)
        ? { tlsServerName: true }
        : {}),
      ...(sasl === undefined ? {} : { sasl }),
    })
    consumer.topics.track(this.topicName)
    consumer.on('consumer:group:join', () => {
      if (consumer === this.#consumer && this.#isMember)
        this.#begin().catch((error) => this.#rejoin(consumer, error))
    })
    consumer.on('consumer:group:rebalance', () => {
      if (consumer === this.#consumer) this.#halt()
    })
    // A join of the library's own that failed: it does not try again.
    consumer.on('error', (error: Error) => this.#rejoin(consumer, error))
    return consumer
  }

  async #join(): Promise<void> {
    if (this.#closing !== undefined) throw closedError()
    this.#isMember = false
    await this.#consumer.joinGroup()
    this.#isMember = true
    await this.#begin()
  }

  /** Reads what the group gave us, from where it left off. */
  async #begin(): Promise<void> {
    const generation = this.#halt()
    const partitions = (this.#consumer.assignments ?? [])
      .filter(({ topic }) => topic === this.topicName)
      .flatMap((assignment) => assignment.partitions)
    await this.#delivery.clear()
    const committed =
      partitions.length === 0
        ? new Map<string, bigint[]>()
        : await this.#consumer.listCommittedOffsets({ topics: [{ topic: this.topicName, partitions }] })
    if (generation !== this.#generation || this.#closing !== undefined) return
    const offsets = committed.get(this.topicName)
    const topicId = this.#cluster.layoutOf(this.topicName)?.id
    for (const partition of partitions) {
      const known = Number(offsets?.[partition] ?? -1n)
      const position = known >= 0 ? known : (this.#positions[partition] ?? 0)
      // So that the group goes on here even if nothing comes before the last member leaves.
      if (known < 0) this.#handled.set(partition, position)
      this.readers.push(
        new PartitionReader({
          topic: this.#place.name,
          topicName: this.topicName,
          topicId,
          partition,
          position,
          delivery: this.#delivery,
        }),
      )
    }
    await this.#commitAll()
    if (generation === this.#generation && this.#closing === undefined) this.#fetcher.add(this)
  }

  /** Stops reading and delivering; the number of what begins now. */
  #halt(): number {
    this.#fetcher.remove(this)
    this.readers.length = 0
    void this.#delivery.clear()
    return ++this.#generation
  }

  #rejoin(lost: Consumer, error: unknown): void {
    if (this.#closing !== undefined || lost !== this.#consumer || !this.#isMember) return
    this.#isMember = false
    this.#logger.warn('left a consumer group; joining it again', {
      group: this.#place.group,
      reason: describeFault(error),
    })
    this.#halt()
    this.#consumer = this.#newConsumer()
    this.#joinAgain(lost).catch((failure) =>
      this.#logger.error('could not join a consumer group', { reason: describeFault(failure) }),
    )
  }

  async #joinAgain(lost: Consumer): Promise<void> {
    await this.#leave(lost)
    for (let attempt = 0; this.#closing === undefined && !this.#cluster.isClosed; attempt++) {
      await this.#cluster.recover()
      await this.#cluster.pauses.backOff(attempt)
      try {
        await this.#join()
        return
      } catch (error) {
        this.#logger.debug('joining a consumer group failed', { reason: describeFault(error) })
      }
    }
  }

  #noteHandled(message: BusMessage): void {
    this.#handled.set(message.partition, message.offset + 1)
    void this.#commitAll()
  }

  #commitAll(): Promise<void> {
    this.#committing ??= this.#commit()
    return this.#committing
  }

  async #commit(): Promise<void> {
    await Promise.resolve()
    while (this.#handled.size > 0) {
      const offsets = [...this.#handled].map(([partition, offset]) => ({
        topic: this.topicName,
        partition,
        offset: BigInt(offset),
        leaderEpoch: -1,
      }))
      this.#handled.clear()
      try {
        await this.#consumer.commit({ offsets })
      } catch (error) {
        // The messages since then come again, to us or to another member.
        this.#logger.debug('a commit failed', { group: this.#place.group, reason: describeFault(error) })
        break
      }
    }
    this.#committing = undefined
  }

  /** Says good-bye, unless the broker does not listen. */
  async #leave(consumer: Consumer, before: () => Promise<void> = async () => {}): Promise<void> {
    try {
      const leaving = before().then(() => consumer.close(true))
      await this.#cluster.pauses.within(leaveLimitMs, leaving, () => new Error('no answer'))
    } catch (error) {
      this.#logger.debug('leaving a consumer group failed', { reason: describeFault(error) })
      const connections = [...consumer.connections].map(([, connection]) => connection)
      consumer.close(true).catch(() => {})
      for (const connection of connections) connection.socket?.destroy()
    }
  }
}
