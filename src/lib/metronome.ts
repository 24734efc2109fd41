import { hrtime } from 'node:process'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/**
 * Timers finer than the event loop's. An event loop sleeps in whole milliseconds and wakes late rather than early: a
 * timer of its own comes 0.5 ms late in the middle and 1.1 ms at p99. Here a thread sleeps on a futex, which the
 * kernel ends within some microseconds of the instant asked for, and wakes the loop by a message: 0.1 ms in the middle.
 * That costs about 20 us of CPU a call, so it is for few, important instants; spinning would cost a whole core.
 *
 * Shared memory between the two threads:
 *
 *   Int32   [0]  changes: grows whenever `due` was set; what the thread sleeps on
 *   Float64 [1]  due: instant of the next call on the machine's monotonic clock, milliseconds; 0: none
 */
const sharedBytes = 16

const machineMs = (): number => {
  const [seconds, nanoseconds] = hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

interface Waiting {
  dueMs: number
  callback: () => void
}

export class Metronome {
  readonly #shared = new SharedArrayBuffer(sharedBytes)
  readonly #changes = new Int32Array(this.#shared, 0, 1)
  readonly #due = new Float64Array(this.#shared, 8, 1)
  readonly #worker: Worker
  /** Few at a time: one for each run loop. */
  #waiting: Waiting[] = []

  constructor() {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { metronome: this.#shared } })
    this.#worker.on('message', () => this.#call())
    this.#worker.unref()
  }

  after(delayMs: number, callback: () => void): { cancel(): void } {
    const waiting = { dueMs: machineMs() + delayMs, callback }
    this.#waiting.push(waiting)
    this.#worker.ref()
    this.#announce()
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        if (this.#waiting.length === 0) this.#worker.unref()
      },
    }
  }

  #call(): void {
    const nowMs = machineMs()
    const due = this.#waiting.filter((waiting) => waiting.dueMs <= nowMs).sort((a, b) => a.dueMs - b.dueMs)
    this.#waiting = this.#waiting.filter((waiting) => waiting.dueMs > nowMs)
    for (const { callback } of due) callback()
    if (this.#waiting.length === 0) this.#worker.unref()
    else this.#announce()
  }

  /** Tells the thread the earliest instant. */
  #announce(): void {
    let earliest = Number.POSITIVE_INFINITY
    for (const { dueMs } of this.#waiting) earliest = Math.min(earliest, dueMs)
    if (this.#due[0] === earliest) return
    this.#due[0] = earliest
    Atomics.add(this.#changes, 0, 1)
    Atomics.notify(this.#changes, 0)
  }
}

/** The thread: sleeps until the announced instant or a change of it, says so once, sleeps again. */
const beat = (shared: SharedArrayBuffer): void => {
  const changes = new Int32Array(shared, 0, 1)
  const due = new Float64Array(shared, 8, 1)
  let told = 0
  for (;;) {
    const seen = Atomics.load(changes, 0)
    const dueMs = due[0] ?? 0
    const waitMs = dueMs === 0 || dueMs === told ? Number.POSITIVE_INFINITY : dueMs - machineMs()
    if (waitMs > 0 && Atomics.wait(changes, 0, seen, waitMs) !== 'timed-out') continue
    // Should the kernel be a moment early, the callback would find nothing due and wait for ever.
    if (machineMs() < dueMs) continue
    told = dueMs
    parentPort?.postMessage(0)
  }
}

if (!isMainThread && workerData?.metronome instanceof SharedArrayBuffer) beat(workerData.metronome)
