import assert from 'node:assert/strict'
import { it } from 'node:test'
import { buildLoad } from './build-load.ts'
import { loadSchema } from './load-schema.ts'

const maxInFlight = 100_000
const open = { maxInFlight, arrivals: 'uniform', perDriver: false }

const table: [Record<string, unknown>, object][] = [
  [
    { avalanche: 50, requestsPerDriver: 10_000 },
    { kind: 'avalanche', inFlight: 50, requestsPerDriver: 10_000, maxInFlight },
  ],
  [
    { tsunami: '250ms', requestsPerDriver: 400 },
    { kind: 'tsunami', gapMs: 250, requestsPerDriver: 400, maxInFlight },
  ],
  [
    { rate: '500/s', duration: '30s', arrivals: 'poisson' },
    { kind: 'rate', perSecond: 500, durationMs: 30_000, ...open, arrivals: 'poisson' },
  ],
  [
    { ratePerDriver: '30k/min', requests: 9, maxInFlight: 7 },
    { kind: 'rate', perSecond: 500, requests: 9, ...open, maxInFlight: 7, perDriver: true },
  ],
  [
    { spike: { base: '450k/s', peak: '200%', every: '10m', lasting: '1m' }, duration: '1h' },
    {
      kind: 'spike',
      basePerSecond: 450_000,
      peakPerSecond: 900_000,
      everyMs: 600_000,
      lastingMs: 60_000,
      durationMs: 3_600_000,
      ...open,
    },
  ],
  [
    { spike: { base: '0/s', peak: '5/s', every: '1s', lasting: '1s' }, duration: '1s' },
    {
      kind: 'spike',
      basePerSecond: 0,
      peakPerSecond: 5,
      everyMs: 1000,
      lastingMs: 1000,
      durationMs: 1000,
      ...open,
    },
  ],
  [
    { sine: { mean: '1000/s', amplitude: '50%', period: '24h' }, duration: '24h' },
    {
      kind: 'sine',
      meanPerSecond: 1000,
      amplitudePerSecond: 500,
      periodMs: 86_400_000,
      durationMs: 86_400_000,
      ...open,
    },
  ],
  [
    {
      from: '100/s',
      stages: [{ hold: '1s' }, { to: '500/s', over: '2s' }, { hold: '3s' }, { hold: '4s' }, { to: '0/s' }],
    },
    {
      kind: 'stages',
      fromPerSecond: 100,
      stages: [
        { toPerSecond: 100, overMs: 0, holdMs: 1000 },
        { toPerSecond: 500, overMs: 2000, holdMs: 7000 },
        { toPerSecond: 0, overMs: 0, holdMs: 0 },
      ],
      ...open,
    },
  ],
  [
    { stagesPerDriver: [{ to: '5/s', over: '1s', hold: '2s' }], duration: '2s' },
    {
      kind: 'stages',
      fromPerSecond: 0,
      stages: [{ toPerSecond: 5, overMs: 1000, holdMs: 2000 }],
      durationMs: 2000,
      ...open,
      perDriver: true,
    },
  ],
]
for (const [written, expected] of table)
  it(`${JSON.stringify(written)} is a load`, () =>
    assert.deepEqual(buildLoad(loadSchema.parse(written)), expected))
