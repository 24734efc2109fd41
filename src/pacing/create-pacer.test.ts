import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Load } from '../scenario/scenario.ts'
import { createPacer } from './create-pacer.ts'
import { type Pacer, pausedWaitMs } from './pacer.ts'
import type { Steering } from './steering.ts'

const bounds = { maxInFlight: 1000 }
const open = { ...bounds, arrivals: 'uniform', perDriver: false } as const
const poisson = { ...open, arrivals: 'poisson' } as const

/** The intended starts of a pacer's operations, up to `most` of them. */
const dueTimes = (pacer: Pacer, most = 100_000): number[] => {
  const times: number[] = []
  for (let started = 0; started < most; started++) {
    const dueMs = pacer.next(0, started)
    if (dueMs === Number.POSITIVE_INFINITY) break
    times.push(dueMs)
  }
  return times
}

const scheduleOf = (load: Load, of: number, steering: Steering[] = [], seed = 42): number[][] =>
  Array.from({ length: of }, (_, index) => dueTimes(createPacer(load, { index, of }, seed, steering)))

describe('a pacer', () => {
  it('takes every n-th operation of the whole schedule', () => {
    // 10/s for 0.5 s over both drivers: five operations, 100 ms apart, three for the first and two for the second.
    assert.deepEqual(scheduleOf({ kind: 'rate', perSecond: 10, durationMs: 500, ...open }, 2), [
      [0, 200, 400],
      [100, 300],
    ])
  })

  it('makes the whole rate on each driver where the load says so', () => {
    const load: Load = { kind: 'rate', perSecond: 10, durationMs: 500, ...open, perDriver: true }
    assert.deepEqual(scheduleOf(load, 2), [
      [0, 100, 200, 300, 400],
      [50, 150, 250, 350, 450],
    ])
  })

  it('tells how long to wait, or how late the operation is', () => {
    const pacer = createPacer(
      { kind: 'rate', perSecond: 10, durationMs: 500, ...open },
      { index: 1, of: 2 },
      1,
      [],
    )
    assert.deepEqual([pacer.next(0, 0), pacer.next(100, 0), pacer.next(450, 1)], [100, 0, -150])
    assert.equal(pacer.concurrency(0), Number.POSITIVE_INFINITY)
  })

  it('stops at the first bound met', () => {
    const table: [Partial<Load>, total: number, firstDriver: number][] = [
      [{ durationMs: 1000 }, 100, 34],
      [{ durationMs: 1000, requests: 50 }, 50, 17],
      [{ durationMs: 100, requests: 50 }, 10, 4],
      [{ requestsPerDriver: 5 }, 15, 5],
      [{ requestsPerDriver: 5, requests: 7 }, 7, 3],
      [{ requests: 2 }, 2, 1],
      [{ durationMs: 1000, requests: 0 }, 0, 0],
    ]
    for (const [bound, total, firstDriver] of table) {
      const load = { kind: 'rate', perSecond: 100, ...open, ...bound } as Load
      const drivers = scheduleOf(load, 3)
      assert.equal(drivers.flat().length, total)
      assert.equal(drivers[0]?.length, firstDriver)
      assert.equal(createPacer(load, { index: 0, of: 3 }, 1, []).plan.operations, total)
    }
  })

  it('keeps the count exact at rates that no double can hold', () => {
    for (const perMinute of [1, 7, 20, 59, 61, 1000, 30_001])
      for (const minutes of [1, 3, 60]) {
        const load: Load = { kind: 'rate', perSecond: perMinute / 60, durationMs: minutes * 60_000, ...open }
        assert.equal(createPacer(load, { index: 0, of: 1 }, 1, []).plan.operations, perMinute * minutes)
      }
  })

  it('holds operations back while the load is paused, and knows when none is left', () => {
    const load: Load = { kind: 'rate', perSecond: 10, durationMs: 1000, ...open }
    const pacer = createPacer(load, { index: 0, of: 1 }, 1, [{ atMs: 500, command: 'pause' }])
    assert.equal(pacer.next(600, 4), -200)
    assert.equal(pacer.next(600, 5), pausedWaitMs)
    assert.equal(pacer.next(600, 10), Number.POSITIVE_INFINITY)
    const arrivals = createPacer({ ...load, ...poisson }, { index: 0, of: 1 }, 1, [
      { atMs: 0, command: 'pause' },
    ])
    assert.equal(arrivals.next(0, 0), pausedWaitMs)
    assert.equal(arrivals.next(0, 1000), Number.POSITIVE_INFINITY)
  })

  it('plans durations with the pauses so far, and counts', () => {
    const rate: Load = { kind: 'rate', perSecond: 10, ...open }
    const pauseOf2s: Steering[] = [
      { atMs: 100, command: 'pause' },
      { atMs: 2100, command: 'resume' },
    ]
    const table: [Load, Steering[], object][] = [
      [{ ...rate, durationMs: 1000 }, [], { durationMs: 1000, operations: 10 }],
      [{ ...rate, durationMs: 1000 }, pauseOf2s, { durationMs: 3000, operations: 10 }],
      [
        { ...rate, durationMs: 1000 },
        [{ atMs: 500, command: 'rate', scale: 3 }],
        { durationMs: 1000, operations: 20 },
      ],
      [{ ...rate, durationMs: 60_000, requests: 50 }, [], { durationMs: 5000, operations: 50 }],
      [{ ...rate, requests: 50 }, [], { operations: 50 }],
      [{ ...rate, ...poisson, durationMs: 1000 }, [], { durationMs: 1000, operations: 10 }],
      [{ kind: 'tsunami', gapMs: 250, requestsPerDriver: 400, ...bounds }, [], { operations: 1600 }],
      [
        { kind: 'tsunami', gapMs: 250, durationMs: 1000, ...bounds },
        [],
        { durationMs: 1000, operations: 16 },
      ],
      [{ kind: 'avalanche', inFlight: 5, durationMs: 1000, ...bounds }, pauseOf2s, { durationMs: 3000 }],
      [{ kind: 'avalanche', inFlight: 5, requests: 70, ...bounds }, [], { operations: 70 }],
    ]
    for (const [load, steering, plan] of table)
      assert.deepEqual(createPacer(load, { index: 1, of: 4 }, 1, steering).plan, plan)
  })
})

