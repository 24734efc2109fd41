import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deliver, whole } from '../../testing/http-fixtures/deliver.ts'
import { answerBytes } from '../../testing/http-fixtures/fixture.ts'
import { httpFixtures } from '../../testing/http-fixtures.ts'
import { responseFailures } from './response-failure.ts'
import { defaultParserLimits, isBlankLeftover, ResponseParser } from './response-parser.ts'

const bytesOf = (text: string): Uint8Array => answerBytes({ answer: text })

/** Reads a whole text, `⏎` for CR LF, as the answer to a GET. */
const readWhole = (text: string, keepHead = true, keepBodyBytes = 100): ResponseParser => {
  const parser = new ResponseParser(defaultParserLimits)
  parser.begin(false, keepHead, keepBodyBytes)
  const bytes = bytesOf(text)
  parser.read(bytes, 0, bytes.length)
  return parser
}

const answer = 'HTTP/1.1 200 OK⏎Set-Cookie: a=1⏎X-Empty:⏎SET-COOKIE:\t b=\xe9 \t⏎Content-Length: 5⏎⏎hello'

describe('the kept head', () => {
  test('gives the first value of a header, whatever the case of its name', () => {
    const parser = readWhole(answer)
    assert.equal(parser.header('set-cookie'), 'a=1')
    assert.equal(parser.header('x-empty'), '')
    assert.equal(parser.header('cookie'), undefined)
    assert.equal(parser.header('set-cookie2'), undefined)
  })

  test('gives all values of a header in order, and all headers', () => {
    const parser = readWhole(answer)
    assert.deepEqual(parser.headers('set-cookie'), ['a=1', 'b=é'])
    assert.deepEqual(parser.headers('cookie'), [])
    assert.deepEqual(parser.headerFields(), [
      ['set-cookie', 'a=1'],
      ['x-empty', ''],
      ['set-cookie', 'b=é'],
      ['content-length', '5'],
    ])
    assert.match(parser.headText(), /^HTTP\/1\.1 200 OK\r\nSet-Cookie.*\r\n\r\n$/s)
  })

  test('is that of the final answer, after blank lines and interim heads too', () => {
    const parser = readWhole(`⏎⏎HTTP/1.1 103 Early⏎Link: x⏎⏎⏎${answer}`)
    assert.equal(parser.header('link'), undefined)
    assert.equal(parser.header('set-cookie'), 'a=1')
  })

  test('is the current one where the same head came twice, kept only the second time', () => {
    const parser = new ResponseParser(defaultParserLimits)
    const bytes = bytesOf(answer)
    for (const keepHead of [false, true]) {
      parser.begin(false, keepHead, 5)
      parser.read(bytes, 0, bytes.length)
      assert.equal(parser.header('set-cookie'), keepHead ? 'a=1' : undefined)
      assert.equal(Buffer.from(parser.body()).toString(), 'hello')
    }
  })

  test('without lines, or unkept, has no headers', () => {
    assert.deepEqual(readWhole('HTTP/1.1 204 No Content⏎⏎').headerFields(), [])
    assert.deepEqual(readWhole(answer, false).headerFields(), [])
    assert.equal(readWhole(answer, false).header('set-cookie'), undefined)
  })
})

