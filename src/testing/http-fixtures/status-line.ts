import { fin, fixture, fixtures, type HttpFixture, hello, length5, rst } from './fixture.ts'

const rest = `${length5}⏎hello`

/** RFC 9112, 4 and 2.2: status lines, what comes before them, and what is no HTTP at all. */
export const statusLineFixtures: readonly HttpFixture[] = [
  ...fixtures(135, 'no reason', ['HTTP/1.1 200', 'HTTP/1.1 200 '], (v) => `${v}⏎${rest}`, '5 R'),
  fixture(137, 'HTTP/1.0', `HTTP/1.0 200 OK⏎${rest}`, '5 –'),
  fixture(138, 'HTTP/1.0 with keep-alive', `HTTP/1.0 200 OK⏎Connection: Keep-Alive⏎${rest}`, '5 R'),
  fixture(139, 'HTTP/1.0 to the close', 'HTTP/1.0 200 OK⏎⏎hello', '5 –', fin),
  ...fixtures(
    140,
    'version',
    ['HTTP/1.2', 'HTTP/2.0', 'HTTP/2', 'HTTP/0.9', 'HTTP/1.10', 'http/1.1', 'ICY', 'ICE/1.1'],
    (v) => `${v} 200 OK⏎${rest}`,
    'P',
  ),
  ...fixtures(
    148,
    'status',
    [' 20 OK', ' 2000 OK', ' 099 OK', ' 000 OK', ' abc OK', ' 200OK', '  200 OK', '\t200 OK'],
    (v) => `HTTP/1.1${v}⏎${rest}`,
    'P',
  ),
  fixture(156, 'status 600', `HTTP/1.1 600 What⏎${rest}`, '600/5 R'),
  fixture(157, 'status 999', `HTTP/1.1 999 What⏎${rest}`, '999/5 R'),
  fixture(158, 'reason beyond ASCII', `HTTP/1.1 200 \xeb⏎${rest}`, '5 R'),
  ...fixtures(159, 'reason', ['a\0b', 'a\rb'], (v) => `HTTP/1.1 200 ${v}⏎${rest}`, 'P'),
  fixture(161, 'reason of 100 kB', () => `HTTP/1.1 200 ${'a'.repeat(102_400)}⏎${rest}`, 'P'),
  fixture(162, 'a blank line first', `⏎${hello}`, '5 R'),
  fixture(163, 'LF first', `\n${hello}`, 'P'),
  fixture(164, 'a blank first', ` ${hello}`, 'P'),
  fixture(165, 'no HTTP, then the end', 'hello world', 'P', fin),
  fixture(166, 'no HTTP', 'hello world', 'P'),
  fixture(167, 'a TLS alert', '\x15\x03\x01\0\x02\x02\x46', 'P'),
  fixture(168, 'SSH', 'SSH-2.0-x⏎', 'P'),
  fixture(169, 'HTTP/2 settings', '\0\0\0\x04\0\0\0\0\0', 'P'),
  fixture(170, 'the end', '', 'X', fin),
  fixture(171, 'a reset', '', 'X', rst),
  fixture(172, 'silence', '', 'T'),
  fixture(173, 'half a head, then the end', 'HTTP/1.1 200 OK⏎Content-Le', 'X', fin),
]
