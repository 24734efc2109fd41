import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../lib/errors.ts'
import { AllowList } from './allow-list.ts'

const cases: [entries: readonly string[], hostname: string, address: string, allowed: boolean][] = [
  [AllowList.defaults, 'localhost', '127.0.0.1', true],
  [AllowList.defaults, 'localhost', '127.255.255.254', true],
  [AllowList.defaults, 'localhost', '::1', true],
  [AllowList.defaults, 'shop', '10.1.2.3', true],
  [AllowList.defaults, 'shop', '172.31.255.255', true],
  [AllowList.defaults, 'shop', '172.32.0.0', false],
  [AllowList.defaults, 'shop', '192.168.0.1', true],
  [AllowList.defaults, 'shop', 'fd00::1', true],
  [AllowList.defaults, 'shop', '::ffff:10.1.2.3', true],
  [AllowList.defaults, 'shop', '::ffff:0a01:0203', true],
  [AllowList.defaults, 'example.com', '93.184.216.34', false],
  [AllowList.defaults, 'example.com', '::ffff:93.184.216.34', false],
  [AllowList.defaults, 'metadata', '169.254.169.254', false],
  [AllowList.defaults, 'any', '0.0.0.0', false],
  [AllowList.defaults, 'any', '::', false],
  [AllowList.defaults, 'any', 'fe80::1%eth0', false],
  [AllowList.defaults, '127.0.0.1', 'no address', false],
  [[], 'localhost', '127.0.0.1', false],
  [['10.1.2.3'], 'shop', '10.1.2.3', true],
  [['10.1.2.3'], 'shop', '10.1.2.4', false],
  [['10.1.2.3'], 'shop', '::ffff:10.1.2.3', true],
  [['::ffff:10.1.2.3'], 'shop', '10.1.2.3', true],
  [['::ffff:10.1.2.0/120'], 'shop', '10.1.2.9', true],
  [['::ffff:10.1.2.0/120'], 'shop', '10.1.3.9', false],
  [['::/0'], 'shop', '2001:db8::1', true],
  [['::/0'], 'shop', '::ffff:10.1.2.3', false],
  [['0.0.0.0/0'], 'shop', '93.184.216.34', true],
  [['0.0.0.0/0'], 'shop', '2001:db8::1', false],
  [['2001:DB8::/32'], 'shop', '2001:db8:1::7', true],
  [['[2001:db8::1]'], 'shop', '2001:0db8:0:0:0:0:0:1', true],
  [['Example.COM'], 'example.com', '93.184.216.34', true],
  [['example.com.'], 'EXAMPLE.com', '93.184.216.34', true],
  [['example.com'], 'example.com.', '93.184.216.34', true],
  [['example.com'], 'www.example.com', '93.184.216.34', false],
  [['example.com'], 'example.com.evil.test', '93.184.216.34', false],
  [['bücher.test'], 'xn--bcher-kva.test', '93.184.216.34', true],
  [[' my_service '], 'my_service', '10.0.0.1', true],
]

for (const [entries, hostname, address, allowed] of cases) {
  test(`[${entries.join(', ')}] ${allowed ? 'allows' : 'refuses'} ${hostname} at ${address}`, () => {
    assert.equal(new AllowList(entries).allows(hostname, address), allowed)
  })
}

for (const entry of [
  '',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0.0/-1',
  '10.0.0.0/8.0',
  '::1/129',
  '10.0.0.256',
  '10.1',
  '127',
  'example.com:80',
  'http://example.com',
  'example.com/path',
  '*.example.com',
  'exa mple.com',
  '-example.com',
  'fe80::1%eth0',
]) {
  test(`"${entry}" is no entry`, () => {
    assert.throws(
      () => new AllowList(['127.0.0.1', entry]),
      (error) => error instanceof AppError && error.code === 'USAGE' && error.message.includes(`"${entry}"`),
    )
  })
}