describe('the kept body', () => {
  for (const keepBodyBytes of [0, 1, 199, 200, 1_000]) {
    test(`is the first ${keepBodyBytes} of 200 octets at most, counted whole`, () => {
      const octets = 'abcdefghij'.repeat(20)
      const kept = octets.slice(0, keepBodyBytes)
      for (const text of [
        `HTTP/1.1 200 OK⏎Content-Length: 200⏎⏎${octets}`,
        `HTTP/1.1 200 OK⏎Transfer-Encoding: chunked⏎⏎64⏎${octets.slice(0, 100)}⏎64⏎${octets.slice(100)}⏎0⏎⏎`,
        `HTTP/1.1 200 OK⏎⏎${octets}`,
      ]) {
        const parser = readWhole(text, false, keepBodyBytes)
        parser.finish()
        assert.ok(parser.isComplete)
        assert.equal(parser.bodyBytes, 200)
        assert.equal(Buffer.from(parser.body()).toString(), kept)
      }
    })
  }

  test('of 1 MB is whole, and the next body small again', () => {
    const octets = Buffer.alloc(1_048_576, 'x')
    const parser = readWhole('HTTP/1.1 200 OK⏎Content-Length: 1048576⏎⏎', false, 1_048_576)
    for (let from = 0; from < octets.length; from += 65_536) parser.read(octets, from, from + 65_536)
    assert.ok(parser.isComplete)
    assert.ok(octets.equals(parser.body()))
    parser.begin(false, false, 0)
    assert.equal(parser.body().length, 0)
    assert.equal(parser.body().buffer.byteLength, 0)
  })
})

describe('what the client must know while a message is read', () => {
  test('a parser that was not begun takes nothing', () => {
    const parser = new ResponseParser(defaultParserLimits)
    assert.equal(parser.read(bytesOf(answer), 0, 10), 0)
    assert.equal(parser.failure, undefined)
  })

  test('a complete or failed message takes nothing more', () => {
    for (const text of [answer, 'hello']) {
      const parser = readWhole(text)
      assert.ok(parser.isComplete || parser.failure !== undefined)
      assert.equal(parser.read(bytesOf(answer), 0, 10), 0)
    }
  })

  test('the first byte, interim answers, and the final head', () => {
    const parser = new ResponseParser(defaultParserLimits)
    parser.begin(false, false, 0)
    const state = () => [
      parser.hasStarted,
      parser.hasContinue,
      parser.interimStatus,
      parser.hasHead,
      parser.status,
    ]
    const read = (text: string) => {
      const bytes = bytesOf(text)
      parser.read(bytes, 0, bytes.length)
      return state()
    }
    assert.deepEqual(state(), [false, false, 0, false, 0])
    assert.deepEqual(read(''), [false, false, 0, false, 0])
    assert.deepEqual(read('H'), [true, false, 0, false, 0])
    assert.deepEqual(read('TTP/1.1 100⏎⏎'), [true, true, 100, false, 0])
    assert.deepEqual(read('HTTP/1.1 103⏎⏎'), [true, true, 103, false, 0])
    assert.deepEqual(read('HTTP/1.1 417 No⏎'), [true, true, 103, false, 0])
    assert.deepEqual(read('Content-Length: 1⏎⏎'), [true, true, 103, true, 417])
    assert.ok(!parser.isComplete && !parser.isReusable)
    read('x')
    assert.ok(parser.isComplete && parser.isReusable)
    parser.begin(false, false, 0)
    assert.deepEqual(state(), [false, false, 0, false, 0])
  })

  test('how long the server keeps an idle connection', () => {
    const timeoutOf = (value: string) =>
      readWhole(`HTTP/1.1 200 OK⏎Keep-Alive: ${value}⏎Content-Length: 0⏎⏎`).keepAliveTimeoutS
    assert.equal(timeoutOf('timeout=5, max=100'), 5)
    assert.equal(timeoutOf('max=100 , Timeout=60'), 60)
    for (const none of ['max=100', 'timeout', 'timeout=', 'timeout=x', 'timeout=-1', 'xtimeout=5']) {
      assert.equal(timeoutOf(none), undefined, none)
    }
    assert.equal(readWhole(answer).keepAliveTimeoutS, undefined)
  })

  test('a body to the close, and that nothing follows the end', () => {
    const parser = readWhole('HTTP/1.1 200 OK⏎⏎hello')
    assert.ok(parser.isCloseDelimited && !parser.isComplete)
    parser.finish()
    assert.ok(parser.isComplete && !parser.isReusable)
    const whole = readWhole(answer)
    assert.ok(whole.isReusable && !whole.isCloseDelimited)
    whole.finish()
    assert.ok(whole.isComplete && !whole.isReusable)
  })

  test('a stray blank line may be left over, anything else may not', () => {
    for (const [text, isBlank] of [
      ['', true],
      ['⏎', true],
      ['\n', false],
      ['\r', false],
      ['⏎⏎', false],
      ['HT', false],
    ] as const) {
      const bytes = bytesOf(`x${text}`)
      assert.equal(isBlankLeftover(bytes, 1, bytes.length), isBlank, JSON.stringify(text))
    }
  })
})

