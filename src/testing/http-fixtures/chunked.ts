import { chunk, chunkedCoding, fin, fixture, fixtures, type HttpFixture, lastChunk, ok } from './fixture.ts'

const chunked = `${ok}${chunkedCoding}⏎`
const tenBytes = '0123456789'

/** RFC 9112, 7.1: chunked bodies and their trailers. */
export const chunkedFixtures: readonly HttpFixture[] = [
  fixture(38, 'one chunk', `${chunked}${chunk}${lastChunk}`, '5 R'),
  fixture(39, 'no chunk', `${chunked}${lastChunk}`, '0 R'),
  fixture(40, 'sizes in either case', `${chunked}A⏎${tenBytes}⏎a⏎${tenBytes}⏎${lastChunk}`, '20 R'),
  fixture(41, 'size with zeros', `${chunked}0005⏎hello⏎${lastChunk}`, '5 R'),
  fixture(42, 'last size with zeros', `${chunked}${chunk}00000⏎⏎`, '5 R'),
  fixture(43, 'extensions', `${chunked}5;a=b;c⏎hello⏎0;x⏎⏎`, '5 R'),
  fixture(44, 'quoted extension', `${chunked}5;a="x;y\\"z"⏎hello⏎${lastChunk}`, '5 R'),
  ...fixtures(45, 'size line', ['5;', '5 ', '5 ; a = b'], (v) => `${chunked}${v}⏎hello⏎${lastChunk}`, '5 R'),
  ...fixtures(
    48,
    'size line',
    ['5;a="\n"⏎', '5;a\n', '5;a\rb⏎'],
    (v) => `${chunked}${v}hello⏎${lastChunk}`,
    'P',
  ),
  ...fixtures(
    51,
    'size',
    [' 5', '5 xyz', '0x5', '-5', '+5', '', 'G'],
    (v) => `${chunked}${v}⏎hello⏎${lastChunk}`,
    'P',
  ),
  ...fixtures(
    58,
    'size beyond 2^53-1',
    ['20000000000001', '7FFFFFFFFFFFFFFF', 'FFFFFFFFFFFFFFFF', '10000000000000005'],
    (v) => `${chunked}${v}⏎hello⏎${lastChunk}`,
    'P',
  ),
  fixture(62, 'no line end after the data', `${chunked}5⏎hello${lastChunk}`, 'P'),
  fixture(63, 'more data than the size', `${chunked}3⏎hello⏎${lastChunk}`, 'P'),
  fixture(64, 'LF everywhere', `${chunked}5\nhello\n0\n\n`, 'P'),
  fixture(65, 'LF after the size', `${chunked}5\nhello⏎${lastChunk}`, 'P'),
  fixture(66, 'LF after the data', `${chunked}5⏎hello\n${lastChunk}`, 'P'),
  fixture(67, 'LF after the trailers', `${chunked}${chunk}0⏎\n`, 'P'),
  fixture(68, 'CR everywhere', `${chunked}5\rhello\r0\r\r`, 'P'),
  ...fixtures(
    69,
    'trailer',
    ['X-T: 1', 'Content-Length: 99', 'Transfer-Encoding: chunked', 'Connection: close'],
    (v) => `${chunked}${chunk}0⏎${v}⏎⏎`,
    '5 R',
  ),
  ...fixtures(73, 'trailer', ['nocolon', 'X: a\0b'], (v) => `${chunked}${chunk}0⏎${v}⏎⏎`, 'P'),
  fixture(75, 'trailers without end', () => `${chunked}${chunk}0⏎${'X-T: 1⏎'.repeat(20_000)}`, 'P'),
  fixture(76, 'end before the last chunk', `${chunked}${chunk}`, 'X', fin),
  fixture(77, 'end inside a chunk', `${chunked}5⏎hel`, 'X', fin),
  fixture(78, 'end inside the trailers', `${chunked}${chunk}0⏎`, 'X', fin),
  fixture(79, 'bytes after the last chunk', `${chunked}${chunk}${lastChunk}XXXXX`, '5 –'),
  fixture(80, 'a long extension', () => `${chunked}5;${'a'.repeat(20_480)}⏎hello⏎${lastChunk}`, 'P'),
  fixture(81, 'a size of 2 MB', () => `${chunked}${'0'.repeat(2_097_152)}5⏎hello⏎${lastChunk}`, 'P'),
  fixture(82, '10,000 small chunks', () => `${chunked}${'1⏎x⏎'.repeat(10_000)}${lastChunk}`, '10000 R'),
  fixture(
    83,
    '10,000 small chunks with extensions',
    () => `${chunked}${`1;${'a'.repeat(100)}⏎x⏎`.repeat(10_000)}${lastChunk}`,
    'P',
  ),
]
