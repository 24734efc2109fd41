import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toAppError } from '../lib/errors.ts'
import { type Access, type Credentials, checkAccess, checkBinding, equalsSecret } from './access.ts'

const codeOf = (work: () => void): string => {
  try {
    work()
    return 'ok'
  } catch (error) {
    return toAppError(error).code
  }
}

describe('where the API may listen', () => {
  const table: [Access, string][] = [
    [{ host: '127.0.0.1' }, 'ok'],
    [{ host: '127.8.8.8' }, 'ok'],
    [{ host: '::1' }, 'ok'],
    [{ host: 'localhost' }, 'ok'],
    [{ host: '0.0.0.0' }, 'USAGE'],
    [{ host: '::' }, 'USAGE'],
    [{ host: '10.0.0.5' }, 'USAGE'],
    [{ host: '127.0.0.1.example.com' }, 'USAGE'],
    [{ host: 'example.com' }, 'USAGE'],
    [{ host: '0.0.0.0', token: 'secret' }, 'ok'],
    [{ host: '0.0.0.0', insecure: true }, 'ok'],
    [{ host: '0.0.0.0', token: ' ' }, 'USAGE'],
    [{ host: '127.0.0.1', token: '' }, 'USAGE'],
  ]
  for (const [access, expected] of table)
    it(`${JSON.stringify(access)}: ${expected}`, () =>
      assert.equal(
        codeOf(() => checkBinding(access)),
        expected,
      ))
})

describe('who may use the API', () => {
  const own = { host: '127.0.0.1' }
  const open = { host: '0.0.0.0', insecure: true }
  const locked = { host: '0.0.0.0', token: 'right' }
  const nothing: Credentials = {
    authorization: undefined,
    host: undefined,
    origin: undefined,
    fetchSite: undefined,
  }
  const table: [string, Access, Partial<Credentials>, boolean, string][] = [
    ['the local user', own, { host: '127.0.0.1:8001' }, true, 'ok'],
    ['by name', own, { host: 'localhost:8001' }, true, 'ok'],
    ['by IPv6', own, { host: '[::1]:8001' }, true, 'ok'],
    ['a rebound name', own, { host: 'evil.example:8001' }, false, 'ORIGIN_REFUSED'],
    ['a name that begins well', own, { host: '127.0.0.1.evil.example' }, false, 'ORIGIN_REFUSED'],
    ['no host', own, {}, false, 'ORIGIN_REFUSED'],
    ['a broken host', own, { host: '127.0.0.1:80:90' }, false, 'ORIGIN_REFUSED'],
    ['a user in the host', own, { host: 'a@127.0.0.1' }, false, 'ORIGIN_REFUSED'],
    ['our own page', own, { host: 'localhost:8001', origin: 'http://localhost:8001' }, true, 'ok'],
    [
      'a page of another port',
      own,
      { host: 'localhost:8001', origin: 'http://localhost:3000' },
      true,
      'ORIGIN_REFUSED',
    ],
    [
      'a page of another site',
      own,
      { host: 'localhost:8001', origin: 'https://evil.example' },
      true,
      'ORIGIN_REFUSED',
    ],
    ['a page without an origin', own, { host: 'localhost:8001', origin: 'null' }, true, 'ORIGIN_REFUSED'],
    ['a cross-site form', own, { host: 'localhost:8001', fetchSite: 'cross-site' }, true, 'ORIGIN_REFUSED'],
    [
      'reading across origins, which the browser guards',
      own,
      { host: 'localhost:8001', origin: 'https://a.b' },
      false,
      'ok',
    ],
    ['insecure, by address', open, { host: '10.0.0.5:8001' }, true, 'ok'],
    ['insecure, by a name of the network', open, { host: 'orchestrator:8001' }, true, 'ok'],
    ['insecure, by a private name', open, { host: 'o.ns.svc.cluster.local' }, true, 'ok'],
    ['insecure, by a public name', open, { host: 'evil.example' }, true, 'ORIGIN_REFUSED'],
    ['without the token', locked, { host: 'x' }, false, 'UNAUTHORIZED'],
    ['with a wrong token', locked, { host: 'x', authorization: 'Bearer wrong' }, false, 'UNAUTHORIZED'],
    [
      'with the token as a password',
      locked,
      { host: 'x', authorization: 'Basic right' },
      false,
      'UNAUTHORIZED',
    ],
    ['with the token', locked, { host: 'evil.example', authorization: 'Bearer right' }, true, 'ok'],
    ['with the token, lower case', locked, { host: 'x', authorization: 'bearer right' }, true, 'ok'],
    [
      'with the token, from another site',
      locked,
      { host: 'a.b', origin: 'https://c.d', authorization: 'Bearer right' },
      true,
      'ORIGIN_REFUSED',
    ],
  ]
  for (const [name, access, given, changes, expected] of table)
    it(`${name}: ${expected}`, () =>
      assert.equal(
        codeOf(() => checkAccess(access, { ...nothing, ...given }, changes)),
        expected,
      ))

  it('compares secrets of any length by digests of one length', () => {
    assert.equal(equalsSecret('right', 'right'), true)
    for (const given of ['', 'r', 'righ', 'rightright', 'wrong', 'r\u0000ght'.repeat(10_000)])
      assert.equal(equalsSecret(given, 'right'), false)
  })
})
