import { messageOf } from '../../lib/errors.ts'
import { StoreUnavailable } from './store-unavailable.ts'

/** SQLite's result codes that are told apart, the last three extended ones. */
export const sqliteCodes = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  full: 13,
  cannotOpen: 14,
  foreignKey: 787,
  primaryKey: 1555,
  uniqueKey: 2067,
} as const

export const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode
    : undefined

export const primaryCodeOf = (error: unknown): number => (codeOf(error) ?? 0) & 0xff

/** By SQLite's result codes, and the codes of the file system. */
const reasons: Record<string, string> = {
  5: 'another process is writing to it and does not end',
  8: 'it can only be read',
  10: 'the disk fails',
  11: 'the file is damaged',
  13: 'no space left on the disk',
  14: 'permission denied, or it is no file',
  26: 'it is no database',
  // The index in shared memory cannot be made.
  4874: 'no space left on the disk',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'a part of the path is no directory',
  EISDIR: 'it is a directory',
}

export const unavailable = (path: string, cause: unknown): StoreUnavailable => {
  const code = codeOf(cause)
  const fileCode = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const reason = code === undefined ? reasons[fileCode] : (reasons[code] ?? reasons[code & 0xff])
  return new StoreUnavailable(path, reason ?? messageOf(cause), { cause, isPublic: reason !== undefined })
}
