import type { ResponseParser } from './response-parser.ts'

/** A field value's octets, which the parser gives as latin1, as the UTF-8 that they mostly are. */
export const fieldText = (latin1: string): string =>
  /^[\0-\x7f]*$/.test(latin1) ? latin1 : Buffer.from(latin1, 'latin1').toString()

/**
 * What checks and captures look at: an answer while the parser still holds it. Body text and JSON are made once, and only
 * when asked for. One object serves all answers in turn.
 */
export class Answer {
  #response: ResponseParser | undefined
  #text: string | undefined
  #json: unknown
  #hasText = false
  #hasJson = false
  /** From the intended start of the request. */
  responseMs = 0

  reset(response: ResponseParser, responseMs: number): void {
    this.#response = response
    this.#text = undefined
    this.#json = undefined
    this.#hasText = false
    this.#hasJson = false
    this.responseMs = responseMs
  }

  get status(): number {
    return this.#response?.status ?? 0
  }

  /** Octets of the body, kept or not. */
  get bodyBytes(): number {
    return this.#response?.bodyBytes ?? 0
  }

  /** All values of a field, in order. `name`: lower case. */
  headers(name: string): string[] {
    return this.#response?.headers(name).map(fieldText) ?? []
  }

  /** More came than was to be kept: nothing can be said about the body. */
  get isCut(): boolean {
    return this.#response !== undefined && this.#response.bodyBytes > this.#response.body().length
  }

  /** The body as UTF-8; undefined where it was cut. */
  text(): string | undefined {
    if (!this.#hasText) {
      this.#hasText = true
      const body = this.isCut ? undefined : this.#response?.body()
      if (body !== undefined) this.#text = Buffer.from(body.buffer, body.byteOffset, body.length).toString()
    }
    return this.#text
  }

  /** The body's value; undefined where it is no JSON or was cut. */
  json(): unknown {
    if (!this.#hasJson) {
      this.#hasJson = true
      this.#json = parseJson(this.text())
    }
    return this.#json
  }
}

const parseJson = (text: string | undefined): unknown => {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
