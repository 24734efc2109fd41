import type { FetchedPartition } from './broker-apis.ts'
import type { Delivery } from './delivery.ts'

/** Bits of a record batch's attributes (Kafka protocol, record batch). */
const stampedByBroker = 0x08
const controlBatch = 0x20

/** Where one subscription is in one partition. */
export class PartitionReader {
  /** As subscribers know it. */
  readonly topic: string
  /** In Kafka. */
  readonly topicName: string
  /** Of the life of the topic that the position is in. */
  topicId: string | undefined
  readonly partition: number
  /** The next offset to hand over. */
  position: number
  /** Node id of the broker to read it from; undefined while that is looked for. */
  leader: number | undefined
  /** The broker has nothing at the position any more, or not yet: a new one is looked for. */
  isOutOfRange = false
  /** When it was last asked for, counted in requests. */
  askedAt = 0
  readonly #delivery: Delivery

  constructor(place: {
    topic: string
    topicName: string
    topicId: string | undefined
    partition: number
    position: number
    delivery: Delivery
  }) {
    this.topic = place.topic
    this.topicName = place.topicName
    this.topicId = place.topicId
    this.partition = place.partition
    this.position = place.position
    this.#delivery = place.delivery
  }

  get isWanting(): boolean {
    return !this.#delivery.isFull
  }

  /** Takes what is new to it from an answer that begins at `from`. A fetch may bring what another one brought already. */
  accept(from: number, batches: NonNullable<FetchedPartition['records']>): void {
    if (this.position < from) return
    for (const batch of batches) {
      const first = Number(batch.firstOffset)
      const next = first + batch.lastOffsetDelta + 1
      if (next <= this.position) continue
      if (!this.isWanting) return
      if ((batch.attributes & controlBatch) === 0)
        for (const record of batch.records) {
          const offset = first + record.offsetDelta
          if (offset < this.position) continue
          const byBroker = (batch.attributes & stampedByBroker) !== 0
          this.#delivery.accept({
            topic: this.topic,
            key: record.key === null ? '' : record.key.toString(),
            value: record.value === null ? new Uint8Array() : plainBytes(record.value),
            partition: this.partition,
            offset,
            timestampMs: Number(byBroker ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta),
          })
        }
      this.position = next
    }
  }
}

/** No Buffer, whose `slice` is no copy. */
const plainBytes = (value: Buffer): Uint8Array => new Uint8Array(value.buffer, value.byteOffset, value.length)
