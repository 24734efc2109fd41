import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { ScenarioInvalid } from '../scenario/scenario-faults.ts'
import type { ApiLimits } from './api-options.ts'
import type { RawBody } from './route.ts'
import {
  type ReadRefusal,
  type ReadScenario,
  type ScenarioAnswer,
  type ScenarioTask,
  scenarioTooLarge,
} from './scenario-task.ts'

/**
 * Scenarios that come from outside are read in threads, so that one that takes long, or more memory than it should, holds
 * up nothing here: its thread is ended. A thread is made on first use and kept; it does not keep the process.
 *
 *   none      task           starting (the task waits for its `ready`)
 *   starting  ready          busy
 *   busy      answer         idle, or busy with the next one that waits
 *   idle      task           busy
 *   busy      limit passed   none: the task is refused
 *   any       error, exit    none: its task is refused
 */
const maxThreads = 2

/** Requests that wait for a thread, and their bodies together. */
const maxWaiting = 100
const maxWaitingBytes = 64 * 2 ** 20

/** Of a thread: enough for files of 24 MB, which cross it as two texts. A small young part keeps an idle thread small. */
const heapMiB = 128
const youngMiB = 8

/** How often a busy thread is looked at. */
const lookMs = 100

/** Files that come along want time of their own: a second of computing for so much. */
const bytesPerSecond = 8 * 2 ** 20

/** By the clock a task may take so many times longer than it may compute: others want the processors too. */
const patience = 5

interface Job {
  task: ScenarioTask
  resolve: (read: ReadScenario) => void
  reject: (error: unknown) => void
}

export interface ScenarioReaderOptions {
  clock: Clock
  drawSeed: () => number
  limits: Pick<ApiLimits, 'parseMs' | 'scenarioBytes'>
}

export class ScenarioReader {
  readonly #options: ScenarioReaderOptions
  readonly #threads = new Set<ScenarioThread>()
  readonly #waiting: Job[] = []
  #isClosed = false

  constructor(options: ScenarioReaderOptions) {
    this.#options = options
  }

