/** What a server may answer, right or wrong, and what a client should make of it. */
export interface HttpFixture {
  /** The number in the table; numbers are never given twice nor again. */
  readonly id: number
  readonly what: string
  /** Octets as latin1, with `⏎` for CR LF. A function where it is large. */
  readonly answer: string | (() => string)
  /** GET unless it says otherwise. */
  readonly method: 'GET' | 'HEAD'
  /** What the server does after the last byte. */
  readonly end: 'open' | 'fin' | 'rst'
  /**
   * `5 R`: status 200 with a body of 5 octets on a connection that may be used again; `5 –`: that may not; `204/0 R`:
   * another status; `P`: failure of kind protocol; `X`: of kind reset; `T`: nothing more comes, so time runs out.
   */
  readonly expected: string
}

export type FixtureOptions = Partial<Pick<HttpFixture, 'method' | 'end'>>

export const fixture = (
  id: number,
  what: string,
  answer: HttpFixture['answer'],
  expected: string,
  options: FixtureOptions = {},
): HttpFixture => ({ id, what, answer, expected, method: 'GET', end: 'open', ...options })

/** A run of fixtures with numbers from `first` on that differ in one place only. */
export const fixtures = (
  first: number,
  what: string,
  variants: readonly string[],
  answer: (variant: string) => string,
  expected: string,
  options: FixtureOptions = {},
): HttpFixture[] =>
  variants.map((variant, i) =>
    fixture(first + i, `${what} ${JSON.stringify(variant.slice(0, 40))}`, answer(variant), expected, options),
  )

export const answerBytes = ({ answer }: Pick<HttpFixture, 'answer'>): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(
    Buffer.from((typeof answer === 'string' ? answer : answer()).replaceAll('⏎', '\r\n'), 'latin1'),
  )

export const ok = 'HTTP/1.1 200 OK⏎'
export const length5 = 'Content-Length: 5⏎'
export const chunkedCoding = 'Transfer-Encoding: chunked⏎'
export const fin = { end: 'fin' } as const
export const rst = { end: 'rst' } as const
export const toHead = { method: 'HEAD' } as const

/** A whole answer of status 200 with the body `hello`. */
export const hello = `${ok}${length5}⏎hello`
/** The chunk `hello`. */
export const chunk = '5⏎hello⏎'
/** The last chunk and no trailers. */
export const lastChunk = '0⏎⏎'
