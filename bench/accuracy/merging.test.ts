import assert from 'node:assert/strict'
import { test } from 'node:test'
import { largestMergedError, measureMerging } from './merging.ts'

test('percentiles merged from eight unequal drivers are within 0.1 % of those of all samples', () => {
  const rows = measureMerging(1)
  assert.equal(rows.length, 7)
  assert.ok(largestMergedError(rows) <= 0.001, `${largestMergedError(rows)}`)
})

test('their average is not even near', () => {
  const p99 = measureMerging(1).find(({ percentile }) => percentile === 99)
  assert.ok(Math.abs(p99?.averagedError ?? 0) > 0.2)
})
