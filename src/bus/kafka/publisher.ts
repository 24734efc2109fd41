import { murmur2 } from '@platformatic/kafka'
import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import { maxMessageBytes } from '../bus.ts'
import { type Cluster, faultError } from './cluster.ts'
import { faultKindOf } from './kafka-faults.ts'
import type { KafkaTopics } from './kafka-topics.ts'
import { PartitionQueue } from './partition-queue.ts'
import { PendingRecord } from './pending-record.ts'

/** Takes messages, finds their partition, and waits for them at the end. */
export class Publisher {
  readonly #cluster: Cluster
  readonly #topics: KafkaTopics
  readonly #timeoutMs: number
  readonly #clock: Clock
  readonly #lines = new Map<string, TopicLine>()
  readonly #pending = new Set<PendingRecord>()

  constructor(cluster: Cluster, topics: KafkaTopics, timeoutMs: number, clock: Clock) {
    this.#cluster = cluster
    this.#topics = topics
    this.#timeoutMs = timeoutMs
    this.#clock = clock
  }

  async publish(topic: string, key: string, value: Uint8Array): Promise<void> {
    if (value.length > maxMessageBytes)
      throw new AppError('MESSAGE_TOO_LARGE', `A message for topic ${topic} has ${value.length} bytes.`)
    let line = this.#lines.get(topic)
    if (line === undefined) {
      line = new TopicLine(topic, this.#cluster, this.#topics)
      this.#lines.set(topic, line)
    }
    const record = new PendingRecord(topic, key, value, this.#timeoutMs, this.#clock)
    this.#pending.add(record)
    line.add(record)
    try {
      await record.settled
    } finally {
      this.#pending.delete(record)
    }
  }

  /** Resolves when all that was published is acknowledged or given up. */
  async drain(): Promise<void> {
    await Promise.allSettled([...this.#pending].map(({ settled }) => settled))
  }
}

/** One topic: messages wait in line until it is there, then each joins its partition's queue. */
class TopicLine {
  readonly #topic: string
  readonly #cluster: Cluster
  readonly #topics: KafkaTopics
  readonly #queues: PartitionQueue[] = []
  #waiting: PendingRecord[] = []
  #preparing: Promise<void> | undefined

  constructor(topic: string, cluster: Cluster, topics: KafkaTopics) {
    this.#topic = topic
    this.#cluster = cluster
    this.#topics = topics
  }

  add(record: PendingRecord): void {
    if (this.#waiting.length === 0 && this.#topics.isSure(this.#topic)) {
      this.#assign(record)
      return
    }
    this.#waiting.push(record)
    this.#preparing ??= this.#prepare()
  }

  async #prepare(): Promise<void> {
    await Promise.resolve()
    for (let failures = 0; !this.#cluster.isClosed; ) {
      this.#waiting = this.#waiting.filter((record) => !record.isSettled)
      if (this.#waiting.length === 0) break
      try {
        await this.#topics.ensure([this.#topic])
        const ready = this.#waiting
        this.#waiting = []
        for (const record of ready) this.#assign(record)
      } catch (error) {
        if (faultKindOf(error) === 'transient') {
          await this.#cluster.recover()
          await this.#cluster.pauses.backOff(failures++)
        } else {
          const reason = faultError(`Publishing on ${this.#topic}`, error)
          for (const record of this.#waiting) record.fail(reason)
        }
      }
    }
    this.#preparing = undefined
  }

  #assign(record: PendingRecord): void {
    const name = this.#topics.nameOf(this.#topic)
    const count = Math.max(1, this.#cluster.layoutOf(name)?.leaders.length ?? 1)
    const partition = count === 1 ? 0 : partitionOf(record.key, count)
    let queue = this.#queues[partition]
    if (queue === undefined) {
      queue = new PartitionQueue(name, partition, this.#cluster, () => this.#topics.ensure([this.#topic]))
      this.#queues[partition] = queue
    }
    queue.add(record)
  }
}

/** As Kafka's own clients choose it, so that a key has one partition whoever publishes. */
export const partitionOf = (key: Buffer, partitions: number): number =>
  (Number(murmur2(key)) & 0x7fff_ffff) % partitions
