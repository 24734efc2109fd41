import type { Clock, Timer } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'

/** A published message that the broker has not acknowledged yet. Its promise settles once, at its deadline at the latest. */
export class PendingRecord {
  readonly topic: string
  readonly key: Buffer
  readonly value: Buffer
  readonly takenAtMs: bigint
  readonly settled: Promise<void>
  readonly #timer: Timer
  readonly #resolve: () => void
  readonly #reject: (error: unknown) => void
  #isSettled = false

  constructor(topic: string, key: string, value: Uint8Array, timeoutMs: number, clock: Clock) {
    this.topic = topic
    this.key = Buffer.from(key)
    this.value = Buffer.from(value)
    this.takenAtMs = BigInt(clock.wallMs())
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.settled = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = clock.after(timeoutMs, () => {
      this.fail(
        new AppError('BUS_UNAVAILABLE', `Kafka did not take a message for ${topic} within ${timeoutMs} ms.`),
      )
    })
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** What it takes in a request, with room for what Kafka writes around it. */
  get sizeBytes(): number {
    return this.key.length + this.value.length + 64
  }

  succeed(): void {
    if (this.#settle()) this.#resolve()
  }

  fail(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  #settle(): boolean {
    if (this.#isSettled) return false
    this.#isSettled = true
    this.#timer.cancel()
    return true
  }
}
