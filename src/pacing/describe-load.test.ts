import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Load } from '../scenario/scenario.ts'
import { describeLoad } from './describe-load.ts'

const bounds = { maxInFlight: 1000 }
const open = { ...bounds, arrivals: 'uniform', perDriver: false } as const

describe('a load in words', () => {
  const table: [load: Load, drivers: number, words: string][] = [
    [{ kind: 'rate', perSecond: 500, durationMs: 30_000, ...open }, 1, '500/s for 30 s'],
    [
      { kind: 'rate', perSecond: 500, durationMs: 30_000, ...open },
      2,
      '500/s for 30 s, all 2 drivers together',
    ],
    [
      { kind: 'rate', perSecond: 500, requests: 1, ...open, perDriver: true, arrivals: 'poisson' },
      3,
      '500/s on each of 3 drivers for 1 request in all, Poisson arrivals',
    ],
    [
      { kind: 'avalanche', inFlight: 50, requestsPerDriver: 10_000, ...bounds },
      2,
      '50 in flight on each of 2 drivers for 10,000 requests each',
    ],
    [
      { kind: 'avalanche', inFlight: 50, requestsPerDriver: 10_000, ...bounds },
      1,
      '50 in flight for 10,000 requests',
    ],
    [
      { kind: 'tsunami', gapMs: 250, durationMs: 60_000, requests: 400, ...bounds },
      2,
      'one request every 250 ms on each of 2 drivers for 1m or for 400 requests in all',
    ],
    [
      {
        kind: 'stages',
        fromPerSecond: 0,
        stages: [
          { toPerSecond: 2000, overMs: 30_000, holdMs: 120_000 },
          { toPerSecond: 10, overMs: 0, holdMs: 1000 },
        ],
        ...open,
      },
      1,
      'to 2,000/s over 30 s held for 2m, 10/s held for 1 s',
    ],
    [
      { kind: 'stages', fromPerSecond: 100, stages: [{ toPerSecond: 0, overMs: 1000, holdMs: 0 }], ...open },
      1,
      'from 100/s, to 0/s over 1 s',
    ],
    [
      {
        kind: 'spike',
        basePerSecond: 450_000,
        peakPerSecond: 900_000,
        everyMs: 600_000,
        lastingMs: 60_000,
        durationMs: 3_600_000,
        ...open,
      },
      1,
      '450,000/s with 900,000/s in the last 1m of every 10m for 1h',
    ],
    [
      {
        kind: 'sine',
        meanPerSecond: 1000,
        amplitudePerSecond: 500,
        periodMs: 86_400_000,
        durationMs: 86_400_000,
        ...open,
      },
      8,
      '1,000/s +/- 500/s in waves of 24h for 24h, all 8 drivers together',
    ],
  ]
  for (const [load, drivers, words] of table)
    it(words, () => assert.equal(describeLoad(load, drivers), words))
})
