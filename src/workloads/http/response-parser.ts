import { BodyParser } from './body-parser.ts'
import { CR, LF } from './byte-classes.ts'
import { HeadParser } from './head-parser.ts'
import { KeptBytes } from './kept-bytes.ts'
import { findHeaders, type HeaderField, headText, listHeaders } from './kept-head.ts'
import { type ResponseFailure, responseFailures } from './response-failure.ts'

export interface ParserLimits {
  /** For the head together with all interim heads before it, and once more for trailers. */
  readonly maxHeadBytes: number
}

export const defaultParserLimits: ParserLimits = { maxHeadBytes: 65_536 }

/**
 * Whether buffer[from, to) is nothing, or one blank line: what some servers send after a body (RFC 9112, 2.2). All else
 * left over after a response says that its connection is out of step.
 */
export const isBlankLeftover = (buffer: Uint8Array, from: number, to: number): boolean =>
  from === to || (to - from === 2 && buffer[from] === CR && buffer[from + 1] === LF)

/**
 * Reads HTTP/1.1 and 1.0 responses (RFC 9112), one after the other, from whatever pieces they come in: a cut anywhere
 * changes nothing. It never throws, takes every byte once, and holds no byte of a response but what was asked for.
 *
 *   phase   ends with                                        then
 *   head    an interim (1xx) head                            head
 *           the head of an answer without body: to a HEAD,
 *           204, 304, Content-Length: 0                      complete
 *           any other head                                   body
 *   body    its last byte, or `finish`                       complete
 *   both    bytes that are none of this, or `finish`         failed
 *
 * Lenient where that cannot move a message's end, strict elsewhere: a length beside a coding, two lengths that differ,
 * a coding that is unknown, twice there or not last, line ends other than CR LF are failures, because readers disagree
 * about them (response splitting and smuggling live there).
 */
const head = 0
const body = 1
const complete = 2
const failed = 3

export class ResponseParser {
  readonly #maxHeadBytes: number
  readonly #head = new HeadParser()
  readonly #body: BodyParser
  readonly #keptHead = new KeptBytes()

  #phase: number = complete
  #isHead = false
  #keepHead = false
  /** What is left of `maxHeadBytes`. */
  #headBudget = 0
  #failure: ResponseFailure | undefined
  #hasStarted = false
  #hasHead = false
  #hasContinue = false
  #interimStatus = 0
  #isReusable = false
  #isCloseDelimited = false

  constructor(limits: ParserLimits) {
    this.#maxHeadBytes = limits.maxHeadBytes
    this.#body = new BodyParser(limits.maxHeadBytes)
  }

  /**
   * Begins the answer to one request. `isHead`: it was a HEAD. `keepHead`: `header`, `headers`, `headerFields` and
   * `headText` will be asked. The first `keepBodyBytes` of the body are kept for `body`.
   */
  begin(isHead: boolean, keepHead: boolean, keepBodyBytes: number): void {
    this.#phase = head
    this.#isHead = isHead
    this.#keepHead = keepHead
    this.#keptHead.reset(keepHead ? this.#maxHeadBytes : 0)
    this.#headBudget = this.#maxHeadBytes
    this.#failure = undefined
    this.#hasStarted = false
    this.#hasHead = false
    this.#hasContinue = false
    this.#interimStatus = 0
    this.#isReusable = false
    this.#isCloseDelimited = false
    this.#head.startMessage()
    this.#body.reset(keepBodyBytes)
  }

