import { ChunkedDecoder } from './chunked-decoder.ts'
import { FieldLinesParser } from './field-lines-parser.ts'
import { KeptBytes } from './kept-bytes.ts'
import { type ResponseFailure, responseFailures } from './response-failure.ts'

/**
 * Reads a body: counts all of it, keeps its first bytes where asked.
 *
 *   state     ends with                 then
 *   sized     so many bytes             done
 *   chunked   the last chunk's line     trailers
 *   trailers  an empty line             done
 *   toClose   `finish`                  done
 */
const sized = 0
const chunked = 1
const trailers = 2
const toClose = 3
const done = 4

export class BodyParser {
  /** Octets so far, after chunks were taken apart. */
  bodyBytes = 0
  failure: ResponseFailure | undefined

  readonly #maxTrailerBytes: number
  readonly #kept = new KeptBytes()
  readonly #chunks = new ChunkedDecoder()
  readonly #trailers = new FieldLinesParser(undefined)
  #state = done
  /** Of a sized body, or of what is allowed for trailers. */
  #missingBytes = 0

  constructor(maxTrailerBytes: number) {
    this.#maxTrailerBytes = maxTrailerBytes
  }

  get isDone(): boolean {
    return this.#state === done
  }

  /** Forgets the last body. Until one of the others starts one, there is none. */
  reset(keepBytes: number): void {
    this.bodyBytes = 0
    this.failure = undefined
    this.#kept.reset(keepBytes)
    this.#state = done
  }

  startSized(length: number): void {
    this.#missingBytes = length
    this.#state = length === 0 ? done : sized
  }

  startChunked(): void {
    this.#chunks.start()
    this.#state = chunked
  }

  startToClose(): void {
    this.#state = toClose
  }

  /** The peer ended its side. */
  finish(): void {
    if (this.#state === toClose) this.#state = done
    else if (this.#state !== done) this.failure = responseFailures.closedInBody
  }

  /** The kept bytes: a view, good until the next `reset`. */
  kept(): Uint8Array {
    return this.#kept.view()
  }

  /** Reads bytes[from, to) up to the end of the body; returns where it stopped. See `isDone` and `failure`. */
  read(bytes: Uint8Array, from: number, to: number): number {
    let i = from
    while (i < to && this.#state !== done && this.failure === undefined) {
      if (this.#state === sized) i = this.#readSized(bytes, i, to)
      else if (this.#state === chunked) i = this.#readChunks(bytes, i, to)
      else if (this.#state === trailers) i = this.#readTrailers(bytes, i, to)
      else {
        this.#kept.append(bytes, i, to)
        this.bodyBytes += to - i
        i = to
      }
    }
    return i
  }

  #readSized(bytes: Uint8Array, from: number, to: number): number {
    const end = Math.min(to, from + this.#missingBytes)
    this.#kept.append(bytes, from, end)
    this.bodyBytes += end - from
    this.#missingBytes -= end - from
    if (this.#missingBytes === 0) this.#state = done
    return end
  }

  #readChunks(bytes: Uint8Array, from: number, to: number): number {
    const end = this.#chunks.read(bytes, from, to, this.#kept)
    this.bodyBytes = this.#chunks.dataBytes
    this.failure = this.#chunks.failure
    if (this.#chunks.isDone && this.failure === undefined) {
      this.#trailers.start()
      this.#missingBytes = this.#maxTrailerBytes
      this.#state = trailers
    }
    return end
  }

  #readTrailers(bytes: Uint8Array, from: number, to: number): number {
    const end = this.#trailers.read(bytes, from, Math.min(to, from + this.#missingBytes))
    this.#missingBytes -= end - from
    if (this.#trailers.isDone) this.#state = done
    else if (this.#trailers.failure !== undefined) this.failure = this.#trailers.failure
    else if (end < to) this.failure = responseFailures.trailersTooLarge
    return end
  }
}
