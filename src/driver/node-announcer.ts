import type { MessageChannel } from '../bus/message-channel.ts'
import type { HeartbeatMessage, RegisterMessage } from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import type { Clock, Timer } from '../lib/clock.ts'

/**
 * What a driver says of itself: its registration until the bus has taken it, and heartbeats, one each second and at once
 * where `say` asks for one. One message is under way at a time and none waits behind it: while the broker is away only
 * the newest state matters, so a heartbeat is built at the moment when it is sent.
 */
export interface NodeAnnouncerOptions {
  channel: MessageChannel
  clock: Clock
  nodeId: string
  registration: RegisterMessage
  /** The heartbeat as of now. */
  describe: () => HeartbeatMessage
  /** Called each second, before the heartbeat. `lateMs`: how much too late, because this process stood still. */
  onBeat: (lateMs: number) => void
  /** Called after each attempt: without an error when the bus took it. */
  onAttempt: (error?: unknown) => void
}

const heartbeatMs = 1000

/** Answers to configurations that wait to be said: who floods us with these gets no answer to each. */
const maxAnswers = 10

export class NodeAnnouncer {
  readonly #options: NodeAnnouncerOptions
  #timer: Timer | undefined
  #sending: Promise<void> | undefined
  #mustRegister = false
  #mustBeat = false
  #answers: HeartbeatMessage[] = []
  #isStopped = false

  constructor(options: NodeAnnouncerOptions) {
    this.#options = options
  }

  /** Registers and beats from now on. Resolves when both were tried. */
  start(): Promise<void> {
    this.#mustRegister = true
    this.#arm()
    return this.say()
  }

  /** The state as it is now, or as it is when the message under way is through. Never rejects. */
  say(): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    this.#mustBeat = true
    this.#sending ??= this.#send()
    return this.#sending
  }

  /** One message for whoever asked something of this driver that it is not going to do; then its state again. */
  answer(message: HeartbeatMessage): void {
    if (this.#answers.length < maxAnswers) this.#answers.push(message)
    void this.say()
  }

  /** Somebody may not know us yet. */
  registerAgain(): void {
    this.#mustRegister = true
  }

  /** Says the state a last time and nothing afterwards. Resolves when the bus took it, or did not. */
  async sayLast(): Promise<void> {
    this.#timer?.cancel()
    await this.#sending
    await this.say()
    this.stop()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#isStopped = true
  }

  #arm(): void {
    const { clock, onBeat } = this.#options
    const dueMs = clock.nowMs() + heartbeatMs
    this.#timer = clock.after(heartbeatMs, () => {
      this.#arm()
      onBeat(clock.nowMs() - dueMs)
      void this.say()
    })
  }

  async #send(): Promise<void> {
    const { channel, nodeId, registration, describe } = this.#options
    while (this.#mustBeat && !this.#isStopped) {
      this.#mustBeat = false
      if (this.#mustRegister)
        this.#mustRegister = !(await this.#attempt(() =>
          channel.publish(topics.register, nodeId, registration),
        ))
      for (let answer = this.#answers.shift(); answer !== undefined; answer = this.#answers.shift()) {
        const message = answer
        await this.#attempt(() => channel.publish(topics.heartbeat, nodeId, message))
      }
      await this.#attempt(() => channel.publish(topics.heartbeat, nodeId, describe()))
    }
    this.#sending = undefined
  }

  async #attempt(publish: () => Promise<void>): Promise<boolean> {
    try {
      await publish()
      this.#options.onAttempt()
      return true
    } catch (error) {
      this.#options.onAttempt(error)
      return false
    }
  }
}
