import { AppError, type ErrorCode } from '../lib/errors.ts'
import { drawSeed } from '../lib/random-id.ts'
import { type ApiLimits, type ApiOptions, defaultLimits } from './api-options.ts'
import { withBuiltinTarget } from './builtin-target.ts'
import { EventHub } from './event-hub.ts'
import { PrometheusMetrics } from './prometheus-metrics.ts'
import type { RawBody } from './route.ts'
import { RunDirectory } from './run-directory.ts'
import { ScenarioReader } from './scenario-reader.ts'
import type { ReadScenario } from './scenario-task.ts'

/*
 * Routes are many and small. What they share, made once for each API: where runs are found, who streams them, how scenarios
 * are read, and what was refused.
 */

/** A command is decided at once; how long its client waits for the bus to take it. */
const commandMs = 5000

/** What the routes work with. */
export class ApiServices {
  readonly options: ApiOptions
  readonly limits: ApiLimits
  readonly directory: RunDirectory
  readonly hub: EventHub
  readonly metrics: PrometheusMetrics
  readonly scenarios: ScenarioReader
  /** Requests that were refused, by code. */
  readonly refused = new Map<ErrorCode, number>()
  readonly #told = new Set<string>()

  constructor(options: ApiOptions) {
    const { orchestrator, store, clock, version, environment, processUsage } = options
    this.options = options
    this.limits = { ...defaultLimits, ...options.limits }
    this.directory = new RunDirectory({
      orchestrator,
      store,
      clock,
      limits: this.limits,
      ...(environment === undefined ? {} : { environment }),
    })
    this.hub = new EventHub({
      clock,
      directory: this.directory,
      owner: orchestrator,
      limits: this.limits,
      maxDrivers: options.maxDrivers ?? null,
    })
    this.scenarios = new ScenarioReader({ clock, drawSeed: this.drawSeed, limits: this.limits })
    this.metrics = new PrometheusMetrics({
      orchestrator,
      clock,
      version,
      directory: this.directory,
      streams: () => this.hub.streams,
      refused: this.refused,
      ...(processUsage === undefined ? {} : { processUsage }),
    })
  }

  get drawSeed(): () => number {
    return this.options.drawSeed ?? drawSeed
  }

  /** A scenario that somebody sent; rejects as `ScenarioReader` does. `makesRun`: its body may say `id` and `hold`. */
  async readScenario(body: RawBody, makesRun: boolean): Promise<ReadScenario> {
    const read = await this.scenarios.read(body, makesRun)
    return { ...read, loaded: await withBuiltinTarget(read.file, read.loaded, this.options.builtinTarget) }
  }

  /** Each kind is told once; how many there were is in the metrics. */
  countRefused(code: ErrorCode, kind: string): void {
    this.refused.set(code, (this.refused.get(code) ?? 0) + 1)
    if (this.#told.has(kind)) return
    this.#told.add(kind)
    this.options.logger.info('refused a request to the API; further ones of the kind are only counted', {
      kind,
    })
  }

  /** Rejects with BUS_UNAVAILABLE where it takes longer than a client likes to wait; it is done all the same. */
  inTime<T>(work: Promise<T>): Promise<T> {
    const { clock } = this.options
    return new Promise((resolve, reject) => {
      const timer = clock.after(commandMs, () =>
        reject(
          new AppError('BUS_UNAVAILABLE', 'The bus did not take it yet; it is said again until it does.'),
        ),
      )
      work.then(resolve, reject).finally(() => timer.cancel())
    })
  }
}
