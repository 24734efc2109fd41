import { COLON, COMMA, CR, LF, SPACE, TAB, textBytes, tokenBytes } from './byte-classes.ts'
import { type FramingField, type FramingFields, otherField, recogniseField } from './framing-fields.ts'
import { type ResponseFailure, responseFailures } from './response-failure.ts'

/**
 * Reads field lines (RFC 9112, 5) up to the empty line after them, byte by byte, so that a cut anywhere changes
 * nothing. Strict: CR LF ends a line and nothing else does, no folding, no control characters.
 *
 *   state      takes                            then
 *   lineStart  CR                               lastLineEnd
 *              a token byte, untaken            name
 *   name       token bytes, `:`                 value, or member for a framing field
 *   value      text, CR                         lineEnd
 *   member     text, `,`                        member
 *              text, CR                         lineEnd
 *   lineEnd    LF                               lineStart
 *   lastLineEnd  LF                             done
 */
const lineStart = 0
const name = 1
const value = 2
const member = 3
const lineEnd = 4
const lastLineEnd = 5
const done = 6

/** The longest name that matters is `transfer-encoding`; of a longer one its length is enough. */
const maxNameBytes = 17

const failureOfText = (byte: number): ResponseFailure =>
  byte === LF ? responseFailures.bareLineEnd : responseFailures.fieldValue

const failureOfLineStart = (byte: number): ResponseFailure => {
  if (byte === LF) return responseFailures.bareLineEnd
  return byte === SPACE || byte === TAB ? responseFailures.fieldFolded : responseFailures.fieldName
}

export class FieldLinesParser {
  failure: ResponseFailure | undefined

  readonly #framing: FramingFields | undefined
  #state = done
  #field: FramingField = otherField
  /** A name that a cut divides is collected here. */
  readonly #name = new Uint8Array(maxNameBytes)
  #nameBytes = 0

  /** Without `framing` every field is only checked, as in trailers. */
  constructor(framing: FramingFields | undefined) {
    this.#framing = framing
  }

  get isDone(): boolean {
    return this.#state === done
  }

  start(): void {
    this.failure = undefined
    this.#state = lineStart
  }

  /** Reads bytes[from, to) up to the end of the lines; returns where it stopped. See `isDone` and `failure`. */
  read(bytes: Uint8Array, from: number, to: number): number {
    let i = from
    let state = this.#state
    // Every index is checked against `to` before it is used, hence the casts.
    while (i < to && state !== done) {
      const byte = bytes[i] as number
      switch (state) {
        case lineStart:
          if (tokenBytes[byte] === 1) {
            this.#nameBytes = 0
            state = name
          } else if (byte === CR) {
            i++
            state = lastLineEnd
          } else return this.#fail(failureOfLineStart(byte), i)
          break
        case name: {
          const nameFrom = i
          while (i < to && tokenBytes[bytes[i] as number] === 1) i++
          if (i === to) {
            this.#keepName(bytes, nameFrom, to)
            break
          }
          if (bytes[i] !== COLON) return this.#fail(responseFailures.fieldName, i)
          state = this.#endName(bytes, nameFrom, i)
          i++
          break
        }
        case value:
          while (i < to && textBytes[bytes[i] as number] === 1) i++
          if (i === to) break
          if (bytes[i] !== CR) return this.#fail(failureOfText(bytes[i] as number), i)
          i++
          state = lineEnd
          break
        case member:
          i = this.#readMembers(bytes, i, to)
          if (this.failure !== undefined) return i
          if (i === to) break
          i++
          state = lineEnd
          break
        default:
          if (byte !== LF) return this.#fail(responseFailures.bareLineEnd, i)
          i++
          state = state === lineEnd ? lineStart : done
      }
    }
    this.#state = state
    return i
  }

  #keepName(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#nameBytes
    const count = Math.min(to - from, maxNameBytes - length)
    for (let i = 0; i < count; i++) this.#name[length + i] = bytes[from + i] as number
    this.#nameBytes = length + (to - from)
  }

  /** The state after the name that ends at `colon`; `from` is where it began, or where the last cut was. */
  #endName(bytes: Uint8Array, from: number, colon: number): typeof value | typeof member {
    if (this.#framing === undefined) return value
    if (this.#nameBytes === 0) {
      this.#field = recogniseField(bytes, from, colon - from)
    } else {
      this.#keepName(bytes, from, colon)
      this.#field = recogniseField(this.#name, 0, this.#nameBytes)
    }
    if (this.#field === otherField) return value
    this.#framing.startField()
    return member
  }

  /** Up to the CR that ends the field. */
  #readMembers(bytes: Uint8Array, from: number, to: number): number {
    const framing = this.#framing
    if (framing === undefined) return from
    let i = framing.readMember(bytes, from, to)
    while (i < to && bytes[i] === COMMA) {
      this.failure = framing.endMember(this.#field)
      if (this.failure !== undefined) return i
      i = framing.readMember(bytes, i + 1, to)
    }
    if (i === to) return i
    this.failure = bytes[i] === CR ? framing.endField(this.#field) : failureOfText(bytes[i] as number)
    return i
  }

  #fail(failure: ResponseFailure, at: number): number {
    this.failure = failure
    return at
  }
}
