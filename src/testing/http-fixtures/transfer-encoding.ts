import {
  chunk,
  chunkedCoding,
  fin,
  fixture,
  fixtures,
  type HttpFixture,
  lastChunk,
  length5,
  ok,
} from './fixture.ts'

const body = `⏎${chunk}${lastChunk}`

/** RFC 9112, 6.1 and 6.3: codings, alone and beside a length. */
export const transferEncodingFixtures: readonly HttpFixture[] = [
  ...fixtures(
    84,
    'coding',
    ['Chunked', 'gzip, chunked'],
    (v) => `${ok}Transfer-Encoding: ${v}⏎${body}`,
    '5 R',
  ),
  ...fixtures(
    86,
    'a body to the close with coding',
    ['gzip', 'identity'],
    (v) => `${ok}Transfer-Encoding: ${v}⏎⏎hello`,
    '5 –',
    fin,
  ),
  ...fixtures(
    88,
    'a length beside the coding',
    ['gzip', 'identity'],
    (v) => `${ok}Transfer-Encoding: ${v}⏎${length5}⏎hello`,
    'P',
  ),
  fixture(90, 'chunked, then a length', `${ok}${chunkedCoding}${length5}${body}`, 'P'),
  fixture(91, 'a length, then chunked', `${ok}${length5}${chunkedCoding}${body}`, 'P'),
  fixture(92, 'chunked twice in a line', `${ok}Transfer-Encoding: chunked, chunked⏎${body}`, 'P'),
  fixture(93, 'chunked twice', `${ok}${chunkedCoding}${chunkedCoding}${body}`, 'P'),
  fixture(94, 'chunked not last', `${ok}Transfer-Encoding: chunked, identity⏎${body}`, 'P'),
  fixture(95, 'identity after chunked', `${ok}${chunkedCoding}Transfer-Encoding: identity⏎${body}`, 'P'),
  fixture(96, 'identity before chunked', `${ok}Transfer-Encoding: identity⏎${chunkedCoding}${body}`, 'P'),
  ...fixtures(
    97,
    'coding',
    ['xchunked', '"chunked"', 'chunked;q=1'],
    (v) => `${ok}Transfer-Encoding: ${v}⏎${body}`,
    'P',
  ),
  fixture(100, 'blank before the colon of the coding', `${ok}Transfer-Encoding : chunked⏎${body}`, 'P'),
  fixture(101, 'control character before the coding', `${ok}Transfer-Encoding: \x0bchunked⏎${body}`, 'P'),
  ...fixtures(
    102,
    'coding beside an empty one',
    [',chunked', 'chunked,'],
    (v) => `${ok}Transfer-Encoding: ${v}⏎${body}`,
    '5 R',
  ),
  fixture(104, 'empty coding beside a length', `${ok}Transfer-Encoding:⏎${length5}⏎hello`, 'P'),
  fixture(105, 'chunked in HTTP/1.0', `HTTP/1.0 200 OK⏎${chunkedCoding}${body}`, 'P'),
  fixture(
    106,
    'chunked in HTTP/1.0 with keep-alive',
    `HTTP/1.0 200 OK⏎${chunkedCoding}Connection: keep-alive⏎${body}`,
    'P',
  ),
]
