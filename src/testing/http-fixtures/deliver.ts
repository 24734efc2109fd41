import type { ResponseParser } from '../../workloads/http/response-parser.ts'
import { isBlankLeftover } from '../../workloads/http/response-parser.ts'
import type { HttpFixture } from './fixture.ts'

/** Everything that a reader can know of an answer: equal for every way to cut it, or the parser is wrong. */
export interface Delivery {
  /** As in {@link HttpFixture.expected}. */
  readonly outcome: string
  readonly failure: string | undefined
  readonly status: number
  readonly bodyBytes: number
  /** The kept part of the body, octets as latin1. */
  readonly body: string
  readonly headText: string
  readonly isCloseDelimited: boolean
  readonly interimStatus: number
  readonly keepAliveTimeoutS: number | undefined
  /** Where the message ended or failed. */
  readonly takenBytes: number
}

export type Answer = Pick<HttpFixture, 'method' | 'end'> & { readonly bytes: Uint8Array }

/** Bytes that would change a message if a parser looked beyond what it was given. */
const poison = Buffer.from('\r\n\r\n0\r\n\r\n5;,: \t')
const marginBytes = poison.length
const keptBodyBytes = 100

let scratch = new Uint8Array(16_384)

/** Puts a piece between poison, where the next piece will overwrite it. */
const placePiece = (bytes: Uint8Array, from: number, to: number): number => {
  const end = marginBytes + to - from
  if (scratch.length < end + marginBytes) scratch = new Uint8Array(end + marginBytes)
  const turn = from % poison.length
  scratch.set(poison.subarray(turn), 0)
  scratch.set(bytes.subarray(from, to), marginBytes)
  scratch.set(poison.subarray(turn), end)
  scratch.set(poison.subarray(0, turn), end + poison.length - turn)
  return end
}

const outcomeOf = (parser: ResponseParser, end: Answer['end'], leftover: Uint8Array): string => {
  if (parser.failure !== undefined) return parser.failure.kind === 'protocol' ? 'P' : 'X'
  if (!parser.isComplete) return end === 'rst' ? 'X' : 'T'
  const isReusable = parser.isReusable && end === 'open' && isBlankLeftover(leftover, 0, leftover.length)
  const length = parser.status === 200 ? `${parser.bodyBytes}` : `${parser.status}/${parser.bodyBytes}`
  return `${length} ${isReusable ? 'R' : '–'}`
}

/** Hands an answer to the parser in pieces; `pieceBytes` says how long the piece at an offset is. */
export const deliver = (
  parser: ResponseParser,
  { method, end, bytes }: Answer,
  pieceBytes: (offset: number) => number,
): Delivery => {
  parser.begin(method === 'HEAD', true, keptBodyBytes)
  let taken = 0
  for (let offset = 0; offset < bytes.length; ) {
    const to = Math.min(bytes.length, offset + pieceBytes(offset))
    const pieceEnd = placePiece(bytes, offset, to)
    const count = parser.read(scratch, marginBytes, pieceEnd)
    taken = offset + count
    if (offset + count < to || parser.isComplete || parser.failure !== undefined) break
    offset = to
  }
  if (end === 'fin') parser.finish()
  return {
    outcome: outcomeOf(parser, end, bytes.subarray(taken)),
    failure: parser.failure?.text,
    status: parser.status,
    bodyBytes: parser.bodyBytes,
    body: Buffer.from(parser.body()).toString('latin1'),
    headText: parser.headText(),
    isCloseDelimited: parser.isCloseDelimited,
    interimStatus: parser.interimStatus,
    keepAliveTimeoutS: parser.keepAliveTimeoutS,
    takenBytes: taken,
  }
}

export const whole = (): number => Number.MAX_SAFE_INTEGER
export const byteByByte = (): number => 1
/** Two pieces, cut at `position`. */
export const cutAt =
  (position: number) =>
  (offset: number): number =>
    offset < position ? position - offset : Number.MAX_SAFE_INTEGER
