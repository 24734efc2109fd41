import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { isPostgresUrl } from './postgres-location.ts'
import type { ResultsStore } from './results-store.ts'

/**
 * The store at `location`: a `postgres://` URL, or the path of a SQLite file, which is made where it is missing. Its schema is
 * brought up to date. `isToRead`: only to look into it, which a full or read-only disk does not hinder. Rejects with STORE_UNAVAILABLE or STORE_NEWER; no password is in any message.
 */
export const openStore = async (
  location: string,
  options: { clock: Clock; logger: Logger; isToRead?: boolean },
): Promise<ResultsStore> => {
  // Loaded when it is needed: a run on one machine starts without Postgres.
  if (isPostgresUrl(location)) {
    const { openPostgresStore } = await import('./postgres-store.ts')
    return openPostgresStore(location, options)
  }
  const { openSqliteStore } = await import('./sqlite-store.ts')
  return openSqliteStore(location, options)
}
