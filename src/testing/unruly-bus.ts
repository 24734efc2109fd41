import type { Bus, BusMessage, MessageHandler, SubscribeOptions, Subscription } from '../bus/bus.ts'
import type { Clock } from '../lib/clock.ts'
import { drawFraction, streamOf } from '../lib/random.ts'

/** What may happen to a message on its way to a subscriber; decided by the seed. */
export interface Unruliness {
  seed: number
  /** Each message is this late, uniformly. Order within a subscription is kept, as a bus must. */
  delayMs?: readonly [min: number, max: number]
  /** Share of messages delivered twice. */
  duplicates?: number
  /** Share of messages never delivered; decided by `mayDrop` which. */
  drops?: number
  mayDrop?: (message: BusMessage) => boolean
}

/** Delivers as an at-least-once bus on a bad day does, on the test's clock. */
export class UnrulyBus implements Bus {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #unruliness: Unruliness
  readonly #purging = new Set<string>()
  #draws = 0

  constructor(bus: Bus, clock: Clock, unruliness: Unruliness) {
    this.#bus = bus
    this.#clock = clock
    this.#unruliness = unruliness
  }

  publish(topic: string, key: string, value: Uint8Array): Promise<void> {
    // Whether anybody read it before it was purged is luck, and luck is bad here.
    if (this.#purging.has(topic)) return Promise.resolve()
    return this.#bus.publish(topic, key, value)
  }

  /** Late too, though not by the clock, and then up to whatever has come meanwhile. */
  async purge(topic: string): Promise<void> {
    this.#purging.add(topic)
    if (this.#unruliness.delayMs !== undefined)
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    await this.#bus.purge(topic)
    this.#purging.delete(topic)
  }

  subscribe(topic: string, options: SubscribeOptions, handler: MessageHandler): Promise<Subscription> {
    return this.#bus.subscribe(topic, options, async (message) => {
      const { drops = 0, duplicates = 0, delayMs, mayDrop } = this.#unruliness
      if (this.#draw('drop') < drops && (mayDrop?.(message) ?? true)) return
      if (delayMs !== undefined) {
        const [min, max] = delayMs
        const lateMs = min + (max - min) * this.#draw('delay')
        await new Promise<void>((resolve) => {
          this.#clock.after(lateMs, resolve)
        })
      }
      await handler(message)
      if (this.#draw('duplicate') < duplicates) await handler(message)
    })
  }

  close(): Promise<void> {
    return this.#bus.close()
  }

  #draw(what: string): number {
    return drawFraction(this.#unruliness.seed, streamOf(what), this.#draws++)
  }
}
