import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync, inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { decodeSlots, encodeSlots } from './hdr-encoding.ts'
import { slotCount } from './slots.ts'

const bounded = { seed: 20_261, numRuns: 400 }

const text = encodeSlots({
  slots: Uint16Array.of(0, 3, 4, 22_527),
  counts: Float64Array.of(1, 2, 300, 2 ** 53 - 400),
})
const bytes = Buffer.from(text, 'base64')
const inner = inflateSync(bytes.subarray(8))

const wrap = (content: Buffer): string => {
  const stream = deflateSync(content)
  const head = Buffer.alloc(8)
  head.writeInt32BE(0x1c849314, 0)
  head.writeInt32BE(stream.length, 4)
  return Buffer.concat([head, stream]).toString('base64')
}

/** The inner form with other bytes from `offset` on. */
const patched = (offset: number, ...values: number[]): string => {
  const copy = Buffer.from(inner)
  copy.set(values, offset)
  return wrap(copy)
}

const withCounts = (...counts: number[]): string => {
  const content = Buffer.concat([inner.subarray(0, 40), Buffer.from(counts)])
  content.writeInt32BE(counts.length, 4)
  return wrap(content)
}

test('the form begins as every HdrHistogram does and has offset 0, 3 digits, lowest value 1 and ratio 1.0', () => {
  assert.match(text, /^HISTF/)
  assert.equal(bytes.readInt32BE(4), bytes.length - 8)
  assert.equal(inner.readInt32BE(0), 0x1c849313)
  assert.equal(inner.readInt32BE(4), inner.length - 40)
  assert.deepEqual([inner.readInt32BE(8), inner.readInt32BE(12)], [0, 3])
  assert.deepEqual([inner.readBigInt64BE(16), inner.readBigInt64BE(24)], [1n, 2n ** 31n - 1n])
  assert.equal(inner.readDoubleBE(32), 1)
})

test('counts are ZigZag numbers with runs of empty slots between them', () => {
  // 1, two empty slots (-2), 2, 300 = 0b100_1011000 doubled, ...
  assert.deepEqual([...inner.subarray(40, 45)], [2, 3, 4, 0xd8, 0x04])
})

test('what is written is read', () => {
  const read = decodeSlots(text)
  assert.deepEqual([...(read?.slots ?? [])], [0, 3, 4, 22_527])
  assert.deepEqual([...(read?.counts ?? [])], [1, 2, 300, 2 ** 53 - 400])
})

const readable = [
  { what: 'the uncompressed form', text: inner.toString('base64') },
  { what: 'offset 1, as hdr-histogram-js writes', text: patched(8, 0, 0, 0, 1) },
  {
    what: 'the ratio as the integer 1, as hdr-histogram-js writes',
    text: patched(32, 0, 0, 0, 0, 0, 0, 0, 1),
  },
  { what: 'another highest value', text: patched(24, 0, 0, 0, 0, 3, 0, 0, 0) },
  { what: 'bytes after the stream', text: Buffer.concat([bytes, Buffer.from('more')]).toString('base64') },
]
for (const { what, text: readableText } of readable)
  test(`${what} is read`, () => {
    assert.deepEqual(decodeSlots(readableText), decodeSlots(text))
  })

test('single zeros stand for single empty slots, and trailing empty slots for nothing', () => {
  assert.deepEqual([...(decodeSlots(withCounts(0, 0, 2, 0, 7))?.slots ?? [])], [2])
})

/** ZigZag LEB128 of -n. */
const run = (n: number): number[] => {
  const parts: number[] = []
  for (let rest = 2 * n - 1; ; rest = Math.floor(rest / 128)) {
    parts.push(rest >= 128 ? (rest % 128) + 128 : rest)
    if (rest < 128) return parts
  }
}

