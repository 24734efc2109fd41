import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TriggerMessage } from '../bus/messages.ts'
import { clockAheadOf, startOf } from './start-of.ts'

const nowMs = 1_000_000

describe('the start instant by the clock of a driver', () => {
  const cases: [string, Partial<TriggerMessage>, number, clockAheadMs?: number | null][] = [
    ['is now where none is given', {}, nowMs],
    ['is what was said where clocks are equal', { start_at: nowMs + 40, issued_at: nowMs }, nowMs + 40],
    [
      'is mapped by the offset of this driver',
      { start_at: 5000, clock_offsets_ms: { d: nowMs } },
      nowMs + 5000,
      nowMs + 3,
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
      -3_600_000,
    ],
    [
      'is as far ahead as it was when it was said: our clock is an hour ahead, as far as we have seen ourselves',
      { start_at: nowMs - 3_600_000 + 40, issued_at: nowMs - 3_600_000 },
      nowMs + 40,
      3_600_001,
    ],
    [
      'is as far ahead as it was when it was said where nothing is known of any clock',
      { start_at: nowMs - 3_600_000 + 40, issued_at: nowMs - 3_600_000, clock_offsets_ms: { d: 7 } },
      nowMs + 40,
      null,
    ],
  ]
  for (const [name, fields, expected, clockAheadMs = 1] of cases)
    it(name, () => {
      const view = { nodeId: 'd', nowMs, clockAheadMs: clockAheadMs ?? undefined }
      assert.equal(startOf({ test_id: 'r', trigger: 'YES', ...fields }, view), expected)
    })

  it('trusts what is told of the clocks as long as it can be true', () => {
    const told = (offsetMs: number, clockAheadMs: number | undefined): number | undefined =>
      clockAheadOf(
        { test_id: 'r', trigger: 'YES', clock_offsets_ms: { d: offsetMs } },
        { nodeId: 'd', nowMs, clockAheadMs },
      )
    assert.equal(told(5000, 5003), 5000)
    assert.equal(told(5000, 5900), 5000, 'messages may take long')
    assert.equal(told(5000, 8000), 8000, 'the clock was set ahead')
    assert.equal(told(5000, 2), 2, 'the clock was set back')
    assert.equal(told(5000, undefined), undefined)
  })
})
