import { Pool, type PoolClient } from 'pg'
import type { Clock } from '../../lib/clock.ts'
import { AppError, messageOf } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import { migrate, schemaVersion, versionIn } from './migrations.ts'
import { describePostgres, withoutPassword } from './postgres-location.ts'
import { PostgresLock, tryLock } from './postgres-lock.ts'
import type { ResultsStore, StoreLock } from './results-store.ts'
import { ConstraintBroken, type Row, type SqlDatabase, type Statement } from './sql-database.ts'
import { SqlStore } from './sql-store.ts'

/**
 * The store in a Postgres database, for a team. Connections, TLS and passwords are `pg`'s: parameters of the URL, PGPASSWORD,
 * ~/.pgpass. Nothing waits for the server without end. The tables are made in the first schema of the search path.
 */
export const openPostgresStore = async (
  url: string,
  { clock, logger }: { clock: Clock; logger: Logger },
): Promise<ResultsStore> => new SqlStore(await PostgresDatabase.open(url, clock, logger), clock)

const connectTimeoutMs = 5000
const statementTimeoutMs = 10_000
/** For a server that does not answer at all. */
const answerTimeoutMs = 12_000
const maxConnections = 4

/** Of the transaction in which the schema is brought up to date. */
const migrationLock = 'select pg_advisory_xact_lock(1735552374, hashtext(current_schema()))'

class PostgresDatabase implements SqlDatabase {
  readonly #pool: Pool
  readonly #url: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #locks = new Set<PostgresLock>()
  #isClosed = false

  private constructor(pool: Pool, url: string, clock: Clock, logger: Logger) {
    this.#pool = pool
    this.#url = url
    this.#clock = clock
    this.#logger = logger
  }

  static async open(url: string, clock: Clock, logger: Logger): Promise<PostgresDatabase> {
    let pool: Pool
    try {
      pool = new Pool({
        connectionString: url,
        application_name: 'groundswell',
        connectionTimeoutMillis: connectTimeoutMs,
        statement_timeout: statementTimeoutMs,
        lock_timeout: statementTimeoutMs,
        idle_in_transaction_session_timeout: statementTimeoutMs,
        query_timeout: answerTimeoutMs,
        keepAlive: true,
        max: maxConnections,
      })
    } catch (error) {
      throw unavailable(url, error)
    }
    // A connection that ends while nobody uses it: the next statement gets another one.
    pool.on('error', () => {})
    const database = new PostgresDatabase(pool, url, clock, logger)
    try {
      await database.#prepare()
      return database
    } catch (error) {
      await pool.end()
      throw error
    }
  }

  async #prepare(): Promise<void> {
    const isCurrent = await this.#use(async (client) => {
      const { rows: tables } = await client.query("select to_regclass('groundswell_schema') as name")
      if ((tables as Row[])[0]?.name === null) return false
      const { rows } = await client.query('select version from groundswell_schema')
      return versionIn(rows as Row[]) === schemaVersion
    })
    if (isCurrent) return
    await this.#use((client) =>
      inTransaction(client, async () => {
        await client.query(migrationLock)
        await migrate('postgres', async (sql) => (await client.query(sql)).rows as Row[])
      }),
    )
  }

  async transact(statements: readonly Statement[]): Promise<Row[][]> {
    return await this.#use((client) => {
      const run = async ({ sql, values = [] }: Statement): Promise<Row[]> =>
        (await client.query(sql, [...values])).rows as Row[]
      const runAll = async (): Promise<Row[][]> => {
        const rows: Row[][] = []
        for (const statement of statements) rows.push(await run(statement))
        return rows
      }
      return statements.length === 1 ? runAll() : inTransaction(client, runAll)
    })
  }

  async #use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    let client: PoolClient | undefined
    // A connection that breaks says so to its user, and again to whoever listens: nobody must not be an option.
    const ignore = (): void => {}
    try {
      if (this.#isClosed) throw new Error('it is closed')
      client = await this.#pool.connect()
      client.on('error', ignore)
      const result = await work(client)
      client.off('error', ignore)
      client.release()
      return result
    } catch (error) {
      // What state it is in is not known: thrown away.
      const isBroken = codeOf(error) === undefined
      client?.off('error', ignore)
      client?.release(isBroken)
      throw this.#understand(error)
    }
  }

  #understand(error: unknown): unknown {
    if (error instanceof AppError) return error
    const code = codeOf(error)
    if (code === '23505') return new ConstraintBroken('unique')
    if (code === '23503') return new ConstraintBroken('reference')
    return unavailable(this.#url, error)
  }

  async lock(): Promise<StoreLock> {
    const taken = (): AppError =>
      new AppError(
        'STORE_LOCKED',
        `Another orchestrator owns the results store ${describePostgres(this.#url)}.`,
      )
    const lock = new PostgresLock({
      taken,
      take: () => tryLock(this.#url, connectTimeoutMs, answerTimeoutMs),
      clock: this.#clock,
      logger: this.#logger,
      onRelease: () => this.#locks.delete(lock),
    })
    let isTaken: boolean
    try {
      isTaken = await lock.take()
    } catch (error) {
      throw unavailable(this.#url, error)
    }
    if (!isTaken) throw taken()
    this.#locks.add(lock)
    return lock
  }

  /** Postgres does so by itself. */
  async reclaim(): Promise<void> {}

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const lock of [...this.#locks]) await lock.release()
    await this.#pool.end()
  }
}

const inTransaction = async <T>(client: PoolClient, work: () => Promise<T>): Promise<T> => {
  await client.query('begin')
  try {
    const result = await work()
    await client.query('commit')
    return result
  } catch (error) {
    // Where that fails the connection is gone, and the transaction with it.
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** The server's own (SQLSTATE); undefined where the connection failed. */
const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'severity' in error && 'code' in error ? String(error.code) : undefined

/** Without the cause: it may hold the URL. */
const unavailable = (url: string, error: unknown): AppError =>
  new AppError(
    'STORE_UNAVAILABLE',
    `The results store ${describePostgres(url)} cannot be used: ${withoutPassword(messageOf(error), url)}.`,
  )
