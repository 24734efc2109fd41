import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatRate, parseRate } from './rate.ts'

test('reads rates in any of the units', () => {
  const table: [string, number][] = [
    ['500/s', 500],
    ['30k/min', 500],
    ['1.2M/h', 1.2e6 / 3600],
    ['0.5 / sec', 0.5],
    ['0/s', 0],
    ['86400/d', 1],
    ['86400/day', 1],
    ['60/m', 1],
    ['2G/s', 2e9],
    ['450k/s', 450_000],
  ]
  for (const [text, perSecond] of table) assert.equal(parseRate(text), perSecond, text)
})

test('refuses what is no rate, names of every object among the units', () => {
  for (const text of [
    '',
    '500',
    '/s',
    '-1/s',
    '1e3/s',
    '500/S',
    '500/year',
    '500/ms',
    '5/constructor',
    '5/valueof',
    '5kk/s',
    '1/2/s',
    'NaN/s',
  ])
    assert.equal(parseRate(text), undefined, text)
})

test('says rates as people read them', () => {
  assert.deepEqual([0, 0.2, 1 / 3, 99.94, 99.96, 500, 2400, 1_234_567.8].map(formatRate), [
    '0/s',
    '0.2/s',
    '0.333/s',
    '99.9/s',
    '100/s',
    '500/s',
    '2,400/s',
    '1,234,568/s',
  ])
})

test('never throws, and gives nothing but finite rates, whatever the text', () => {
  const words = fc.constantFrom(
    'constructor',
    'toString',
    '__proto__',
    's',
    'min',
    'k',
    '/',
    '5',
    '.',
    ' ',
    '9e9',
  )
  const texts = fc.oneof(
    fc.string(),
    fc.array(words).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      const perSecond = parseRate(text)
      assert.ok(perSecond === undefined || (Number.isFinite(perSecond) && perSecond >= 0), text)
    }),
    { seed: 7, numRuns: 2000 },
  )
})
