import { AppError } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import { maxMessageBytes } from '../bus.ts'
import { topics } from '../topics.ts'
import { createTopicsApis } from './broker-apis.ts'
import { requestTimeoutMs } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { BrokerRefusal, faultKindOf, refusalId } from './kafka-faults.ts'

const hourMs = 3_600_000
const weekMs = 7 * 24 * hourMs

/** What nobody needs after a minute: the state of the moment, and files that are sent again for each run. */
const shortLived: ReadonlySet<string> = new Set([topics.asset, topics.heartbeat, topics.presence])

/** The largest value, its key, and what Kafka writes around them. */
const largestBatchBytes = maxMessageBytes + 64 * 1024

const settingsOf = (topic: string): Record<string, string> => ({
  'cleanup.policy': 'delete',
  // Instants by one clock, the broker's: `sinceMs` compares them.
  'message.timestamp.type': 'LogAppendTime',
  'max.message.bytes': String(largestBatchBytes),
  ...(shortLived.has(topic)
    ? // Kafka drops whole segments only: without `segment.ms` the hour would be a week.
      { 'retention.ms': String(hourMs), 'segment.ms': String(hourMs / 4) }
    : { 'retention.ms': String(weekMs) }),
})

/** Makes sure of topics: uses those that are there as they are, creates the others with one partition. */
export class KafkaTopics {
  readonly #cluster: Cluster
  readonly #prefix: string
  readonly #logger: Logger
  readonly #sure = new Set<string>()

  constructor(cluster: Cluster, prefix: string, logger: Logger) {
    this.#cluster = cluster
    this.#prefix = prefix
    this.#logger = logger
  }

  /** The topic's name in Kafka. */
  nameOf(topic: string): string {
    return this.#prefix + topic
  }

  isSure(topic: string): boolean {
    return this.#sure.has(topic)
  }

  /** It was there and is no more. */
  forget(topic: string): void {
    this.#sure.delete(topic)
  }

  /** One attempt; rejects with what may be tried again, and with BUS_ACCESS_DENIED. */
  async ensure(wanted: readonly string[]): Promise<void> {
    for (const topic of wanted) this.#cluster.track(this.nameOf(topic))
    await this.#cluster.readFreshMetadata()
    const missing = wanted.filter((topic) => this.#refusalOf(topic) === 'UNKNOWN_TOPIC_OR_PARTITION')
    if (missing.length > 0) {
      await this.#create(missing)
      await this.#cluster.readFreshMetadata()
    }
    const denied = wanted.filter((topic) => this.#refusalOf(topic) === 'TOPIC_AUTHORIZATION_FAILED')
    if (denied.length > 0)
      throw new AppError(
        'BUS_ACCESS_DENIED',
        `Kafka does not let us see ${this.#listOf(denied)}: the user needs the rights Describe, Read and Write on them.`,
      )
    for (const topic of wanted) this.#checkUsable(topic)
  }

  #refusalOf(topic: string): string | undefined {
    return this.#cluster.layoutOf(this.nameOf(topic))?.refusal
  }

  #checkUsable(topic: string): void {
    const name = this.nameOf(topic)
    const layout = this.#cluster.layoutOf(name)
    const refusal =
      layout?.refusal ??
      (layout?.leaders.every((leader) => leader !== undefined) ? undefined : 'LEADER_NOT_AVAILABLE')
    // It was created a moment ago, and not every broker has heard of it.
    if (refusal !== undefined)
      throw new BrokerRefusal(
        refusal === 'UNKNOWN_TOPIC_OR_PARTITION' ? 'LEADER_NOT_AVAILABLE' : refusal,
        `topic ${name}`,
      )
    const partitions = layout?.leaders.length ?? 0
    if (partitions > 1 && !this.#sure.has(topic))
      this.#logger.warn('a topic has several partitions: the order holds within a key only', {
        topic: name,
        partitions,
      })
    this.#sure.add(topic)
  }

  async #create(missing: readonly string[]): Promise<void> {
    const failed = await this.#tryCreate(missing, Math.min(3, this.#cluster.brokerCount))
    const few = [...failed]
      .filter(([, { id }]) => id === 'INVALID_REPLICATION_FACTOR')
      .map(([topic]) => topic)
    // Some brokers are away, or a policy forbids it: as the broker itself would.
    for (const topic of few) failed.delete(topic)
    for (const [topic, refusal] of few.length === 0 ? [] : await this.#tryCreate(few, -1))
      failed.set(topic, refusal)
    for (const [topic, refusal] of failed) {
      if (faultKindOf(refusal) !== 'denied') throw refusal
      throw new AppError(
        'BUS_ACCESS_DENIED',
        `Topic ${this.nameOf(topic)} is not in Kafka, and the user may not create it (${refusal.id}).`,
        {
          hint: `Create ${this.#listOf([...failed.keys()])} with one partition each, or give the user the right Create.`,
        },
      )
    }
    const created = missing.filter((topic) => !failed.has(topic)).map((topic) => this.nameOf(topic))
    this.#logger.debug('topics made sure of', { topics: created })
  }

  /** What was not created, and why. */
  async #tryCreate(
    wanted: readonly string[],
    replicationFactor: number,
  ): Promise<Map<string, BrokerRefusal>> {
    const controller = await this.#cluster.connectController()
    const answer = await controller.request(
      createTopicsApis,
      wanted.map((topic) => ({
        name: this.nameOf(topic),
        numPartitions: 1,
        replicationFactor,
        assignments: [],
        configs: Object.entries(settingsOf(topic)).map(([name, value]) => ({ name, value })),
      })),
      requestTimeoutMs,
      false,
    )
    const failed = new Map<string, BrokerRefusal>()
    for (const { name, errorCode, errorMessage } of answer.topics) {
      const id = refusalId(errorCode)
      // Another participant was faster.
      if (id === undefined || id === 'TOPIC_ALREADY_EXISTS') continue
      failed.set(name.slice(this.#prefix.length), new BrokerRefusal(id, errorMessage ?? ''))
    }
    return failed
  }

  #listOf(some: readonly string[]): string {
    return some.map((topic) => this.nameOf(topic)).join(', ')
  }
}
