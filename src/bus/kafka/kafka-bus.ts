import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Bus, MessageHandler, SubscribeOptions, Subscription } from '../bus.ts'
import { topics } from '../topics.ts'
import { deleteRecordsApis, latestOffset } from './broker-apis.ts'
import { ClosedDoor, ConnectFault, requestTimeoutMs } from './broker-connection.ts'
import { Cluster, type ConnectionState, closedError, faultError } from './cluster.ts'
import { Fetcher } from './fetcher.ts'
import { GroupSubscription } from './group-subscription.ts'
import { BrokerRefusal, describeFault, faultKindOf, throwIfRefused } from './kafka-faults.ts'
import {
  addressText,
  type CheckedKafkaOptions,
  checkKafkaOptions,
  type KafkaOptions,
} from './kafka-options.ts'
import { KafkaSubscription } from './kafka-subscription.ts'
import { KafkaTopics } from './kafka-topics.ts'
import { findPositions, partitionsOf } from './offsets.ts'
import { Publisher } from './publisher.ts'

interface Tools {
  clock: Clock
  logger: Logger
}

/**
 * A bus over Kafka, with all topics there. Rejects with USAGE for wrong options; BUS_ACCESS_DENIED at once when user,
 * password, certificate or rights do not do; BUS_UNREACHABLE at once when the other side speaks TLS and we do not, or the
 * reverse, or is no Kafka, and after `startWaitMs` when nobody is there.
 */
export const connectKafkaBus = async (options: KafkaOptions, tools: Tools): Promise<KafkaBus> => {
  const checked = checkKafkaOptions(options)
  const cluster = new Cluster(checked, tools)
  const kafkaTopics = new KafkaTopics(cluster, checked.topicPrefix, tools.logger)
  try {
    await awaitBroker(cluster, checked, tools, () => kafkaTopics.ensure(Object.values(topics)))
  } catch (error) {
    cluster.close()
    throw error
  }
  return new KafkaBus(checked, cluster, kafkaTopics, tools)
}

/** A broker that ends closes its doors once or twice; one that wants a password always. */
const closedDoorsForgiven = 3
/** A start is awaited by a person: it tries again within 0.8 s. */
const slowestStartAttempt = 3

const awaitBroker = async (
  cluster: Cluster,
  options: CheckedKafkaOptions,
  { clock, logger }: Tools,
  attempt: () => Promise<void>,
): Promise<void> => {
  const addresses = options.brokers.join(', ')
  const beganMs = clock.nowMs()
  let last: unknown
  let over = false
  let closedDoors = 0
  const tries = async (): Promise<void> => {
    for (let count = 0; !over; count++) {
      try {
        await attempt()
        if (count > 0) logger.info('Kafka is there', { waitedMs: Math.round(clock.nowMs() - beganMs) })
        return
      } catch (error) {
        if (over) return
        throwIfHopeless(error, addresses)
        closedDoors = error instanceof ClosedDoor ? closedDoors + 1 : 0
        if (closedDoors > closedDoorsForgiven)
          throw new AppError('BUS_ACCESS_DENIED', `Kafka at ${addresses}: ${describeFault(error)}.`)
        last = error
        if (count === 0) logger.info(`waiting for Kafka at ${addresses}`, { reason: describeFault(error) })
        await cluster.pauses.backOff(Math.min(count, slowestStartAttempt))
      }
    }
  }
  await cluster.pauses.within(options.startWaitMs, tries(), () => {
    over = true
    const reason = last === undefined ? 'no answer' : describeFault(last)
    const seconds = options.startWaitMs / 1000
    const other = last instanceof ConnectFault ? addressText(last.address) : addresses
    return new AppError(
      'BUS_UNREACHABLE',
      addresses.includes(other)
        ? `Kafka at ${addresses} did not answer within ${seconds} s: ${reason}.`
        : `Kafka at ${addresses} sends us on to ${other}, which did not answer within ${seconds} s: ${reason}.`,
    )
  })
}

