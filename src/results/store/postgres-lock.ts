import { Client } from 'pg'
import type { Clock, Timer } from '../../lib/clock.ts'
import { type AppError, messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import { withoutPassword } from './postgres-location.ts'
import type { StoreLock } from './results-store.ts'

/**
 * The lock of a store in Postgres: an advisory lock of a session that exists for nothing else. The server frees it when the
 * connection ends, at once where the process was killed, and after about half a minute where its machine is gone. The
 * session is asked every few seconds, so that this side knows first that the connection is gone. (A connection pooler that
 * shares sessions between clients breaks this; see docs/results.md.)
 *
 *   held ──connection lost──▶ away ──taken again, retried with growing pauses──▶ held
 *     │                         ├──another session holds it──▶ lost
 *     └───────released──────────┴──▶ released
 *
 * A session that broke without the server's noticing holds it for a while yet: that is no other orchestrator.
 */
export class PostgresLock implements StoreLock {
  readonly #options: PostgresLockOptions
  readonly #lost = Promise.withResolvers<AppError>()
  #session: LockSession | undefined
  /** Of the session that held it last. */
  #formerPid: number | undefined
  #timer: Timer | undefined
  #isReleased = false

  constructor(options: PostgresLockOptions) {
    this.#options = options
  }

  get isHeld(): boolean {
    return this.#session !== undefined
  }

  get lost(): Promise<AppError> {
    return this.#lost.promise
  }

  /** False: another one has it. Rejects where the server is away, or has not noticed yet that our former session broke. */
  async take(): Promise<boolean> {
    const taken = await this.#options.take()
    if ('heldBy' in taken) {
      const former = this.#formerPid
      if (former !== undefined && (taken.heldBy === undefined || taken.heldBy === former))
        throw new Error('the session that broke still holds it')
      return false
    }
    const { session } = taken
    if (this.#isReleased) {
      await session.end()
      return false
    }
    this.#session = session
    this.#formerPid = session.pid
    session.onLost(() => {
      this.#session = undefined
      this.#timer?.cancel()
      if (this.#isReleased) return
      this.#options.logger.warn('the lock of the results store was lost with its connection; taking it again')
      this.#takeAgain(firstPauseMs)
    })
    this.#checkLater()
    return true
  }

  /** A connection on which nothing is said may be gone without anybody's noticing. */
  #checkLater(): void {
    const session = this.#session
    if (session === undefined) return
    this.#timer = this.#options.clock.after(checkEveryMs, () => {
      void session.check().then(() => {
        if (this.#session === session && !this.#isReleased) this.#checkLater()
      })
    })
  }

  #takeAgain(pauseMs: number): void {
    const { clock, logger, taken } = this.#options
    this.#timer = clock.after(pauseMs, () => {
      this.take().then(
        (isTaken) => {
          if (isTaken) logger.info('the lock of the results store is held again')
          else if (!this.#isReleased) this.#lost.resolve(taken())
        },
        () => {
          if (!this.#isReleased) this.#takeAgain(Math.min(longestPauseMs, 2 * pauseMs))
        },
      )
    })
  }

  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#timer?.cancel()
    this.#options.onRelease()
    await this.#session?.end()
  }
}

export interface PostgresLockOptions {
  take(): Promise<TakenOrHeld>
  /** What another orchestrator's having it is. */
  taken(): AppError
  clock: Clock
  logger: Logger
  onRelease(): void
}

/** `heldBy`: the process id of the server's session that has it; undefined where that has ended meanwhile. */
export type TakenOrHeld = { session: LockSession } | { heldBy: number | undefined }

export interface LockSession {
  /** Of the server's process. */
  pid: number
  /** Calls back once, unless it was ended from here. */
  onLost(callback: () => void): void
  /** Asks the server; where no answer comes the session is lost. Never rejects. */
  check(): Promise<void>
  end(): Promise<void>
}

const firstPauseMs = 1000
/** Short: while the lock is away nothing is written, and another orchestrator may have taken over. */
const longestPauseMs = 5000
/** With the time that an answer may take, less than the server takes to give up a silent client. */
const checkEveryMs = 5000

/** The server shows the two keys of an advisory lock as unsigned numbers. */
const holderOfLock = `select pid from pg_locks where locktype = 'advisory' and granted and classid = 1735552375
  and objid::bigint = hashtext(current_schema())::bigint & 4294967295 and objsubid = 2
  and database = (select oid from pg_database where datname = current_database())`

/** A session that holds the lock of its schema's store, or who does. */
export const tryLock = async (
  url: string,
  connectTimeoutMs: number,
  answerTimeoutMs: number,
): Promise<TakenOrHeld> => {
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
    const { rows } = await client.query<{ taken: boolean; pid: number }>(
      'select pg_try_advisory_lock(1735552375, hashtext(current_schema())) as taken, pg_backend_pid() as pid',
    )
    const [row] = rows
    if (row?.taken === true && !isOver)
      return {
        session: {
          pid: row.pid,
          onLost: (callback) => {
            lost = callback
            if (isOver) callback()
          },
          check: async () => {
            await client.query('select 1').catch(async () => {
              if (isOver) return
              over()
              await end()
            })
          },
          end,
        },
      }
    const { rows: holders } = await client.query<{ pid: number }>(holderOfLock)
    await end()
    return { heldBy: holders[0]?.pid }
  } catch (error) {
    await end()
    throw new Error(withoutPassword(messageOf(error), url))
  }
}
