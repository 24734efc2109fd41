import type { RequestErrorKind, UnsentReason } from '../measuring/outcomes.ts'
import type { Exchange, Origin } from '../workloads/http/exchange.ts'
import type { ResponseParser } from '../workloads/http/response-parser.ts'

/** How an exchange ended. */
export type Ending =
  | { how: 'answered'; status: number; bodyBytes: number; bytesIn: number }
  | { how: 'failed'; kind: RequestErrorKind; detail: string; bytesIn: number }
  | { how: 'unsent'; reason: UnsentReason; detail: string }

export interface RecordingExchangeOptions {
  /** Default: `GET PATH`. */
  bytes?: Uint8Array
  path?: string
  isHead?: boolean
  isIdempotent?: boolean
  timeoutMs?: number
  /** Called at the end, within the client's own call. */
  onEnd?: (ending: Ending) => void
}

/** An exchange that writes down what the client tells it. */
export class RecordingExchange implements Exchange {
  readonly origin: Origin
  readonly bytes: Uint8Array
  readonly isHead: boolean
  readonly isIdempotent: boolean
  readonly timeoutMs: number
  readonly keepHead = true
  readonly keepBodyBytes = 1000
  flushed = false

  /** Resolves with the first end. */
  readonly ended: Promise<Ending>
  /** All ends: more than one is the client's fault. */
  readonly endings: Ending[] = []
  /** For each `sent`: whether it was a retry. */
  readonly sends: boolean[] = []
  sentMs = 0
  endedMs = 0
  body = ''
  readonly #onEnd: ((ending: Ending) => void) | undefined
  #resolve: (ending: Ending) => void = () => {}

  constructor(origin: Origin, options: RecordingExchangeOptions = {}) {
    this.origin = origin
    this.isHead = options.isHead ?? false
    const method = this.isHead ? 'HEAD' : 'GET'
    this.bytes =
      options.bytes ??
      Buffer.from(`${method} ${options.path ?? '/'} HTTP/1.1\r\nHost: ${origin.host}\r\n\r\n`)
    this.isIdempotent = options.isIdempotent ?? true
    this.timeoutMs = options.timeoutMs ?? 20_000
    this.#onEnd = options.onEnd
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  sent(nowMs: number, retry: boolean): void {
    this.sentMs = nowMs
    this.sends.push(retry)
  }

  answered(nowMs: number, response: ResponseParser, bytesIn: number): void {
    this.body = Buffer.from(response.body()).toString('latin1')
    this.#end(nowMs, { how: 'answered', status: response.status, bodyBytes: response.bodyBytes, bytesIn })
  }

  failed(nowMs: number, kind: RequestErrorKind, detail: string, bytesIn: number): void {
    this.#end(nowMs, { how: 'failed', kind, detail, bytesIn })
  }

  unsent(nowMs: number, reason: UnsentReason, detail: string): void {
    this.#end(nowMs, { how: 'unsent', reason, detail })
  }

  #end(nowMs: number, ending: Ending): void {
    this.endedMs = nowMs
    this.endings.push(ending)
    this.#resolve(ending)
    this.#onEnd?.(ending)
  }
}

/** A POST with a body of so many octets, in one buffer. */
export const postBytes = (origin: Origin, bodyBytes = 5): Uint8Array =>
  Buffer.concat([
    Buffer.from(`POST / HTTP/1.1\r\nHost: ${origin.host}\r\nContent-Length: ${bodyBytes}\r\n\r\n`),
    Buffer.alloc(bodyBytes, 120),
  ])
