import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf } from './publisher.ts'

test("a key has the partition that Kafka's own clients give it", () => {
  // murmur2 of these keys as Kafka's own tests state it, sign bit cleared.
  const hashes: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ]
  for (const [key, hash] of hashes)
    assert.equal(partitionOf(Buffer.from(key), 1_000_003), (hash & 0x7fff_ffff) % 1_000_003, key)
})
