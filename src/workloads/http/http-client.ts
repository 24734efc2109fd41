import type { Clock } from '../../lib/clock.ts'
import type { TlsSettings } from '../../scenario/scenario.ts'
import type { AllowList } from './allow-list.ts'
import { ConnectionPool } from './connection-pool.ts'
import { Deadlines } from './deadlines.ts'
import type { Exchange, Origin } from './exchange.ts'
import { type Lookup, systemLookup } from './name-resolver.ts'
import { OpenSockets } from './open-sockets.ts'
import { HttpOrigin } from './origin.ts'
import { ExchangeLedger } from './pending-exchange.ts'
import { checkLimits, openOrigins } from './preparation.ts'
import { TlsContext } from './tls-context.ts'

export interface HttpClientOptions {
  /** At most so many at once, over all origins. */
  connections: number
  /** False: a new connection for every request. Let the requests say `Connection: close`, so that the server closes. */
  reuse: boolean
  /** From the look-up of the name to the end of the TLS handshake. */
  connectTimeoutMs: number
  maxConnectionAgeMs?: number
  idleTimeoutMs: number
  /** Source addresses, in turn; empty: the system chooses. */
  localAddresses: readonly string[]
  tls: TlsSettings
  maxHeadBytes: number
  clock: Clock
  allow: AllowList
  /** Default: the system's resolver. */
  lookup?: Lookup
  /** Open files that this process may have; undefined: unknown. */
  descriptorLimit?: number
  /** Local ports that the system hands out (for each source address and target); undefined: unknown. */
  localPortCount?: number
  onConnectionOpened?(origin: Origin, connectMs: number): void
}

export interface PrepareOptions {
  /** Every origin must be reached once. */
  preflight: boolean
  /** So many connections are opened ahead, over all origins; 0: none beyond the preflight's. */
  connections: number
}

/**
 * So many origins are known at most, beside those that are in use or were prepared: a target that redirects to ever
 * other ports and names must not fill the memory.
 */
const maxQuietOrigins = 1000

/** All sockets of all clients of this thread may share one: see `DialSettings.readBuffer`. */
const readBufferBytes = 65_536

/** An HTTP/1.1 client for load: sends exchanges over a bounded pool of connections and measures, never judges. */
export class HttpClient {
  readonly #options: HttpClientOptions
  readonly #origins = new Map<string, HttpOrigin>()
  /** Those of the scenario itself. */
  readonly #prepared = new Set<HttpOrigin>()
  readonly #ledger: ExchangeLedger
  readonly #deadlines: Deadlines
  readonly #sockets = new OpenSockets()
  readonly #tls: TlsContext
  readonly #pool: ConnectionPool
  #localAddressTurn = 0

  constructor(options: HttpClientOptions) {
    const { clock, localAddresses, maxConnectionAgeMs = Number.POSITIVE_INFINITY } = options
    this.#options = options
    this.#ledger = new ExchangeLedger(clock)
    this.#deadlines = new Deadlines(clock)
    this.#tls = new TlsContext(options.tls)
    this.#pool = new ConnectionPool({
      connections: options.connections,
      settings: {
        clock,
        reuse: options.reuse,
        connectTimeoutMs: options.connectTimeoutMs,
        maxConnectionAgeMs,
        idleTimeoutMs: options.idleTimeoutMs,
        maxHeadBytes: options.maxHeadBytes,
        nextLocalAddress: () => localAddresses[this.#localAddressTurn++ % localAddresses.length],
        tls: this.#tls,
        ledger: this.#ledger,
        deadlines: this.#deadlines,
        sockets: this.#sockets,
        readBuffer: new Uint8Array(readBufferBytes),
      },
      onConnectionOpened: (origin, connectMs) => options.onConnectionOpened?.(origin, connectMs),
    })
  }

  /** Exchanges begun and not ended. */
  get inFlight(): number {
    return this.#ledger.inFlight
  }

  /** The same object for the same scheme, host and port. `url`: http or https. */
  origin(url: URL): Origin {
    const known = this.#origins.get(url.origin)
    if (known !== undefined) return known
    if (this.#origins.size - this.#prepared.size >= maxQuietOrigins) this.#forgetQuietOrigins()
    const { clock, allow, lookup = systemLookup } = this.#options
    const origin = new HttpOrigin(url, { clock, allow, lookup })
    this.#origins.set(url.origin, origin)
    this.#pool.addOrigin(origin)
    return origin
  }

  /**
   * Before a run: checks the machine's limits, reads certificates, resolves every origin, holds the allow list against
   * it, and opens connections ahead, so that the start is not a storm of handshakes. Throws an AppError: DRIVER_LIMIT,
   * SCENARIO_INVALID (certificates), TARGET_NOT_ALLOWED, and with `preflight` TARGET_UNREACHABLE.
   */
  async prepare(origins: readonly Origin[], options: PrepareOptions): Promise<void> {
    checkLimits(this.#options, origins.length)
    const own = origins.map((origin) => this.#own(origin))
    for (const origin of own) this.#prepared.add(origin)
    if (own.some(({ isSecure }) => isSecure)) this.#tls.load()
    const { reuse, connections } = this.#options
    await openOrigins(own, this.#pool, {
      preflight: options.preflight,
      connections: reuse ? Math.min(options.connections, connections) : 0,
      keepsProbes: reuse,
    })
  }

  /**
   * Never throws, and never ends the exchange before it returns. Waits its turn where all connections are busy; its time
   * runs from here.
   */
  send(exchange: Exchange): void {
    if (this.#sockets.isClosed) this.#ledger.refuse(exchange, 'stopped', 'the client is closed')
    else this.#pool.send(this.#ledger.begin(exchange, this.#own(exchange.origin), this.#pool))
  }

  /** Ends what waits for a connection and was never sent, as unsent (`stopped`). */
  cancelQueued(): void {
    const nowMs = this.#options.clock.nowMs()
    this.#pool.takeWaiting((pending) =>
      this.#ledger.unsent(pending, nowMs, 'stopped', 'stopped before it was sent'),
    )
  }

  /**
   * Waits up to `graceMs` for what is in flight, cuts off the rest as timeouts, and resolves when no handle of this client
   * is left. May be called again to cut sooner.
   */
  async close(graceMs: number): Promise<void> {
    await this.#ledger.whenEmpty(graceMs)
    const socketsClosed = this.#sockets.close()
    this.#ledger.cut()
    this.#pool.abandonAhead()
    this.#deadlines.close()
    await socketsClosed
    await this.#ledger.whenEmpty(Number.POSITIVE_INFINITY)
  }

  #forgetQuietOrigins(): void {
    for (const [key, origin] of this.#origins) {
      if (origin.isInUse || this.#prepared.has(origin)) continue
      this.#origins.delete(key)
      this.#pool.removeOrigin(origin)
    }
  }

  #own(origin: Origin): HttpOrigin {
    return origin instanceof HttpOrigin ? origin : this.#adopt(origin)
  }

  #adopt({ protocol, host }: Origin): HttpOrigin {
    return this.#own(this.origin(new URL(`${protocol}//${host}`)))
  }
}
