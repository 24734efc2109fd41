import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import { metadataApis } from './broker-apis.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { BrokerPool } from './broker-pool.ts'
import { BrokerRefusal, describeFault, faultKindOf, refusalId } from './kafka-faults.ts'
import {
  addressText,
  type BrokerAddress,
  type CheckedKafkaOptions,
  parseBrokerAddress,
} from './kafka-options.ts'
import { Pauses } from './pauses.ts'

/** What one topic looks like at present. */
export interface TopicLayout {
  /** Of this life of the topic; undefined where the broker has no ids. */
  id: string | undefined
  /** Node id of each partition's leader; undefined where it has none at present. */
  leaders: (number | undefined)[]
  /** Why the broker says nothing of it. */
  refusal: string | undefined
}

export type ConnectionState = 'up' | 'down'

const noTopicId = '00000000-0000-0000-0000-000000000000'

/**
 * The brokers: who they are, who leads what, connections to them, and whether anyone answers.
 *
 * state | what happens                                   | then
 * up    | a request failed: everyone calls `recover`     | up, when metadata can be read: the fault was one broker's
 * up    | metadata cannot be read from any broker        | down: one warning; tries again, pausing up to 2 s
 * down  | metadata can be read                           | up: one line that it is back
 */
export class Cluster {
  readonly pauses: Pauses
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #bootstrap: BrokerAddress[]
  readonly #pool: BrokerPool
  readonly #tracked = new Set<string>()
  readonly #topics = new Map<string, TopicLayout>()
  #brokers = new Map<number, BrokerAddress>()
  #controllerId = -1
  readonly #onMetadata = new Set<() => void>()
  readonly #onState = new Set<(state: ConnectionState) => void>()
  #reading: Promise<void> | undefined
  #recovering: Promise<void> | undefined
  #readAtMs = 0
  #downSinceMs: number | undefined
  #closed = false

  constructor(options: CheckedKafkaOptions, tools: { clock: Clock; logger: Logger }) {
    this.#pool = new BrokerPool(options)
    this.#clock = tools.clock
    this.#logger = tools.logger
    this.pauses = new Pauses(tools.clock)
    this.#bootstrap = options.brokers
      .map((text) => parseBrokerAddress(text))
      .filter((found) => found !== undefined)
  }

  get brokerCount(): number {
    return this.#brokers.size
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** When metadata was last read, by the monotonic clock. */
  get readAtMs(): number {
    return this.#readAtMs
  }

  layoutOf(topic: string): TopicLayout | undefined {
    return this.#topics.get(topic)
  }

  /** From now on the topic's layout is kept up. */
  track(topic: string): void {
    this.#tracked.add(topic)
  }

  onMetadata(listener: () => void): void {
    this.#onMetadata.add(listener)
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#onState.add(listener)
    return () => this.#onState.delete(listener)
  }

  /** Reads who leads what, from any broker that answers; rejects with the last one's fault. Shared while it runs. */
  readMetadata(): Promise<void> {
    this.#reading ??= this.#readMetadata().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  /** Metadata that was asked for after this call. */
  async readFreshMetadata(): Promise<void> {
    await this.#reading?.catch(() => {})
    await this.readMetadata()
  }

  /** Resolves when a broker answers again, or on close. */
  recover(): Promise<void> {
    this.#recovering ??= this.#recover().finally(() => {
      this.#recovering = undefined
    })
    return this.#recovering
  }

