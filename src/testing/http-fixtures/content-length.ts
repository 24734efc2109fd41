import { fin, fixture, fixtures, type HttpFixture, hello, length5, ok, rst } from './fixture.ts'

/** RFC 9112, 6.3: lengths as they are and as they should not be, and what comes after them. */
export const contentLengthFixtures: readonly HttpFixture[] = [
  fixture(1, 'a plain answer', hello, '5 R'),
  ...fixtures(
    2,
    'length',
    ['content-length:5', 'Content-Length:\t5 \t', 'Content-Length: 005'],
    (v) => `${ok}${v}⏎⏎hello`,
    '5 R',
  ),
  fixture(5, 'length 0', `${ok}Content-Length: 0⏎⏎`, '0 R'),
  ...fixtures(
    6,
    'length that is no number',
    ['+5', '-5', '0x5', '5a', '5 5', '5.0', '', '5, 6'],
    (v) => `${ok}Content-Length: ${v}⏎⏎hello`,
    'P',
  ),
  fixture(14, 'length twice in a line', `${ok}Content-Length: 5, 5⏎⏎hello`, '5 R'),
  fixture(15, 'length twice', `${ok}${length5}${length5}⏎hello`, '5 R'),
  fixture(16, 'two lengths', `${ok}${length5}Content-Length: 6⏎⏎hello!`, 'P'),
  ...fixtures(
    17,
    'length beyond 2^53-1',
    ['9007199254740993', '9223372036854775808', '18446744073709551616', '18446744073709551621'],
    (v) => `${ok}Content-Length: ${v}⏎⏎hello`,
    'P',
  ),
  fixture(21, 'body cut short', `${ok}Content-Length: 10⏎⏎hello`, 'X', fin),
  fixture(22, 'body broken off', `${ok}Content-Length: 10⏎⏎hello`, 'X', rst),
  fixture(23, 'body that stalls', `${ok}Content-Length: 10⏎⏎hello`, 'T'),
  fixture(24, 'bytes after the body', `${hello}XXXXX`, '5 –'),
  fixture(25, 'a second answer nobody asked for', `${hello}${hello}`, '5 –'),
  fixture(26, 'an interim answer after the body', `${hello}HTTP/1.1 103 X⏎⏎`, '5 –'),
  fixture(27, 'a blank line after the body', `${hello}⏎`, '5 R'),
  fixture(28, 'blank before the colon of the length', `${ok}Content-Length : 5⏎⏎hello`, 'P'),
  fixture(29, 'length on a folded line', `${ok}Content-Length:⏎ 5⏎⏎hello`, 'P'),
  fixture(
    30,
    'lengths that are none',
    `${ok}X-Content-Length: 99⏎Set-Cookie: Content-Length: 9⏎${length5}⏎hello`,
    '5 R',
  ),
  fixture(31, 'a plain answer, then the end', hello, '5 –', fin),
  fixture(32, 'a body to the close', `${ok}⏎hello`, '5 –', fin),
  fixture(33, 'an empty body to the close', `${ok}⏎`, '0 –', fin),
  fixture(34, 'keep-alive with a body to the close', `${ok}Connection: keep-alive⏎⏎hello`, '5 –', fin),
  fixture(35, 'a body to the close, broken off', `${ok}⏎hello`, 'X', rst),
  fixture(36, 'a body to a close that does not come', `${ok}⏎hello`, 'T'),
  // 37 is 32 over TLS without close_notify: the same octets.
]
