import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { daysOf, isoTimeOf } from './civil-time.ts'

const lastMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

test('times are written as Date writes them', () => {
  for (const ms of [0, 999, 951_782_400_000, 951_868_799_999, 4_107_542_399_999, lastMs])
    assert.equal(isoTimeOf(ms), new Date(ms).toISOString())
  fc.assert(
    fc.property(fc.integer({ min: 0, max: lastMs }), (ms) => {
      assert.equal(isoTimeOf(ms), new Date(ms).toISOString())
    }),
    { seed: 6, numRuns: 1000 },
  )
})

test('dates become the days that Date counts', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1601, max: 9999 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 31 }),
      (year, month, day) => {
        assert.equal(daysOf(year, month, day), Date.UTC(year, month - 1, day) / 86_400_000)
      },
    ),
    { seed: 7, numRuns: 1000 },
  )
})
