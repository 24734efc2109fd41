import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { editDistance } from './edit-distance.ts'

test('the distance of two words is the least number of changes between them', () => {
  for (const [a, b, expected] of [
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['p99', 'p999', 1],
    ['erors', 'errors', 1],
    ['flaw', 'lawn', 2],
  ] as const)
    assert.equal(editDistance(a, b), expected, `${a} and ${b}`)
})

test('a distance is the same both ways, 0 only of equals, and never more than by way of a third word', () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') })
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      assert.equal(editDistance(a, b), editDistance(b, a))
      assert.equal(editDistance(a, b) === 0, a === b)
      assert.ok(editDistance(a, c) <= editDistance(a, b) + editDistance(b, c))
    }),
    { seed: 11, numRuns: 300 },
  )
})
