import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { daysOf } from './days-of.ts'

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