  /**
   * Tries until it succeeds, and rejects with BUS_ACCESS_DENIED, with BUS_UNAVAILABLE after `limitMs` or when the broker
   * will not, with BUS_CLOSED.
   */
  async persist<T>(what: string, limitMs: number, attempt: () => Promise<T>): Promise<T> {
    let last: unknown
    let late = false
    const tries = async (): Promise<T> => {
      for (let count = 0; ; count++) {
        try {
          return await attempt()
        } catch (error) {
          last = error
          if (this.#closed) throw closedError()
          if (late || faultKindOf(error) !== 'transient') throw faultError(what, error)
          await this.recover()
          await this.pauses.backOff(count)
        }
      }
    }
    return this.pauses.within(limitMs, tries(), () => {
      late = true
      const reason = last === undefined ? 'no answer' : describeFault(last)
      return new AppError(
        'BUS_UNAVAILABLE',
        `${what}: Kafka did not answer within ${limitMs} ms (${reason}).`,
      )
    })
  }

  /** A connection to a broker for one purpose; opened when there is none. */
  async connect(nodeId: number | undefined, purpose: string): Promise<BrokerConnection> {
    const address = nodeId === undefined ? undefined : this.#brokers.get(nodeId)
    if (address === undefined) throw new BrokerRefusal('LEADER_NOT_AVAILABLE', '')
    return this.#connectTo(address, purpose)
  }

  /** Who takes the creation of topics. */
  connectController(): Promise<BrokerConnection> {
    const known = this.#brokers.has(this.#controllerId)
    return this.connect(known ? this.#controllerId : this.#brokers.keys().next().value, 'control')
  }

  /** Ends the connections of a purpose. */
  disconnect(purpose: string): void {
    this.#pool.disconnect(purpose)
  }

  close(): void {
    this.#closed = true
    this.pauses.end()
    this.#pool.close()
  }

  async #connectTo(address: BrokerAddress, purpose: string): Promise<BrokerConnection> {
    if (this.#closed) throw closedError()
    return this.#pool.connect(address, purpose)
  }

  async #recover(): Promise<void> {
    for (let attempt = 0; !this.#closed; attempt++) {
      try {
        await this.readMetadata()
        return
      } catch (error) {
        this.#markDown(error)
        await this.pauses.backOff(attempt)
      }
    }
  }

  async #readMetadata(): Promise<void> {
    const known = [...this.#brokers.values()]
    const bootstrap = this.#bootstrap.filter(
      (address) => !known.some((other) => addressText(other) === addressText(address)),
    )
    const faults: unknown[] = []
    for (const address of [...known, ...bootstrap]) {
      try {
        const connection = await this.#connectTo(address, 'control')
        const wanted = [...this.#tracked]
        this.#takeIn(await connection.request(metadataApis, wanted, false, false))
        // The first address is often another name of a broker that is then reached by its own.
        if (!this.#isMember(address)) this.#pool.disconnect('control', address)
        this.#markUp()
        return
      } catch (error) {
        if (this.#closed) throw closedError()
        faults.push(error)
      }
    }
    // What a person can mend says more than a broker that is away.
    throw faults.find((fault) => faultKindOf(fault) !== 'transient') ?? faults[0]
  }

  #isMember(address: BrokerAddress): boolean {
    return [...this.#brokers.values()].some((other) => addressText(other) === addressText(address))
  }

  #takeIn(answer: {
    brokers: { nodeId: number; host: string; port: number }[]
    controllerId: number
    topics: {
      errorCode: number
      name?: string | null | undefined
      topicId?: string | undefined
      partitions: { partitionIndex: number; leaderId: number }[]
    }[]
  }): void {
    // A broker that starts may not know of itself yet.
    if (answer.brokers.length === 0) throw new BrokerRefusal('BROKER_NOT_AVAILABLE', '')
    this.#brokers = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    this.#controllerId = answer.controllerId
    for (const { errorCode, name, topicId, partitions } of answer.topics) {
      if (typeof name !== 'string') continue
      const leaders: (number | undefined)[] = Array.from({ length: partitions.length })
      for (const { partitionIndex, leaderId } of partitions)
        leaders[partitionIndex] = leaderId < 0 ? undefined : leaderId
      this.#topics.set(name, {
        id: topicId === noTopicId ? undefined : topicId,
        leaders,
        refusal: refusalId(errorCode),
      })
    }
    this.#readAtMs = this.#clock.nowMs()
    for (const listener of this.#onMetadata) listener()
  }

  #markDown(error: unknown): void {
    if (this.#downSinceMs !== undefined || this.#closed) return
    this.#downSinceMs = this.#clock.nowMs()
    this.#logger.warn('Kafka does not answer; trying again until it does', { reason: describeFault(error) })
    for (const listener of this.#onState) listener('down')
  }

  #markUp(): void {
    if (this.#downSinceMs === undefined) return
    const awayMs = Math.round(this.#clock.nowMs() - this.#downSinceMs)
    this.#downSinceMs = undefined
    this.#logger.info('Kafka is back', { awayMs })
    for (const listener of this.#onState) listener('up')
  }
}

export const closedError = (): AppError => new AppError('BUS_CLOSED', 'The bus is closed.')

/** What a caller is told of a fault that trying again does not mend. */
export const faultError = (what: string, error: unknown): AppError => {
  if (error instanceof AppError) return error
  const code = faultKindOf(error) === 'denied' ? 'BUS_ACCESS_DENIED' : 'BUS_UNAVAILABLE'
  return new AppError(code, `${what}: ${describeFault(error)}.`, { cause: error })
}
