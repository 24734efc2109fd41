import type { StoreLock } from './results-store.ts'

/**
 * What the store needs of a database. Statements are written once for both: parameters are `$1`, `$2`, ..., and only
 * syntax that SQLite and Postgres share is used.
 */
export interface SqlDatabase {
  /**
   * All statements in one transaction, in order; resolves with the rows of each. Rejects with STORE_UNAVAILABLE where the
   * database is away or full, and with a {@link ConstraintBroken}; then nothing of it is kept.
   */
  transact(statements: readonly Statement[]): Promise<Row[][]>
  lock(): Promise<StoreLock>
  /** Gives room that is no longer needed back to the disk, where that does not happen by itself. */
  reclaim(): Promise<void>
  close(): Promise<void>
}

export interface Statement {
  sql: string
  values?: readonly SqlValue[]
}

export type SqlValue = string | number | null
/** Postgres gives its 64-bit integers as text, so figures are read by {@link numberIn}. */
export type Row = Readonly<Record<string, unknown>>

/** A key that is there already, or a reference to a run that is not. */
export class ConstraintBroken extends Error {
  readonly constraint: 'unique' | 'reference'

  constructor(constraint: 'unique' | 'reference') {
    super(`${constraint} constraint broken`)
    this.constraint = constraint
  }
}

export const numberIn = (row: Row, column: string): number => Number(row[column])
export const textIn = (row: Row, column: string): string => String(row[column])
export const textOrNullIn = (row: Row, column: string): string | null => {
  const value = row[column]
  return value === null || value === undefined ? null : String(value)
}
export const numberOrNullIn = (row: Row, column: string): number | null => {
  const value = row[column]
  return value === null || value === undefined ? null : Number(value)
}

/** Postgres takes no NUL and no half of a surrogate pair in a text. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')
