import { CR, hexDigits, LF, SEMICOLON, SPACE, TAB, textBytes } from './byte-classes.ts'
import type { KeptBytes } from './kept-bytes.ts'
import { type ResponseFailure, responseFailures } from './response-failure.ts'

/**
 * Takes a chunked body apart (RFC 9112, 7.1) up to the end of the last chunk's line; the trailers after it are the
 * head parser's.
 *
 *   state      takes                                   then
 *   firstDigit a hexadecimal digit                     digits
 *   digits     hexadecimal digits                      digits
 *              SP, HTAB                                blanks
 *              `;`                                     extension
 *              CR                                      sizeEnd
 *   blanks     SP, HTAB                                blanks
 *              `;`                                     extension
 *              CR                                      sizeEnd
 *   extension  text                                    extension
 *              CR                                      sizeEnd
 *   sizeEnd    LF                                      data, or done after size 0
 *   data       as many bytes as the size says          dataCr
 *   dataCr     CR                                      dataLf
 *   dataLf     LF                                      firstDigit
 */
const firstDigit = 0
const digits = 1
const blanks = 2
const extension = 3
const sizeEnd = 4
const data = 5
const dataCr = 6
const dataLf = 7
const done = 8

/** A size line with its line end. */
const maxLineBytes = 4096

/**
 * Everything in a chunked body that is not data, above an allowance for each chunk: extensions must not hide an
 * endless answer in a short body. The same rule and numbers as in Go's net/http.
 */
const maxExcessBytes = 16_384
const allowanceBytes = 16

export class ChunkedDecoder {
  /** The length of the data so far. */
  dataBytes = 0
  failure: ResponseFailure | undefined

  #state = done
  #size = 0
  #lineBytes = 0
  #excessBytes = 0

  get isDone(): boolean {
    return this.#state === done
  }

  start(): void {
    this.dataBytes = 0
    this.failure = undefined
    this.#state = firstDigit
    this.#size = 0
    this.#lineBytes = 0
    this.#excessBytes = 0
  }

  /** Reads bytes[from, to), data into `body`; returns where it stopped. See `isDone` and `failure`. */
  read(bytes: Uint8Array, from: number, to: number, body: KeptBytes): number {
    let i = from
    while (i < to && this.#state !== done) {
      if (this.#state === data) {
        const end = Math.min(to, i + this.#size)
        body.append(bytes, i, end)
        this.dataBytes += end - i
        this.#size -= end - i
        i = end
        if (this.#size === 0) this.#state = dataCr
        continue
      }
      const byte = bytes[i] as number
      if (this.#state === dataCr || this.#state === dataLf) {
        if (byte !== (this.#state === dataCr ? CR : LF)) this.failure = responseFailures.chunkEnd
        this.#state = this.#state === dataCr ? dataLf : firstDigit
      } else {
        this.failure = this.#readLineByte(byte)
      }
      if (this.failure !== undefined) return i
      i++
    }
    return i
  }

  #readLineByte(byte: number): ResponseFailure | undefined {
    if (++this.#lineBytes > maxLineBytes) return responseFailures.chunkLineTooLong
    switch (this.#state) {
      case firstDigit:
      case digits: {
        const digit = hexDigits[byte] as number
        if (digit === 255) {
          return this.#state === digits ? this.#readAfterSize(byte) : responseFailures.chunkSize
        }
        this.#size = this.#size * 16 + digit
        this.#state = digits
        return this.#size > Number.MAX_SAFE_INTEGER ? responseFailures.chunkTooLarge : undefined
      }
      case blanks:
        return this.#readAfterSize(byte)
      case extension:
        if (byte === CR) this.#state = sizeEnd
        else if (textBytes[byte] === 0) return responseFailures.chunkLine
        return undefined
      default:
        return byte === LF ? this.#endLine() : responseFailures.chunkLine
    }
  }

  #readAfterSize(byte: number): ResponseFailure | undefined {
    if (byte === CR) this.#state = sizeEnd
    else if (byte === SEMICOLON) this.#state = extension
    else if (byte === SPACE || byte === TAB) this.#state = blanks
    else return this.#state === digits ? responseFailures.chunkSize : responseFailures.chunkLine
    return undefined
  }

  #endLine(): ResponseFailure | undefined {
    const overheadBytes = this.#lineBytes + 2 - (allowanceBytes + 2 * this.#size)
    this.#excessBytes = Math.max(0, this.#excessBytes + overheadBytes)
    this.#lineBytes = 0
    this.#state = this.#size === 0 ? done : data
    return this.#excessBytes > maxExcessBytes ? responseFailures.chunkOverhead : undefined
  }
}
