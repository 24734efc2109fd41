import { FieldLinesParser } from './field-lines-parser.ts'
import { FramingFields } from './framing-fields.ts'
import { HeadMemo } from './head-memo.ts'
import type { ResponseFailure } from './response-failure.ts'
import { StatusLineParser } from './status-line-parser.ts'

/**
 * Reads the heads of one message: any interim ones, then the final one. What the last head said stays there until
 * another is read, so that a message that begins with the very same octets need not be read at all.
 */
export class HeadParser {
  readonly framing = new FramingFields()
  failure: ResponseFailure | undefined
  isDone = false

  readonly #statusLine = new StatusLineParser()
  readonly #fieldLines = new FieldLinesParser(this.framing)
  readonly #memo = new HeadMemo()
  /** No byte of the message was read; the results are still those of the last one. */
  #isFresh = false

  get status(): number {
    return this.#statusLine.status
  }

  get minorVersion(): number {
    return this.#statusLine.minorVersion
  }

  /** Begins the first head of a message. */
  startMessage(): void {
    this.failure = undefined
    this.isDone = false
    this.#isFresh = true
  }

  /** Begins the head that follows an interim one, whose framing means nothing but whose `close` still holds. */
  startNextHead(): void {
    this.isDone = false
    this.framing.startHead()
    this.#statusLine.start()
    this.#fieldLines.start()
  }

  /** Reads bytes[from, to) up to the end of the head; returns where it stopped. See `isDone` and `failure`. */
  read(bytes: Uint8Array, from: number, to: number): number {
    return this.#isFresh ? this.#readFirst(bytes, from, to) : this.#readOn(bytes, from, to)
  }

  #readFirst(bytes: Uint8Array, from: number, to: number): number {
    this.#isFresh = false
    const length = this.#memo.match(bytes, from, to)
    if (length > 0) {
      this.isDone = true
      return from + length
    }
    this.#memo.forget()
    this.framing.reset()
    this.startNextHead()
    const end = this.#readOn(bytes, from, to)
    // Only a whole and final head: what follows an interim one overwrites the results.
    if (this.isDone && this.status >= 200) this.#memo.remember(bytes, from, end)
    return end
  }

  #readOn(bytes: Uint8Array, from: number, to: number): number {
    let i = from
    if (!this.#statusLine.isDone) {
      i = this.#statusLine.read(bytes, i, to)
      this.failure = this.#statusLine.failure
      if (!this.#statusLine.isDone) return i
    }
    i = this.#fieldLines.read(bytes, i, to)
    this.failure = this.#fieldLines.failure
    this.isDone = this.#fieldLines.isDone
    return i
  }
}
