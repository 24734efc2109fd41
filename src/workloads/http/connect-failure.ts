import type { RequestErrorKind, UnsentReason } from '../../measuring/outcomes.ts'

/** The phases of opening a connection. The phase, not the system's error code, decides the kind of a failure. */
export type ConnectPhase = 'resolve' | 'connect' | 'tls'

/** Why a connection could not be opened. */
export type ConnectFailure =
  /** The target's fault, or that of what lies between: a measurement. */
  | { readonly kind: RequestErrorKind; readonly detail: string; readonly code?: string }
  /** Ours: what would have gone over it is unsent. */
  | { readonly unsent: UnsentReason; readonly detail: string }

/** The fields that Node adds to its system, OpenSSL and certificate errors. */
interface SystemError extends Error {
  code?: string
  syscall?: string
  reason?: string
  library?: string
}

const driverFaultByCode: Partial<Record<string, UnsentReason>> = {
  EMFILE: 'noDescriptors',
  ENFILE: 'noDescriptors',
  EADDRNOTAVAIL: 'noPorts',
  EADDRINUSE: 'noPorts',
}

/** `where`: `address:port`, or the name being resolved. */
export const connectFailureOf = (thrown: Error, phase: ConnectPhase, where: string): ConnectFailure => {
  const error: SystemError = firstOf(thrown)
  const { code = error.name } = error
  if (phase === 'tls') return { kind: 'tls', detail: `TLS with ${where}: ${tlsCause(error)}`, code }
  // Not the system's own message: that may name a local port, and equal causes must have equal texts.
  const detail = `${error.syscall ?? phase} ${code} ${where}`
  const unsent = driverFaultByCode[code]
  return unsent === undefined ? { kind: phase, detail, code } : { unsent, detail }
}

/** The text for an error of a connection that stood. */
export const brokenConnectionText = (thrown: Error): string => {
  const error: SystemError = thrown
  return isTlsError(error)
    ? `TLS: ${tlsCause(error)}`
    : `${error.syscall ?? 'connection'} ${error.code ?? error.name}`
}

/** Whether the peer is gone, as opposed to anything else that breaks a connection. */
export const isPeerGone = (thrown: Error): boolean => {
  const { code }: SystemError = thrown
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** An alert of the peer, or a record that is none. In TLS 1.3 a refused client certificate is told after the handshake. */
export const isTlsError = (thrown: Error): boolean => {
  const { library, code }: SystemError = thrown
  return library === 'SSL routines' || code?.startsWith('ERR_SSL_') === true
}

/** OpenSSL's own messages begin with a thread's number. */
const tlsCause = (error: SystemError): string => {
  if (error.reason !== undefined && isTlsError(error)) return error.reason
  return error.code === undefined || error.code === 'ECONNRESET'
    ? error.message
    : `${error.message} (${error.code})`
}

const firstOf = (error: Error): Error =>
  error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
