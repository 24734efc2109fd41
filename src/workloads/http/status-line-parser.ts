import { asciiBytes, CR, LF, NINE, SPACE, textBytes, ZERO } from './byte-classes.ts'
import { type ResponseFailure, responseFailures } from './response-failure.ts'

/**
 * Reads a status line (RFC 9112, 4) and the blank lines before it, byte by byte, so that a cut anywhere changes
 * nothing. Where it is none, the failure says who else may be speaking.
 *
 *   state         takes                                          then
 *   start         CR                                             blankLine
 *                 another byte, untaken                          preamble or ssh
 *   blankLine     LF                                             start
 *   preamble      `HTTP/1.`, byte by byte                        minor
 *   ssh           `SSH-`, byte by byte                           failure
 *   minor         `0` or `1`                                     beforeStatus
 *   beforeStatus  SP                                             status
 *   status        three digits, the first not 0                  afterStatus
 *   afterStatus   SP                                             reason
 *                 CR                                             lineEnd
 *   reason        text, CR                                       lineEnd
 *   lineEnd       LF                                             done
 */
const start = 0
const blankLine = 1
const preamble = 2
const ssh = 3
const minor = 4
const beforeStatus = 5
const status = 6
const afterStatus = 7
const reason = 8
const lineEnd = 9
const done = 10

const httpPreamble = asciiBytes('HTTP/1.')
const usualStart = asciiBytes('HTTP/1.1 ')
/** So many bytes of the preamble say that it is HTTP, of whatever version. */
const protocolBytes = 'HTTP/'.length
const sshPreamble = asciiBytes('SSH-')

/** What a first byte that begins no status line tells about who is speaking. */
const failureOfFirstByte = (byte: number): ResponseFailure => {
  // A TLS record begins with its type: 0x15 alert, 0x16 handshake. An HTTP/2 frame begins with its length's high byte.
  if (byte === 0x15 || byte === 0x16) return responseFailures.tls
  return byte === 0 ? responseFailures.http2 : responseFailures.notHttp
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE

export class StatusLineParser {
  status = 0
  /** The version's second number. */
  minorVersion = 1
  failure: ResponseFailure | undefined

  #state = done
  /** How many bytes of the preamble, or digits of the status, were read. */
  #count = 0

  get isDone(): boolean {
    return this.#state === done
  }

  start(): void {
    this.status = 0
    this.failure = undefined
    this.#state = start
  }

  /** Reads bytes[from, to) up to the end of the line; returns where it stopped. See `isDone` and `failure`. */
  read(bytes: Uint8Array, from: number, to: number): number {
    let i = this.#state === start ? this.#readUsualStart(bytes, from, to) : from
    while (i < to && this.#state !== done) {
      if (this.#state === reason) {
        while (i < to && textBytes[bytes[i] as number] === 1) i++
        if (i === to) break
      }
      const state = this.#state
      const byte = bytes[i] as number
      this.failure = this.#readByte(byte)
      if (this.failure !== undefined) return i
      // `start` only looks at a byte that the next state takes.
      if (state !== start || byte === CR) i++
    }
    return i
  }

  /** The start of nearly every response at once; anything else is left to the states. */
  #readUsualStart(bytes: Uint8Array, from: number, to: number): number {
    const statusFrom = from + usualStart.length
    if (to - statusFrom < 3) return from
    for (let i = 0; i < usualStart.length; i++) {
      if (bytes[from + i] !== usualStart[i]) return from
    }
    let value = 0
    for (let i = statusFrom; i < statusFrom + 3; i++) {
      const byte = bytes[i] as number
      if (!isDigit(byte)) return from
      value = value * 10 + (byte - ZERO)
    }
    if (value < 100) return from
    this.status = value
    this.minorVersion = 1
    this.#state = afterStatus
    return statusFrom + 3
  }

  #readByte(byte: number): ResponseFailure | undefined {
    switch (this.#state) {
      case start:
        this.#count = 0
        this.#state = byte === CR ? blankLine : byte === sshPreamble[0] ? ssh : preamble
        return undefined
      case preamble:
        if (byte !== httpPreamble[this.#count]) {
          if (this.#count === 0) return failureOfFirstByte(byte)
          return this.#count < protocolBytes ? responseFailures.notHttp : responseFailures.version
        }
        if (++this.#count === httpPreamble.length) this.#state = minor
        return undefined
      case ssh:
        if (byte !== sshPreamble[this.#count]) return responseFailures.notHttp
        return ++this.#count === sshPreamble.length ? responseFailures.ssh : undefined
      case minor:
        if (byte !== ZERO && byte !== ZERO + 1) return responseFailures.version
        this.minorVersion = byte - ZERO
        this.#state = beforeStatus
        return undefined
      case beforeStatus:
        if (byte !== SPACE) return isDigit(byte) ? responseFailures.version : responseFailures.statusLine
        this.#count = 0
        this.#state = status
        return undefined
      case status:
        if (!isDigit(byte) || (byte === ZERO && this.#count === 0)) return responseFailures.statusLine
        this.status = this.status * 10 + (byte - ZERO)
        if (++this.#count === 3) this.#state = afterStatus
        return undefined
      case afterStatus:
      case reason:
        // In `reason` all text was taken, so that this is what ended it.
        if (byte === CR) this.#state = lineEnd
        else if (byte === SPACE) this.#state = reason
        else return byte === LF ? responseFailures.bareLineEnd : responseFailures.statusLine
        return undefined
      default:
        if (byte !== LF) return responseFailures.bareLineEnd
        this.#state = this.#state === blankLine ? start : done
        return undefined
    }
  }
}
