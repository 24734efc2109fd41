import assert from 'node:assert/strict'
import { it } from 'node:test'
import { BusWatch } from './bus-watch.ts'

it('an orchestrator that does not hear itself is deaf, and stays so for a while after the bus is back', () => {
  const watch = new BusWatch(0)
  const deafAt = (...instants: number[]): boolean[] => instants.map((nowMs) => watch.isDeaf(nowMs))
  watch.hearEcho(1000)
  watch.hearEcho(2900)
  assert.deepEqual(deafAt(2900, 4000, 4899, 4900, 60_000), [false, false, false, true, true])
  watch.hearEcho(60_000)
  watch.hearEcho(61_000)
  watch.hearEcho(62_000)
  watch.hearEcho(63_000)
  watch.hearEcho(64_000)
  assert.deepEqual(deafAt(60_001, 64_999), [true, true])
  watch.hearEcho(65_000)
  assert.deepEqual(deafAt(65_000, 66_999, 67_000), [false, false, true])
})
