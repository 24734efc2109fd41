import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import type { Cluster } from './cluster.ts'
import { describeFault, faultKindOf } from './kafka-faults.ts'
import { LeaderFetch } from './leader-fetch.ts'
import { findPositions } from './offsets.ts'
import type { PartitionReader } from './partition-reader.ts'

/** How often metadata is read without need: partitions may have been added. */
const metadataEveryMs = 60_000

/** A subscription's readers, one a partition; it adds some when its topic grows. */
export interface ReaderSet {
  readonly topicName: string
  readonly readers: PartitionReader[]
  /** For a partition that was not there before. */
  grow(partition: number, topicId: string | undefined): void
}

/**
 * All that a bus reads, sorted by the broker that leads it. A partition whose leader is not known, or will not give it, is
 * looked for until it has one. Positions change only here and in the readers:
 *
 *   the broker says                  | the position becomes
 *   offset out of range              | the oldest there is (purged, dropped, or cut off by a new leader)
 *   the topic is another of the name | 0: the beginning of its new life
 */
export class Fetcher {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #gatherMs: number
  readonly #logger: Logger
  readonly #sets = new Set<ReaderSet>()
  readonly #leaders = new Map<number, LeaderFetch>()
  #seeking: Promise<void> | undefined
  #failures = 0
  /** Topics of which was said already that they may not be read. */
  readonly #complained = new Set<string>()

  constructor(tools: { cluster: Cluster; clock: Clock; logger: Logger; gatherMs: number }) {
    this.#gatherMs = tools.gatherMs
    this.#cluster = tools.cluster
    this.#clock = tools.clock
    this.#logger = tools.logger
    this.#cluster.onMetadata(() => this.#followLayout())
  }

  add(set: ReaderSet): void {
    this.#sets.add(set)
    this.#place(set)
    this.wake(set)
    this.#seek()
  }

  remove(set: ReaderSet): void {
    this.#sets.delete(set)
    if (this.#sets.size === 0) for (const slot of [0, 1]) this.#cluster.disconnect(`fetch${slot}`)
  }

  /** It wants to be read, or has room again. */
  wake(set: ReaderSet): void {
    for (const nodeId of new Set(set.readers.map(({ leader }) => leader)))
      if (nodeId !== undefined) this.#leader(nodeId).wake()
  }

  #leader(nodeId: number): LeaderFetch {
    let leader = this.#leaders.get(nodeId)
    if (leader === undefined) {
      leader = new LeaderFetch(
        nodeId,
        {
          readersOf: (id) => this.#readersOf(id),
          refuse: (readers, id) => this.#refuse(readers, id),
          succeed: () => this.#succeed(),
          fail: (error) => this.#fail(error),
        },
        { cluster: this.#cluster, clock: this.#clock, gatherMs: this.#gatherMs },
      )
      this.#leaders.set(nodeId, leader)
    }
    return leader
  }

  #allReaders(): PartitionReader[] {
    return [...this.#sets].flatMap(({ readers }) => readers)
  }

  #readersOf(nodeId: number): PartitionReader[] {
    return this.#allReaders().filter(({ leader }) => leader === nodeId)
  }

  #succeed(): void {
    this.#failures = 0
    this.#complained.clear()
    if (this.#clock.nowMs() - this.#cluster.readAtMs > metadataEveryMs)
      this.#cluster.readMetadata().catch((error) => this.#fail(error))
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#cluster.isClosed) return
    if (faultKindOf(error) !== 'transient' && this.#failures === 0)
      this.#logger.error('reading from Kafka failed; trying again', { reason: describeFault(error) })
    await this.#cluster.recover()
    await this.#cluster.pauses.backOff(this.#failures++)
  }

  #refuse(readers: PartitionReader[], id: string): void {
    for (const reader of readers) {
      reader.leader = undefined
      if (id === 'OFFSET_OUT_OF_RANGE') reader.isOutOfRange = true
      else if (id === 'TOPIC_AUTHORIZATION_FAILED' && !this.#complained.has(reader.topicName)) {
        this.#complained.add(reader.topicName)
        this.#logger.error('Kafka does not let us read; trying again', { topic: reader.topicName })
      }
    }
    this.#seek()
  }

  /** Until every reader has a position and a leader. */
  #seek(): void {
    if (this.#cluster.isClosed || !this.#allReaders().some(isLost)) return
    this.#seeking ??= this.#seekAll().finally(() => {
      this.#seeking = undefined
      this.#seek()
    })
  }

  async #seekAll(): Promise<void> {
    for (let attempt = 0; !this.#cluster.isClosed; attempt++) {
      const lost = this.#allReaders().filter(isLost)
      if (lost.length === 0) return
      // What was purged a moment ago needs no patience.
      const isPatient = attempt > 0 || lost.some(({ isOutOfRange }) => !isOutOfRange)
      if (isPatient) await this.#cluster.pauses.backOff(attempt)
      try {
        if (isPatient) await this.#cluster.readFreshMetadata()
        for (const reader of lost) if (reader.isOutOfRange) await this.#beginAtOldest(reader)
        this.#placeAll()
      } catch {
        await this.#cluster.recover()
      }
    }
  }

  async #beginAtOldest(reader: PartitionReader): Promise<void> {
    const oldest = await findPositions(this.#cluster, reader.topicName, 'earliest')
    // Unless the topic was made anew meanwhile.
    if (reader.isOutOfRange) reader.position = oldest[reader.partition] ?? 0
    reader.isOutOfRange = false
  }

  /** Another life of the topic, more partitions, other leaders. */
  #followLayout(): void {
    for (const set of this.#sets) {
      const layout = this.#cluster.layoutOf(set.topicName)
      if (layout === undefined || layout.refusal !== undefined) continue
      for (const reader of set.readers) {
        if (layout.id === undefined || reader.topicId === layout.id) continue
        this.#logger.info('a topic was made anew; reading it from its beginning', { topic: set.topicName })
        reader.topicId = layout.id
        reader.position = 0
        reader.isOutOfRange = false
        reader.leader = undefined
      }
      for (let partition = set.readers.length; partition < layout.leaders.length; partition++)
        set.grow(partition, layout.id)
    }
    this.#placeAll()
    this.#seek()
  }

  #placeAll(): void {
    for (const set of this.#sets) if (this.#place(set)) this.wake(set)
  }

  /** Whether a reader has another leader now. */
  #place(set: ReaderSet): boolean {
    const layout = this.#cluster.layoutOf(set.topicName)
    let moved = false
    for (const reader of set.readers) {
      const known = layout?.refusal === undefined && !reader.isOutOfRange
      const leader = known ? layout?.leaders[reader.partition] : undefined
      if (leader !== undefined && leader !== reader.leader) moved = true
      reader.leader = leader
    }
    return moved
  }
}

const isLost = ({ leader }: PartitionReader): boolean => leader === undefined
