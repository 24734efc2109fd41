import { Client } from 'pg'
import type { Clock, Timer } from '../../lib/clock.ts'
import { messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import { withoutPassword } from './postgres-location.ts'
import type { StoreLock } from './results-store.ts'

/**
 * The lock of a store in Postgres: an advisory lock of a session that exists for nothing else. The server frees it when the
 * connection ends, at once where the process was killed, and after about half a minute where its machine is gone. (A
 * connection pooler that shares sessions between clients breaks this; see docs/results.md.)
 *
 *   held ──connection lost──▶ lost ──taken again, retried with growing pauses──▶ held
 *     └─────────────────released─────────────────▶ released ◀───────────────────┘
 */
export class PostgresLock implements StoreLock {
  readonly #options: PostgresLockOptions
  #session: LockSession | undefined
  #retry: Timer | undefined
  #isReleased = false

  constructor(options: PostgresLockOptions) {
    this.#options = options
  }

  /** False: another one has it. Rejects where the server is away. */
  async take(): Promise<boolean> {
    const session = await this.#options.take()
    if (session === undefined) return false
    if (this.#isReleased) {
      await session.end()
      return false
    }
    this.#session = session
    session.onLost(() => {
      this.#session = undefined
      if (this.#isReleased) return
      this.#options.logger.warn('the lock of the results store was lost with its connection; taking it again')
      this.#takeAgain(firstPauseMs)
    })
    return true
  }

  #takeAgain(pauseMs: number): void {
    const { clock, logger } = this.#options
    this.#retry = clock.after(pauseMs, () => {
      const later = (): void => {
        if (!this.#isReleased) this.#takeAgain(Math.min(longestPauseMs, 2 * pauseMs))
      }
      this.take().then(
        (isTaken) => {
          if (isTaken) logger.info('the lock of the results store is held again')
          else if (!this.#isReleased) {
            logger.error('another orchestrator has taken the results store meanwhile')
            later()
          }
        },
        () => later(),
      )
    })
  }

  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#retry?.cancel()
    this.#options.onRelease()
    await this.#session?.end()
  }
}

export interface PostgresLockOptions {
  take(): Promise<LockSession | undefined>
  clock: Clock
  logger: Logger
  onRelease(): void
}

export interface LockSession {
  /** Calls back once, unless it was ended from here. */
  onLost(callback: () => void): void
  end(): Promise<void>
}

const firstPauseMs = 1000
const longestPauseMs = 30_000

/** A session that holds the lock of its schema's store; undefined where another one does. */
export const tryLock = async (
  url: string,
  connectTimeoutMs: number,
  answerTimeoutMs: number,
): Promise<LockSession | undefined> => {
  const client = new Client({
    connectionString: url,
    application_name: 'groundswell lock',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
  })
  let isOver = false
  let lost = (): void => {}
  const over = (): void => {
    if (isOver) return
    isOver = true
    lost()
  }
  client.on('error', over)
  client.on('end', over)
  const end = async (): Promise<void> => {
    isOver = true
    // A connection that broke before it was made may never say that it has ended.
    await client.end().catch(() => {})
  }
  try {
    await client.connect()
    // So that the server notices when this machine is gone.
    await client.query(
      'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3',
    )
    const { rows } = await client.query<{ taken: boolean }>(
      'select pg_try_advisory_lock(1735552375, hashtext(current_schema())) as taken',
    )
    if (rows[0]?.taken === true && !isOver)
      return {
        onLost: (callback) => {
          lost = callback
          if (isOver) callback()
        },
        end,
      }
    await end()
    return undefined
  } catch (error) {
    await end()
    throw new Error(withoutPassword(messageOf(error), url))
  }
}
