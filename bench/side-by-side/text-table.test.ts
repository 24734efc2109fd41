import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, threeDigits } from './text-table.ts'

test('figures are told with three significant digits, and none as a dash', () => {
  assert.deepEqual([1234.5, 123.45, 12.345, 1.2345, 0.0123456, 0, Number.NaN].map(threeDigits), [
    '1235',
    '123',
    '12.3',
    '1.23',
    '0.0123',
    '0',
    '-',
  ])
})

test('the median of an even count lies between the two in the middle, of none there is none', () => {
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.ok(Number.isNaN(median([])))
})
