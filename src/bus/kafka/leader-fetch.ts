import { type Clock, sleep } from '../../lib/clock.ts'
import {
  type FetchedPartition,
  fetchByIdApis,
  fetchByNameApis,
  noSession,
  readUncommitted,
} from './broker-apis.ts'
import { type BrokerConnection, longPollMs } from './broker-connection.ts'
import type { Cluster } from './cluster.ts'
import { refusalId } from './kafka-faults.ts'
import type { PartitionReader } from './partition-reader.ts'

/** The client library's cost of a record grows with the size of a fetch; these are its best. */
const largestAnswerBytes = 1024 * 1024
const largestPartitionBytes = 256 * 1024

/** After a reader joined others are likely to follow: until then polls are short, so that they need not wait long. */
const unsettledMs = 1_000
const unsettledPollMs = 50
/** Where readers of one partition are at different places. */
const behindPollMs = 10

export interface FetchHost {
  /** All that read from this broker, be there room for more or not. */
  readersOf(nodeId: number): PartitionReader[]
  /** The broker will not give this partition; `id` says why. */
  refuse(readers: PartitionReader[], id: string): void
  /** An answer came in which nothing was refused. */
  succeed(): void
  /** No answer came. */
  fail(error: unknown): Promise<void>
}

/**
 * Reads from one broker for all groupless subscriptions: one request names all partitions and stays with the broker until
 * there is something to give (a long poll). It cannot be called back, so a reader that joins meanwhile is read by a
 * second request, on a second connection; then the second goes on, and the first ends by itself:
 *
 *   slot 0  [topics a]------------------------.            idle
 *   slot 1         [topics a b][topics a b][topics a b]------------ ...
 *
 * Both may bring the same records; readers know by their position.
 */
export class LeaderFetch {
  readonly #nodeId: number
  readonly #host: FetchHost
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #gatherMs: number
  readonly #busy = [false, false]
  /** The slot whose request names all that was wanted when it began. */
  #newest = 0
  /** Someone joined while both slots were busy. */
  #stale = false
  #waking = false
  #unsettledUntilMs = 0
  #requests = 0

  constructor(nodeId: number, host: FetchHost, tools: { cluster: Cluster; clock: Clock; gatherMs: number }) {
    this.#gatherMs = tools.gatherMs
    this.#nodeId = nodeId
    this.#host = host
    this.#cluster = tools.cluster
    this.#clock = tools.clock
  }

  /** There are readers, or room, that the request under way does not know. */
  wake(): void {
    if (this.#waking) return
    this.#waking = true
    queueMicrotask(() => {
      this.#waking = false
      this.#unsettledUntilMs = this.#clock.nowMs() + unsettledMs
      const idle = this.#busy.indexOf(false)
      if (idle === -1) this.#stale = true
      else this.#start(idle)
    })
  }

  #start(slot: number): void {
    if (this.#cluster.isClosed) return
    const readers = this.#host.readersOf(this.#nodeId).filter((reader) => reader.isWanting)
    if (readers.length === 0) return
    this.#newest = slot
    this.#stale = false
    this.#busy[slot] = true
    void this.#poll(slot, readers)
      .catch((error) => this.#host.fail(error))
      .then(() => {
        this.#busy[slot] = false
        if (slot === this.#newest || this.#stale) this.#start(slot)
      })
  }

  async #poll(slot: number, readers: PartitionReader[]): Promise<void> {
    const connection = await this.#cluster.connect(this.#nodeId, `fetch${slot}`)
    const { asked, isBehind } = planOf(readers, this.#requests++)
    const unsettled = this.#clock.nowMs() < this.#unsettledUntilMs
    const waitMs = isBehind ? behindPollMs : unsettled ? unsettledPollMs : longPollMs
    const answer = await request(connection, asked, waitMs)
    const id = refusalId(answer.errorCode)
    if (id !== undefined) {
      this.#host.refuse(readers, id)
      return
    }
    let refused = false
    for (const { topicId, partitions } of answer.responses)
      for (const partition of partitions) if (!this.#takeIn(asked, topicId, partition)) refused = true
    if (refused) return
    this.#host.succeed()
    // Many single messages that are answered one by one cost a request each.
    const hasBrought = answer.responses.some(({ partitions }) =>
      partitions.some(({ records }) => records !== undefined && records !== null && records.length > 0),
    )
    if (hasBrought && this.#gatherMs > 0 && !isBehind) await sleep(this.#clock, this.#gatherMs)
  }

  #takeIn(asked: Asked[], topicKey: string, answer: FetchedPartition): boolean {
    const { reader: lead, position } =
      asked.find(
        ({ reader: { partition, topicId, topicName } }) =>
          partition === answer.partitionIndex && (topicId === topicKey || topicName === topicKey),
      ) ?? {}
    // The topic was made anew meanwhile.
    if (lead === undefined || position === undefined) return true
    const alike = this.#host
      .readersOf(this.#nodeId)
      .filter((reader) => reader.topicName === lead.topicName && reader.partition === lead.partition)
    const id = refusalId(answer.errorCode)
    if (id !== undefined) {
      const atPosition = (reader: PartitionReader): boolean => reader.position === position
      this.#host.refuse(id === 'OFFSET_OUT_OF_RANGE' ? alike.filter(atPosition) : alike, id)
      return false
    }
    const batches = answer.records ?? []
    const first = batches[0]
    // The batch that holds the position may begin before it.
    if (first !== undefined)
      for (const reader of alike) reader.accept(Math.min(Number(first.firstOffset), position), batches)
    return true
  }
}

interface Asked {
  reader: PartitionReader
  /** When the request was made. */
  position: number
}

/**
 * Which reader speaks for each partition, as a request may name it once: the one that waited longest. Where readers are
 * at different places, one that is at the end must not keep those that are not.
 */
const planOf = (readers: PartitionReader[], requestNumber: number): { asked: Asked[]; isBehind: boolean } => {
  const chosen = new Map<string, PartitionReader>()
  let isBehind = false
  for (const reader of readers) {
    const key = `${reader.partition} ${reader.topicName}`
    const other = chosen.get(key)
    if (other !== undefined && other.position !== reader.position) isBehind = true
    if (other === undefined || reader.askedAt < other.askedAt) chosen.set(key, reader)
  }
  const asked = [...chosen.values()].map((reader) => ({ reader, position: reader.position }))
  for (const { reader } of asked) reader.askedAt = requestNumber + 1
  // A broker fills its answer in the order of the request, so each partition is first in turn.
  const begin = requestNumber % asked.length
  return { asked: [...asked.slice(begin), ...asked.slice(0, begin)], isBehind }
}

const request = (
  connection: BrokerConnection,
  asked: Asked[],
  waitMs: number,
): ReturnType<(typeof fetchByNameApis)[number]['async']> => {
  const byId = asked.every(({ reader }) => reader.topicId !== undefined) && connection.knows(fetchByIdApis)
  return connection.request(
    byId ? fetchByIdApis : fetchByNameApis,
    waitMs,
    1,
    largestAnswerBytes,
    readUncommitted,
    noSession.id,
    noSession.epoch,
    asked.map(({ reader: { topicName, topicId, partition }, position }) => ({
      topicId: byId ? (topicId ?? topicName) : topicName,
      partitions: [
        {
          partition,
          currentLeaderEpoch: -1,
          fetchOffset: BigInt(position),
          lastFetchedEpoch: -1,
          partitionMaxBytes: largestPartitionBytes,
        },
      ],
    })),
    [],
    '',
  )
}
