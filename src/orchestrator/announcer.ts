import type { MessageChannel } from '../bus/message-channel.ts'
import { type ControlMessage, type MessageOf, protocol } from '../bus/messages.ts'
import { type Topic, topics } from '../bus/topics.ts'
import { type Clock, sleep } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { knownOffsetMs } from './clock-estimate.ts'
import type { RunState } from './run-state.ts'
import { buildTestConfig, splitAsset } from './test-config.ts'

/** What drivers must hear is said again while the bus is away, for so long. A trigger that comes later starts nothing. */
const commandLifeMs = 60_000

const retryMs = 250

/** Says to drivers what a run has to say. Every method resolves when the bus has it, and rejects as {@link Bus.publish} does. */
export class Announcer {
  readonly #channel: MessageChannel
  readonly #clock: Clock

  constructor(channel: MessageChannel, clock: Clock) {
    this.#channel = channel
    this.#clock = clock
  }

  async configure(
    { id, scenario, drivers }: RunState,
    assets: ReadonlyMap<string, Uint8Array>,
  ): Promise<void> {
    for (const [sha256, content] of assets)
      for (const part of splitAsset(sha256, content)) await this.#publish(topics.asset, sha256, part)
    const nowMs = this.#clock.wallMs()
    const ours = [...drivers.values()].filter(({ isForeign }) => !isForeign)
    const config = buildTestConfig(
      id,
      scenario,
      ours.map((driver) => driver.id),
      nowMs,
      nowMs + scenario.start.deadlineMs,
    )
    await this.#publish(topics.testConfig, id, config)
  }

  /** Of a run whose start instant is decided. Who heard it before ignores it. */
  async trigger({ id, startAtMs, drivers }: RunState): Promise<void> {
    if (startAtMs === null) return
    const offsets = [...drivers.values()]
      .map((driver) => [driver.id, knownOffsetMs(driver.clock)] as const)
      .filter(([, offsetMs]) => offsetMs !== 0)
    await this.#publish(topics.trigger, id, {
      test_id: id,
      trigger: 'YES',
      protocol,
      start_at: startAtMs,
      ...(offsets.length === 0 ? {} : { clock_offsets_ms: Object.fromEntries(offsets) }),
      issued_at: this.#clock.wallMs(),
      expires_at: startAtMs + commandLifeMs,
    })
  }

  async control(message: ControlMessage): Promise<void> {
    await this.#publish(topics.control, message.test_id, message)
  }

  async #publish<T extends Topic>(topic: T, key: string, message: MessageOf[T]): Promise<void> {
    const lastMs = this.#clock.nowMs() + commandLifeMs
    for (;;) {
      try {
        await this.#channel.publish(topic, key, message)
        return
      } catch (error) {
        const isAway = error instanceof AppError && error.code === 'BUS_UNAVAILABLE'
        if (!isAway || this.#clock.nowMs() >= lastMs) throw error
        await sleep(this.#clock, retryMs)
      }
    }
  }
}