describe('a tsunami', () => {
  const tsunami = { kind: 'tsunami', gapMs: 250, ...bounds } as const

  it('keeps its gap on each driver, all at the same instants', () => {
    const times = [0, 250, 500, 750]
    assert.deepEqual(scheduleOf({ ...tsunami, durationMs: 1000 }, 3), [times, times, times])
    assert.deepEqual(scheduleOf({ ...tsunami, requestsPerDriver: 4 }, 2), [times, times])
    // Seven in all: the first driver makes the odd one.
    assert.deepEqual(scheduleOf({ ...tsunami, requests: 7 }, 2), [times, times.slice(0, 3)])
  })

  it('divides its gap by the scale from the instant on', () => {
    const [times] = scheduleOf({ ...tsunami, requests: 6 }, 1, [{ atMs: 500, command: 'rate', scale: 2 }])
    assert.deepEqual(times, [0, 250, 500, 625, 750, 875])
  })
})

describe('an avalanche', () => {
  it('is always due until its count or its duration is over', () => {
    const load: Load = { kind: 'avalanche', inFlight: 50, durationMs: 1000, requests: 5, ...bounds }
    const pacer = createPacer(load, { index: 1, of: 2 }, 1, [])
    assert.deepEqual([pacer.next(0, 0), pacer.next(999, 1)], [0, 0])
    assert.deepEqual(
      [pacer.next(0, 2), pacer.next(1000, 0)],
      [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    )
    assert.equal(pacer.concurrency(0), 50)
  })

  it('holds nothing in flight while paused, lasts as much longer, and scales by concurrency', () => {
    const load: Load = { kind: 'avalanche', inFlight: 5, durationMs: 1000, ...bounds }
    const pacer = createPacer(load, { index: 0, of: 1 }, 1, [
      { atMs: 100, command: 'pause' },
      { atMs: 600, command: 'resume' },
      { atMs: 800, command: 'rate', scale: 1.5 },
      { atMs: 900, command: 'rate', scale: 0.01 },
    ])
    assert.deepEqual(
      [99, 100, 599, 600, 800, 900].map((tMs) => pacer.concurrency(tMs)),
      [5, 0, 0, 5, 8, 1],
    )
    assert.deepEqual(
      [1499, 1500].map((tMs) => pacer.next(tMs, 9)),
      [0, Number.POSITIVE_INFINITY],
    )
  })
})

describe('Poisson arrivals', () => {
  const load: Load = { kind: 'rate', perSecond: 1000, durationMs: 20_000, ...poisson }

  it('come by the seed: the same for the same, others for another', () => {
    assert.deepEqual(scheduleOf(load, 1, [], 7), scheduleOf(load, 1, [], 7))
    assert.notDeepEqual(scheduleOf(load, 1, [], 7), scheduleOf(load, 1, [], 8))
  })

  it('have the mean and the variance of a Poisson process in every second', () => {
    const perSecond = new Array<number>(20).fill(0)
    for (const dueMs of scheduleOf(load, 1).flat())
      perSecond[Math.floor(dueMs / 1000)] = (perSecond[Math.floor(dueMs / 1000)] ?? 0) + 1
    const mean = perSecond.reduce((sum, n) => sum + n) / perSecond.length
    const variance = perSecond.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (perSecond.length - 1)
    // Both are 1,000; the bounds are five standard errors of each (7.1 and 324), and the seed is fixed.
    assert.ok(Math.abs(mean - 1000) < 36, `mean ${mean}`)
    assert.ok(Math.abs(variance - 1000) < 1620, `variance ${variance}`)
    assert.ok(variance > 200, 'evenly spaced arrivals have no variance')
  })

  it('give the same answer whatever was asked before', () => {
    const pacer = createPacer(load, { index: 1, of: 3 }, 99, [])
    const forward = dueTimes(pacer, 6000)
    for (const started of [5999, 0, 3000, 2999, 1024, 1023, 341, 5000])
      assert.equal(pacer.next(0, started), forward[started])
    const later = createPacer(load, { index: 1, of: 3 }, 99, [{ atMs: 19_000, command: 'rate', scale: 2 }])
    assert.equal(later.next(0, 5000), forward[5000])
  })
})