const throwIfHopeless = (error: unknown, addresses: string): void => {
  const kind = faultKindOf(error)
  if (kind === 'denied') throw faultError(`Kafka at ${addresses}`, error)
  if (kind === 'mismatch')
    throw new AppError(
      'BUS_UNREACHABLE',
      `There is no Kafka for us at ${addresses}: ${describeFault(error)}.`,
      {
        cause: error,
      },
    )
  if (kind === 'refused') throw faultError(`Kafka at ${addresses}`, error)
}

/** How long subscribing and purging try again; publishing has a limit of its own. */
const operationLimitMs = 15_000

export class KafkaBus implements Bus {
  readonly #options: CheckedKafkaOptions
  readonly #cluster: Cluster
  readonly #topics: KafkaTopics
  readonly #tools: Tools
  readonly #publisher: Publisher
  readonly #fetcher: Fetcher
  readonly #subscriptions = new Set<Subscription>()
  #closing: Promise<void> | undefined

  constructor(options: CheckedKafkaOptions, cluster: Cluster, kafkaTopics: KafkaTopics, tools: Tools) {
    this.#options = options
    this.#cluster = cluster
    this.#topics = kafkaTopics
    this.#tools = tools
    this.#publisher = new Publisher(cluster, kafkaTopics, options.publishTimeoutMs, tools.clock)
    this.#fetcher = new Fetcher({ cluster, gatherMs: options.gatherMs, ...tools })
  }

  async publish(topic: string, key: string, value: Uint8Array): Promise<void> {
    this.#assertOpen()
    await this.#publisher.publish(topic, key, value)
  }

  async subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    this.#assertOpen()
    const nameInKafka = this.#topics.nameOf(topic)
    const positions = await this.#cluster.persist(
      `Subscribing to ${nameInKafka}`,
      operationLimitMs,
      async () => {
        if (!this.#topics.isSure(topic)) await this.#topics.ensure([topic])
        return this.#orForget(topic, () => findPositions(this.#cluster, nameInKafka, options.from))
      },
    )
    this.#assertOpen()
    const tools = { cluster: this.#cluster, fetcher: this.#fetcher, ...this.#tools }
    const place = { name: topic, nameInKafka }
    const subscription =
      options.group === undefined
        ? new KafkaSubscription(place, positions, handler, tools)
        : await GroupSubscription.join(
            this.#options,
            { ...place, group: this.#topics.nameOf(options.group) },
            positions,
            handler,
            tools,
          )
    this.#subscriptions.add(subscription)
    if (this.#closing !== undefined) await subscription.close()
    return {
      close: async () => {
        this.#subscriptions.delete(subscription)
        await subscription.close()
      },
    }
  }

  async purge(topic: string): Promise<void> {
    this.#assertOpen()
    const name = this.#topics.nameOf(topic)
    this.#cluster.track(name)
    await this.#cluster.persist(`Purging ${name}`, operationLimitMs, async () => {
      await this.#cluster.readFreshMetadata()
      const refusal = this.#cluster.layoutOf(name)?.refusal
      if (refusal === 'UNKNOWN_TOPIC_OR_PARTITION' || refusal === 'INVALID_TOPIC_EXCEPTION') return
      await Promise.all(
        partitionsOf(this.#cluster, name).map((leader, partition) =>
          this.#purgePartition(name, partition, leader),
        ),
      )
    })
  }

  /** Tells when no broker answers any more, and when one does again; returns what ends it. */
  onConnection(listener: (state: ConnectionState) => void): () => void {
    return this.#cluster.onState(listener)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([
      ...[...this.#subscriptions].map((subscription) => subscription.close()),
      this.#publisher.drain(),
    ])
    this.#cluster.close()
  }

  async #purgePartition(name: string, partition: number, leader: number | undefined): Promise<void> {
    const connection = await this.#cluster.connect(leader, 'control')
    const answer = await connection.request(
      deleteRecordsApis,
      // For DeleteRecords -1 is the end as well: what is acknowledged.
      [{ name, partitions: [{ partitionIndex: partition, offset: latestOffset }] }],
      requestTimeoutMs,
    )
    for (const { partitions } of answer.topics)
      for (const { errorCode } of partitions) throwIfRefused(errorCode)
  }

  /** A topic that was deleted is made sure of again by the next attempt. */
  async #orForget<T>(topic: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof BrokerRefusal) this.#topics.forget(topic)
      throw error
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw closedError()
  }
}
