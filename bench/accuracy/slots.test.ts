import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareWithPlan } from './slots.ts'

test('slots within the margin of the plan are told from the others, the last one left out', () => {
  assert.deepEqual(compareWithPlan([100, 95, 105, 94, 106, 0, 3], 100, 0.05), { slots: 6, within: 3 })
  assert.deepEqual(compareWithPlan([7], 100, 0.05), { slots: 0, within: 0 })
})
