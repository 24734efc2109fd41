import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from '../../lib/clock.ts'
import { type DeadlineLine, Deadlines, type Expiring } from './deadlines.ts'

class ManualClock implements Clock {
  now = 0
  armed = 0
  readonly #timers = new Set<{ dueMs: number; callback: () => void }>()

  nowMs = (): number => this.now
  wallMs = (): number => this.now
  soon = (callback: () => void): void => callback()
  after = (delayMs: number, callback: () => void): { cancel: () => void } => {
    const timer = { dueMs: this.now + delayMs, callback }
    this.#timers.add(timer)
    this.armed += 1
    return { cancel: () => this.#timers.delete(timer) }
  }

  get pending(): number {
    return this.#timers.size
  }

  advance(byMs: number): void {
    const untilMs = this.now + byMs
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ dueMs }) => dueMs <= untilMs)
        .sort((a, b) => a.dueMs - b.dueMs)
      if (next === undefined) break
      this.#timers.delete(next)
      this.now = Math.max(this.now, next.dueMs)
      next.callback()
    }
    this.now = untilMs
  }
}

class Item implements Expiring {
  deadlineMs = 0
  earlier: Expiring | undefined
  later: Expiring | undefined
  line: DeadlineLine | undefined
  expiredMs: number[] = []
  onExpire = (): void => {}

  expire(nowMs: number): void {
    this.expiredMs.push(nowMs)
    this.onExpire()
  }
}

test('What is not removed expires once, never early and at most 10 ms late; what is removed never does', () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 30 }),
    durationMs: fc.constantFrom(5, 20, 100, 1000),
    removeAfter: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new ManualClock()
      const deadlines = new Deadlines(clock)
      const items: Item[] = []
      const removedAtMs = new Map<Item, number>()
      for (const [n, { waitMs, durationMs }] of steps.entries()) {
        for (const [k, item] of items.entries()) {
          if (steps[k]?.removeAfter !== n - k || item.expiredMs.length > 0) continue
          deadlines.remove(item)
          removedAtMs.set(item, clock.now)
        }
        const item = new Item()
        items.push(item)
        deadlines.add(item, clock.now, durationMs)
        clock.advance(waitMs)
      }
      clock.advance(2000)
      for (const item of items) {
        if (removedAtMs.has(item)) assert.deepEqual(item.expiredMs, [])
        else {
          assert.equal(item.expiredMs.length, 1)
          const lateMs = (item.expiredMs[0] ?? Number.NaN) - item.deadlineMs
          assert.ok(lateMs >= 0 && lateMs <= 10, `late by ${lateMs} ms`)
        }
      }
      assert.equal(clock.pending, 0)
    }),
    { seed: 7, numRuns: 200 },
  )
})

test('Ten thousand deadlines that are met take two timers', () => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock)
  for (let n = 0; n < 10_000; n += 1) {
    const item = new Item()
    deadlines.add(item, clock.now, 10_000)
    clock.advance(1)
    deadlines.remove(item)
  }
  assert.ok(clock.armed <= 2, `${clock.armed} timers`)
})

test('What expires may be given a new deadline at once', () => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock)
  const item = new Item()
  item.onExpire = () => {
    if (item.expiredMs.length < 3) deadlines.add(item, clock.now, 50)
  }
  deadlines.add(item, 0, 50)
  clock.advance(1000)
  assert.deepEqual(item.expiredMs, [50, 100, 150])
})

test('expireAll ends everything, and close leaves no timer', () => {
  const clock = new ManualClock()
  const deadlines = new Deadlines(clock)
  const items = [new Item(), new Item(), new Item()]
  for (const [n, item] of items.entries()) deadlines.add(item, 0, 100 * (n + 1))
  deadlines.expireAll(5)
  deadlines.close()
  assert.deepEqual(
    items.map(({ expiredMs }) => expiredMs),
    [[5], [5], [5]],
  )
  assert.equal(clock.pending, 0)
})