  /**
   * Reads buffer[from, to). Returns how many bytes it took: fewer than there are only when the message is complete or
   * has failed; the others belong to nobody.
   */
  read(buffer: Uint8Array, from: number, to: number): number {
    let i = from
    if (from < to && this.#phase < complete) this.#hasStarted = true
    while (i < to && this.#phase === head) i = this.#readHead(buffer, i, to)
    if (i < to && this.#phase === body) {
      i = this.#body.read(buffer, i, to)
      this.#settleBody()
    }
    return i - from
  }

  /**
   * The peer ended its side. Completes a body that the close delimits; any other unfinished message fails with kind
   * `reset`. Nothing can follow, so no message is reusable after it.
   */
  finish(): void {
    this.#isReusable = false
    if (this.#phase === head) {
      this.#fail(this.#hasStarted ? responseFailures.closedInHead : responseFailures.closedBeforeAnswer)
    } else if (this.#phase === body) {
      this.#body.finish()
      this.#settleBody()
    }
  }

  get isComplete(): boolean {
    return this.#phase === complete
  }

  /** undefined while all is well. */
  get failure(): ResponseFailure | undefined {
    return this.#failure
  }

  /** Of the final answer; 0 before `hasHead`. */
  get status(): number {
    return this.#hasHead ? this.#head.status : 0
  }

  /** Octets of the body so far, after the chunks were taken apart. */
  get bodyBytes(): number {
    return this.#body.bodyBytes
  }

  /**
   * Whether the message, once complete, allows another on its connection: its version, its Connection and Keep-Alive
   * fields, an end that it states itself. What was left over, and whether the request was flushed, is the caller's matter.
   */
  get isReusable(): boolean {
    return this.#isReusable && this.#phase === complete
  }

  /** Only the end of the connection ends this body: where that can be forged, so can the length. */
  get isCloseDelimited(): boolean {
    return this.#isCloseDelimited
  }

  /** Any byte of an answer was read, even of an interim one. */
  get hasStarted(): boolean {
    return this.#hasStarted
  }

  /** The final head was read: a request still being sent should stop (RFC 9112, 9.5). */
  get hasHead(): boolean {
    return this.#hasHead
  }

  /** A 100 came: the body that waits for it may go (RFC 9110, 10.1.1). */
  get hasContinue(): boolean {
    return this.#hasContinue
  }

  /** The latest interim status; 0 before any. */
  get interimStatus(): number {
    return this.#interimStatus
  }

  /** How long the final head says the server keeps an idle connection, in seconds. */
  get keepAliveTimeoutS(): number | undefined {
    const seconds = this.#hasHead ? this.#head.framing.keepAliveTimeoutS : -1
    return seconds < 0 ? undefined : seconds
  }

  /** The first value of a field of the kept final head. `name`: lower case. */
  header(name: string): string | undefined {
    return findHeaders(this.#keptHead.view(), name, 1)[0]
  }

  /** All values of a field of the kept final head, in order. `name`: lower case. */
  headers(name: string): string[] {
    return findHeaders(this.#keptHead.view(), name, Number.POSITIVE_INFINITY)
  }

  /** Every field of the kept final head, in order. */
  headerFields(): HeaderField[] {
    return listHeaders(this.#keptHead.view())
  }

  /** The kept final head as it came, octets as latin1. */
  headText(): string {
    return headText(this.#keptHead.view())
  }

  /** The body's first bytes, as many as were to be kept: a copy's view, good until the next `begin`. */
  body(): Uint8Array {
    return this.#body.kept()
  }

  #readHead(buffer: Uint8Array, from: number, to: number): number {
    const end = this.#head.read(buffer, from, Math.min(to, from + this.#headBudget))
    this.#headBudget -= end - from
    if (this.#keepHead) this.#keptHead.append(buffer, from, end)
    if (this.#head.isDone) this.#endHead()
    else if (this.#head.failure !== undefined) this.#fail(this.#head.failure)
    else if (end < to) this.#fail(responseFailures.headTooLarge)
    return end
  }

  #endHead(): void {
    const { status, framing, minorVersion } = this.#head
    if (status < 200) {
      this.#endInterimHead(status)
      return
    }
    this.#hasHead = true
    this.#isReusable =
      !framing.closes && (minorVersion === 1 || framing.keepsAlive) && framing.keepAliveTimeoutS !== 0
    this.#phase = body
    if (framing.hasTransferEncoding && minorVersion === 0) this.#fail(responseFailures.codingIn10)
    else if (!this.#isHead && status !== 204 && status !== 304) this.#startBody()
    this.#settleBody()
  }

  #endInterimHead(status: number): void {
    if (status === 101) {
      this.#fail(responseFailures.switchingProtocols)
      return
    }
    this.#interimStatus = status
    if (status === 100) this.#hasContinue = true
    if (this.#keepHead) this.#keptHead.reset(this.#maxHeadBytes)
    this.#head.startNextHead()
  }

  /** RFC 9112, 6.3, from the fourth rule on. */
  #startBody(): void {
    const { hasTransferEncoding, isChunked, contentLength } = this.#head.framing
    if (hasTransferEncoding && contentLength >= 0) this.#fail(responseFailures.lengthAndCoding)
    else if (isChunked) this.#body.startChunked()
    else if (contentLength >= 0) this.#body.startSized(contentLength)
    else {
      this.#isCloseDelimited = true
      this.#isReusable = false
      this.#body.startToClose()
    }
  }

  /** After anything that may have ended the body. */
  #settleBody(): void {
    if (this.#phase !== body) return
    if (this.#body.failure !== undefined) this.#fail(this.#body.failure)
    else if (this.#body.isDone) this.#phase = complete
  }

  #fail(failure: ResponseFailure): void {
    this.#failure = failure
    this.#isReusable = false
    this.#phase = failed
  }
}
