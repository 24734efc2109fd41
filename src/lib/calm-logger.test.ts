import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../testing/fake-clock.ts'
import { recordingLogger } from '../testing/recording-logger.ts'
import { calmLogger } from './calm-logger.ts'

describe('a calm log', () => {
  it('writes 100 lines a minute of each message, and later how many it left out', async () => {
    const [clock, lines] = [new FakeClock(), recordingLogger()]
    const logger = calmLogger(lines, clock)
    for (let i = 0; i < 100_000; i++) logger.warn('skipped', { i })
    for (let i = 0; i < 3; i++) logger.warn('something else')
    logger.info('skipped')
    assert.deepEqual([lines.count('warn', /^skipped/), lines.count('warn', /else/)], [100, 3])
    assert.equal(lines.count('info', /^skipped/), 1)
    await clock.advance(60_000)
    logger.warn('skipped', { i: 7 })
    logger.warn('skipped', { i: 8 })
    assert.deepEqual(
      lines.lines.slice(-2).map(({ facts }) => facts),
      [{ i: 7, leftOut: 99_900 }, { i: 8 }],
    )
  })

  it('tells what it left out of a message that is not said any more with the next line of any, once', async () => {
    const [clock, lines] = [new FakeClock(), recordingLogger()]
    const logger = calmLogger(lines, clock, 10)
    for (let i = 0; i < 322; i++) logger.warn('skipped', { i })
    await clock.advance(30_000)
    logger.info('something else')
    assert.equal(lines.lines.length, 11)
    await clock.advance(30_000)
    for (let i = 0; i < 5; i++) logger.info('something else')
    assert.equal(lines.lines.length, 17)
    const told = lines.lines.filter(({ facts }) => facts.leftOut !== undefined)
    assert.deepEqual(
      told.map(({ level, facts }) => [level, facts]),
      [['warn', { kind: 'skipped', leftOut: 312 }]],
    )
  })

  it('forgets the oldest of texts that are all different, and loses none of them', () => {
    const lines = recordingLogger()
    const logger = calmLogger(lines, new FakeClock())
    for (let i = 0; i < 5000; i++) logger.info(`text ${i}`)
    assert.equal(lines.lines.length, 5000)
  })
})