describe('a head that comes again', () => {
  test('means the same for a HEAD, with another body, in pieces, after a failure', () => {
    const parser = new ResponseParser(defaultParserLimits)
    const bytes = bytesOf(answer)
    const headBytes = bytes.length - 5
    const read = (isHead: boolean, cut: number): number => {
      parser.begin(isHead, false, 5)
      const taken = parser.read(bytes, 0, cut)
      return taken + (parser.isComplete ? 0 : parser.read(bytes, cut, bytes.length))
    }
    assert.equal(read(false, bytes.length), bytes.length)
    assert.equal(read(true, bytes.length), headBytes)
    assert.equal(read(false, headBytes - 1), bytes.length)
    assert.equal(read(false, headBytes), bytes.length)
    parser.begin(false, false, 5)
    parser.read(bytesOf('HTTP/1.1 404 No⏎Connection: close⏎:⏎'), 0, 37)
    assert.equal(parser.failure, responseFailures.fieldName)
    assert.equal(read(false, bytes.length), bytes.length)
    assert.ok(parser.isComplete && parser.isReusable && parser.status === 200 && parser.failure === undefined)
  })

  test('or almost the same: each byte counts', () => {
    const parser = new ResponseParser(defaultParserLimits)
    for (let round = 0; round < 100; round++) {
      const digit = round % 3
      const bytes = bytesOf(`HTTP/1.1 20${digit} OK⏎Content-Length: ${digit}⏎⏎xy`)
      for (let again = 0; again < 1 + (round % 2); again++) {
        parser.begin(false, false, 0)
        assert.equal(parser.read(bytes, 0, bytes.length), bytes.length - 2 + digit)
        assert.equal(parser.status, 200 + digit)
      }
    }
  })
})

describe('limits, to the byte', () => {
  const withLength = (before: string, filling: string, after: string, length: number): string =>
    before + filling.repeat(length - bytesOf(before).length - bytesOf(after).length) + after

  test('a head of 64 kB, interim heads included', () => {
    for (const before of ['HTTP/1.1 200 OK⏎X: ', 'HTTP/1.1 103 Early⏎⏎HTTP/1.1 200 OK⏎X: ']) {
      const after = '⏎Content-Length: 0⏎⏎'
      assert.ok(readWhole(withLength(before, 'a', after, 65_536)).isComplete)
      assert.equal(readWhole(withLength(before, 'a', after, 65_537)).failure, responseFailures.headTooLarge)
    }
  })

  test('trailers of 64 kB', () => {
    const head = 'HTTP/1.1 200 OK⏎Transfer-Encoding: chunked⏎⏎0⏎'
    assert.ok(readWhole(head + withLength('X: ', 'a', '⏎⏎', 65_536)).isComplete)
    assert.equal(
      readWhole(head + withLength('X: ', 'a', '⏎⏎', 65_537)).failure,
      responseFailures.trailersTooLarge,
    )
  })

  test('a chunk line of 4 kB', () => {
    const head = 'HTTP/1.1 200 OK⏎Transfer-Encoding: chunked⏎⏎'
    const rest = 'x⏎0⏎⏎'
    assert.ok(readWhole(`${head}${withLength('1;', 'a', '⏎', 4_096)}${rest}`).isComplete)
    assert.equal(
      readWhole(`${head}${withLength('1;', 'a', '⏎', 4_097)}${rest}`).failure,
      responseFailures.chunkLineTooLong,
    )
  })

  test('lengths of 2^53-1', () => {
    assert.equal(readWhole('HTTP/1.1 200 OK⏎Content-Length: 9007199254740991⏎⏎').failure, undefined)
    assert.equal(
      readWhole('HTTP/1.1 200 OK⏎Content-Length: 9007199254740992⏎⏎').failure,
      responseFailures.lengthTooLarge,
    )
    const chunked = 'HTTP/1.1 200 OK⏎Transfer-Encoding: chunked⏎⏎'
    assert.equal(readWhole(`${chunked}1FFFFFFFFFFFFF⏎`).failure, undefined)
    assert.equal(readWhole(`${chunked}20000000000000⏎`).failure, responseFailures.chunkTooLarge)
  })
})

