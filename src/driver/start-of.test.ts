import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TriggerMessage } from '../bus/messages.ts'
import { startOf } from './start-of.ts'

const nowMs = 1_000_000

describe('the start instant by the clock of a driver', () => {
  const cases: [string, Partial<TriggerMessage>, number][] = [
    ['is now where none is given', {}, nowMs],
    ['is what was said where clocks are equal', { start_at: nowMs + 40, issued_at: nowMs }, nowMs + 40],
    [
      'is mapped by the offset of this driver',
      { start_at: 5000, clock_offsets_ms: { d: nowMs } },
      nowMs + 5000,
    ],
    [
      'is not mapped by the offset of another',
      { start_at: nowMs + 40, clock_offsets_ms: { e: 7 } },
      nowMs + 40,
    ],
    ['may be past', { start_at: nowMs - 5000, issued_at: nowMs - 5040 }, nowMs - 5000],
    ['is past for a trigger said again', { start_at: nowMs - 5000, issued_at: nowMs - 10 }, nowMs - 5000],
    [
      'is no further ahead than it was when it was said: our clock is an hour behind, and nobody knows',
      { start_at: nowMs + 3_600_040, issued_at: nowMs + 3_600_000 },
      nowMs + 40,
    ],
    [
      'with a known offset an early clock changes nothing',
      { start_at: nowMs + 3_600_040, issued_at: nowMs + 3_600_000, clock_offsets_ms: { d: -3_600_010 } },
      nowMs + 30,
    ],
  ]
  for (const [name, fields, expected] of cases)
    it(name, () => {
      assert.equal(startOf({ test_id: 'r', trigger: 'YES', ...fields }, 'd', nowMs), expected)
    })
})
