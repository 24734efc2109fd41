import type { Clock } from '../../lib/clock.ts'
import type { RequestErrorKind, UnsentReason } from '../../measuring/outcomes.ts'
import type { ChainLink } from './chain.ts'
import { type DeadlineLine, Deadlines, type Expiring } from './deadlines.ts'
import type { Exchange } from './exchange.ts'
import type { HttpOrigin } from './origin.ts'
import type { ResponseParser } from './response-parser.ts'

/** Where a pending exchange is: in the pool's queue, or on a connection. */
export interface Carrier {
  /** Its time is over. Must end it. */
  expired(pending: PendingExchange, nowMs: number): void
}

/** An exchange between `send` and its end. Used again for another one afterwards. */
export class PendingExchange implements Expiring, ChainLink<PendingExchange> {
  exchange: Exchange
  origin: HttpOrigin
  carrier: Carrier
  /** Position among all that were ever sent. */
  order = 0
  /** How the first attempt went wrong; undefined: this is the first. */
  retryOf: string | undefined

  before: PendingExchange | undefined
  after: PendingExchange | undefined
  deadlineMs = 0
  earlier: Expiring | undefined
  later: Expiring | undefined
  line: DeadlineLine | undefined

  constructor(exchange: Exchange, origin: HttpOrigin, carrier: Carrier) {
    this.exchange = exchange
    this.origin = origin
    this.carrier = carrier
  }

  expire(nowMs: number): void {
    this.carrier.expired(this, nowMs)
  }
}

/**
 * Every exchange begins and ends here, so that each has exactly one end. An end may call `send` again at once: by then
 * the books are in order.
 */
export class ExchangeLedger {
  readonly #clock: Clock
  readonly #deadlines: Deadlines
  readonly #unused: PendingExchange[] = []
  #emptyListeners: (() => void)[] = []
  #begun = 0
  #inFlight = 0
  #isCutting = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#deadlines = new Deadlines(clock)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  begin(exchange: Exchange, origin: HttpOrigin, carrier: Carrier): PendingExchange {
    const pending = this.#unused.pop() ?? new PendingExchange(exchange, origin, carrier)
    pending.exchange = exchange
    pending.origin = origin
    pending.carrier = carrier
    pending.order = this.#begun
    pending.retryOf = undefined
    this.#begun += 1
    this.#inFlight += 1
    exchange.flushed = false
    this.#deadlines.add(pending, this.#clock.nowMs(), exchange.timeoutMs)
    return pending
  }

  answered(
    pending: PendingExchange,
    nowMs: number,
    response: ResponseParser,
    bytesIn: number,
    flushed: boolean,
  ): void {
    const exchange = this.#end(pending)
    exchange.flushed = flushed
    exchange.answered(nowMs, response, bytesIn)
    this.#tellIfEmpty()
  }

  failed(
    pending: PendingExchange,
    nowMs: number,
    kind: RequestErrorKind,
    detail: string,
    bytesIn: number,
    flushed: boolean,
  ): void {
    const exchange = this.#end(pending)
    exchange.flushed = flushed
    if (this.#isCutting) exchange.failed(nowMs, 'timeout', 'cut off at the end of the run', bytesIn)
    else exchange.failed(nowMs, kind, detail, bytesIn)
    this.#tellIfEmpty()
  }

  unsent(pending: PendingExchange, nowMs: number, reason: UnsentReason, detail: string): void {
    this.#end(pending).unsent(nowMs, reason, detail)
    this.#tellIfEmpty()
  }

  /** For what is not even begun: ends it on the next turn, so that a closed loop of refusals starves nobody. */
  refuse(exchange: Exchange, reason: UnsentReason, detail: string): void {
    this.#inFlight += 1
    this.#clock.soon(() => {
      this.#inFlight -= 1
      exchange.unsent(this.#clock.nowMs(), reason, detail)
      this.#tellIfEmpty()
    })
  }

  /** Ends all that is in flight, as timeouts. */
  cut(): void {
    this.#isCutting = true
    this.#deadlines.expireAll(this.#clock.nowMs())
    this.#isCutting = false
    this.#deadlines.close()
  }

  /** Resolves when nothing is in flight, at the latest after `withinMs`. */
  whenEmpty(withinMs: number): Promise<void> {
    if (this.#inFlight === 0 || withinMs <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = this.#clock.after(withinMs, resolve)
      this.#emptyListeners.push(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #end(pending: PendingExchange): Exchange {
    this.#deadlines.remove(pending)
    this.#inFlight -= 1
    this.#unused.push(pending)
    return pending.exchange
  }

  #tellIfEmpty(): void {
    if (this.#inFlight > 0 || this.#emptyListeners.length === 0) return
    const listeners = this.#emptyListeners
    this.#emptyListeners = []
    for (const listener of listeners) listener()
  }
}