const refused = [
  { what: 'nothing', text: '' },
  { what: 'a wrong outer cookie', text: `A${text.slice(1)}` },
  { what: 'a wrong inner cookie', text: patched(0, 1) },
  { what: 'a cut stream', text: bytes.subarray(0, bytes.length - 9).toString('base64') },
  {
    what: 'a length beyond the end',
    text: Buffer.concat([bytes.subarray(0, 4), Buffer.of(127, 0, 0, 0)]).toString('base64'),
  },
  {
    what: 'a negative length',
    text: Buffer.concat([bytes.subarray(0, 4), Buffer.of(255, 0, 0, 0)]).toString('base64'),
  },
  {
    what: 'a stream that is no zlib',
    text: Buffer.concat([bytes.subarray(0, 4), Buffer.of(0, 0, 0, 2, 1, 2)]).toString('base64'),
  },
  { what: 'a head cut short', text: wrap(inner.subarray(0, 39)) },
  { what: 'a payload length beyond the end', text: patched(4, 0, 0, 1) },
  { what: 'a negative payload length', text: patched(4, 255) },
  { what: 'a real normalizing offset', text: patched(8, 0, 0, 4, 0) },
  { what: 'two significant digits', text: patched(12, 0, 0, 0, 2) },
  { what: 'another lowest value', text: patched(16, 0, 0, 0, 0, 0, 0, 4, 0) },
  { what: 'another ratio', text: patched(32, 0x40) },
  { what: 'a count cut in the middle', text: withCounts(2, 0x80) },
  { what: 'a count in the slot after the last', text: withCounts(...run(slotCount), 2) },
  { what: 'counts that add up beyond 2^53', text: withCounts(254, 255, 255, 255, 255, 255, 255, 31, 2) },
  { what: 'a number of nine bytes', text: withCounts(130, 128, 128, 128, 128, 128, 128, 128, 0, 2) },
  { what: 'a run of almost 2^63 slots', text: withCounts(253, 255, 255, 255, 255, 255, 255, 255, 255, 2) },
]
for (const { what, text: refusedText } of refused)
  test(`${what} is refused`, () => {
    assert.equal(decodeSlots(refusedText), undefined)
  })

test('the last slot can hold a count', () => {
  assert.deepEqual([...(decodeSlots(withCounts(...run(slotCount - 1), 2))?.slots ?? [])], [slotCount - 1])
})

test('a stream that inflates beyond a full histogram is refused before it does', () => {
  const bomb = wrap(Buffer.concat([inner.subarray(0, 40), Buffer.alloc(20 * 1024 * 1024)]))
  const before = process.memoryUsage().arrayBuffers
  assert.equal(decodeSlots(bomb), undefined)
  assert.ok(process.memoryUsage().arrayBuffers - before < 5 * 1024 * 1024)
})

test('a text longer than any histogram is refused unread', () => {
  assert.equal(decodeSlots(text + 'A'.repeat(400_000)), undefined)
})

test('bytes changed at random never make it throw, and what it reads is ordered and positive', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(fc.tuple(fc.nat({ max: 80 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 }),
      fc.nat({ max: 80 }),
      (insideStream, changes, cut) => {
        const source = Buffer.from(insideStream ? inner : bytes)
        for (const [offset, value] of changes) source[offset % source.length] = value
        const hostile = source.subarray(0, source.length - (cut > 70 ? cut - 70 : 0))
        const read = decodeSlots(insideStream ? wrap(hostile) : hostile.toString('base64'))
        if (read === undefined) return
        assert.equal(read.slots.length, read.counts.length)
        read.slots.forEach((slot, i) => {
          assert.ok(slot < slotCount && slot > (read.slots[i - 1] ?? -1))
        })
        assert.ok(read.counts.every((count) => Number.isSafeInteger(count) && count > 0))
      },
    ),
    bounded,
  )
})

test('random texts and random count bytes never make it throw', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.nat({ max: 255 }), { maxLength: 200 }), (any, counts) => {
      assert.equal(decodeSlots(any), undefined)
      const read = decodeSlots(withCounts(...counts))
      assert.ok(read === undefined || read.counts.every((count) => Number.isSafeInteger(count) && count > 0))
    }),
    bounded,
  )
})
