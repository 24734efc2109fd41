import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Load } from '../../scenario/scenario.ts'
import { scaledRateText } from './run-load.ts'

const open = { maxInFlight: 100, arrivals: 'uniform', perDriver: false, durationMs: 10_000 } as const

test('a share of the load is told as a rate where the load is one', () => {
  for (const [load, scale, expected] of [
    [{ kind: 'rate', perSecond: 300, ...open }, 1.5, '= 450/s'],
    [{ kind: 'rate', perSecond: 300, ...open, perDriver: true }, 1, '= 900/s'],
    [{ kind: 'rate', perSecond: 300, ...open }, undefined, ''],
    [{ kind: 'tsunami', gapMs: 100, maxInFlight: 1 }, 2, '= 60/s'],
    [{ kind: 'avalanche', inFlight: 10, maxInFlight: 10 }, 2, ''],
    [
      { kind: 'stages', fromPerSecond: 10, stages: [{ toPerSecond: 200, overMs: 1, holdMs: 1 }], ...open },
      0.5,
      '= 100/s at its peak',
    ],
    [
      {
        kind: 'spike',
        basePerSecond: 10,
        peakPerSecond: 90,
        everyMs: 1000,
        lastingMs: 100,
        ...open,
      },
      2,
      '= 180/s at its peak',
    ],
    [
      { kind: 'sine', meanPerSecond: 100, amplitudePerSecond: 50, periodMs: 1000, ...open },
      1,
      '= 150/s at its peak',
    ],
  ] as [Load, number | undefined, string][])
    assert.equal(scaledRateText({ load, drivers: 3 }, scale), expected)
})
