import type { RequestErrorKind, UnsentReason } from '../../measuring/outcomes.ts'
import type { ResponseParser } from './response-parser.ts'

/**
 * One request and its answer, between the workload (which renders requests and judges answers) and the client (which
 * owns sockets). The workload subclasses or fills these objects and may reuse one as soon as it has ended.
 *
 * The client calls, synchronously or later:
 *   sent*  then exactly one of  answered | failed,    or    unsent   or    failed   without `sent` (no connection).
 * `sent` comes a second time when the request was retried. No method may throw. Times are the clock's monotonic ms.
 */
export interface Exchange {
  /** Where to; from `HttpClient.origin`. */
  readonly origin: Origin
  /**
   * Head and body, complete, in one buffer. It must not change until the exchange has ended and `flushed` is true;
   * where it ended unflushed (an early answer, an error), the buffer must be abandoned.
   */
  readonly bytes: Uint8Array
  readonly isHead: boolean
  /** GET, HEAD, OPTIONS, TRACE, PUT, DELETE: may be sent again under the rule in `connection.ts`. */
  readonly isIdempotent: boolean
  /** From `send` to the end of the response. */
  readonly timeoutMs: number
  /** The parser keeps the head (for header checks, captures, cookies, redirects). */
  readonly keepHead: boolean
  /** So many bytes of the body are kept; 0: only counted. */
  readonly keepBodyBytes: number
  /** Set by the client: all bytes have left this process. */
  flushed: boolean

  /** The first byte was handed to the socket. `retry`: the same request went out once before. */
  sent(nowMs: number, retry: boolean): void
  /** The response is complete. `response` is the connection's own parser: valid only during this call. */
  answered(nowMs: number, response: ResponseParser, bytesIn: number): void
  /** `detail`: a short text for people, the same for the same cause (no varying numbers). */
  failed(nowMs: number, kind: RequestErrorKind, detail: string, bytesIn: number): void
  /** It could not be sent at all, and that is not the target's fault. */
  unsent(nowMs: number, reason: UnsentReason, detail: string): void
}

/** Scheme, host and port with their addresses and connections. */
export interface Origin {
  readonly protocol: 'http:' | 'https:'
  /** Lower case, without brackets. */
  readonly hostname: string
  readonly port: number
  /** As in a Host field: with the port unless it is the scheme's own, IPv6 in brackets. */
  readonly host: string
}
