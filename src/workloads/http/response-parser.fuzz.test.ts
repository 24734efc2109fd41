import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { drawInteger, streamOf } from '../../lib/random.ts'
import {
  type Answer,
  byteByByte,
  type Delivery,
  deliver,
  whole,
} from '../../testing/http-fixtures/deliver.ts'
import { answerBytes } from '../../testing/http-fixtures/fixture.ts'
import { type Draw, mutate } from '../../testing/http-fixtures/mutate.ts'
import { httpFixtures } from '../../testing/http-fixtures.ts'
import { defaultParserLimits, ResponseParser } from './response-parser.ts'

const newParser = (): ResponseParser => new ResponseParser(defaultParserLimits)

const drawsOf = (name: string): Draw => {
  let index = 0
  return (below) => drawInteger(20_261_120, streamOf(name), index++, 0, below - 1)
}

const shortAnswers: readonly Answer[] = httpFixtures
  .map((fixture) => ({ ...fixture, bytes: answerBytes(fixture) }))
  .filter(({ bytes }) => bytes.length > 0 && bytes.length < 2_000)

/** What holds for any answer at all. */
const assertSound = (answer: Answer, delivery: Delivery): void => {
  const { outcome, status, bodyBytes, takenBytes } = delivery
  assert.ok(takenBytes >= 0 && takenBytes <= answer.bytes.length)
  assert.ok(bodyBytes >= 0 && bodyBytes <= takenBytes)
  assert.match(outcome, /^(P|X|T|(\d{3}\/)?\d+ [R–])$/)
  if (delivery.failure === undefined && outcome !== 'T' && outcome !== 'X') {
    assert.ok(status >= 200 && status <= 999)
  }
  assert.equal(delivery.body.length, Math.min(bodyBytes, 100))
}

describe('answers with faults', () => {
  for (const [i, original] of shortAnswers.entries()) {
    const name = `mutations of ${i}`
    test(`${name}: any cut gives the same result`, () => {
      const draw = drawsOf(name)
      const parser = newParser()
      for (let round = 0; round < 40; round++) {
        const other = shortAnswers[draw(shortAnswers.length)] ?? original
        const answer = { ...original, bytes: mutate(original.bytes, other.bytes, draw) }
        const expected = deliver(newParser(), answer, whole)
        assertSound(answer, expected)
        const text = Buffer.from(answer.bytes).toString('latin1')
        assert.deepEqual(deliver(parser, answer, byteByByte), expected, text)
        assert.deepEqual(
          deliver(parser, answer, () => 1 + draw(40)),
          expected,
          text,
        )
      }
    })
  }
})

test('bytes without any sense are refused or waited out', () => {
  const draw = drawsOf('noise')
  const parser = newParser()
  for (let round = 0; round < 500; round++) {
    const noise = Uint8Array.from({ length: 1 + draw(200) }, () => draw(256))
    // After a good status line they reach further.
    const bytes = draw(2) === 0 ? noise : Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n'), noise])
    const answer: Answer = { method: 'GET', end: 'open', bytes }
    const expected = deliver(newParser(), answer, whole)
    assertSound(answer, expected)
    assert.deepEqual(deliver(parser, answer, byteByByte), expected)
  }
})

describe('an answer of any size', () => {
  /** Feeds `piece` so often, or until the parser wants no more. */
  const feed = (parser: ResponseParser, piece: Uint8Array, times: number): void => {
    for (let i = 0; i < times && parser.failure === undefined && !parser.isComplete; i++) {
      parser.read(piece, 0, piece.length)
    }
  }

  test('takes no memory: a body of 1 GB is counted, not held', () => {
    const parser = newParser()
    const piece = new Uint8Array(65_536)
    parser.begin(false, false, 0)
    feed(parser, Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n'), 1)
    const before = process.memoryUsage().arrayBuffers
    feed(parser, piece, 16_384)
    assert.ok(process.memoryUsage().arrayBuffers - before <= 65_536)
    assert.equal(parser.bodyBytes, 1_073_741_824)
    assert.ok(parser.isComplete && parser.isReusable)
  })

  const endless = [
    ['reason', 'HTTP/1.1 200 ', 'a'.repeat(1_000), 'response head is too large'],
    ['header lines', 'HTTP/1.1 200 OK\r\n', 'X: a\r\n'.repeat(100), 'response head is too large'],
    ['header name', 'HTTP/1.1 200 OK\r\n', 'X'.repeat(1_000), 'response head is too large'],
    ['length', 'HTTP/1.1 200 OK\r\nContent-Length: ', '0'.repeat(1_000), 'response head is too large'],
    [
      'connection options',
      'HTTP/1.1 200 OK\r\nConnection: ',
      'a, '.repeat(500),
      'response head is too large',
    ],
    ['interim heads', '', 'HTTP/1.1 103 Early\r\n\r\n'.repeat(50), 'response head is too large'],
    ['blank lines', '', '\r\n'.repeat(500), 'response head is too large'],
    [
      'trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n',
      'X: a\r\n'.repeat(100),
      'trailers are too large',
    ],
    [
      'chunk size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      '0'.repeat(1_000),
      'chunk size line is too long',
    ],
    [
      'chunk extensions',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      `1;${'a'.repeat(1_000)}\r\nx\r\n`,
      'chunks hold too little data for their overhead',
    ],
  ] as const
  for (const [what, start, more, failure] of endless) {
    test(`ends: ${what} without end fail, and hold 64 kB at most`, () => {
      const parser = newParser()
      const piece = Buffer.from(more)
      const before = process.memoryUsage().arrayBuffers
      parser.begin(false, true, 100)
      feed(parser, Buffer.from(start), 1)
      feed(parser, piece, 1_000)
      assert.deepEqual(parser.failure, { kind: 'protocol', text: failure })
      // Head and body grow by doubling; what they outgrew may not be collected yet.
      assert.ok(process.memoryUsage().arrayBuffers - before <= 3 * 65_536)
    })
  }

  /** CPU time, the least of several runs: other processes do not count. */
  const cpuMicroseconds = (work: () => void): number => {
    let least = Number.POSITIVE_INFINITY
    for (let run = 0; run < 7; run++) {
      const before = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(before)
      least = Math.min(least, user + system)
    }
    return Math.max(least, 50)
  }

  const growing = [
    ['a long field', (n: number) => `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(4 * n)}\r\n\r\n`],
    ['many fields', (n: number) => `HTTP/1.1 200 OK\r\n${'X:\r\n'.repeat(n)}\r\n`],
    ['many interim heads', (n: number) => 'HTTP/1.1 103 \r\n\r\n'.repeat(n / 5)],
    ['many options', (n: number) => `HTTP/1.1 200 OK\r\nConnection: ${'abc,'.repeat(n)}\r\n\r\n`],
    [
      'many chunks',
      (n: number) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(n)}`,
    ],
  ] as const
  for (const [what, answer] of growing) {
    test(`takes work in proportion: ${what}, byte by byte`, () => {
      const parser = newParser()
      const readAll = (bytes: Uint8Array): void => {
        parser.begin(false, true, 65_536)
        for (let i = 0; i < bytes.length; i++) parser.read(bytes, i, i + 1)
        assert.equal(parser.failure, undefined)
      }
      const short = Buffer.from(answer(1_000))
      const long = Buffer.from(answer(16_000))
      const shortTime = cpuMicroseconds(() => readAll(short))
      // 16 times the bytes: 16 times the work, where quadratic work would be 256 times.
      assert.ok(cpuMicroseconds(() => readAll(long)) < 80 * shortTime)
    })
  }
})
