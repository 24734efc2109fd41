import { realpathSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type Clock, sleep } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import type { Logger } from '../../lib/logger.ts'
import { migrate, schemaVersion, versionIn } from './migrations.ts'
import { neverLost, type ResultsStore, type StoreLock } from './results-store.ts'
import { ConstraintBroken, type Row, type SqlDatabase, type Statement } from './sql-database.ts'
import { SqlStore } from './sql-store.ts'
import { codeOf, primaryCodeOf, sqliteCodes, unavailable } from './sqlite-errors.ts'
import { createPrivately, type OpenedFile, openFile } from './sqlite-file.ts'
import { StoreUnavailable } from './store-unavailable.ts'

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
 * index (`immutable`). That is safe while no log is there: whoever writes has both. Such a store takes no writes, and looks at
 * each use whether it can be opened as usual again.
 *
 *   open ◀──index can be made again, seen at the next use── read only ◀──index cannot be made, and no log is there── opening
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

const pauseMs = 10
/** The longest write of another process that is waited for. */
const patienceMs = 5000
/** Readers do not hold it up, so it grows beyond only while one reads for long. */
const maxLogBytes = 16_777_216
/** Pages given back to the disk at a time: each of them may have to be moved, which takes room in the log first. */
const reclaimPages = 64

class SqliteDatabase implements SqlDatabase {
  #file: OpenedFile
  readonly #path: string
  readonly #options: SqliteOptions
  readonly #prepared = new Map<string, StatementSync>()
  readonly #locks = new Set<StoreLock>()
  #isClosed = false

  private constructor(file: OpenedFile, path: string, options: SqliteOptions) {
    this.#file = file
    this.#path = path
    this.#options = options
  }

  static async open(path: string, options: SqliteOptions): Promise<SqliteDatabase> {
    const { clock, logger, isToRead = false } = options
    let store: SqliteDatabase | undefined
    let isCurrent: boolean
    try {
      if (!isToRead) createPrivately(path)
      const real = realpathSync(path)
      const file = await patiently(clock, () => openFile(real, isToRead))
      store = new SqliteDatabase(file, real, options)
      isCurrent = await store.#isCurrent()
      if (!isToRead && file.obstacle === undefined) await store.#prepare(isCurrent)
      else if (!isCurrent && !isToRead) throw file.obstacle
    } catch (error) {
      await store?.close()
      throw error instanceof AppError ? error : unavailable(path, error)
    }
    if (!isCurrent && isToRead) {
      await store.close()
      return SqliteDatabase.open(path, { ...options, isToRead: false })
    }
    const obstacle = isToRead ? undefined : store.#obstacle()
    if (obstacle !== undefined)
      logger.warn(`${obstacle.message.replace(/\.$/, '')}; until that changes it is only read`)
    return store
  }

