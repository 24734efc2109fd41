import { Chain } from './chain.ts'
import type { ConnectFailure } from './connect-failure.ts'
import { Connection } from './connection.ts'
import type { ConnectionOwner, ConnectionSettings } from './connection-owner.ts'
import type { HttpOrigin } from './origin.ts'
import type { Carrier, PendingExchange } from './pending-exchange.ts'

export interface ConnectionPoolOptions {
  /** At most so many connections at once, over all origins. */
  readonly connections: number
  readonly settings: ConnectionSettings
  onConnectionOpened(origin: HttpOrigin, connectMs: number): void
}

/**
 * Who gets which connection.
 *
 * Within an origin: first come, first served; the connection used last is used first, so that few grow old. A connection
 * is opened only for an exchange that none of those being opened will take; whichever connection comes first takes the
 * exchange that waited longest. A connection that cannot be opened fails the exchange that waited longest.
 *
 * Between origins: when the limit is reached, an idle connection elsewhere makes room. Where there is none and several
 * origins wait, a connection that comes free goes to another origin only if that one has less than its even share and
 * waited longer: to give every one to the oldest would open a connection for each request.
 *
 * Invariants: an origin with idle connections has nothing waiting; connections <= limit at any time.
 */
export class ConnectionPool implements ConnectionOwner, Carrier {
  readonly #options: ConnectionPoolOptions
  readonly #origins = new Set<HttpOrigin>()
  readonly #draining = new Chain<Connection>()
  readonly #ahead = new Map<Connection, (failure: ConnectFailure | undefined) => void>()
  #drainingCount = 0
  /** All origins together. */
  #connections = 0
  #waiting = 0

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
  }

  addOrigin(origin: HttpOrigin): void {
    this.#origins.add(origin)
  }

  /** One that is not in use. */
  removeOrigin(origin: HttpOrigin): void {
    this.#origins.delete(origin)
  }

  send(pending: PendingExchange): void {
    const { origin } = pending
    const connection = origin.waiting === 0 ? this.#takeIdle(origin) : undefined
    if (connection !== undefined) {
      connection.carry(pending)
      return
    }
    origin.enqueue(pending)
    this.#waiting += 1
    if (origin.unmet > 0 && this.#makeRoom(origin)) this.#open(origin, undefined)
  }

  /**
   * Opens a connection though nothing waits; resolves when it is open or has failed. `keep` false: it is closed again.
   */
  async openAhead(origin: HttpOrigin, keep: boolean): Promise<ConnectFailure | undefined> {
    if (this.#options.settings.sockets.isClosed || !this.#makeRoom(origin)) return undefined
    const connection = this.#open(origin, undefined)
    const failure = await new Promise<ConnectFailure | undefined>((resolve) => {
      this.#ahead.set(connection, resolve)
    })
    if (!keep && connection.isPooled) connection.retire()
    return failure
  }

  /** The client is closing: nobody will hear of connections being opened ahead otherwise. */
  abandonAhead(): void {
    for (const tell of this.#ahead.values()) tell({ kind: 'connect', detail: 'the client was closed' })
    this.#ahead.clear()
  }

  /** Takes all that wait, oldest first. */
  takeWaiting(take: (pending: PendingExchange) => void): void {
    for (const origin of this.#origins) {
      for (let pending = origin.queue.first; pending !== undefined; pending = origin.queue.first) {
        this.#dequeue(pending)
        take(pending)
      }
    }
  }

  expired(pending: PendingExchange, nowMs: number): void {
    this.#dequeue(pending)
    const { ledger } = this.#options.settings
    ledger.failed(pending, nowMs, 'timeout', 'timed out before a connection was free', 0, false)
  }

  opened(connection: Connection, connectMs: number): void {
    const { origin, reservedFor } = connection
    this.#options.onConnectionOpened(origin, connectMs)
    this.#ahead.get(connection)?.(undefined)
    this.#ahead.delete(connection)
    if (reservedFor === undefined) {
      origin.arriving -= 1
      this.free(connection)
    } else {
      connection.reservedFor = undefined
      connection.carry(reservedFor)
    }
  }

  notOpened(connection: Connection, failure: ConnectFailure): void {
    const { origin, reservedFor } = connection
    const tell = this.#ahead.get(connection)
    this.#ahead.delete(connection)
    if (reservedFor === undefined) origin.arriving -= 1
    this.#forget(origin)
    const first = tell === undefined ? origin.queue.first : undefined
    if (reservedFor === undefined && first !== undefined) this.#dequeue(first)
    this.#fill()
    tell?.(failure)
    const victim = reservedFor ?? first
    if (victim !== undefined) this.#endUnconnected(victim, failure)
  }

  free(connection: Connection): void {
    const { origin } = connection
    if (this.#waiting > origin.waiting && this.#hasBetterClaim(origin)) {
      connection.retire()
      return
    }
    const pending = origin.queue.first
    if (pending === undefined) {
      origin.idle.push(connection)
      connection.isPooled = true
    } else {
      this.#dequeue(pending)
      connection.carry(pending)
    }
  }

  left(connection: Connection, retry: PendingExchange | undefined): void {
    const { origin } = connection
    this.#unpool(connection)
    this.#forget(origin)
    if (retry !== undefined) this.#open(origin, retry)
    else this.#fill()
  }

  drains(connection: Connection): void {
    this.#draining.push(connection)
    this.#drainingCount += 1
    // Where servers do not close, as many descriptors again are spent on waiting for them, but no more.
    if (this.#drainingCount > this.#options.connections) this.#draining.first?.expire()
  }

  drained(connection: Connection): void {
    this.#draining.remove(connection)
    this.#drainingCount -= 1
  }

  putBack(pending: PendingExchange): void {
    pending.carrier = this
    pending.origin.enqueueFirst(pending)
    this.#waiting += 1
  }

  #dequeue(pending: PendingExchange): void {
    pending.origin.dequeue(pending)
    this.#waiting -= 1
  }

  #takeIdle(origin: HttpOrigin): Connection | undefined {
    let connection = origin.idle.last
    if (connection === undefined) return undefined
    const nowMs = this.#options.settings.clock.nowMs()
    while (connection !== undefined && !connection.isUsable(nowMs)) {
      connection.retire()
      connection = origin.idle.last
    }
    if (connection !== undefined) this.#unpool(connection)
    return connection
  }

  #unpool(connection: Connection): void {
    if (!connection.isPooled) return
    connection.isPooled = false
    connection.origin.idle.remove(connection)
  }

  #open(origin: HttpOrigin, reservedFor: PendingExchange | undefined): Connection {
    this.#connections += 1
    origin.connections += 1
    if (reservedFor === undefined) origin.arriving += 1
    const connection = new Connection(origin, this, this.#options.settings, reservedFor)
    if (reservedFor !== undefined) reservedFor.carrier = connection
    return connection
  }

  #forget(origin: HttpOrigin): void {
    this.#connections -= 1
    origin.connections -= 1
  }

  /** Whether one more connection may be opened; an idle one of another origin goes for it if it must. */
  #makeRoom(origin: HttpOrigin): boolean {
    if (this.#connections < this.#options.connections) return true
    for (const other of this.#origins) {
      if (other === origin || other.idle.first === undefined) continue
      // Where exchanges wait, this opens a connection for the oldest at once (see `left`), and no room is left over.
      other.idle.first.retire()
      return this.#connections < this.#options.connections
    }
    return false
  }

  /** Opens connections for those that wait, oldest first, as far as the limit goes. */
  #fill(): void {
    if (this.#options.settings.sockets.isClosed) return
    while (this.#waiting > 0 && this.#connections < this.#options.connections) {
      const origin = this.#oldestUnmet(undefined)
      if (origin === undefined) return
      this.#open(origin, undefined)
    }
  }

  #oldestUnmet(except: HttpOrigin | undefined): HttpOrigin | undefined {
    let oldest: HttpOrigin | undefined
    for (const origin of this.#origins) {
      if (origin === except || origin.unmet <= 0) continue
      if (oldest === undefined || headOrder(origin) < headOrder(oldest)) oldest = origin
    }
    return oldest
  }

  /** Whether a connection of this origin that is free now should go, so that another origin can have one. */
  #hasBetterClaim(origin: HttpOrigin): boolean {
    const other = this.#oldestUnmet(origin)
    if (other === undefined || this.#connections < this.#options.connections) return false
    if (origin.waiting === 0) return true
    let sharers = 0
    for (const { connections, waiting } of this.#origins) if (connections + waiting > 0) sharers++
    const share = Math.max(1, Math.floor(this.#options.connections / sharers))
    return other.connections < share && headOrder(other) < headOrder(origin)
  }

  #endUnconnected(pending: PendingExchange, failure: ConnectFailure): void {
    const { clock, ledger } = this.#options.settings
    const nowMs = clock.nowMs()
    if ('kind' in failure) ledger.failed(pending, nowMs, failure.kind, failure.detail, 0, false)
    // It was sent once, so it is not unsent: it failed as the first attempt did.
    else if (pending.retryOf !== undefined) ledger.failed(pending, nowMs, 'reset', pending.retryOf, 0, false)
    else ledger.unsent(pending, nowMs, failure.unsent, failure.detail)
  }
}

const headOrder = (origin: HttpOrigin): number => origin.queue.first?.order ?? Number.POSITIVE_INFINITY
