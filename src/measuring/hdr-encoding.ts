import { deflateSync, inflateSync } from 'node:zlib'
import { draftCounts, draftSlots, keepDraft, type SlotCounts } from './slot-counts.ts'
import { maxValueUs, slotCount } from './slots.ts'

/**
 * The interchange form of HdrHistogram, version 2, in base64. All integers are big-endian.
 *
 *   outer    int32   cookie 0x1c849314, then int32 length of the zlib stream, then the stream, which holds the inner form
 *   inner    int32   cookie 0x1c849313
 *            int32   bytes of the counts
 *            int32   normalizing index offset: 0
 *            int32   significant digits: 3
 *            int64   lowest value with a slot of its own: 1
 *            int64   highest value
 *            double  integer to double ratio: 1.0
 *   counts   for each slot from 0 to the highest used one: ZigZag LEB128, 7 bits a byte, the lowest first
 *            (a ninth byte has 8, but counts up to 2^53 need none). A positive number is a count, a negative -n stands for n empty slots, 0 for one.
 *
 * Written strictly, so that the strictest reader (Rust's) takes it; read tolerantly: hdr-histogram-js writes offset 1
 * and the ratio as the integer 1, and means 0 and 1.0. (A real offset, which Java's shifting of values makes, is a
 * multiple of 1,024, so 1 cannot be meant.) The inner form alone is read too.
 *
 * What is read may be hostile: nothing is thrown, and nothing larger than a full histogram is allocated.
 */
const outerCookie = 0x1c849314
const innerCookie = 0x1c849313
const headBytes = 40
const maxInnerBytes = headBytes + slotCount * 9
const maxTextLength = Math.ceil((maxInnerBytes * 4) / 3) + 1024

export const encodeSlots = ({ slots, counts }: SlotCounts): string => {
  // Each used slot costs a count (8 bytes at most, as counts stay below 2^53) and the gap before it (3).
  const inner = Buffer.allocUnsafe(headBytes + slots.length * 11)
  let end = headBytes
  let next = 0
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    // ZigZag of -n is 2n - 1, of n it is 2n.
    if (slot > next) end = writeVarint(inner, end, 2 * (slot - next) - 1)
    end = writeVarint(inner, end, 2 * (counts[i] ?? 0))
    next = slot + 1
  }
  inner.writeInt32BE(innerCookie, 0)
  inner.writeInt32BE(end - headBytes, 4)
  inner.writeInt32BE(0, 8)
  inner.writeInt32BE(3, 12)
  inner.writeBigInt64BE(1n, 16)
  inner.writeBigInt64BE(BigInt(maxValueUs), 24)
  inner.writeDoubleBE(1, 32)
  const stream = deflateSync(inner.subarray(0, end))
  const outer = Buffer.allocUnsafe(8)
  outer.writeInt32BE(outerCookie, 0)
  outer.writeInt32BE(stream.length, 4)
  return Buffer.concat([outer, stream]).toString('base64')
}

/** Undefined where the text is not of this form, was cut, or holds more than our slots. */
export const decodeSlots = (text: string): SlotCounts | undefined => {
  if (text.length > maxTextLength) return undefined
  const inner = innerOf(Buffer.from(text, 'base64'))
  if (inner === undefined || inner.length < headBytes || inner.readInt32BE(0) !== innerCookie)
    return undefined
  const countsEnd = headBytes + inner.readInt32BE(4)
  const offset = inner.readInt32BE(8)
  const isOurLayout =
    (offset === 0 || offset === 1) &&
    inner.readInt32BE(12) === 3 &&
    inner.readBigInt64BE(16) === 1n &&
    (inner.readDoubleBE(32) === 1 || inner.readBigInt64BE(32) === 1n)
  if (!isOurLayout || countsEnd < headBytes || countsEnd > inner.length) return undefined
  return readCounts(inner.subarray(headBytes, countsEnd))
}

const innerOf = (bytes: Buffer): Buffer | undefined => {
  if (bytes.length < 8) return undefined
  if (bytes.readInt32BE(0) === innerCookie) return bytes
  const streamEnd = 8 + bytes.readInt32BE(4)
  if (bytes.readInt32BE(0) !== outerCookie || streamEnd < 8 || streamEnd > bytes.length) return undefined
  try {
    // By default 16 KiB are allocated for each, where a second of one request needs some hundred bytes.
    return inflateSync(bytes.subarray(8, streamEnd), {
      maxOutputLength: maxInnerBytes,
      chunkSize: bytes.length < 2048 ? 4096 : 16_384,
    })
  } catch {
    return undefined
  }
}

const readCounts = (bytes: Buffer): SlotCounts | undefined => {
  let used = 0
  let total = 0
  let slot = 0
  for (let position = 0; position < bytes.length; ) {
    let zigzag = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[position++]
      // A ninth byte would begin at 2^56.
      if (byte === undefined || scale > 2 ** 49) return undefined
      zigzag += (byte & 127) * scale
      if (byte < 128) break
    }
    if (zigzag % 2 === 1) slot += (zigzag + 1) / 2
    else {
      if (zigzag > 0) {
        if (slot >= slotCount) return undefined
        draftSlots[used] = slot
        draftCounts[used++] = zigzag / 2
        total += zigzag / 2
      }
      slot++
    }
    // Beyond 2^53 sums are no longer exact; beyond the last slot nothing can follow but more garbage.
    if (slot > slotCount * 2 || total > Number.MAX_SAFE_INTEGER) return undefined
  }
  return keepDraft(used)
}

const writeVarint = (bytes: Buffer, start: number, value: number): number => {
  let rest = value
  let position = start
  while (rest >= 128) {
    const low = rest % 128
    bytes[position++] = low + 128
    rest = (rest - low) / 128
  }
  bytes[position++] = rest
  return position
}
