import type { ConnectFailure } from './connect-failure.ts'
import type { Connection } from './connection.ts'
import type { DialSettings } from './dial.ts'
import type { ExchangeLedger, PendingExchange } from './pending-exchange.ts'

/** What the connections of a client share. */
export interface ConnectionSettings extends DialSettings {
  readonly reuse: boolean
  /** Infinity: no limit. */
  readonly maxConnectionAgeMs: number
  readonly idleTimeoutMs: number
  readonly maxHeadBytes: number
  readonly ledger: ExchangeLedger
}

/** Who is told what becomes of a connection: the pool. */
export interface ConnectionOwner {
  opened(connection: Connection, connectMs: number): void
  notOpened(connection: Connection, failure: ConnectFailure): void
  /** It takes another exchange. */
  free(connection: Connection): void
  /** It takes no further exchange. `retry`: what it had goes over a new connection, now. */
  left(connection: Connection, retry: PendingExchange | undefined): void
  /** It waits for the server to close; until `drained`. */
  drains(connection: Connection): void
  drained(connection: Connection): void
  putBack(pending: PendingExchange): void
}
