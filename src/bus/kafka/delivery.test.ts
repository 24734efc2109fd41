import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../lib/logger.ts'
import { waitFor } from '../../testing/wait-for.ts'
import type { BusMessage } from '../bus.ts'
import { Delivery } from './delivery.ts'

const message = (offset: number, sizeBytes = 10): BusMessage => ({
  topic: 't',
  key: 'k',
  value: new Uint8Array(sizeBytes),
  partition: 0,
  offset,
  timestampMs: 0,
})

const held = (): { delivery: Delivery; release: () => void; handled: number[]; rooms: () => number } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const handled: number[] = []
  let rooms = 0
  const delivery = new Delivery(
    async ({ offset }) => {
      await promise
      handled.push(offset)
    },
    silentLogger,
    {
      onRoom: () => {
        rooms++
      },
    },
  )
  return { delivery, release: resolve, handled, rooms: () => rooms }
}

for (const [what, sizeBytes, limit] of [
  ['a thousand messages', 10, 1_000],
  ['a mebibyte', 100 * 1024, 11],
] as const)
  test(`a subscription is full at ${what}, and says once that half of it is worked off`, async () => {
    const { delivery, release, handled, rooms } = held()
    let offset = 0
    while (!delivery.isFull) delivery.accept(message(offset++, sizeBytes))
    assert.equal(offset, limit)
    assert.equal(rooms(), 0)
    release()
    await waitFor('all', () => handled.length === limit)
    assert.deepEqual(
      handled,
      Array.from({ length: limit }, (_, i) => i),
    )
    assert.equal(rooms(), 1)
    assert.equal(delivery.isFull, false)
  })

test('a closed one waits for the handler that runs, and hands nothing over any more', async () => {
  const { delivery, release, handled } = held()
  for (let i = 0; i < 3; i++) delivery.accept(message(i))
  await Promise.resolve()
  await Promise.resolve()
  let closed = false
  const closing = delivery.close().then(() => {
    closed = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(closed, false)
  release()
  await closing
  delivery.accept(message(3))
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(handled, [0])
})

test('what comes after it was cleared is handed over, and what waited is not', async () => {
  const { delivery, release, handled } = held()
  for (let i = 0; i < 3; i++) delivery.accept(message(i))
  await new Promise((resolve) => setImmediate(resolve))
  const cleared = delivery.clear()
  release()
  await cleared
  delivery.accept(message(7))
  await waitFor('the new one', () => handled.length === 2)
  assert.deepEqual(handled, [0, 7])
})
