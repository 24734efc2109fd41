import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/logger.ts'
import { describeBusContract } from '../testing/contracts/bus-contract.ts'
import { waitFor } from '../testing/wait-for.ts'
import type { Bus } from './bus.ts'
import { InProcessBroker } from './in-process.ts'

describeBusContract('in-process', async () => {
  const broker = new InProcessBroker({ clock: systemClock, logger: silentLogger })
  const buses: Bus[] = []
  return {
    connect: async () => {
      const bus = broker.connect()
      buses.push(bus)
      return bus
    },
    close: async () => {
      await Promise.all(buses.map((bus) => bus.close()))
    },
  }
})

test('a topic keeps the newest messages within its limit, with their offsets', async () => {
  const broker = new InProcessBroker({ clock: systemClock, logger: silentLogger, retainedMessages: 10 })
  const bus = broker.connect()
  for (let i = 0; i < 100; i++) await bus.publish('t', 'k', new Uint8Array([i]))
  const seen: number[] = []
  await bus.subscribe('t', { from: 'earliest' }, (message) => {
    assert.equal(message.value[0], message.offset)
    seen.push(message.offset)
  })
  await waitFor('what is left', () => seen.at(-1) === 99)
  assert.ok(seen.length <= 10 && seen.length >= 5, `${seen.length} messages are left`)
  await bus.close()
})

test('what a publisher does to its bytes afterwards is not seen, be they a Buffer', async () => {
  const broker = new InProcessBroker({ clock: systemClock, logger: silentLogger })
  const bus = broker.connect()
  const value = Buffer.from('before')
  await bus.publish('t', 'k', value)
  value.fill(120)
  const seen: string[] = []
  await bus.subscribe('t', { from: 'earliest' }, (message) => {
    seen.push(new TextDecoder().decode(message.value))
  })
  await waitFor('the message', () => seen.length > 0)
  assert.deepEqual(seen, ['before'])
  await bus.close()
})
