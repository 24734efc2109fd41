import { asciiBytes, COMMA, lowerCase, NINE, SPACE, spells, TAB, textBytes, ZERO } from './byte-classes.ts'
import { type ResponseFailure, responseFailures } from './response-failure.ts'

/**
 * The four header fields that say where a message ends and whether its connection may be used again (RFC 9112, 6 and
 * 9.3; RFC 2068, 19.7.1 for Keep-Alive). All are comma-separated lists, read member by member.
 */
export type FramingField = 0 | 1 | 2 | 3 | 4

export const otherField = 0
const contentLengthField = 1
const transferEncodingField = 2
const connectionField = 3
const keepAliveField = 4

const contentLengthName = asciiBytes('content-length')
const transferEncodingName = asciiBytes('transfer-encoding')
const connectionName = asciiBytes('connection')
const keepAliveName = asciiBytes('keep-alive')

const close = asciiBytes('close')
const chunked = asciiBytes('chunked')
const identity = asciiBytes('identity')
const timeout = asciiBytes('timeout=')
const compressions = ['gzip', 'x-gzip', 'deflate', 'compress', 'x-compress'].map(asciiBytes)

/** A longer member is none that we know; as a Content-Length it is refused, whatever its zeros. */
const maxMemberBytes = 64

/** Which of the four fields bytes[from, from + length) names. */
export const recogniseField = (bytes: Uint8Array, from: number, length: number): FramingField => {
  // Length first: of the fields that servers send, few have one of these lengths.
  if (length === 14) return spells(bytes, from, contentLengthName) ? contentLengthField : otherField
  if (length === 10) {
    if (spells(bytes, from, connectionName)) return connectionField
    return spells(bytes, from, keepAliveName) ? keepAliveField : otherField
  }
  if (length === 17) return spells(bytes, from, transferEncodingName) ? transferEncodingField : otherField
  return otherField
}

/** What the framing fields of one head say, and the member being read. */
export class FramingFields {
  /** -1: not given. */
  contentLength = -1
  isChunked = false
  hasTransferEncoding = false
  /** `Connection: close`, from an interim answer too. */
  closes = false
  keepsAlive = false
  /** From `Keep-Alive: timeout=`, in seconds; -1: not given. */
  keepAliveTimeoutS = -1

  /** The member so far, lower case, without blanks around it and with runs of blanks inside it as one. */
  readonly #member = new Uint8Array(maxMemberBytes)
  /** May pass `maxMemberBytes`: only so many bytes are there. */
  #memberBytes = 0
  #hasGap = false
  #codings = 0
  #hasIdentity = false

  /** For a whole new message. */
  reset(): void {
    this.closes = false
    this.startHead()
  }

  /** For the head after an interim one, whose framing means nothing but whose `close` still holds. */
  startHead(): void {
    this.contentLength = -1
    this.isChunked = false
    this.hasTransferEncoding = false
    this.keepsAlive = false
    this.keepAliveTimeoutS = -1
    this.#codings = 0
    this.#hasIdentity = false
  }

  startField(): void {
    this.#memberBytes = 0
    this.#hasGap = false
  }

  /** Takes bytes[from, to) as far as they belong to the current member; returns where it stopped. */
  readMember(bytes: Uint8Array, from: number, to: number): number {
    const member = this.#member
    let length = this.#memberBytes
    let hasGap = this.#hasGap
    let i = from
    for (; i < to; i++) {
      const byte = bytes[i] as number
      if (byte === COMMA || textBytes[byte] === 0) break
      if (byte === SPACE || byte === TAB) {
        hasGap = length > 0
        continue
      }
      if (hasGap) {
        if (length < maxMemberBytes) member[length] = SPACE
        length++
        hasGap = false
      }
      if (length < maxMemberBytes) member[length] = lowerCase[byte] as number
      length++
    }
    this.#memberBytes = length
    this.#hasGap = hasGap
    return i
  }

  /** At a comma, and at the end of the field's line. */
  endMember(field: FramingField): ResponseFailure | undefined {
    let failure: ResponseFailure | undefined
    if (field === contentLengthField) failure = this.#endLength()
    else if (field === transferEncodingField) failure = this.#endCoding()
    else if (field === connectionField) this.#endOption()
    else this.#endKeepAlive()
    this.#memberBytes = 0
    this.#hasGap = false
    return failure
  }

  endField(field: FramingField): ResponseFailure | undefined {
    const failure = this.endMember(field)
    if (failure !== undefined || field !== transferEncodingField) return failure
    this.hasTransferEncoding = true
    return this.#codings === 0 ? responseFailures.coding : undefined
  }

  #is(word: Uint8Array): boolean {
    return this.#memberBytes === word.length && spells(this.#member, 0, word)
  }

  /** The member's bytes from `from` on as a decimal number; -1 if they are none. Inexact above 2^53. */
  #number(from: number): number {
    const length = this.#memberBytes
    if (length <= from || length > maxMemberBytes) return -1
    let value = 0
    for (let i = from; i < length; i++) {
      const byte = this.#member[i] as number
      if (byte < ZERO || byte > NINE) return -1
      value = value * 10 + (byte - ZERO)
    }
    return value
  }

  /** RFC 9112, 6.3: the same length said twice is one length; anything else is no length at all. */
  #endLength(): ResponseFailure | undefined {
    const value = this.#number(0)
    if (value < 0) return responseFailures.lengthNotNumber
    if (value > Number.MAX_SAFE_INTEGER) return responseFailures.lengthTooLarge
    if (this.contentLength >= 0 && this.contentLength !== value) return responseFailures.lengthsDiffer
    this.contentLength = value
    return undefined
  }

  /** Compressions in any number, then `chunked` once; or `identity`, which RFC 7230 removed, all alone. */
  #endCoding(): ResponseFailure | undefined {
    if (this.#memberBytes === 0) return undefined
    if (this.isChunked || this.#hasIdentity) return responseFailures.coding
    if (this.#is(chunked)) this.isChunked = true
    else if (this.#is(identity) && this.#codings === 0) this.#hasIdentity = true
    else if (!compressions.some((name) => this.#is(name))) return responseFailures.coding
    this.#codings++
    return undefined
  }

  #endOption(): void {
    if (this.#is(close)) this.closes = true
    else if (this.#is(keepAliveName)) this.keepsAlive = true
  }

  #endKeepAlive(): void {
    if (!spells(this.#member, 0, timeout)) return
    const seconds = this.#memberBytes > timeout.length ? this.#number(timeout.length) : -1
    if (seconds >= 0) this.keepAliveTimeoutS = seconds
  }
}
