import type { Clock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import { version } from '../../lib/version.ts'
import type { UnsentReason } from '../../measuring/outcomes.ts'
import type { Recorder } from '../../measuring/recorder.ts'
import type { Recorders } from '../../measuring/recorders.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import type { Workload } from '../workload.ts'
import type { AllowList } from './allow-list.ts'
import { Answer } from './answer.ts'
import { connectionsAhead } from './connections-ahead.ts'
import type { Origin } from './exchange.ts'
import { HttpClient, type HttpClientOptions } from './http-client.ts'
import {
  type ExchangeClient,
  type ExchangeOwner,
  type ExchangeServices,
  HttpExchange,
} from './http-exchange.ts'
import { Journey, type JourneyServices } from './journey.ts'
import { OperationContext } from './operation-context.ts'
import { type CompiledOperation, OperationTable } from './operation-table.ts'
import type { RequestPlan } from './request-plan.ts'

export interface HttpWorkloadOptions {
  scenario: Scenario
  share: { index: number; of: number }
  /** Content of feeders and body files, by SHA-256 in hex. */
  assets: ReadonlyMap<string, Uint8Array>
  recorders: Recorders
  clock: Clock
  /** Hosts that this driver may load. */
  allow: AllowList
  /** An operation has ended; may start the next at once. */
  onEnd: () => void
  /** Of this machine, where known. */
  limits?: Pick<HttpClientOptions, 'descriptorLimit' | 'localPortCount'>
  /** Tests bring a client of their own. */
  createClient?: (options: HttpClientOptions) => ExchangeClient
}

/** HTTP requests and journeys against the scenario's targets. */
export const createHttpWorkload = (options: HttpWorkloadOptions): Workload => new HttpWorkload(options)

class HttpWorkload implements Workload {
  readonly #options: HttpWorkloadOptions
  readonly #client: ExchangeClient
  readonly #context: OperationContext
  readonly #services: ExchangeServices
  readonly #freeExchanges: HttpExchange[] = []
  /** Whose the requests outside journeys are: without cookies and variables, and their end is their operation's. */
  readonly #single: ExchangeOwner
  readonly #journeys: JourneyServices
  readonly #thinking = new Set<Journey>()
  /** Where an opened connection is counted: under the first request that goes to its origin. */
  readonly #connectionRecorders = new Map<Origin, Recorder>()
  #table: OperationTable | undefined
  /** Of the operation being started, by feeder number. */
  #rows = new Int32Array(0)
  #inFlight = 0
  #isStopping = false
  #closing: Promise<void> | undefined
  #onDrained: (() => void) | undefined

  constructor(options: HttpWorkloadOptions) {
    const { scenario, clock, createClient = (given) => new HttpClient(given) } = options
    this.#options = options
    this.#client = createClient(
      clientOptions(options, (origin) => this.#connectionRecorders.get(origin)?.connectionOpened()),
    )
    this.#context = new OperationContext(clock)
    this.#services = { client: this.#client, clock, context: this.#context, answer: new Answer() }
    const end = (exchange: HttpExchange): void => {
      this.#freeExchanges.push(exchange)
      this.#endOperation()
    }
    this.#single = {
      jar: undefined,
      variables: undefined,
      requestSent: () => undefined,
      requestAnswered: end,
      requestFailed: end,
      requestUnsent: end,
    }
    this.#journeys = {
      seed: scenario.seed,
      clock,
      context: this.#context,
      thinking: this.#thinking,
      isStopping: () => this.#isStopping,
      takeExchange: (plan) => this.#takeExchange(plan),
      giveBack: (exchange) => {
        this.#freeExchanges.push(exchange)
      },
      journeyEnded: () => this.#endOperation(),
    }
  }

  get inFlight(): number {
    return this.#inFlight
  }

  async open(): Promise<void> {
    const { scenario, share, assets, recorders, clock } = this.#options
    const { http, load, seed } = scenario
    const table = await OperationTable.compile({
      seed,
      job: http,
      driver: share.index,
      assets,
      recorders,
      clock,
      userAgent: `groundswell/${version}`,
      originOf: (url) => this.#client.origin(url),
    })
    for (const { origin, recorder } of table.requests())
      if (!this.#connectionRecorders.has(origin)) this.#connectionRecorders.set(origin, recorder)
    await this.#client.prepare([...this.#connectionRecorders.keys()], {
      preflight: http.preflight,
      connections: connectionsAhead(load, share.of, http.connections),
    })
    this.#rows = new Int32Array(table.feederCount)
    this.#table = table
  }

  start(index: number, intendedMs: number): void {
    const table = this.#openTable()
    const operation = table.choose(index)
    const usesFeeders = operation.feeders.length > 0
    this.#inFlight++
    if (this.#isStopping) this.#endUnstarted(operation, 'stopped')
    else if (usesFeeders && !table.drawRows(operation, this.#rows)) this.#endUnstarted(operation, 'feeder')
    else if (operation.kind === 'journey') {
      const rows = usesFeeders ? this.#rows.slice() : this.#rows
      new Journey(this.#journeys, operation.plan, index, rows, intendedMs).start()
    } else {
      // Templates outside journeys refer to neither variables nor cookies.
      this.#context.index = index
      this.#context.rows = this.#rows
      this.#takeExchange(operation.plan).start(operation.plan, this.#single, intendedMs)
    }
  }

  refuse(index: number, reason: UnsentReason): void {
    for (const recorder of this.#openTable().choose(index).recorders) recorder.refused(reason)
  }

  cancelQueued(): void {
    this.#isStopping = true
    this.#client.cancelQueued()
    for (const journey of [...this.#thinking]) journey.stopThinking()
  }

  /** A second call with no grace cuts the first one short. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    if (graceMs <= 0) this.#onDrained?.()
    return this.#closing
  }

  async #close(graceMs: number): Promise<void> {
    await this.#whenDrained(graceMs)
    this.cancelQueued()
    await this.#client.close(0)
  }

  /** Resolves when nothing is in flight, at the latest after `withinMs`. */
  #whenDrained(withinMs: number): Promise<void> {
    if (this.#inFlight === 0 || withinMs <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(withinMs, resolve)
      this.#onDrained = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  #openTable(): OperationTable {
    if (this.#table === undefined) throw new AppError('INTERNAL', 'The workload was not opened.')
    return this.#table
  }

  #takeExchange(plan: RequestPlan): HttpExchange {
    return this.#freeExchanges.pop() ?? new HttpExchange(this.#services, plan, this.#single)
  }

  /** It was handed to us, but not a byte of it can be made. */
  #endUnstarted({ recorders }: CompiledOperation, reason: UnsentReason): void {
    for (const recorder of recorders) {
      recorder.start()
      recorder.unsent(reason)
    }
    this.#endOperation()
  }

  #endOperation(): void {
    this.#inFlight--
    if (this.#inFlight === 0) this.#onDrained?.()
    this.#options.onEnd()
  }
}

const clientOptions = (
  { scenario: { http }, clock, allow, limits }: HttpWorkloadOptions,
  onConnectionOpened: (origin: Origin) => void,
): HttpClientOptions => ({
  connections: http.connections,
  reuse: http.reuse,
  connectTimeoutMs: http.connectTimeoutMs,
  ...(http.maxConnectionAgeMs === undefined ? {} : { maxConnectionAgeMs: http.maxConnectionAgeMs }),
  idleTimeoutMs: http.idleTimeoutMs,
  localAddresses: http.localAddresses,
  tls: http.tls,
  maxHeadBytes: http.maxHeadBytes,
  clock,
  allow,
  ...limits,
  onConnectionOpened,
})
