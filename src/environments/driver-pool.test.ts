import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { silentLogger } from '../lib/logger.ts'
import { DriverPool } from './driver-pool.ts'
import type { DriverEvents } from './local.ts'

const death = new AppError('INTERNAL', 'it ended')

/** A pool whose forks are only noted; `runs` is what all runs ask for. */
const poolOf = (maxDrivers = 4) => {
  const forked: DriverEvents[] = []
  const stillborn: AppError[] = []
  const world = { runs: 0, silent: 0, forked, stillborn }
  let up = 0
  const pool = new DriverPool({
    logger: silentLogger,
    maxDrivers,
    start: (events) => {
      forked.push({
        onUp: () => {
          up++
          events.onUp()
        },
        onEnd: events.onEnd,
      })
    },
    wanted: () => world.runs,
    heard: () => up - world.silent,
    onStillborn: (error) => {
      stillborn.push(error)
    },
  })
  const ask = (drivers: number): void => {
    world.runs = drivers
    pool.grow()
  }
  return { pool, world, ask, forked, stillborn }
}

describe('the pool of drivers', () => {
  it('starts none before a run asks, then as many as runs ask for, and keeps them', () => {
    const { pool, ask, forked } = poolOf()
    assert.deepEqual([pool.size, forked.length], [0, 0])
    ask(2)
    ask(3)
    assert.deepEqual([pool.size, forked.length], [3, 3])
    ask(0)
    ask(3)
    assert.deepEqual([pool.size, forked.length], [3, 3])
  })

  it('never has more than its bound, and refuses what could never have enough', () => {
    const { pool, ask, forked } = poolOf(4)
    ask(9)
    assert.equal(forked.length, 4)
    pool.check(4)
    assert.throws(
      () => pool.check(5),
      (error: unknown) =>
        error instanceof AppError &&
        error.code === 'DRIVERS_MISSING' &&
        /asks for 5 drivers; here are 4 at most/.test(error.message) &&
        /--max-drivers/.test(error.hint),
    )
  })

  it('replaces one that dies while runs ask for it, and one that dies later only for the next run', () => {
    const { pool, ask, world, forked } = poolOf()
    ask(2)
    for (const { onUp } of forked) onUp()
    forked[0]?.onEnd(death)
    assert.deepEqual([pool.size, forked.length], [2, 3])
    world.runs = 0
    forked[1]?.onEnd(death)
    assert.deepEqual([pool.size, forked.length], [1, 3])
    ask(2)
    assert.deepEqual([pool.size, forked.length], [2, 4])
  })

  it('tells of one that dies as it starts, and does not start another by itself', () => {
    const { pool, ask, forked, stillborn } = poolOf()
    ask(2)
    forked[0]?.onEnd(death)
    assert.deepEqual([stillborn, pool.size, forked.length], [[death], 1, 2])
    pool.grow()
    assert.deepEqual([pool.size, forked.length], [2, 3], 'the next run tries again')
  })

  it('starts another beside one that fell silent, as far as there is room', () => {
    const { pool, ask, world, forked } = poolOf(3)
    ask(2)
    for (const { onUp } of forked) onUp()
    ask(2)
    assert.equal(forked.length, 2, 'both are heard')
    world.silent = 1
    ask(2)
    assert.deepEqual([pool.size, forked.length], [3, 3])
    forked[2]?.onUp()
    world.silent = 2
    ask(2)
    assert.deepEqual([pool.size, forked.length], [3, 3], 'never more than its bound')
  })

  it('counts each death once', () => {
    const { pool, ask, forked, stillborn } = poolOf()
    ask(1)
    forked[0]?.onUp()
    forked[0]?.onEnd(death)
    forked[0]?.onEnd(death)
    forked[0]?.onUp()
    assert.deepEqual([pool.size, forked.length, stillborn.length], [1, 2, 0])
  })
})
