import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Load } from '../scenario/scenario.ts'
import { plannedRate } from './planned-rate.ts'
import type { Steering } from './steering.ts'

const open = { maxInFlight: 1000, arrivals: 'uniform', perDriver: false } as const
const rate: Load = { kind: 'rate', perSecond: 100, durationMs: 10_000, ...open }

describe('the asked rate', () => {
  it('is that of all drivers together, and nothing outside the load', () => {
    assert.deepEqual(
      [-1, 0, 9999, 10_000].map((tMs) => plannedRate(rate, 3, [], tMs)),
      [0, 100, 100, 0],
    )
    assert.equal(plannedRate({ ...rate, perDriver: true }, 3, [], 0), 300)
    assert.equal(plannedRate({ kind: 'tsunami', gapMs: 250, requests: 9, maxInFlight: 9 }, 3, [], 0), 12)
  })

  it('is nothing once the last request was due', () => {
    assert.deepEqual(
      [1900, 2000].map((tMs) => plannedRate({ ...rate, requests: 200 }, 3, [], tMs)),
      [100, 0],
    )
  })

  it('follows steering', () => {
    const steering: Steering[] = [
      { atMs: 1000, command: 'pause' },
      { atMs: 3000, command: 'resume' },
      { atMs: 4000, command: 'rate', scale: 2.5 },
    ]
    const times = [999, 1000, 2999, 3000, 4000, 11_999, 12_000]
    assert.deepEqual(
      times.map((tMs) => plannedRate(rate, 1, steering, tMs)),
      [100, 0, 0, 100, 250, 250, 0],
    )
  })

  it('does not exist for a closed load', () => {
    const avalanche: Load = { kind: 'avalanche', inFlight: 5, requests: 10, maxInFlight: 10 }
    assert.equal(plannedRate(avalanche, 1, [], 0), null)
  })
})
