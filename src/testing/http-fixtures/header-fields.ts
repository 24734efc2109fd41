import { fixture, fixtures, type HttpFixture, hello, length5, ok } from './fixture.ts'

const rest = `${length5}⏎hello`
const withField = (field: string): string => `${ok}${field}⏎${rest}`

/** RFC 9112, 5 and 2.2: header lines, line ends, sizes; 9.3: fields about the connection. */
export const headerFieldFixtures: readonly HttpFixture[] = [
  ...fixtures(174, 'field', ['X: a\0b', 'X: a\x01b', 'X: a\x7fb'], withField, 'P'),
  ...fixtures(177, 'field', ['X: \xe9\xff', 'X:'], withField, '5 R'),
  ...fixtures(
    179,
    'field',
    ['X: a⏎ b', ' X: 1', 'nocolon', ': x', 'A B: c', 'A(B): c', 'A\xe9: c', 'X : c'],
    withField,
    'P',
  ),
  fixture(187, 'LF everywhere', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello', 'P'),
  fixture(188, 'LF after one line', `${ok}X: a\n${rest}`, 'P'),
  fixture(189, 'LF after the head', `${ok}${length5}\nhello`, 'P'),
  ...fixtures(190, 'field', ['X: a\rb', 'X: a\rContent-Length: 0', 'X: a\r'], withField, 'P'),
  fixture(193, 'CR after the head', `${ok}${length5}\rhello`, 'P'),
  fixture(194, 'field of 20 kB', withField(`X: ${'a'.repeat(20_480)}`), '5 R'),
  fixture(195, 'field of 70 kB', withField(`X: ${'a'.repeat(71_680)}`), 'P'),
  fixture(196, 'field of 12 MB', () => withField(`X: ${'a'.repeat(12_582_912)}`), 'P'),
  fixture(197, 'field without end', () => `${ok}X: ${'a'.repeat(200_000)}`, 'P'),
  fixture(198, '150 lines', `${ok}${'X: a⏎'.repeat(150)}${rest}`, '5 R'),
  fixture(199, '2,500 lines', `${ok}${'X: a⏎'.repeat(2_500)}${rest}`, '5 R'),
  fixture(200, 'response splitting', `${ok}Location: /a⏎Content-Length: 0⏎⏎${hello}`, '0 –'),
  fixture(201, 'a content coding', withField('Content-Encoding: gzip'), '5 R'),
  ...fixtures(
    202,
    'field',
    [
      'Connection: close',
      'Connection: Close',
      'Connection: keep-alive, close',
      'Connection: keep-alive⏎Connection: close',
      'Connection: close⏎Connection: keep-alive',
    ],
    withField,
    '5 –',
  ),
  ...fixtures(207, 'field', ['Connection: closed', 'Proxy-Connection: close'], withField, '5 R'),
  fixture(209, 'no time to stay alive', withField('Keep-Alive: timeout=0'), '5 –'),
]
