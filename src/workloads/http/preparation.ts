import { AppError } from '../../lib/errors.ts'
import type { ConnectFailure } from './connect-failure.ts'
import type { ConnectionPool } from './connection-pool.ts'
import type { HttpOrigin } from './origin.ts'

export interface MachineLimits {
  readonly connections: number
  readonly reuse: boolean
  readonly localAddresses: readonly string[]
  readonly descriptorLimit?: number
  readonly localPortCount?: number
}

/** What a process needs beside its connections: its own files, listeners, the bus. */
const otherDescriptors = 50

/** Throws an AppError (DRIVER_LIMIT) where the machine cannot give what the options ask for. */
export const checkLimits = (limits: MachineLimits, originCount: number): void => {
  const { connections, reuse, localAddresses, descriptorLimit, localPortCount } = limits
  // Without reuse, as many again may be waiting for the server to close.
  const descriptors = connections * (reuse ? 1 : 2) + otherDescriptors
  if (descriptorLimit !== undefined && descriptors > descriptorLimit) {
    throw new AppError(
      'DRIVER_LIMIT',
      `${connections} connections need ${descriptors} open files, and this process may have ${descriptorLimit}`,
      { hint: 'Raise the limit (ulimit -n), ask for fewer connections, or share them among more drivers.' },
    )
  }
  if (localPortCount === undefined) return
  // A port serves one connection for each source and target; a bound source address cannot use it for two targets.
  const ports =
    localPortCount * (localAddresses.length > 0 ? localAddresses.length : Math.max(1, originCount))
  if (connections > ports) {
    throw new AppError(
      'DRIVER_LIMIT',
      `${connections} connections need as many local ports, and there are ${ports}`,
      {
        hint: 'Widen net.ipv4.ip_local_port_range, add localAddresses, or share the connections among more drivers.',
      },
    )
  }
}

export interface OpeningOptions {
  /** Every origin must be reached. */
  readonly preflight: boolean
  /** Opened ahead, over all origins. */
  readonly connections: number
  /** Whether the preflight's own connections may be used afterwards. */
  readonly keepsProbes: boolean
}

/** Connections being opened at once for each origin: more would be the very storm that opening ahead avoids. */
const openersPerOrigin = 16

/** Resolves every origin and opens connections to it, evenly. Throws AppErrors: see `HttpClient.prepare`. */
export const openOrigins = async (
  origins: readonly HttpOrigin[],
  pool: ConnectionPool,
  options: OpeningOptions,
): Promise<void> => {
  const { preflight, connections, keepsProbes } = options
  await Promise.all(
    origins.map(async (origin, index) => {
      const unresolved = await origin.names.resolve()
      if (unresolved !== undefined) {
        if (preflight || isForbidden(unresolved)) throw preparationError(origin, unresolved)
        return
      }
      // Where they do not divide evenly, the first origins get one more.
      let missing = Math.floor(connections / origins.length) + (index < connections % origins.length ? 1 : 0)
      if (preflight) {
        const failure = await pool.openAhead(origin, keepsProbes)
        if (failure !== undefined) throw preparationError(origin, failure)
        missing -= 1
      }
      const open = async (): Promise<void> => {
        while (missing > 0) {
          missing -= 1
          // A target that takes one connection and refuses the next is worth measuring: it is no reason not to start.
          if ((await pool.openAhead(origin, true)) !== undefined) missing = 0
        }
      }
      await Promise.all(Array.from({ length: openersPerOrigin }, open))
    }),
  )
}

const isForbidden = (failure: ConnectFailure): boolean =>
  'unsent' in failure && failure.unsent === 'notAllowed'

const preparationError = (origin: HttpOrigin, failure: ConnectFailure): AppError => {
  if (isForbidden(failure)) return new AppError('TARGET_NOT_ALLOWED', failure.detail)
  if ('unsent' in failure) return new AppError('DRIVER_LIMIT', failure.detail)
  const hint = failure.kind === 'tls' ? tlsHint(failure.code) : undefined
  return new AppError(
    'TARGET_UNREACHABLE',
    `cannot reach ${origin.protocol}//${origin.host}: ${failure.detail}`,
    hint === undefined ? {} : { hint },
  )
}

const tlsHint = (code: string | undefined): string => {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'Name the authority with tls.ca under http, or accept any certificate with tls.insecure: true.'
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return "Name the certificate's host with tls.serverName under http, or accept it with tls.insecure: true."
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'Renew the certificate, or accept it with tls.insecure: true under http.'
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'The port answers, but not in TLS: is it an http:// target?'
    default:
      return 'Check tls.ca, tls.cert and tls.key under http; tls.insecure: true accepts any certificate.'
  }
}
