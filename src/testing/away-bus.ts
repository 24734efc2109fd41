import type { Bus } from '../bus/bus.ts'
import { AppError } from '../lib/errors.ts'

/** Whether a broker can be reached; shared by the buses of all who lose it together. */
export class BrokerSwitch {
  #back: PromiseWithResolvers<void> | undefined

  get isAway(): boolean {
    return this.#back !== undefined
  }

  goAway(): void {
    this.#back ??= Promise.withResolvers()
  }

  comeBack(): void {
    this.#back?.resolve()
    this.#back = undefined
  }

  /** Resolves when it is there, at once if it is. */
  async present(): Promise<void> {
    while (this.#back !== undefined) await this.#back.promise
  }
}

/**
 * A bus whose broker can be away: what is published is refused with BUS_UNAVAILABLE, what is delivered is held, in order,
 * until it is back.
 */
export class AwayBus implements Bus {
  readonly #bus: Bus
  readonly #switches: readonly BrokerSwitch[]

  constructor(bus: Bus, ...switches: BrokerSwitch[]) {
    this.#bus = bus
    this.#switches = switches
  }

  publish: Bus['publish'] = async (topic, key, value) => {
    this.#assertPresent()
    await this.#bus.publish(topic, key, value)
  }

  purge: Bus['purge'] = async (topic) => {
    this.#assertPresent()
    await this.#bus.purge(topic)
  }

  subscribe: Bus['subscribe'] = async (topic, options, handler) => {
    const closing = Promise.withResolvers<void>()
    let isClosed = false
    const subscription = await this.#bus.subscribe(topic, options, async (message) => {
      while (!isClosed && this.#isAway) await Promise.race([closing.promise, this.#present()])
      if (!isClosed) await handler(message)
    })
    return {
      close: async () => {
        isClosed = true
        closing.resolve()
        await subscription.close()
      },
    }
  }

  close(): Promise<void> {
    return this.#bus.close()
  }

  async #present(): Promise<void> {
    for (const broker of this.#switches) await broker.present()
  }

  get #isAway(): boolean {
    return this.#switches.some((broker) => broker.isAway)
  }

  #assertPresent(): void {
    if (this.#isAway) throw new AppError('BUS_UNAVAILABLE', 'The broker is away.')
  }
}
