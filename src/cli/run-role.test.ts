import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { FakeProgram } from '../testing/fake-program.ts'
import { runRole } from './run-role.ts'

const open = () => {
  const clock = new FakeClock()
  const program = new FakeProgram([], { clock })
  const closed: string[] = []
  const part = (parts: AsyncDisposableStack, name: string): void => {
    parts.defer(async () => {
      closed.push(name)
    })
  }
  return { clock, program, closed, part }
}

describe('the life of a long-running role', () => {
  it('ends with 0 at the first signal, its parts closed in reverse', async () => {
    const { program, closed, part } = open()
    const up = Promise.withResolvers<void>()
    const ended = runRole(
      program.context,
      ['s3cret'],
      async (parts) => {
        part(parts, 'store')
        part(parts, 'bus')
        up.resolve()
      },
      () => closed.push('said'),
    )
    await up.promise
    await new Promise(setImmediate)
    program.signal('SIGTERM')
    assert.equal(await ended, 0)
    assert.deepEqual(closed, ['said', 'bus', 'store'])
    assert.deepEqual([program.exits, program.listeners], [[], 0])
  })

  it('a second signal ends the process at once, although a part still closes', async () => {
    const { program, clock } = open()
    const closing = Promise.withResolvers<void>()
    const ended = runRole(
      program.context,
      ['s3cret'],
      async (parts) => {
        parts.defer(() => closing.promise)
      },
      () => {},
    )
    await new Promise(setImmediate)
    program.signal('SIGINT')
    await clock.advance(1000)
    program.signal('SIGINT')
    assert.deepEqual(program.exits, [130])
    closing.resolve()
    await ended
  })

  it('a start that fails closes what was opened and throws', async () => {
    const { program, closed, part } = open()
    const ended = runRole(
      program.context,
      ['s3cret'],
      async (parts) => {
        part(parts, 'store')
        throw new AppError('PORT_IN_USE', 'taken by s3cret', { hint: 's3cret', cause: new Error('s3cret') })
      },
      () => closed.push('said'),
    )
    await assert.rejects(ended, (error: unknown) => {
      assert.ok(error instanceof AppError && error.code === 'PORT_IN_USE')
      const { message, hint, cause } = error
      assert.equal(message, 'taken by ***')
      assert.doesNotMatch([hint, String(cause), (cause as Error).stack].join(), /s3cret/)
      return true
    })
    assert.deepEqual([closed, program.listeners], [['store'], 0])
  })

  it('that cannot go on closes its parts and throws, without the word of a signal', async () => {
    const { program, closed, part } = open()
    let fail: (error: AppError) => void = () => {}
    const ended = runRole(
      program.context,
      ['s3cret'],
      async (parts, failing) => {
        part(parts, 'store')
        part(parts, 'bus')
        fail = failing
      },
      () => closed.push('said'),
    )
    await new Promise(setImmediate)
    fail(new AppError('STORE_LOCKED', 'taken from s3cret'))
    await assert.rejects(ended, { code: 'STORE_LOCKED', message: 'taken from ***' })
    assert.deepEqual([closed, program.listeners], [['bus', 'store'], 0])
  })

  it('a signal while it starts ends the process at once', async () => {
    const { program } = open()
    const starting = Promise.withResolvers<void>()
    void runRole(
      program.context,
      ['s3cret'],
      () => starting.promise,
      () => {},
    )
    program.signal('SIGTERM')
    assert.deepEqual(program.exits, [143])
    starting.resolve()
  })
})
