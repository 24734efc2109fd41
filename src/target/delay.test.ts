import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Delay, drawDelayMs, parseDelay } from './delay.ts'

describe('a delay', () => {
  const forms: [text: string, delay: Delay][] = [
    ['20ms', { kind: 'fixed', ms: 20 }],
    [' 1.5s ', { kind: 'fixed', ms: 1500 }],
    ['10ms..50ms', { kind: 'uniform', minMs: 10, maxMs: 50 }],
    ['exp 20ms', { kind: 'exponential', meanMs: 20 }],
    ['normal 20ms 5ms', { kind: 'normal', meanMs: 20, deviationMs: 5 }],
    ['lognormal 20ms 1', { kind: 'lognormal', medianMs: 20, sigma: 1 }],
    ['lognormal 20ms 0.25', { kind: 'lognormal', medianMs: 20, sigma: 0.25 }],
  ]
  for (const [text, delay] of forms)
    it(`is read from ${text}`, () => assert.deepEqual(parseDelay(text), delay))

  for (const text of [
    '',
    '20',
    '-1ms',
    '50ms..10ms',
    '1ms..2ms..3ms',
    '..5ms',
    'exp',
    'exp 1ms 2ms',
    'normal 20ms',
    'lognormal 20ms 1ms',
    'lognormal 20ms',
    'gauss 1ms',
    '20ms 30ms',
  ])
    it(`is not read from "${text}"`, () => assert.equal(parseDelay(text), undefined))

  it('is drawn with the mean and spread that it says', () => {
    // 10,000 draws: the mean is good to its deviation / 100; the bounds are five of that.
    const table: [text: string, mean: number, deviation: number][] = [
      ['20ms', 20, 0],
      ['10ms..50ms', 30, 40 / Math.sqrt(12)],
      ['exp 20ms', 20, 20],
      ['normal 100ms 5ms', 100, 5],
      // exp(sigma^2 / 2) above the median.
      ['lognormal 20ms 0.5', 20 * Math.exp(0.125), 20 * Math.exp(0.125) * Math.sqrt(Math.exp(0.25) - 1)],
    ]
    for (const [text, mean, deviation] of table) {
      const delay = parseDelay(text)
      assert.ok(delay)
      const draws = Array.from({ length: 10_000 }, (_, index) => drawDelayMs(delay, 7, index))
      const drawnMean = draws.reduce((sum, ms) => sum + ms) / draws.length
      const drawnDeviation = Math.sqrt(
        draws.reduce((sum, ms) => sum + (ms - drawnMean) ** 2, 0) / draws.length,
      )
      assert.ok(Math.abs(drawnMean - mean) <= deviation / 20 + 1e-9, `${text}: mean ${drawnMean}`)
      assert.ok(
        Math.abs(drawnDeviation - deviation) <= deviation / 10 + 1e-9,
        `${text}: deviation ${drawnDeviation}`,
      )
      assert.ok(Math.min(...draws) >= 0)
    }
  })

  it('is never negative and decided by the seed', () => {
    const wide: Delay = { kind: 'normal', meanMs: 1, deviationMs: 100 }
    const draws = (seed: number) => Array.from({ length: 100 }, (_, index) => drawDelayMs(wide, seed, index))
    assert.equal(Math.min(...draws(1)), 0)
    assert.deepEqual(draws(1), draws(1))
    assert.notDeepEqual(draws(1), draws(2))
  })
})
