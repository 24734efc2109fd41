import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { parseCount, parseHttpUrl, parseListen, parsePositiveDuration } from './role-flags.ts'

const usage = (pattern: RegExp) => (error: unknown) =>
  error instanceof AppError && error.code === 'USAGE' && pattern.test(error.message)

describe('values of the options of the roles', () => {
  it('an address to listen on', () => {
    assert.deepEqual(parseListen('127.0.0.1:8001'), { host: '127.0.0.1', port: 8001 })
    assert.deepEqual(parseListen(':0'), { host: '127.0.0.1', port: 0 })
    assert.deepEqual(parseListen('[::]:8001'), { host: '::', port: 8001 })
    assert.deepEqual(parseListen('node-1.example:80'), { host: 'node-1.example', port: 80 })
    for (const text of ['', '8001', 'host', 'host:', 'host:65536', 'http://host:80', '::1:80', 'a b:80'])
      assert.throws(() => parseListen(text), usage(/--listen takes HOST:PORT/), text)
  })

  it('an URL, also as HOST:PORT, never with a password', () => {
    assert.equal(parseHttpUrl('--orchestrator', 'http://10.0.0.5:8001/'), 'http://10.0.0.5:8001')
    assert.equal(parseHttpUrl('--orchestrator', 'localhost:8001'), 'http://localhost:8001')
    assert.equal(parseHttpUrl('--target', 'https://shop/ping?x=1'), 'https://shop/ping?x=1')
    for (const text of ['', 'http://', 'ftp://x/', 'a b'])
      assert.throws(() => parseHttpUrl('--target', text), usage(/--target takes an URL/), text)
    for (const text of ['http://user:hunter2@shop/', 'user:hunter2@shop', 'ftp://user:hunter2@shop'])
      assert.throws(
        () => parseHttpUrl('--target', text),
        (error: unknown) => usage(/--target takes/)(error) && !String(error).includes('hunter2'),
        text,
      )
  })

  it('durations and counts', () => {
    assert.equal(parsePositiveDuration('--silence-limit', '90s'), 90_000)
    for (const text of ['0s', '90', '', '-1s'])
      assert.throws(() => parsePositiveDuration('--silence-limit', text), usage(/takes a duration/), text)
    assert.equal(parseCount('--max-queued', '20'), 20)
    for (const text of ['0', '1.5', '-1', 'x', '1e3'])
      assert.throws(() => parseCount('--max-queued', text), usage(/takes a whole number/), text)
  })
})
