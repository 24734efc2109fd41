import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Counts, limitDetails, maxDetails, plusChecks, plusCounts, totalOf } from './counts.ts'

const details = fc
  .dictionary(
    fc.nat({ max: 60 }).map((n) => `reset: cause ${n}`),
    fc.integer({ min: 1, max: 9 }),
    { noNullPrototype: true },
  )
  .map(limitDetails)

const plusDetails = (a: Counts, b: Counts): Counts => limitDetails(plusCounts(a, b))

test('names that objects have anyway are words as any other', () => {
  const odd = JSON.parse('{ "__proto__": 1, "constructor": 2 }')
  assert.deepEqual(Object.entries(plusCounts(odd, odd)), [
    ['__proto__', 2],
    ['constructor', 4],
  ])
  const checks = JSON.parse('{ "__proto__": { "passed": 1, "failed": 0 } }')
  assert.deepEqual(Object.entries(plusChecks(checks, checks)), [['__proto__', { passed: 2, failed: 0 }]])
  assert.deepEqual(plusCounts({}, { toString: 1 }), { toString: 1 })
})

test('up to 20 texts are kept as they are', () => {
  const twenty = Object.fromEntries(Array.from({ length: maxDetails }, (_, i) => [`timeout: ${i}`, i + 1]))
  assert.deepEqual(limitDetails(twenty), twenty)
  assert.deepEqual(limitDetails({ ...twenty, other: 3 }), { ...twenty, other: 3 })
})

test('more texts are counted as other, and none is lost', () => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`timeout: ${100 + i}`, i + 1]))
  const limited = limitDetails({ ...many, other: 7 })
  assert.equal(Object.keys(limited).length, maxDetails + 1)
  assert.equal(totalOf(limited), totalOf(many) + 7)
  assert.equal(limited['timeout: 100'], 1)
  assert.equal(limited['timeout: 120'], undefined)
})

test('limited texts add up to the same in every order and grouping', () => {
  fc.assert(
    fc.property(details, details, details, (a, b, c) => {
      const sum = plusDetails(plusDetails(a, b), c)
      assert.deepEqual(plusDetails(a, plusDetails(b, c)), sum)
      assert.deepEqual(plusDetails(plusDetails(c, a), b), sum)
      assert.deepEqual(plusDetails(a, {}), a)
      assert.deepEqual(plusDetails({}, a), a)
      assert.equal(totalOf(sum), totalOf(a) + totalOf(b) + totalOf(c))
    }),
    { seed: 20_262, numRuns: 300 },
  )
})
