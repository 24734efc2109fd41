import { isIP } from 'node:net'
import { apiVersionsV1, Connection, ConnectionStatuses } from '@platformatic/kafka'
import { version } from '../../lib/version.ts'
import type { BrokerApi } from './broker-apis.ts'
import { answerOf, BrokerRefusal, ForeignServer } from './kafka-faults.ts'
import { addressText, type BrokerAddress, type CheckedKafkaOptions, tlsOptionsOf } from './kafka-options.ts'

/** A request that takes longer is given up, and its connection with it. */
export const requestTimeoutMs = 6_000

/** A broker keeps a Fetch this long when there is nothing to give. */
export const longPollMs = 1_000

/**
 * One connection to one broker, logged in, that knows which versions of each request the broker understands. A broker
 * works on one request of a connection at a time: what may wait long (Fetch) has a connection of its own.
 */
export class BrokerConnection {
  readonly address: BrokerAddress
  readonly #connection: Connection
  readonly #versions = new Map<number, { min: number; max: number }>()
  /** Why it ended: the library tells requests only that it did. */
  #fault: Error | undefined
  #hasAnswered = false

  private constructor(address: BrokerAddress, connection: Connection) {
    this.address = address
    this.#connection = connection
  }

  /** `adopt` gets the connection before it is up, so that whoever closes can end it at any time. */
  static async open(
    address: BrokerAddress,
    options: CheckedKafkaOptions,
    adopt: (connection: BrokerConnection) => void,
  ): Promise<BrokerConnection> {
    const { tls, sasl } = options
    const connection = new Connection(options.clientId, {
      connectTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs + longPollMs,
      ...(tls === undefined ? {} : { tls: tlsOptionsOf(tls) }),
      // RFC 6066: no address as server name.
      ...(tls === undefined || isIP(address.host) !== 0 ? {} : { tlsServerName: address.host }),
      ...(sasl === undefined ? {} : { sasl }),
    })
    const opened = new BrokerConnection(address, connection)
    connection.on('error', (error: Error) => {
      opened.#fault ??= error
    })
    adopt(opened)
    try {
      await connection.connect(address.host, address.port)
      await opened.#learnVersions()
      return opened
    } catch (error) {
      opened.close()
      throw new ConnectFault(address, error)
    }
  }

  async #learnVersions(): Promise<void> {
    let beginning = ''
    const look = (chunk: Buffer): void => {
      if (beginning.length < 5) beginning += chunk.toString('latin1', 0, 8)
    }
    this.#connection.socket?.on('data', look)
    try {
      const answer = await answerOf(
        apiVersionsV1.api.async(this.#connection, 'groundswell', version.replaceAll('+', '-')),
      )
      for (const { apiKey, minVersion, maxVersion } of answer.apiKeys)
        this.#versions.set(apiKey, { min: minVersion, max: maxVersion })
    } catch (error) {
      if (beginning.startsWith('HTTP/')) throw new ForeignServer('an HTTP server answers there, not Kafka')
      throw this.#fault ?? error
    } finally {
      this.#connection.socket?.off('data', look)
    }
  }

  get isOpen(): boolean {
    const { status } = this.#connection
    return status === ConnectionStatuses.CONNECTED || status === ConnectionStatuses.REAUTHENTICATING
  }

  knows<A extends unknown[], R>(versions: readonly BrokerApi<A, R>[]): boolean {
    return this.#choose(versions) !== undefined
  }

  /** The answer, errors in it or not, to the newest version that both sides know. */
  async request<A extends unknown[], R>(versions: readonly BrokerApi<A, R>[], ...args: A): Promise<R> {
    const api = this.#choose(versions)
    if (api === undefined)
      throw new BrokerRefusal(
        'UNSUPPORTED_VERSION',
        `${addressText(this.address)} is too old or too new for us`,
      )
    try {
      const answer = await answerOf(api.async(this.#connection, ...args))
      this.#hasAnswered = true
      return answer
    } catch (error) {
      if (this.#fault !== undefined) throw new ConnectFault(this.address, this.#fault)
      if (!this.#hasAnswered && isClosed(error)) throw new ClosedDoor(this.address, error)
      throw error
    }
  }

  #choose<A extends unknown[], R>(versions: readonly BrokerApi<A, R>[]): BrokerApi<A, R> | undefined {
    return versions.find((api) => {
      const known = this.#versions.get(api.key)
      return known !== undefined && api.version >= known.min && api.version <= known.max
    })
  }

  /** At once; whoever waits for an answer is told. */
  close(): void {
    // With an error, as without one the library would notice only when the time to connect is over.
    this.#connection.socket?.destroy(new Error('Connection closed'))
    void this.#connection.close()
  }
}

const isClosed = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('Connection closed')

/** A connection that could not be made, or that broke. */
export class ConnectFault extends Error {
  override readonly name: string = 'ConnectFault'
  readonly address: BrokerAddress

  constructor(address: BrokerAddress, cause: unknown) {
    super(`no connection to ${addressText(address)}`, { cause })
    this.address = address
  }
}

/** The broker greeted and then closed the connection: it does so to whoever does not log in, and when it is ending. */
export class ClosedDoor extends ConnectFault {
  override readonly name = 'ClosedDoor'
}
