import {
  chunkedCoding,
  fin,
  fixture,
  fixtures,
  type HttpFixture,
  hello,
  lastChunk,
  length5,
  ok,
  toHead,
} from './fixture.ts'

const early = (fields: string): string => `HTTP/1.1 103 Early Hints⏎${fields}⏎`

/** Answers without a body (RFC 9112, 6.3) and interim answers (RFC 9110, 15.2). */
export const bodilessFixtures: readonly HttpFixture[] = [
  ...fixtures(
    107,
    'HEAD with',
    [length5, chunkedCoding, '', `${chunkedCoding}${length5}`],
    (v) => `${ok}${v}⏎`,
    '0 R',
    toHead,
  ),
  fixture(111, 'HEAD with a body', hello, '0 –', toHead),
  fixture(112, 'HEAD with a length that is no number', `${ok}Content-Length: -5⏎⏎`, 'P', toHead),
  ...fixtures(
    113,
    '204 with',
    ['', length5, chunkedCoding],
    (v) => `HTTP/1.1 204 No Content⏎${v}⏎`,
    '204/0 R',
  ),
  ...fixtures(116, '304 with', [length5, chunkedCoding], (v) => `HTTP/1.1 304 Not Modified⏎${v}⏎`, '304/0 R'),
  fixture(118, '204 with a body', `HTTP/1.1 204 No Content⏎${length5}⏎hello`, '204/0 –'),
  fixture(119, '204 with a chunked body', `HTTP/1.1 204 No Content⏎${chunkedCoding}⏎${lastChunk}`, '204/0 –'),
  fixture(120, '205 with length 0', 'HTTP/1.1 205 Reset Content⏎Content-Length: 0⏎⏎', '205/0 R'),
  fixture(121, '205 with a body', `HTTP/1.1 205 Reset Content⏎${length5}⏎hello`, '205/5 R'),
  fixture(122, '205 without length', 'HTTP/1.1 205 Reset Content⏎⏎', 'T'),
  fixture(123, '100 that nobody asked for', `HTTP/1.1 100 Continue⏎⏎${hello}`, '5 R'),
  fixture(124, '102 first', `HTTP/1.1 102 Processing⏎⏎${hello}`, '5 R'),
  fixture(125, '199 first', `HTTP/1.1 199 What⏎⏎${hello}`, '5 R'),
  fixture(126, '103 three times', `${early('').repeat(3)}${hello}`, '5 R'),
  fixture(127, '103 with a length', `${early(length5)}${hello}`, '5 R'),
  fixture(128, '103 with a coding', `${early(chunkedCoding)}${hello}`, '5 R'),
  fixture(129, '103 two hundred times', `${early('').repeat(200)}${hello}`, '5 R'),
  fixture(130, '103 that closes', `${early('Connection: close⏎')}${hello}`, '5 –'),
  fixture(131, '103 without end', () => early('').repeat(4_000), 'P'),
  fixture(132, '103, then the end', early(''), 'X', fin),
  ...fixtures(
    133,
    '101 that nobody asked for with',
    ['Connection: upgrade⏎Upgrade: websocket⏎', ''],
    (v) => `HTTP/1.1 101 Switching Protocols⏎${v}⏎`,
    'P',
  ),
]