  /**
   * Rejects with ScenarioInvalid, SCENARIO_UNREADABLE, REQUEST_INVALID, BODY_TOO_LARGE (also where it takes too long), and with
   * QUEUE_FULL where too many wait.
   */
  read({ bytes, type }: RawBody, makesRun: boolean): Promise<ReadScenario> {
    const { limits, drawSeed } = this.#options
    if (type === 'yaml' && bytes.length > limits.scenarioBytes)
      return Promise.reject(scenarioTooLarge(limits.scenarioBytes))
    const waitingBytes = this.#waiting.reduce((sum, { task }) => sum + task.body.length, 0)
    if (this.#waiting.length >= maxWaiting || waitingBytes + bytes.length > maxWaitingBytes)
      return Promise.reject(
        new AppError('QUEUE_FULL', 'Too many scenarios wait to be read.', { hint: 'Try again in a moment.' }),
      )
    const task: ScenarioTask = {
      body: bytes,
      type,
      makesRun,
      seed: drawSeed(),
      maxScenarioBytes: limits.scenarioBytes,
    }
    if (this.#isClosed) return Promise.reject(ended())
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject })
      this.#next()
    })
  }

  /** What is being read, or waits, is rejected. */
  close(): void {
    this.#isClosed = true
    for (const { reject } of this.#waiting.splice(0)) reject(ended())
    for (const thread of this.#threads) thread.end()
  }

  #next(): void {
    const isIdle = (thread: ScenarioThread): boolean => !thread.isBusy
    while (this.#waiting.length > 0) {
      const thread = [...this.#threads].find(isIdle) ?? this.#start()
      const job = thread === undefined ? undefined : this.#waiting.shift()
      if (thread === undefined || job === undefined) return
      thread.take(job)
    }
  }

  #start(): ScenarioThread | undefined {
    // Another one only where those that are there take long: it costs memory.
    if (this.#threads.size >= maxThreads || [...this.#threads].some((thread) => !thread.isSlow))
      return undefined
    const { clock, limits } = this.#options
    const thread = new ScenarioThread(clock, limits.parseMs, {
      onChange: () => this.#next(),
      onGone: () => {
        this.#threads.delete(thread)
        this.#next()
      },
    })
    this.#threads.add(thread)
    return thread
  }
}

interface ThreadEvents {
  /** It is idle again, or takes long. */
  onChange: () => void
  onGone: () => void
}

/** Beside this file, with its ending: as source or built. */
const entry = new URL(import.meta.url.replace(/scenario-reader\.(\w+)$/, 'scenario-thread.$1'))

class ScenarioThread {
  readonly #clock: Clock
  readonly #parseMs: number
  readonly #events: ThreadEvents
  readonly #worker: Worker
  /** With what it reads now. */
  isSlow = false
  #isReady = false
  #isGone = false
  #job: Job | undefined
  #look: Timer | undefined

  constructor(clock: Clock, parseMs: number, events: ThreadEvents) {
    this.#clock = clock
    this.#parseMs = parseMs
    this.#events = events
    // Of this process's environment it sees nothing.
    this.#worker = new Worker(entry, {
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: youngMiB },
    })
    this.#worker.on('message', (said: 'ready' | ScenarioAnswer) => this.#hear(said))
    this.#worker.on('error', (error) => this.#gone(isOutOfMemory(error) ? tooCostly('memory') : error))
    this.#worker.on('exit', () => this.#gone(ended()))
  }

  get isBusy(): boolean {
    return this.#job !== undefined
  }

  take(job: Job): void {
    this.#job = job
    this.#worker.ref()
    if (this.#isReady) this.#begin(job)
  }

  end(): void {
    void this.#worker.terminate()
  }

  #begin({ task }: Job): void {
    // What the server read into may be part of a larger memory: this copy is the thread's own.
    const body = new Uint8Array(task.body)
    const sizeBytes = body.length
    this.#worker.postMessage({ ...task, body }, [body.buffer])
    void this.#watch(this.#parseMs + (sizeBytes / bytesPerSecond) * 1000)
  }

  #hear(said: 'ready' | ScenarioAnswer): void {
    const job = this.#job
    if (said === 'ready') {
      this.#isReady = true
      if (job !== undefined) this.#begin(job)
      return
    }
    this.#look?.cancel()
    this.#job = undefined
    this.isSlow = false
    this.#worker.unref()
    if ('read' in said) job?.resolve(said.read)
    else job?.reject(errorOf(said.refused))
    this.#events.onChange()
  }

  /** What it computes is what counts: on a busy machine the clock runs on without it. */
  async #watch(limitMs: number): Promise<void> {
    const job = this.#job
    const begunMs = this.#clock.nowMs()
    const before = await this.#usedMs()
    const look = (): void => {
      this.#look = this.#clock.after(lookMs, () => {
        if (this.#job === job && !this.isSlow) {
          this.isSlow = true
          this.#events.onChange()
        }
        // Of a thread that does not come to an answer only the clock tells.
        if (this.#clock.nowMs() - begunMs > limitMs * patience) this.#giveUp(job)
        void this.#usedMs().then((usedMs) => {
          if (usedMs - before > limitMs) this.#giveUp(job)
        })
        if (this.#job === job && !this.#isGone) look()
      })
    }
    if (this.#job === job && !this.#isGone) look()
  }

  #giveUp(job: Job | undefined): void {
    if (this.#job !== job || this.#isGone) return
    this.#gone(tooCostly('time'))
    this.end()
  }

  async #usedMs(): Promise<number> {
    try {
      const { user, system } = await this.#worker.cpuUsage()
      return (user + system) / 1000
    } catch {
      // It has ended.
      return 0
    }
  }

  #gone(error: unknown): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#look?.cancel()
    const job = this.#job
    this.#job = undefined
    job?.reject(error)
    this.#events.onGone()
  }
}

const ended = (): Error => new Error('the thread that reads scenarios has ended')

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'

const tooCostly = (what: 'time' | 'memory'): AppError =>
  new AppError('BODY_TOO_LARGE', `Reading this scenario takes more ${what} than a request may have.`, {
    hint: '`groundswell validate FILE` on a machine of your own takes as long as it needs.',
  })

const errorOf = ({ code, message, hint, invalid }: ReadRefusal): Error => {
  if (invalid !== undefined) return new ScenarioInvalid(invalid.file, invalid.faults, invalid.total)
  return code === undefined ? new Error(message) : new AppError(code, message, { hint })
}
