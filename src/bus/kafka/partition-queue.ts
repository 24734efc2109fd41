import { AppError } from '../../lib/errors.ts'
import { acksOfAll, produceApis } from './broker-apis.ts'
import { requestTimeoutMs } from './broker-connection.ts'
import { type Cluster, faultError } from './cluster.ts'
import { BrokerRefusal, faultKindOf, throwIfRefused } from './kafka-faults.ts'
import type { PendingRecord } from './pending-record.ts'

/** Below the size of request that a broker takes unless told otherwise (1,048,588 bytes). A larger single record goes alone. */
const largestBatchBytes = 1_000_000

/**
 * What waits for one partition. One request is under way at a time, with all that waits when it begins, so the order is
 * that of the calls, whatever is tried again; a request that was lost on its way back is sent again, and then its
 * messages are there twice.
 */
export class PartitionQueue {
  readonly #topic: string
  readonly #partition: number
  readonly #cluster: Cluster
  /** Makes sure of the topic again, when the broker says it is gone. */
  readonly #renew: () => Promise<void>
  #records: PendingRecord[] = []
  #batchBytes = largestBatchBytes
  #running: Promise<void> | undefined

  constructor(topic: string, partition: number, cluster: Cluster, renew: () => Promise<void>) {
    this.#topic = topic
    this.#partition = partition
    this.#cluster = cluster
    this.#renew = renew
  }

  add(record: PendingRecord): void {
    this.#records.push(record)
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // What is published in this turn shares a request.
    await Promise.resolve()
    for (let failures = 0; !this.#cluster.isClosed; ) {
      this.#records = this.#records.filter((record) => !record.isSettled)
      const batch = this.#nextBatch()
      if (batch.length === 0) break
      try {
        await this.#send(batch)
        for (const record of batch) record.succeed()
        failures = 0
      } catch (error) {
        if (await this.#giveUp(batch, error)) continue
        await this.#cluster.recover()
        await this.#cluster.pauses.backOff(failures++)
        await this.#renewLayout(error)
      }
    }
    this.#running = undefined
  }

  #nextBatch(): PendingRecord[] {
    let sizeBytes = 0
    let count = 0
    for (const record of this.#records) {
      sizeBytes += record.sizeBytes
      if (count > 0 && sizeBytes > this.#batchBytes) break
      count++
    }
    return this.#records.slice(0, count)
  }

  async #send(batch: PendingRecord[]): Promise<void> {
    const leader = this.#cluster.layoutOf(this.#topic)?.leaders[this.#partition]
    const connection = await this.#cluster.connect(leader, 'control')
    const answer = await connection.request(
      produceApis,
      acksOfAll,
      requestTimeoutMs,
      batch.map(({ key, value, takenAtMs }) => ({
        topic: this.#topic,
        partition: this.#partition,
        key,
        value,
        timestamp: takenAtMs,
      })),
    )
    if (typeof answer === 'boolean') return
    for (const { partitionResponses } of answer.responses)
      for (const { errorCode, errorMessage } of partitionResponses)
        throwIfRefused(errorCode, errorMessage ?? '')
  }

  /** Whether the failure is final for these records, or was answered by making the next request smaller. */
  async #giveUp(batch: PendingRecord[], error: unknown): Promise<boolean> {
    const id = error instanceof BrokerRefusal ? error.id : undefined
    if (id === 'MESSAGE_TOO_LARGE' || id === 'RECORD_LIST_TOO_LARGE') {
      const sizeBytes = batch.reduce((sum, record) => sum + record.sizeBytes, 0)
      if (batch.length > 1) this.#batchBytes = Math.floor(sizeBytes / 2)
      else batch[0]?.fail(tooLarge(this.#topic, batch[0].value.length))
      return true
    }
    if (faultKindOf(error) === 'transient') return false
    const reason = faultError(`Publishing on ${this.#topic}`, error)
    for (const record of batch) record.fail(reason)
    return true
  }

  async #renewLayout(error: unknown): Promise<void> {
    try {
      const gone = this.#cluster.layoutOf(this.#topic)?.refusal === 'UNKNOWN_TOPIC_OR_PARTITION'
      if (gone || (error instanceof BrokerRefusal && error.id.startsWith('UNKNOWN_TOPIC')))
        await this.#renew()
      else if (error instanceof BrokerRefusal) await this.#cluster.readFreshMetadata()
    } catch (renewal) {
      // The next attempt fails too, and says so.
      if (faultKindOf(renewal) === 'transient') return
      const reason = faultError(`Publishing on ${this.#topic}`, renewal)
      for (const record of this.#records) record.fail(reason)
    }
  }
}

const tooLarge = (topic: string, valueBytes: number): AppError =>
  new AppError(
    'MESSAGE_TOO_LARGE',
    `Kafka does not take a message of ${valueBytes} bytes for topic ${topic}.`,
    {
      hint: `Set max.message.bytes of ${topic} to 1114112 or more.`,
    },
  )
