import { BrokerConnection } from './broker-connection.ts'
import { addressText, type BrokerAddress, type CheckedKafkaOptions } from './kafka-options.ts'

/** Connections by broker and purpose, opened when they are asked for. A purpose is what may share one. */
export class BrokerPool {
  readonly #options: CheckedKafkaOptions
  readonly #byKey = new Map<string, Promise<BrokerConnection>>()
  /** All, also those that are still being made. */
  readonly #all = new Set<BrokerConnection>()

  constructor(options: CheckedKafkaOptions) {
    this.#options = options
  }

  async connect(address: BrokerAddress, purpose: string): Promise<BrokerConnection> {
    const key = `${purpose} ${addressText(address)}`
    const known = this.#byKey.get(key)
    if (known !== undefined) {
      const connection = await known
      if (connection.isOpen) return connection
      // Brokers close what was idle for some minutes: that is no fault.
      this.#drop(connection)
      if (this.#byKey.get(key) === known) this.#byKey.delete(key)
      return this.connect(address, purpose)
    }
    let made: BrokerConnection | undefined
    const opening = BrokerConnection.open(address, this.#options, (connection) => {
      made = connection
      this.#all.add(connection)
    })
    this.#byKey.set(key, opening)
    try {
      return await opening
    } catch (error) {
      if (made !== undefined) this.#all.delete(made)
      if (this.#byKey.get(key) === opening) this.#byKey.delete(key)
      throw error
    }
  }

  /** Ends the connections of a purpose, to one broker or to all. */
  disconnect(purpose: string, address?: BrokerAddress): void {
    const wanted = `${purpose} ${address === undefined ? '' : addressText(address)}`
    for (const [key, connection] of [...this.#byKey]) {
      if (address === undefined ? !key.startsWith(wanted) : key !== wanted) continue
      this.#byKey.delete(key)
      connection.then((open) => this.#drop(open)).catch(() => {})
    }
  }

  close(): void {
    for (const connection of this.#all) connection.close()
  }

  #drop(connection: BrokerConnection): void {
    this.#all.delete(connection)
    connection.close()
  }
}
