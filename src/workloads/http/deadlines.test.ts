import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Timer } from '../../lib/clock.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { type DeadlineLine, Deadlines, type Expiring } from './deadlines.ts'

class CountingClock extends FakeClock {
  armed = 0

  override after(delayMs: number, callback: () => void): Timer {
    this.armed += 1
    return super.after(delayMs, callback)
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

test('What is not removed expires once, never early and at most 10 ms late; what is removed never does', async () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 30 }),
    durationMs: fc.constantFrom(5, 20, 100, 1000),
    removeAfter: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new FakeClock()
      const deadlines = new Deadlines(clock)
      const items: Item[] = []
      const removedAtMs = new Map<Item, number>()
      for (const [n, { waitMs, durationMs }] of steps.entries()) {
        for (const [k, item] of items.entries()) {
          if (steps[k]?.removeAfter !== n - k || item.expiredMs.length > 0) continue
          deadlines.remove(item)
          removedAtMs.set(item, clock.nowMs())
        }
        const item = new Item()
        items.push(item)
        deadlines.add(item, clock.nowMs(), durationMs)
        await clock.advance(waitMs)
      }
      await clock.advance(2000)
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

test('A thousand deadlines that are met, one at a time, take one timer', async () => {
  const clock = new CountingClock()
  const deadlines = new Deadlines(clock)
  for (let n = 0; n < 1000; n += 1) {
    const item = new Item()
    deadlines.add(item, clock.nowMs(), 10_000)
    await clock.advance(1)
    deadlines.remove(item)
  }
  assert.equal(clock.armed, 1)
  await clock.advance(10_000)
  assert.equal(clock.pending, 0)
})

test('What expires may be given a new deadline at once', async () => {
  const clock = new FakeClock()
  const startMs = clock.nowMs()
  const deadlines = new Deadlines(clock)
  const item = new Item()
  item.onExpire = () => {
    if (item.expiredMs.length < 3) deadlines.add(item, clock.nowMs(), 50)
  }
  deadlines.add(item, clock.nowMs(), 50)
  await clock.advance(1000)
  assert.deepEqual(
    item.expiredMs.map((atMs) => atMs - startMs),
    [50, 100, 150],
  )
})

test('expireAll ends everything, and close leaves no timer', () => {
  const clock = new FakeClock()
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

test('Durations that are not used any more are forgotten when there are many', async () => {
  const clock = new FakeClock()
  const deadlines = new Deadlines(clock)
  for (let n = 0; n < 1000; n += 1) {
    const item = new Item()
    deadlines.add(item, clock.nowMs(), 50 + n / 1000)
    deadlines.remove(item)
  }
  const last = new Item()
  deadlines.add(last, clock.nowMs(), 20)
  await clock.advance(100)
  assert.equal(last.expiredMs.length, 1)
  assert.ok(deadlines.durations <= 16, `${deadlines.durations} are left`)
})
