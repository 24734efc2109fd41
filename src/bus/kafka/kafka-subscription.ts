import type { Logger } from '../../lib/logger.ts'
import type { MessageHandler, Subscription } from '../bus.ts'
import type { Cluster } from './cluster.ts'
import { Delivery } from './delivery.ts'
import type { Fetcher, ReaderSet } from './fetcher.ts'
import { PartitionReader } from './partition-reader.ts'

/** One subscription without a group: a reader for each partition, one handler. */
export class KafkaSubscription implements Subscription, ReaderSet {
  readonly topicName: string
  readonly readers: PartitionReader[]
  readonly #topic: string
  readonly #fetcher: Fetcher
  readonly #delivery: Delivery

  /** `positions`: of each partition, where it begins. */
  constructor(
    topic: { name: string; nameInKafka: string },
    positions: readonly number[],
    handler: MessageHandler,
    tools: { cluster: Cluster; fetcher: Fetcher; logger: Logger },
  ) {
    this.#topic = topic.name
    this.topicName = topic.nameInKafka
    this.#fetcher = tools.fetcher
    this.#delivery = new Delivery(handler, tools.logger, { onRoom: () => this.#fetcher.wake(this) })
    const topicId = tools.cluster.layoutOf(this.topicName)?.id
    this.readers = positions.map((position, partition) => this.#reader(partition, position, topicId))
    this.#fetcher.add(this)
  }

  grow(partition: number, topicId: string | undefined): void {
    this.readers.push(this.#reader(partition, 0, topicId))
  }

  async close(): Promise<void> {
    this.#fetcher.remove(this)
    await this.#delivery.close()
  }

  #reader(partition: number, position: number, topicId: string | undefined): PartitionReader {
    return new PartitionReader({
      topic: this.#topic,
      topicName: this.topicName,
      topicId,
      partition,
      position,
      delivery: this.#delivery,
    })
  }
}
