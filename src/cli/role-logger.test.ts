import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../testing/fake-clock.ts'
import { createRoleLogger, type LogFormat } from './role-logger.ts'

const logged = (format: LogFormat, secrets: string[] = [], lowest: 'debug' | 'info' = 'info') => {
  const lines: string[] = []
  const logger = createRoleLogger({
    role: 'driver',
    pid: 7,
    format,
    lowest,
    secrets,
    clock: new FakeClock(),
    write: (text) => lines.push(text),
  })
  return { logger, lines, one: (): Record<string, unknown> => JSON.parse(lines[0] ?? '') }
}

const instant = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/

describe('the log of a role', () => {
  it('as text is a line with its time, and no character that moves the cursor', () => {
    const { logger, lines } = logged('text')
    logger.warn('late', { driver: 'd-1', note: 'a\u001b[2Jb\nc' })
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', new RegExp(`^${instant.source} driver: warn: late driver=d-1 note=ab c\n$`))
  })

  it('as JSON is one object a line, with level and time as words', () => {
    const { logger, lines, one } = logged('json')
    logger.error('gone', { driver: 'd-1', missed: 3 })
    assert.match(lines[0] ?? '', /^\{.*\}\n$/)
    const { time, ...rest } = one()
    assert.match(String(time), instant)
    assert.deepEqual(rest, { level: 'error', role: 'driver', pid: 7, driver: 'd-1', missed: 3, msg: 'gone' })
  })

  it('leaves out what is below the lowest level', () => {
    for (const format of ['text', 'json'] as const) {
      const { logger, lines } = logged(format)
      logger.debug('x')
      assert.deepEqual(lines, [])
      const all = logged(format, [], 'debug')
      all.logger.debug('x')
      assert.equal(all.lines.length, 1)
    }
  })

  it('never shows a known secret, wherever it stands and however it is written', () => {
    const secrets = ['pa"ss w/rd', 'tok']
    for (const format of ['text', 'json'] as const) {
      const { logger, lines } = logged(format, secrets)
      logger.error(`login with pa"ss w/rd failed`, {
        url: `postgres://u:${encodeURIComponent('pa"ss w/rd')}@db/x`,
        nested: { list: ['tok', { deep: 'a tok b' }] },
        error: new Error(`no: ${JSON.stringify('pa"ss w/rd')}`),
      })
      const text = lines.join('')
      for (const form of ['pa"ss', 'pa\\"ss', 'w/rd', 'pa%22ss', 'tok']) assert.ok(!text.includes(form), text)
      assert.match(text, /\*\*\*/)
    }
  })

  it('stars what looks like a secret although nobody said that it is one', () => {
    const { logger, lines } = logged('json')
    logger.warn('refused', { header: 'Authorization: Bearer abc.def', url: 'http://u:hunter2@h/' })
    assert.doesNotMatch(lines.join(''), /abc\.def|hunter2/)
  })

  it('bears whatever facts there are', () => {
    const circle: Record<string, unknown> = { n: 1n, f: () => 1, s: Symbol('x'), u: undefined }
    circle.self = circle
    const { logger, one } = logged('json')
    logger.info('odd', circle)
    assert.equal(one().n, '1')
    const text = logged('text')
    text.logger.info('odd', circle)
    assert.match(text.lines[0] ?? '', / n=1 /)
  })
})
