import { chmodSync, closeSync, existsSync, mkdirSync, openSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Clock, sleep } from '../../lib/clock.ts'
import { AppError, messageOf } from '../../lib/errors.ts'
import { migrate, schemaVersion, versionIn } from './migrations.ts'
import type { ResultsStore, StoreLock } from './results-store.ts'
import { ConstraintBroken, type Row, type SqlDatabase, type Statement } from './sql-database.ts'
import { SqlStore } from './sql-store.ts'

/**
 * The store in a file. Readers and one writer at a time go on beside each other (write-ahead log); a commit outlives a
 * crash of the process, and the last ones of a crash of the machine may be missing, never half there (`synchronous`
 * NORMAL).
 *
 * The lock is a second file beside it, `FILE.lock`, held open in an exclusive transaction: the operating system lets go of
 * it when the process ends, however it ends.
 *
 * A store whose schema is current is opened without a write. Beside a file in WAL mode SQLite wants an index of 32 KiB all the
 * same (FILE-shm), even to read; where there is no room for it, or no right to make it, the file is read without log and
 * index (`immutable`). That is safe while no log is there: whoever writes has both. Such a store takes no writes, and looks
 * from time to time whether it can be opened as usual again.
 *
 *   open ──index cannot be made, no log──▶ read only ──a second later, at the next use──▶ open, where that works
 *
 * SQLite waits within the call, which would hold up everything else in this process: so it waits only shortly, and the
 * rest of the time is waited between calls.
 */
export const openSqliteStore = async (path: string, options: SqliteOptions): Promise<ResultsStore> => {
  const database = await SqliteDatabase.open(path, options)
  return new SqlStore(database, options.clock)
}

export interface SqliteOptions {
  clock: Clock
  logger: Logger
  /** Only to look into it: a file that is there, whose schema is current, is not written to. */
  isToRead?: boolean
  maxPages?: number
}

const blockedMs = 20
const pauseMs = 10
/** The longest write of another process that is waited for. */
const patienceMs = 5000
/** Readers do not hold it up, so it grows beyond only while one reads for long. */
const maxLogBytes = 16_777_216

class SqliteDatabase implements SqlDatabase {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #clock: Clock
  readonly #prepared = new Map<string, StatementSync>()
  readonly #locks = new Set<StoreLock>()
  #isClosed = false

  private constructor(database: DatabaseSync, path: string, clock: Clock) {
    this.#database = database
    this.#path = path
    this.#clock = clock
  }

  static async open(
    path: string,
    { clock, maxPages }: { clock: Clock; maxPages?: number },
  ): Promise<SqliteDatabase> {
    let database: DatabaseSync | undefined
    try {
      createPrivately(path)
      database = new DatabaseSync(path, { timeout: blockedMs })
      const store = new SqliteDatabase(database, realpathSync(path), clock)
      await store.#prepare(maxPages)
      return store
    } catch (error) {
      database?.close()
      throw error instanceof AppError ? error : unavailable(path, error)
    }
  }

