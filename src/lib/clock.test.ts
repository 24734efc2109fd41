import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoTime, sleep, systemClock } from './clock.ts'

test('calls back not before its delay, and never once cancelled', async () => {
  const begunMs = systemClock.nowMs()
  let called = false
  const timer = systemClock.after(1, () => {
    called = true
  })
  timer.cancel()
  timer.cancel()
  await sleep(systemClock, 20)
  // Node's timers count in whole milliseconds and may be up to one early by the finer clock.
  assert.ok(systemClock.nowMs() - begunMs >= 19)
  assert.equal(called, false)
})

test('a delay longer than a timer of Node takes is no delay of nothing', async () => {
  let called = false
  const timer = systemClock.after(2 ** 31 + 1000, () => {
    called = true
  })
  await sleep(systemClock, 10)
  assert.equal(called, false)
  timer.cancel()
})

test('a precise timer calls back in time, and soon comes after what is ready', async () => {
  const order: string[] = []
  await new Promise<void>((resolve) => {
    systemClock.soon(() => {
      order.push('soon')
      systemClock.afterPrecisely(1, resolve)
    })
    queueMicrotask(() => order.push('microtask'))
  })
  assert.deepEqual(order, ['microtask', 'soon'])
})

test('the wall clock is said in ISO 8601, UTC', () => {
  assert.equal(isoTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6)), '2026-01-02T03:04:05.006Z')
  assert.ok(Math.abs(systemClock.wallMs() - Date.now()) < 1000)
})
