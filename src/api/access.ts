import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import { AppError } from '../lib/errors.ts'

/**
 * Who may use the API. Beyond loopback a bearer token decides, compared in constant time. On loopback, where every page
 * that the user's browser shows could reach us as well, two more rules hold:
 *
 * - without a token the Host must be one that only this machine's user can have meant: a page of a foreign site whose name
 *   was made to point at 127.0.0.1 (DNS rebinding) still says its own name there;
 * - what changes something is refused to a page of another origin (request forgery): browsers name it in Origin.
 */
export interface Access {
  host: string
  token?: string
  insecure?: boolean
}

export interface Credentials {
  authorization: string | undefined
  host: string | undefined
  origin: string | undefined
  fetchSite: string | undefined
}

/** Addresses that never leave this machine. Names are looked up by whoever binds: only this one is sure. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || /^127(?:\.\d{1,3}){3}$/.test(host) || host === '::1' || host === '[::1]'

/** Throws USAGE where the API would be open to a network without anybody having asked for that. */
export const checkBinding = ({ host, token, insecure }: Access): void => {
  if (token !== undefined && token.trim() === '')
    throw new AppError('USAGE', 'The API token is empty.', {
      hint: 'Put at least 16 random characters there.',
    })
  if (isLoopback(host) || token !== undefined || insecure === true) return
  throw new AppError('USAGE', `The API would be open to everybody who reaches ${host}.`, {
    hint: 'Give it a token (GROUNDSWELL_TOKEN, or --token-file FILE), listen on 127.0.0.1, or say --insecure.',
  })
}

/** Whether the texts are equal, in a time that says nothing about where they differ. */
export const equalsSecret = (given: string, secret: string): boolean =>
  timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(secret).digest())

/** Throws UNAUTHORIZED or ORIGIN_REFUSED. */
export const checkAccess = (access: Access, credentials: Credentials, changesSomething: boolean): void => {
  const { authorization, host, origin, fetchSite } = credentials
  if (access.token !== undefined) {
    const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
    if (given === undefined) throw new AppError('UNAUTHORIZED', 'This orchestrator wants a token.')
    if (!equalsSecret(given, access.token))
      throw new AppError('UNAUTHORIZED', 'This token is not the right one.')
  } else if (!isOwnHost(host ?? '', access.host))
    throw new AppError('ORIGIN_REFUSED', 'The header Host names no address of this orchestrator.')
  if (!changesSomething) return
  if (origin !== undefined && !isSameOrigin(origin, host))
    throw new AppError('ORIGIN_REFUSED', 'A page of another site may not change anything here.')
  if (fetchSite === 'cross-site')
    throw new AppError('ORIGIN_REFUSED', 'A page of another site may not change anything here.')
}

/** Suffixes that no public name server answers for. */
const privateSuffix = /\.(?:localhost|local|internal)$/

/** Addresses, names without a dot and private ones: an attacker cannot own them. And the name that we listen on. */
const isOwnHost = (header: string, bound: string): boolean => {
  const host = hostNameOf(header)
  if (host === undefined) return false
  if (isLoopback(bound)) return isLoopback(host)
  return host === bound.toLowerCase() || isIP(host) !== 0 || !host.includes('.') || privateSuffix.test(host)
}

/** Of a Host header, in lower case, an IPv6 address without its brackets. */
const hostNameOf = (header: string): string | undefined => {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(header) ?? []
  return (bracketed ?? plain)?.toLowerCase()
}

const isSameOrigin = (origin: string, host: string | undefined): boolean =>
  URL.canParse(origin) &&
  URL.canParse(`http://${host}`) &&
  new URL(origin).host === new URL(`http://${host}`).host