  /** Whether nothing has to be done to its schema. Throws STORE_UNAVAILABLE where it is none of ours. */
  async #isCurrent(): Promise<boolean> {
    const rows = await this.#patiently(() =>
      this.#read("select name from sqlite_schema where type = 'table'"),
    )
    const isOurs = rows.some(({ name }) => name === 'groundswell_schema')
    if (rows.length > 0 && !isOurs)
      throw new AppError('STORE_UNAVAILABLE', `${this.#path} is the database of another program.`, {
        hint: 'Choose another file with --store.',
      })
    return isOurs && versionIn(this.#read('select version from groundswell_schema')) === schemaVersion
  }

  async #prepare(isCurrent: boolean): Promise<void> {
    const { database } = this.#file
    if (!isCurrent)
      await this.#patiently(() => {
        // Before the first table: a deleted run gives its room back.
        database.exec('pragma auto_vacuum = incremental')
        database.exec('pragma journal_mode = wal')
      })
    this.#set()
    if (isCurrent) return
    await this.#patiently(() => database.exec('begin immediate'))
    try {
      await migrate('sqlite', async (sql) => this.#read(sql))
      database.exec('commit')
    } finally {
      if (database.isTransaction) database.exec('rollback')
    }
  }

  /** What a connection that writes is told, and the file does not keep. */
  #set(): void {
    const { maxPages } = this.#options
    this.#file.database.exec(`pragma synchronous = normal; pragma journal_size_limit = ${maxLogBytes}`)
    if (maxPages !== undefined) this.#file.database.exec(`pragma max_page_count = ${maxPages}`)
  }

  #read(sql: string): Row[] {
    return this.#file.database.prepare(sql).all() as Row[]
  }

  async transact(statements: readonly Statement[]): Promise<Row[][]> {
    try {
      return await this.#patiently(() => {
        this.#openAgain()
        return this.#execute(statements)
      })
    } catch (error) {
      const code = codeOf(error)
      if (code === sqliteCodes.uniqueKey || code === sqliteCodes.primaryKey)
        throw new ConstraintBroken('unique')
      if (code === sqliteCodes.foreignKey) throw new ConstraintBroken('reference')
      const isRefused = primaryCodeOf(error) === sqliteCodes.readOnly
      throw (isRefused ? this.#obstacle() : undefined) ?? unavailable(this.#path, error)
    }
  }

  /** Why it is only read; undefined where it is not. */
  #obstacle(): StoreUnavailable | undefined {
    const { obstacle } = this.#file
    if (obstacle === undefined) return undefined
    // Of a directory that takes nothing new SQLite says only that it cannot open what it wanted to make there.
    const isForbidden = primaryCodeOf(obstacle) === sqliteCodes.cannotOpen
    return isForbidden
      ? new StoreUnavailable(this.#path, 'it can only be read', { cause: obstacle, isPublic: true })
      : unavailable(this.#path, obstacle)
  }

  #openAgain(): void {
    const { isToRead = false } = this.#options
    if (this.#file.obstacle === undefined || this.#isClosed) return
    const file = openFile(this.#path, isToRead)
    this.#prepared.clear()
    this.#file.database.close()
    this.#file = file
    if (!isToRead && file.obstacle === undefined) this.#set()
  }

  /** In one turn, so that nothing else of this process comes between. */
  #execute(statements: readonly Statement[]): Row[][] {
    const run = ({ sql, values = [] }: Statement): Row[] => this.#statement(sql).all(...values) as Row[]
    if (statements.length === 1) return statements.map(run)
    const { database, obstacle } = this.#file
    const isReading = this.#options.isToRead === true || obstacle !== undefined
    database.exec(isReading ? 'begin' : 'begin immediate')
    try {
      const rows = statements.map(run)
      database.exec('commit')
      return rows
    } finally {
      // A full disk ends the transaction by itself.
      if (database.isTransaction) database.exec('rollback')
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#file.database.prepare(sql.replace(/\$(\d+)/g, '?$1'))
      this.#prepared.set(sql, statement)
    }
    return statement
  }

  #patiently<T>(work: () => T): Promise<T> {
    return patiently(this.#options.clock, () => {
      if (this.#isClosed) throw new Error('it is closed')
      return work()
    })
  }

  async lock(): Promise<StoreLock> {
    const path = `${this.#path}.lock`
    let holder: DatabaseSync | undefined
    try {
      createPrivately(path)
      holder = new DatabaseSync(path, { timeout: 0 })
      // Without a journal, which a full disk has no room for: nothing is ever written to it.
      holder.exec('pragma journal_mode = memory; begin exclusive')
    } catch (error) {
      holder?.close()
      if (primaryCodeOf(error) === sqliteCodes.busy)
        throw new AppError('STORE_LOCKED', `Another orchestrator owns the results store ${this.#path}.`)
      throw unavailable(path, error)
    }
    const held = holder
    const lock: StoreLock = {
      isHeld: true,
      lost: neverLost,
      release: async () => {
        if (this.#locks.delete(lock)) held.close()
      },
    }
    this.#locks.add(lock)
    return lock
  }

  async reclaim(): Promise<void> {
    const { clock } = this.#options
    const free = (): number => Number(this.#read('pragma freelist_count')[0]?.freelist_count)
    try {
      for (let before = Number.POSITIVE_INFINITY; ; ) {
        const left = await this.#patiently(() => {
          this.#read('pragma wal_checkpoint(truncate)')
          this.#read(`pragma incremental_vacuum(${reclaimPages})`)
          this.#read('pragma wal_checkpoint(truncate)')
          return free()
        })
        if (left === 0 || left >= before) return
        before = left
        await new Promise<void>((resolve) => clock.soon(resolve))
      }
    } catch {
      // Not even room to move pages: what was deleted is gone all the same, and its pages take what is written next.
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const lock of [...this.#locks]) await lock.release()
    this.#file.database.close()
  }
}

/** Waits between calls where another process writes. */
const patiently = async <T>(clock: Clock, work: () => T): Promise<T> => {
  const deadlineMs = clock.nowMs() + patienceMs
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (primaryCodeOf(error) !== sqliteCodes.busy || clock.nowMs() > deadlineMs) throw error
    }
    await sleep(clock, pauseMs)
  }
}
