import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../lib/clock.ts'

/**
 * A driver as others have written it, for the mini cluster: it knows the brief's five topics and the bytes on them, and
 * nothing of ours. It reads from the first message, obeys every trigger, and dies of one whose configuration it has not
 * seen, as a known implementation does.
 */
export interface BriefHabits {
  id: string
  /** Left out: it never does. */
  registers?: boolean
  heartbeats?: boolean
  /** Its reports name the run. */
  namesRun?: boolean
  /** Its reports have ids of their own; otherwise an empty one. */
  numbersReports?: boolean
  /** Its reports say how many requests were completed. */
  counts?: boolean
  /** A trigger that it has seen makes it begin again. */
  obeysAgain?: boolean
  /** It says nothing more after so many answers, as if it had been killed. */
  diesAfter?: number
  reportEveryMs?: number
  answerMs?: number
}

export class BriefDriverDouble {
  /** Answers that its own target gave. */
  answered = 0
  isCrashed = false
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #habits: BriefHabits
  readonly #configs = new Map<string, number>()
  readonly #begun = new Set<string>()
  readonly #latencies: number[] = []
  #reports = 0

  constructor(bus: Bus, clock: Clock, habits: BriefHabits) {
    this.#bus = bus
    this.#clock = clock
    this.#habits = habits
  }

  async start(): Promise<void> {
    const { id, registers, heartbeats } = this.#habits
    await this.#bus.subscribe('test_config', { from: 'earliest' }, ({ value }) => {
      const { test_id: testId, message_count_per_driver: count } = JSON.parse(new TextDecoder().decode(value))
      this.#configs.set(testId, count)
    })
    await this.#bus.subscribe('trigger', { from: 'earliest' }, ({ value }) => {
      const { test_id: testId } = JSON.parse(new TextDecoder().decode(value))
      const count = this.#configs.get(testId)
      if (count === undefined) this.isCrashed = true
      else if (this.#habits.obeysAgain || !this.#begun.has(testId)) this.#run(testId, count)
      this.#begun.add(testId)
    })
    if (registers) await this.#say('register', { node_id: id, node_ip: 'IPAddr' })
    if (heartbeats) this.#every(1000, () => this.#say('heartbeat', { node_id: id, heartbeat: true }))
  }

  /** One request after the other; each answer takes a little longer than the last. */
  #run(testId: string, count: number): void {
    const { answerMs = 10, reportEveryMs = 1000, diesAfter = count } = this.#habits
    this.#latencies.length = 0
    const next = (): void => {
      const latencyMs = answerMs + (this.#latencies.length % 7)
      this.#clock.after(latencyMs, () => {
        this.answered++
        this.#latencies.push(latencyMs)
        if (this.#latencies.length === diesAfter && diesAfter < count) this.isCrashed = true
        else if (this.#latencies.length < count) next()
      })
    }
    next()
    let wasDone = false
    this.#every(reportEveryMs, async () => {
      if (wasDone) return
      wasDone = this.#latencies.length === count
      await this.#report(testId)
    })
  }

  async #report(testId: string): Promise<void> {
    const { id, namesRun, numbersReports, counts } = this.#habits
    const sorted = this.#latencies.toSorted((a, b) => a - b)
    const sum = sorted.reduce((total, ms) => total + ms, 0)
    await this.#say('metrics', {
      node_id: id,
      ...(namesRun ? { test_id: testId } : {}),
      report_id: numbersReports ? `${id}-${this.#reports++}` : '',
      metrics: {
        mean_latency: sorted.length === 0 ? 0 : sum / sorted.length,
        median_latency: sorted[sorted.length >> 1] ?? 0,
        min_latency: sorted[0] ?? 0,
        max_latency: sorted.at(-1) ?? 0,
        ...(counts ? { num_requests: `${sorted.length}` } : {}),
      },
    })
  }

  #every(periodMs: number, act: () => Promise<void>): void {
    const tick = (): void => {
      if (this.isCrashed) return
      void act()
      this.#clock.after(periodMs, tick)
    }
    tick()
  }

  async #say(topic: string, message: object): Promise<void> {
    if (!this.isCrashed)
      await this.#bus.publish(topic, this.#habits.id, new TextEncoder().encode(JSON.stringify(message)))
  }
}
