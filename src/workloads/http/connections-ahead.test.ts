import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Load } from '../../scenario/scenario.ts'
import { connectionsAhead } from './connections-ahead.ts'

const bounds = { maxInFlight: 1000, requests: 1 }
const open = { ...bounds, arrivals: 'uniform', perDriver: false } as const

const cases: [what: string, load: Load, drivers: number, connections: number, ahead: number][] = [
  ['an avalanche all that it keeps in flight', { kind: 'avalanche', inFlight: 50, ...bounds }, 2, 100, 50],
  ['never more than there may be', { kind: 'avalanche', inFlight: 50, ...bounds }, 2, 20, 20],
  ['a tsunami 50 ms of its gaps', { kind: 'tsunami', gapMs: 10, ...bounds }, 2, 100, 5],
  ['a slow one a single one', { kind: 'tsunami', gapMs: 1000, ...bounds }, 1, 100, 1],
  ['a rate 50 ms of the driver’s share', { kind: 'rate', perSecond: 1000, ...open }, 2, 100, 25],
  [
    'a rate for each driver all of it',
    { kind: 'rate', perSecond: 1000, ...open, perDriver: true },
    2,
    100,
    50,
  ],
  [
    'stages their highest rate',
    {
      kind: 'stages',
      fromPerSecond: 100,
      stages: [
        { toPerSecond: 400, overMs: 1, holdMs: 1 },
        { toPerSecond: 0, overMs: 1, holdMs: 1 },
      ],
      ...open,
    },
    1,
    100,
    20,
  ],
  [
    'a spike its peak',
    { kind: 'spike', basePerSecond: 10, peakPerSecond: 200, everyMs: 10, lastingMs: 1, ...open },
    1,
    100,
    10,
  ],
  [
    'a sine its crest',
    { kind: 'sine', meanPerSecond: 100, amplitudePerSecond: 100, periodMs: 10, ...open },
    1,
    100,
    10,
  ],
]
for (const [what, load, drivers, connections, ahead] of cases)
  test(`ahead of the start ${what}: ${ahead}`, () => {
    assert.equal(connectionsAhead(load, drivers, connections), ahead)
  })
