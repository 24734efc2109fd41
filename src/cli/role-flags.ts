import { parseDuration } from '../lib/duration.ts'
import { AppError } from '../lib/errors.ts'
import type { Logger, LogLevel } from '../lib/logger.ts'
import { maskSecrets } from '../scenario/mask-secrets.ts'
import type { ProgramContext } from './program-context.ts'
import type { LogFormat } from './role-logger.ts'

/** What the options of the long-running roles have in common, and how single values are read. */
export interface LogFlags {
  logFormat?: LogFormat
  logLevel?: LogLevel
}

/** The log of a role, for a person where there is a terminal and for a machine where there is none. */
export const openRoleLog = async (
  context: ProgramContext,
  role: string,
  { logFormat, logLevel }: LogFlags,
  secrets: readonly string[],
): Promise<Logger> => {
  const { createRoleLogger } = await import('./role-logger.ts')
  return createRoleLogger({
    role,
    pid: context.pid,
    format: logFormat ?? (context.stderr.isTTY === true ? 'text' : 'json'),
    lowest: logLevel ?? 'info',
    secrets,
    clock: context.clock,
    write: (text) => context.stderr.write(text),
  })
}

/** `HOST:PORT`, `:PORT`, `[::1]:PORT`. Port 0: any free one. Throws USAGE. */
export const parseListen = (text: string, option = '--listen'): { host: string; port: number } => {
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[\w.-]*):(\d{1,5})$/i.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535)
    throw new AppError(
      'USAGE',
      `${option} takes HOST:PORT, as in 127.0.0.1:8001 or 0.0.0.0:8001; "${text}" is none`,
    )
  return { host: host === '' ? '127.0.0.1' : host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

/** An URL over HTTP without user and password, which anybody on the machine could read. Throws USAGE. */
export const parseHttpUrl = (option: string, text: string): string => {
  // `localhost:8001` would be an URL of the scheme "localhost".
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url === null || text === '' || !/^https?:$/.test(url.protocol))
    throw new AppError(
      'USAGE',
      `${option} takes an URL, as in http://10.0.0.5:8001; "${maskSecrets(text)}" is none`,
    )
  if (url.username !== '' || url.password !== '')
    throw new AppError(
      'USAGE',
      `${option} takes no user and password: every user of this machine could read them`,
    )
  return url.href.replace(/\/$/, '')
}

/** A positive duration. Throws USAGE. */
export const parsePositiveDuration = (option: string, text: string): number => {
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return ms
  throw new AppError('USAGE', `${option} takes a duration, as in 2m or 90s; "${text}" is none`)
}

/** A whole number from 1. Throws USAGE. */
export const parseCount = (option: string, text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new AppError('USAGE', `${option} takes a whole number from 1; "${text}" is none`)
}
