import type { Clock, Timer } from '../lib/clock.ts'
import type { Pacer } from '../pacing/pacer.ts'
import type { Steering } from '../pacing/steering.ts'
import type { Workload } from '../workloads/workload.ts'

/**
 * Starts a share's operations when its pacer says so.
 *
 *   waiting ──start instant──▶ running ──pacer has no more, or stop()──▶ draining ──nothing in flight──▶ done
 *
 * Open loads are driven by time alone: on every turn all that is due is started, however late, with its intended start;
 * what exceeds the bound on memory is refused, which counts it. Closed loads are driven by ends: `operationEnded` starts
 * the next. The loop never waits for an answer and never throws; ends may come from within a start.
 */
export interface RunLoopOptions {
  clock: Clock
  workload: Workload
  share: { index: number; of: number }
  /** The start instant on the clock's monotonic time. */
  startMs: number
  /** Open loads: operations in flight above this are refused. */
  maxInFlight: number
  createPacer: (steering: readonly Steering[]) => Pacer
  /** Called when the loop really began, and once when it is done. */
  onBegin: (nowMs: number) => void
  onDone: () => void
}

/** Starts in one go before sockets get a turn. Large enough that a stall is caught up at once, small enough to stay fair. */
const batchSize = 512

/** Waking up finer than this costs more CPU than it is worth; what falls due meanwhile starts together. */
const shortestWaitMs = 0.5

/**
 * What falls due within this starts together, though an answer came in between. At 60,000/s it saves a quarter of the CPU:
 * one turn of the event loop, one wake-up of the target and of us, serve fifteen requests instead of one.
 */
const togetherMs = 0.25

/**
 * Above so many starts a second answers come so often that each of them is an occasion to look: a plain timer is enough
 * for when the target stands still.
 */
const busyPerSecond = 25_000

export class RunLoop {
  readonly #options: RunLoopOptions
  #steering: readonly Steering[] = []
  #pacer: Pacer
  #started = 0
  #state: 'waiting' | 'running' | 'draining' | 'done' = 'waiting'
  #stopped = false
  #timer: Timer | undefined
  /** When the timer will call, on the monotonic clock. */
  #timerMs = Number.POSITIVE_INFINITY
  #advancing = false
  /** Open loads: answers before this are no occasion to look for what is due. */
  #lookMs = 0
  #continuing = false

  constructor(options: RunLoopOptions) {
    this.#options = options
    this.#pacer = options.createPacer([])
  }

  /** Operations of this share that were due so far: started or refused. */
  get started(): number {
    return this.#started
  }

  /** Nothing more will start, unless steering adds to it. */
  get isExhausted(): boolean {
    return this.#state === 'draining' || this.#state === 'done'
  }

  start(): void {
    this.#arm(this.#options.startMs)
  }

  /** Operations already started stay; those from the newest instant on follow the changed schedule. */
  steer(steering: readonly Steering[]): void {
    if (this.#state === 'done' || this.#stopped) return
    this.#steering = steering
    this.#pacer = this.#options.createPacer(steering)
    if (this.#state === 'draining') this.#state = 'running'
    if (this.#state !== 'running') return
    this.#advance()
  }

  /** Starts nothing more; done when what is in flight has ended. */
  stop(): void {
    if (this.#state === 'done') return
    this.#stopped = true
    this.#state = 'draining'
    this.#disarm()
    this.#finishIfDrained()
  }

  /** The workload's `onEnd`: an operation ended, perhaps within its own start. */
  operationEnded(): void {
    if (this.#advancing) return
    if (this.#state === 'running') {
      if (this.#timer === undefined || this.#options.clock.nowMs() >= this.#lookMs) this.#advance()
    } else if (this.#state === 'draining') this.#finishIfDrained()
  }

  #advance(): void {
    if (this.#advancing) return
    const { clock, workload, share, startMs, maxInFlight } = this.#options
    this.#advancing = true
    let elapsedMs = clock.nowMs() - startMs
    const most = this.#pacer.concurrency(elapsedMs)
    const isOpen = most === Number.POSITIVE_INFINITY
    let dueMs = 0
    let left = batchSize
    while (left > 0) {
      dueMs = elapsedMs + this.#pacer.next(elapsedMs, this.#started)
      if (Number.isNaN(dueMs)) dueMs = Number.POSITIVE_INFINITY
      if (dueMs > elapsedMs) {
        // Time went by while we started what was due: look again before going to sleep.
        elapsedMs = clock.nowMs() - startMs
        if (dueMs > elapsedMs) break
      }
      if (!isOpen && workload.inFlight >= most) break
      const operation = share.index + this.#started * share.of
      this.#started++
      left--
      if (isOpen && workload.inFlight >= maxInFlight) workload.refuse(operation, 'maxInFlight')
      else workload.start(operation, startMs + dueMs)
    }
    this.#advancing = false
    this.#lookMs = isOpen ? startMs + elapsedMs + togetherMs : 0
    if (this.#state !== 'running') this.#finishIfDrained()
    else if (left === 0) this.#continueSoon()
    else if (dueMs === Number.POSITIVE_INFINITY) this.#exhaust()
    else if (dueMs > elapsedMs) this.#arm(startMs + dueMs)
    else this.#armNextSteering(elapsedMs)
  }

  /** A closed load has no due times that would wake us at the instant from which a change holds. */
  #armNextSteering(elapsedMs: number): void {
    const next = this.#steering.find((event) => event.atMs > elapsedMs)
    if (next !== undefined) this.#arm(this.#options.startMs + next.atMs)
  }

  /** No further operation, ever: a load that is only paused waits instead. */
  #exhaust(): void {
    this.#state = 'draining'
    this.#disarm()
    this.#finishIfDrained()
  }

  #finishIfDrained(): void {
    if (this.#state !== 'draining' || this.#options.workload.inFlight > 0) return
    this.#state = 'done'
    this.#options.onDone()
  }

  #continueSoon(): void {
    if (this.#continuing) return
    this.#continuing = true
    this.#options.clock.soon(() => {
      this.#continuing = false
      if (this.#state === 'running') this.#advance()
    })
  }

  #arm(atMs: number): void {
    if (this.#timer !== undefined && this.#timerMs <= atMs) return
    this.#disarm()
    const { clock, startMs } = this.#options
    const nowMs = clock.nowMs()
    const delayMs = Math.max(shortestWaitMs, atMs - nowMs)
    const wake = () => {
      this.#timer = undefined
      this.#timerMs = Number.POSITIVE_INFINITY
      this.#wake()
    }
    const isBusy = this.#started > 0 && this.#started * 1000 > busyPerSecond * (nowMs - startMs)
    this.#timerMs = atMs
    this.#timer = isBusy ? clock.after(delayMs, wake) : clock.afterPrecisely(delayMs, wake)
  }

  #disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerMs = Number.POSITIVE_INFINITY
  }

  #wake(): void {
    if (this.#state === 'waiting') {
      const nowMs = this.#options.clock.nowMs()
      if (nowMs < this.#options.startMs) {
        this.#arm(this.#options.startMs)
        return
      }
      this.#state = 'running'
      this.#options.onBegin(nowMs)
    }
    if (this.#state === 'running') this.#advance()
  }
}
