import { type Clock, isoTime } from '../../lib/clock.ts'
import { drawFraction, drawInteger, drawUint32 } from '../../lib/random.ts'
import type { TemplateBuiltin } from '../../scenario/template.ts'
import type { RequestSlot } from './request-slot.ts'

/**
 * A builtin of the template language as bytes. It is made of safe characters only (letters, digits, `.`, `-`, `:`), so it
 * may stand anywhere in a request as it is. All that is random is a pure function of (seed, stream, index).
 */
export interface BuiltinValue {
  /** Bytes it always takes; undefined: it varies. */
  readonly width: number | undefined
  /** A JSON number. */
  readonly isNumber: boolean
  /** `index`: the operation's number over all drivers. */
  write(slot: RequestSlot, index: number): void
}

export interface ValueSources {
  seed: number
  /** The driver's number. */
  driver: number
  clock: Clock
}

const DASH = 0x2d
const alphanumerics = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')
const lowerHex = Buffer.from('0123456789abcdef')

/** So many out of 62 characters use up the 32 bits of one draw, with a bias below 1 in 10,000. */
const charactersPerDraw = 3

const randomFractionDigits = 9
const isoTimeWidth = 24

/** An operation's further draws for the same expression. */
const besideStream = (stream: number, number: number): number =>
  (stream + Math.imul(number, 0x9e3779b9)) >>> 0

const writeCharacters = (
  slot: RequestSlot,
  alphabet: Uint8Array,
  length: number,
  drawWord: (number: number) => number,
): void => {
  let fraction = 0
  for (let i = 0; i < length; i++) {
    if (i % charactersPerDraw === 0) fraction = drawWord(i / charactersPerDraw) / 2 ** 32
    fraction *= alphabet.length
    const place = Math.floor(fraction)
    fraction -= place
    slot.byte(alphabet[place] ?? 0)
  }
}

/** Version 4, variant 1 (RFC 9562, 5.4). */
const writeUuid = (slot: RequestSlot, drawWord: (number: number) => number): void => {
  const a = drawWord(0)
  const b = drawWord(1)
  const c = drawWord(2)
  const d = drawWord(3)
  slot.hex16(a >>> 16)
  slot.hex16(a)
  slot.byte(DASH)
  slot.hex16(b >>> 16)
  slot.byte(DASH)
  slot.hex16((b & 0x0fff) | 0x4000)
  slot.byte(DASH)
  slot.hex16(((c >>> 16) & 0x3fff) | 0x8000)
  slot.byte(DASH)
  slot.hex16(c)
  slot.hex16(d >>> 16)
  slot.hex16(d)
}

/** `stream`: tells this expression's draws from those of every other. */
export const createBuiltinValue = (
  name: TemplateBuiltin,
  args: readonly number[],
  stream: number,
  { seed, driver, clock }: ValueSources,
): BuiltinValue => {
  const [first = 0, second = 0] = args
  const wordsOf =
    (index: number) =>
    (number: number): number =>
      drawUint32(seed, besideStream(stream, number), index)
  switch (name) {
    case 'seq':
      return { width: undefined, isNumber: true, write: (slot, index) => slot.integer(index) }
    case 'driver':
      return { width: String(driver).length, isNumber: true, write: (slot) => slot.integer(driver) }
    case 'uuid':
      return { width: 36, isNumber: false, write: (slot, index) => writeUuid(slot, wordsOf(index)) }
    case 'random':
      return {
        width: 2 + randomFractionDigits,
        isNumber: true,
        write: (slot, index) => {
          slot.utf8('0.')
          const fraction = drawFraction(seed, stream, index)
          slot.digits(Math.floor(fraction * 10 ** randomFractionDigits), randomFractionDigits)
        },
      }
    case 'randomInt': {
      const isFixed = String(first).length === String(second).length && first < 0 === second < 0
      return {
        width: isFixed ? String(first).length : undefined,
        isNumber: true,
        write: (slot, index) => slot.integer(drawInteger(seed, stream, index, first, second)),
      }
    }
    case 'randomString':
    case 'randomHex': {
      const alphabet = name === 'randomHex' ? lowerHex : alphanumerics
      return {
        width: first,
        isNumber: false,
        write: (slot, index) => writeCharacters(slot, alphabet, first, wordsOf(index)),
      }
    }
    case 'time':
      return {
        width: undefined,
        isNumber: true,
        write: (slot) => slot.integer(Math.floor(clock.wallMs() / 1000)),
      }
    case 'timeMs':
      return {
        width: undefined,
        isNumber: true,
        write: (slot) => slot.integer(Math.floor(clock.wallMs())),
      }
    case 'isoTime':
      return {
        width: isoTimeWidth,
        isNumber: false,
        write: (slot) => slot.utf8(isoTime(clock.wallMs())),
      }
  }
}
