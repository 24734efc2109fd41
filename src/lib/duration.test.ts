import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'

const fuzz = { seed: 7, numRuns: 2000 }

test('reads what people write', () => {
  const table: [string, number][] = [
    ['250ms', 250],
    ['10s', 10_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['90us', 0.09],
    ['1.5s', 1500],
    ['.5s', 500],
    ['0s', 0],
    ['1h30m', 5_400_000],
    ['1m1m', 120_000],
    ['  3s ', 3000],
  ]
  for (const [text, ms] of table) assert.equal(parseDuration(text), ms, text)
})

test('refuses what is no duration', () => {
  for (const text of [
    '',
    ' ',
    '10',
    's',
    '-1s',
    '+1s',
    '1 s',
    '1s 2s',
    '1.s',
    '1..2s',
    '1e3s',
    '1S',
    '1sec',
    'NaNs',
    'Infinitys',
    '1m5',
    '١s',
    `${'1'.repeat(40)}s`,
  ])
    assert.equal(parseDuration(text), undefined, JSON.stringify(text))
})

test('says about three digits, in the unit that fits after rounding', () => {
  const table: [number, string][] = [
    [0, '0 ms'],
    [0.09, '90 us'],
    [0.0004, '0.4 us'],
    [0.84, '840 us'],
    [0.9996, '1 ms'],
    [2.414, '2.41 ms'],
    [99.96, '100 ms'],
    [250, '250 ms'],
    [999.4, '999 ms'],
    [999.7, '1 s'],
    [1234, '1.23 s'],
    [59_949, '59.9 s'],
    [59_999, '1m'],
    [60_000, '1m'],
    [200_000, '3m20s'],
    [3_599_999.9, '1h'],
    [86_400_000, '24h'],
    [Number.POSITIVE_INFINITY, 'unbounded'],
    [Number.NaN, 'unbounded'],
  ]
  for (const [ms, text] of table) assert.equal(formatDuration(ms), text, `${ms} ms`)
})

test('what is said is read again as the same within a per cent', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1e10, noNaN: true }), (ms) => {
      const again = parseDuration(formatDuration(ms).replace(' ', ''))
      assert.ok(again !== undefined, formatDuration(ms))
      assert.ok(Math.abs(again - ms) <= Math.max(ms * 0.0084, 1e-5), `${ms} -> ${again}`)
    }),
    fuzz,
  )
})

test('never throws, and gives nothing but durations, whatever the text', () => {
  const alphabet = fc.constantFrom(...'0123456789.usmhd -+eE\n١')
  const texts = fc.oneof(fc.string(), fc.string({ unit: alphabet, maxLength: 45 }))
  fc.assert(
    fc.property(texts, (text) => {
      const ms = parseDuration(text)
      assert.ok(ms === undefined || (Number.isFinite(ms) && ms >= 0))
    }),
    fuzz,
  )
})
