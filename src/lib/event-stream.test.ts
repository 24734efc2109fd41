import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EventParser, readEvents, type ServerEvent } from './event-stream.ts'

const encoder = new TextEncoder()

const parse = (text: string): ServerEvent[] => new EventParser().push(encoder.encode(text))

const cases: [string, string, ServerEvent[]][] = [
  ['an event', 'id: 7\nevent: update\ndata: {}\n\n', [{ event: 'update', data: '{}', id: '7' }]],
  ['no name', 'data: x\n\n', [{ event: 'message', data: 'x', id: undefined }]],
  [
    'one space after the colon is not the value',
    'data:  x\n\n',
    [{ event: 'message', data: ' x', id: undefined }],
  ],
  ['no space', 'data:x:y\n\n', [{ event: 'message', data: 'x:y', id: undefined }]],
  ['lines of data', 'data: a\ndata\ndata: b\n\n', [{ event: 'message', data: 'a\n\nb', id: undefined }]],
  ['empty data', 'data:\n\n', [{ event: 'message', data: '', id: undefined }]],
  ['CR LF', 'event: a\r\ndata: b\r\n\r\n', [{ event: 'a', data: 'b', id: undefined }]],
  ['CR alone', 'event: a\rdata: b\r\r', [{ event: 'a', data: 'b', id: undefined }]],
  ['a mixture', 'event: a\r\ndata: b\n\r', [{ event: 'a', data: 'b', id: undefined }]],
  ['comments', ': hello\n\n:\ndata: b\n: more\n\n', [{ event: 'message', data: 'b', id: undefined }]],
  ['no data', 'event: a\nid: 3\n\n', []],
  ['unknown fields', 'retry: 5\nfoo: 1\ndata: b\n\n', [{ event: 'message', data: 'b', id: undefined }]],
  [
    'a number is not inherited',
    'id: 3\ndata: a\n\ndata: b\n\n',
    [
      { event: 'message', data: 'a', id: '3' },
      { event: 'message', data: 'b', id: undefined },
    ],
  ],
  ['the last of two', 'event: a\nevent: b\ndata: x\n\n', [{ event: 'b', data: 'x', id: undefined }]],
  ['a byte order mark', '\ufeffdata: x\n\n', [{ event: 'message', data: 'x', id: undefined }]],
  ['a number with a NUL is none', 'id: a\0b\ndata: x\n\n', [{ event: 'message', data: 'x', id: undefined }]],
  [
    'an event whose end did not come',
    'data: x\n\ndata: y\n',
    [{ event: 'message', data: 'x', id: undefined }],
  ],
]

for (const [name, text, events] of cases)
  test(`events: ${name}`, () => {
    assert.deepEqual(parse(text), events)
  })

/** Any text, as an event's data has it. */
const data = fc.string({
  unit: fc.constantFrom('a', ':', ' ', 'data', '\n', 'ü', '😀', '\ufeff', '"'),
  maxLength: 12,
})
const name = fc.constantFrom('update', 'tick', 'end', 'ä b')
const end = fc.constantFrom('\n', '\r\n', '\r')

test('however the bytes are cut and lines end, the events come out as they went in', () => {
  const piece = fc.record({
    event: name,
    data,
    id: fc.option(fc.nat().map(String), { nil: undefined }),
    comment: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), end, fc.array(fc.nat(30)), (pieces, newline, cuts) => {
      const text = pieces
        .map(({ event, data, id, comment }) =>
          [
            ...(comment ? [': a comment'] : []),
            ...(id === undefined ? [] : [`id: ${id}`]),
            `event: ${event}`,
            ...data.split('\n').map((line) => `data: ${line}`),
            '',
            '',
          ].join(newline),
        )
        .join('')
      const parser = new EventParser()
      const events: ServerEvent[] = []
      const bytes = encoder.encode(text)
      let from = 0
      for (let i = 0; from < bytes.length; i++) {
        const size = cuts.length === 0 ? bytes.length : (cuts[i % cuts.length] ?? 0) + (i % 3 === 0 ? 1 : 0)
        events.push(...parser.push(bytes.subarray(from, from + size)))
        from += size
      }
      assert.deepEqual(
        events,
        pieces.map(({ event, data, id }) => ({ event, data, id })),
      )
    }),
    { seed: 7, numRuns: 500 },
  )
})

test('whatever bytes come, cutting them elsewhere changes nothing', () => {
  const soup = fc.array(
    fc.oneof(
      fc
        .constantFrom('\r', '\n', '\r\n', ':', 'data', 'data:', 'id:1', 'event:x', ' ', '\0')
        .map((text) => [...encoder.encode(text)]),
      fc.array(fc.nat(255), { maxLength: 3 }),
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(soup, fc.nat(), (parts, cut) => {
      const bytes = Uint8Array.from(parts.flat())
      const whole = new EventParser().push(bytes)
      const twice = new EventParser()
      const at = bytes.length === 0 ? 0 : cut % bytes.length
      assert.deepEqual([...twice.push(bytes.subarray(0, at)), ...twice.push(bytes.subarray(at))], whole)
      const single = new EventParser()
      assert.deepEqual(
        [...bytes].flatMap((byte) => single.push(Uint8Array.of(byte))),
        whole,
      )
    }),
    { seed: 8, numRuns: 500 },
  )
})

test('what never ends is no stream of events', () => {
  const parser = new EventParser()
  const megabyte = new Uint8Array(2 ** 20).fill(97)
  assert.throws(() => {
    for (let i = 0; i < 20; i++) parser.push(megabyte)
  }, /no stream of events/)
  const lines = new EventParser()
  const line = encoder.encode(`data: ${'a'.repeat(2 ** 20)}\n`)
  assert.throws(() => {
    for (let i = 0; i < 20; i++) lines.push(line)
  }, /no stream of events/)
})

test('a stream is read event by event', async () => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield encoder.encode('data: a\n\nda')
    yield encoder.encode('ta: b\n\n')
  }
  const heard: string[] = []
  for await (const { data } of readEvents(chunks())) heard.push(data)
  assert.deepEqual(heard, ['a', 'b'])
})
