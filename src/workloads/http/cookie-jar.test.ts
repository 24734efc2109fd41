import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CookieJar, type CookieOrigin, parseCookieDate } from './cookie-jar.ts'

const nowMs = Date.UTC(2026, 10, 20)
const shop: CookieOrigin = { protocol: 'http:', hostname: 'www.shop.example' }
const secureShop: CookieOrigin = { protocol: 'https:', hostname: 'www.shop.example' }
const at = (hostname: string): CookieOrigin => ({ protocol: 'http:', hostname })

interface Case {
  what: string
  set: string[]
  from?: CookieOrigin
  fromPath?: string
  to?: CookieOrigin
  path?: string
  laterMs?: number
  sent: string
}

const cases: Case[] = [
  { what: 'a plain cookie goes back to its host', set: ['a=1'], sent: 'a=1' },
  { what: 'several go in one field', set: ['a=1', 'b=2; HttpOnly; SameSite=Lax'], sent: 'a=1; b=2' },
  { what: 'the same name replaces the value in its place', set: ['a=1', 'b=2', 'a=3'], sent: 'a=3; b=2' },
  { what: 'values keep their quotes and equals signs', set: ['a="x=y"'], sent: 'a="x=y"' },
  { what: 'Max-Age 0 deletes', set: ['a=1', 'b=2', 'a=; Max-Age=0'], sent: 'b=2' },
  {
    what: 'an Expires in the past deletes',
    set: ['a=1', 'a=gone; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
    sent: '',
  },
  {
    what: 'Max-Age wins over Expires',
    set: ['a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
    sent: 'a=1',
  },
  { what: 'a cookie lives until its Max-Age', set: ['a=1; Max-Age=60'], laterMs: 59_999, sent: 'a=1' },
  { what: 'and not longer', set: ['a=1; Max-Age=60'], laterMs: 60_000, sent: '' },
  { what: 'a host-only cookie stays with its host', set: ['a=1'], to: at('sub.www.shop.example'), sent: '' },
  {
    what: 'a domain cookie goes to the subdomains of its domain',
    set: ['a=1; Domain=.Shop.example'],
    to: at('img.shop.example'),
    sent: 'a=1',
  },
  {
    what: 'a domain cookie goes to no host that merely ends alike',
    set: ['a=1; Domain=shop.example'],
    to: at('evilshop.example'),
    sent: '',
  },
  {
    what: 'no host sets cookies for another',
    set: ['a=1; Domain=bank.example'],
    to: at('bank.example'),
    sent: '',
  },
  { what: 'nor for a whole top-level domain', set: ['a=1; Domain=example'], sent: '' },
  {
    what: 'an address has no subdomains',
    set: ['a=1; Domain=0.0.1'],
    from: at('127.0.0.1'),
    to: at('127.0.0.1'),
    sent: '',
  },
  {
    what: 'a path cookie goes below its path',
    set: ['a=1; Path=/shop'],
    path: '/shop/cart?x=/',
    sent: 'a=1',
  },
  { what: 'and not beside it', set: ['a=1; Path=/shop'], path: '/shopping', sent: '' },
  {
    what: 'the default path is that of the request',
    set: ['a=1'],
    fromPath: '/x/y?z=/q',
    path: '/x/other',
    sent: 'a=1',
  },
  { what: 'and reaches no other folder', set: ['a=1'], fromPath: '/x/y', path: '/y', sent: '' },
  { what: 'longer paths come first', set: ['a=1; Path=/', 'b=2; Path=/x'], path: '/x', sent: 'b=2; a=1' },
  { what: 'a Secure cookie is not taken over plain HTTP', set: ['a=1; Secure'], sent: '' },
  { what: 'a Secure cookie goes over TLS only', set: ['a=1; Secure'], from: secureShop, sent: '' },
  { what: 'and there it does', set: ['a=1; Secure'], from: secureShop, to: secureShop, sent: 'a=1' },
  { what: 'controls make no cookie', set: ['a=1\r\nX: y', 'b=\0'], sent: '' },
  { what: 'nothing makes no cookie', set: ['', ';Path=/', '='], sent: '' },
]
for (const {
  what,
  set,
  from = shop,
  fromPath = '/',
  to = from === secureShop ? shop : from,
  path = '/',
  laterMs = 0,
  sent,
} of cases)
  test(what, () => {
    const jar = new CookieJar()
    for (const field of set) jar.store(field, from, fromPath, nowMs)
    assert.equal(jar.fieldFor(to, path, nowMs + laterMs), sent)
  })

test('a jar is bounded', () => {
  const jar = new CookieJar()
  for (let i = 0; i < 1000; i++) jar.store(`c${i}=1`, shop, '/', nowMs)
  jar.store(`big=${'x'.repeat(5000)}`, shop, '/', nowMs)
  assert.equal(jar.fieldFor(shop, '/', nowMs).split('; ').length, 50)
})

const dates: [text: string, expected: number | undefined][] = [
  ['Wed, 21 Oct 2026 07:28:00 GMT', Date.UTC(2026, 9, 21, 7, 28)],
  ['Wednesday, 21-Oct-26 07:28:00 GMT', Date.UTC(2026, 9, 21, 7, 28)],
  ['Wed Oct 21 07:28:00 2026', Date.UTC(2026, 9, 21, 7, 28)],
  ['Thu, 01-Jan-70 00:00:01 GMT', 1000],
  ['tomorrow', undefined],
  ['Wed, 32 Oct 2026 07:28:00 GMT', undefined],
  ['Wed, 21 Oct 2026 24:28:00 GMT', undefined],
]
for (const [text, expected] of dates)
  test(`the date ${text} is ${expected ?? 'none'}`, () => {
    assert.equal(parseCookieDate(text), expected)
  })