  async #prepare(maxPages: number | undefined): Promise<void> {
    const database = this.#database
    const read = (sql: string): Row[] => database.prepare(sql).all() as Row[]
    await this.#patiently(() => {
      // Before the first table: a deleted run gives its room back.
      database.exec('pragma auto_vacuum = incremental')
      database.exec('pragma journal_mode = wal')
    })
    database.exec(`pragma synchronous = normal; pragma journal_size_limit = ${maxLogBytes}`)
    if (maxPages !== undefined) database.exec(`pragma max_page_count = ${maxPages}`)
    const tables = (
      await this.#patiently(() => read("select name from sqlite_schema where type = 'table'"))
    ).map((row) => row.name)
    const isOurs = tables.includes('groundswell_schema')
    if (tables.length > 0 && !isOurs)
      throw new AppError('STORE_UNAVAILABLE', `${this.#path} is the database of another program.`, {
        hint: 'Choose another file with --store.',
      })
    if (isOurs && versionIn(read('select version from groundswell_schema')) === schemaVersion) return
    await this.#patiently(() => database.exec('begin immediate'))
    try {
      await migrate('sqlite', async (sql) => read(sql))
      database.exec('commit')
    } finally {
      if (database.isTransaction) database.exec('rollback')
    }
  }

  async transact(statements: readonly Statement[]): Promise<Row[][]> {
    try {
      return await this.#patiently(() => this.#execute(statements))
    } catch (error) {
      const code = codeOf(error)
      if (code === uniqueKey || code === primaryKey) throw new ConstraintBroken('unique')
      if (code === foreignKey) throw new ConstraintBroken('reference')
      throw unavailable(this.#path, error)
    }
  }

  /** In one turn, so that nothing else of this process comes between. */
  #execute(statements: readonly Statement[]): Row[][] {
    const run = ({ sql, values = [] }: Statement): Row[] => this.#statement(sql).all(...values) as Row[]
    if (statements.length === 1) return statements.map(run)
    this.#database.exec('begin immediate')
    try {
      const rows = statements.map(run)
      this.#database.exec('commit')
      return rows
    } finally {
      // A full disk ends the transaction by itself.
      if (this.#database.isTransaction) this.#database.exec('rollback')
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql.replace(/\$(\d+)/g, '?$1'))
      this.#prepared.set(sql, statement)
    }
    return statement
  }

  async #patiently<T>(work: () => T): Promise<T> {
    const deadlineMs = this.#clock.nowMs() + patienceMs
    for (;;) {
      if (this.#isClosed) throw new Error('it is closed')
      try {
        return work()
      } catch (error) {
        if (primaryCodeOf(error) !== busy || this.#clock.nowMs() > deadlineMs) throw error
      }
      await sleep(this.#clock, pauseMs)
    }
  }

  async lock(): Promise<StoreLock> {
    const path = `${this.#path}.lock`
    let holder: DatabaseSync | undefined
    try {
      createPrivately(path)
      holder = new DatabaseSync(path, { timeout: 0 })
      holder.exec('begin exclusive')
    } catch (error) {
      holder?.close()
      if (primaryCodeOf(error) === busy)
        throw new AppError('STORE_LOCKED', `Another orchestrator owns the results store ${this.#path}.`)
      throw unavailable(path, error)
    }
    const held = holder
    const lock: StoreLock = {
      release: async () => {
        if (this.#locks.delete(lock)) held.close()
      },
    }
    this.#locks.add(lock)
    return lock
  }

  async reclaim(): Promise<void> {
    await this.#patiently(() => {
      this.#database.prepare('pragma incremental_vacuum').all()
      this.#database.prepare('pragma wal_checkpoint(truncate)').all()
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const lock of [...this.#locks]) await lock.release()
    this.#database.close()
  }
}

/** Results are their owner's alone; SQLite gives the files beside it the same rights. */
const createPrivately = (path: string): void => {
  if (existsSync(path)) return
  makeDirectory(dirname(path))
  closeSync(openSync(path, 'a', 0o600))
  // Whatever the mask of the process is.
  chmodSync(path, 0o600)
}

/** Node's own `recursive` never ends where a parent cannot have children, as below /proc. */
const makeDirectory = (path: string): void => {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeDirectory(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if (!existsSync(path)) throw error
  }
}

const busy = 5
const primaryKey = 1555
const uniqueKey = 2067
const foreignKey = 787

const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : undefined

const primaryCodeOf = (error: unknown): number => (codeOf(error) ?? 0) & 0xff

/** By SQLite's primary result codes, and the codes of the file system. */
const reasons: Record<string, string> = {
  5: 'another process is writing to it and does not end',
  8: 'it is read-only',
  10: 'the disk fails',
  11: 'the file is damaged',
  13: 'no space left on the disk',
  14: 'permission denied, or it is no file',
  26: 'it is no database',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'a part of the path is no directory',
  EISDIR: 'it is a directory',
}

const unavailable = (path: string, cause: unknown): AppError => {
  const code =
    codeOf(cause) === undefined
      ? cause instanceof Error && 'code' in cause
        ? String(cause.code)
        : ''
      : String(primaryCodeOf(cause))
  return new AppError(
    'STORE_UNAVAILABLE',
    `The results store ${path} cannot be used: ${reasons[code] ?? messageOf(cause)}.`,
    { cause },
  )
}
