import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { drawInteger, streamOf } from '../../lib/random.ts'
import { type Answer, byteByByte, cutAt, deliver, whole } from '../../testing/http-fixtures/deliver.ts'
import { answerBytes, type HttpFixture } from '../../testing/http-fixtures/fixture.ts'
import { httpFixtures } from '../../testing/http-fixtures.ts'
import { defaultParserLimits, ResponseParser } from './response-parser.ts'

const newParser = (): ResponseParser => new ResponseParser(defaultParserLimits)
const answerOf = (fixture: HttpFixture): Answer => ({ ...fixture, bytes: answerBytes(fixture) })
const title = ({ id, what }: HttpFixture): string => `${id} ${what}`

/** Pieces of 1 to `max` bytes, another sequence for each `run`. */
const randomPieces = (run: number, max: number) => {
  let piece = 0
  return (): number => drawInteger(1, streamOf(`pieces ${run}`), piece++, 1, max)
}

const next: Answer = {
  method: 'GET',
  end: 'open',
  bytes: Buffer.from('HTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc'),
}

describe('every response of the fixture table', () => {
  for (const fixture of httpFixtures) {
    test(title(fixture), () => {
      const answer = answerOf(fixture)
      const { length } = answer.bytes
      const expected = deliver(newParser(), answer, whole)
      assert.equal(expected.outcome, fixture.expected, expected.failure)

      assert.deepEqual(deliver(newParser(), answer, byteByByte), expected, 'byte by byte')
      for (let run = 0; run < 3; run++) {
        const max = [7, 300, 20_000][run] ?? 1
        assert.deepEqual(
          deliver(newParser(), answer, randomPieces(run, max)),
          expected,
          `random pieces ${run}`,
        )
      }
      if (length > 2000) return
      const parser = newParser()
      for (let position = 1; position < length; position++) {
        assert.deepEqual(deliver(parser, answer, cutAt(position)), expected, `cut at ${position}`)
      }
    })
  }
})

test('a reusable answer and the next one are told apart when they come together', () => {
  for (const fixture of httpFixtures.filter(({ expected }) => expected.endsWith('R'))) {
    const answer = answerOf(fixture)
    const both = Buffer.concat([answer.bytes, next.bytes])
    const parser = newParser()
    parser.begin(fixture.method === 'HEAD', false, 0)
    const taken = parser.read(both, 0, both.length)
    assert.ok(parser.isComplete && parser.isReusable, title(fixture))
    assert.equal(answer.bytes.length - taken, fixture.id === 27 ? 2 : 0, title(fixture))
    parser.begin(false, false, 3)
    assert.equal(parser.read(both, taken, both.length), both.length - taken, title(fixture))
    assert.ok(parser.isComplete && parser.isReusable, title(fixture))
    assert.equal(parser.status, 201, title(fixture))
    assert.equal(Buffer.from(parser.body()).toString(), 'abc', title(fixture))
  }
})

test('one parser reads all of them in turn as a new one reads each', () => {
  const parser = newParser()
  for (const fixture of httpFixtures) {
    const answer = answerOf(fixture)
    const expected = deliver(newParser(), answer, whole)
    assert.deepEqual(deliver(parser, answer, whole), expected, title(fixture))
    assert.deepEqual(deliver(parser, answer, whole), expected, `${title(fixture)} again`)
    assert.deepEqual(
      deliver(parser, answer, cutAt(answer.bytes.length - 1)),
      expected,
      `${title(fixture)} cut`,
    )
    assert.deepEqual(deliver(parser, answer, randomPieces(fixture.id, 4_000)), expected, title(fixture))
  }
})
