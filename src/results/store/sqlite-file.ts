import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { primaryCodeOf, sqliteCodes } from './sqlite-errors.ts'

export interface OpenedFile {
  database: DatabaseSync
  /** Why it can only be read, and as it was when it was opened; undefined where it was opened as it was asked for. */
  obstacle: unknown
}

/** SQLite waits so long within a call: it holds up everything else. */
const blockedMs = 20

/**
 * Opens the file and looks into it. Where what SQLite needs beside it cannot be made, and no log holds news, it is read as
 * it is: see `sqlite-store.ts`.
 */
export const openFile = (path: string, isToRead: boolean): OpenedFile => {
  try {
    return { database: openAndLook(path, { readOnly: isToRead, timeout: blockedMs }), obstacle: undefined }
  } catch (error) {
    if (!hindrances.has(primaryCodeOf(error)) || hasLog(path)) throw error
    const url = pathToFileURL(path)
    url.searchParams.set('immutable', '1')
    try {
      return { database: openAndLook(url, { readOnly: true }), obstacle: error }
    } catch {
      throw error
    }
  }
}

const hindrances: ReadonlySet<number> = new Set([
  sqliteCodes.readOnly,
  sqliteCodes.ioError,
  sqliteCodes.full,
  sqliteCodes.cannotOpen,
])

const hasLog = (path: string): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0

/** SQLite itself opens a file when it is first read. */
const openAndLook = (location: string | URL, options: DatabaseSyncOptions): DatabaseSync => {
  const database = new DatabaseSync(location, options)
  try {
    database.prepare('select name from sqlite_schema limit 1').all()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Results are their owner's alone; SQLite gives the files beside it the same rights. */
export const createPrivately = (path: string): void => {
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