describe('Transfer-Encoding', () => {
  const readCoding = (coding: string) =>
    readWhole(`HTTP/1.1 200 OK⏎Transfer-Encoding: ${coding}⏎⏎0⏎⏎`, false, 0)

  for (const coding of ['chunked', 'CHUNKED', 'deflate , x-gzip,chunked', ', ,chunked, ,']) {
    test(`${JSON.stringify(coding)} is a chunked body`, () => assert.ok(readCoding(coding).isComplete))
  }
  for (const coding of ['gzip', 'identity', 'gzip, deflate']) {
    test(`${JSON.stringify(coding)} is a body to the close`, () => {
      assert.ok(readCoding(coding).isCloseDelimited)
    })
  }
  for (const coding of [
    '',
    ', ,',
    'br',
    'chunked, gzip',
    'gzip, identity',
    'identity, gzip',
    'chun ked',
    'chunkedd',
  ]) {
    test(`${JSON.stringify(coding)} is refused`, () => {
      assert.equal(readCoding(coding).failure, responseFailures.coding)
    })
  }
})

test('every reason to fail is met by an answer of the table', () => {
  const parser = new ResponseParser(defaultParserLimits)
  const met = new Set(
    httpFixtures.map(
      (fixture) => deliver(parser, { ...fixture, bytes: answerBytes(fixture) }, whole).failure,
    ),
  )
  const unmet = Object.values(responseFailures).filter(({ text }) => !met.has(text))
  assert.deepEqual(unmet, [])
})

test('what speaks another protocol is named', () => {
  const failureOf = (text: string) => readWhole(text).failure
  assert.equal(failureOf('\x15\x03\x01\0\x02\x02\x46'), responseFailures.tls)
  assert.equal(failureOf('SSH-2.0-OpenSSH⏎'), responseFailures.ssh)
  assert.equal(failureOf('SIP/2.0 200 OK⏎'), responseFailures.notHttp)
  assert.equal(failureOf('\0\0\x12\x04'), responseFailures.http2)
  assert.equal(failureOf('HTTP/2.0 200⏎'), responseFailures.version)
  assert.equal(failureOf('HTTPS'), responseFailures.notHttp)
})

test('a split response: a header cannot be made by a bare CR or LF, nor an answer after the answer be read', () => {
  const head = 'HTTP/1.1 200 OK⏎Location: /'
  for (const injected of ['\rContent-Length: 0\r', '\nContent-Length: 0\n', '\r\r', '\n\n', '\rX: y']) {
    assert.equal(readWhole(`${head}${injected}⏎Content-Length: 5⏎⏎hello`).failure?.kind, 'protocol')
  }
  const bytes = bytesOf(`${head}⏎Content-Length: 0⏎⏎${answer}`)
  const parser = new ResponseParser(defaultParserLimits)
  parser.begin(false, false, 0)
  const taken = parser.read(bytes, 0, bytes.length)
  assert.ok(parser.isComplete)
  assert.equal(bytes.length - taken, bytesOf(answer).length)
  assert.ok(!isBlankLeftover(bytes, taken, bytes.length))
})
