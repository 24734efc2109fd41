import type { ApiOptions } from '../api/api-options.ts'
import { type Api, startApi } from '../api/start-api.ts'
import { InProcessBroker } from '../bus/in-process.ts'
import { Driver } from '../driver/driver.ts'
import { systemClock } from '../lib/clock.ts'
import { createLineLogger, type Logger } from '../lib/logger.ts'
import { drawId } from '../lib/random-id.ts'
import { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { Run } from '../orchestrator/run.ts'
import { buildResult } from '../results/build-result.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import { workloads } from '../workloads/workloads.ts'
import { MemoryStore } from './memory-store.ts'
import { type RealTarget, startRealTarget } from './real-target.ts'
import { waitFor } from './wait-for.ts'

/** An answer of the API. */
export interface ApiAnswer {
  status: number
  headers: Headers
  text: string
  json: unknown
}

/** An orchestrator with its API, drivers that make real requests and a target, all in this process. */
export class ApiWorld implements AsyncDisposable {
  readonly api: Api
  readonly orchestrator: Orchestrator
  readonly store: MemoryStore
  readonly target: RealTarget
  readonly logged: string[]
  readonly logger: Logger
  readonly clock = systemClock
  readonly #drivers: Driver[]

  private constructor(parts: {
    api: Api
    orchestrator: Orchestrator
    store: MemoryStore
    target: RealTarget
    logged: string[]
    logger: Logger
    drivers: Driver[]
  }) {
    this.api = parts.api
    this.orchestrator = parts.orchestrator
    this.store = parts.store
    this.target = parts.target
    this.logged = parts.logged
    this.logger = parts.logger
    this.#drivers = parts.drivers
  }

  static async start({
    drivers: count = 2,
    maxQueued = 100,
    store = new MemoryStore(),
    ...options
  }: Partial<ApiOptions> & {
    drivers?: number
    maxQueued?: number
    store?: MemoryStore
  } = {}): Promise<ApiWorld> {
    const logged: string[] = []
    const logger = createLineLogger('test', 'info', (line) => logged.push(line))
    const broker = new InProcessBroker({ clock: systemClock, logger })
    const orchestrator = new Orchestrator({
      bus: broker.connect(),
      clock: systemClock,
      logger,
      drawId,
      version: 'test',
      maxQueued,
    })
    await orchestrator.start()
    const target = await startRealTarget()
    const drivers: Driver[] = []
    const allow = new AllowList(['127.0.0.1'])
    for (let i = 0; i < count; i++) {
      const driver = new Driver({
        bus: broker.connect(),
        clock: systemClock,
        logger,
        drawId,
        version: 'test',
        address: '127.0.0.1:0',
        cores: 1,
        pid: i + 1,
        cpuUsageUs: () => 0,
        createWorkload: (work) => workloads.http({ ...work, allow }),
      })
      await driver.start()
      drivers.push(driver)
    }
    await waitFor('the drivers', () => orchestrator.members.size === count)
    const api = await startApi({
      orchestrator,
      store,
      clock: systemClock,
      logger,
      host: '127.0.0.1',
      port: 0,
      version: 'test',
      ...options,
    })
    return new ApiWorld({ api, orchestrator, store, target, logged, logger, drivers })
  }

  get url(): string {
    return this.api.url
  }

  /** A scenario of so many requests a second for so many seconds, on so many drivers. */
  scenario(
    perSecond = 100,
    seconds = 2,
    drivers = 2,
    more: Record<string, unknown> = {},
  ): Record<string, unknown> {
    return {
      name: 'sample',
      drivers,
      http: this.target.url,
      load: { rate: `${perSecond}/s`, duration: `${seconds}s` },
      ...more,
    }
  }

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> {
    const isText = typeof body === 'string'
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': isText ? 'application/yaml' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    }
  }

  run(id: string): Run {
    const run = this.orchestrator.runs.get(id)
    if (run === undefined) throw new Error(`no run ${id}`)
    return run
  }

  /** As the orchestrator's process does it: writes an ended run into the store. */
  keep(id: string): void {
    const run = this.run(id)
    this.store.keep(
      buildResult(run.state, run.record, systemClock.wallMs()),
      run.state.seconds.map((row, second) => ({ ...row, second })),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close()
    const runs = [...this.orchestrator.runs.values()]
    for (const run of runs) await run.steer({ command: 'stop', by: 'test' })
    await Promise.allSettled(runs.map(({ ended }) => ended))
    for (const driver of this.#drivers) await driver.leave()
    await this.orchestrator.stop()
    await this.target[Symbol.asyncDispose]()
  }
}
