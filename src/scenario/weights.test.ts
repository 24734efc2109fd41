import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { maxTotalWeight, normaliseWeights } from './weights.ts'

const table: [number[], number[]][] = [
  [[1], [1]],
  [
    [8, 2],
    [8, 2],
  ],
  [
    [0.5, 2],
    [1, 4],
  ],
  [
    [0.07, 0.93],
    [7, 93],
  ],
  [
    [30_000, 10_000],
    [3, 1],
  ],
  [
    [1e6, 0.001],
    [9998, 1],
  ],
]
for (const [weights, expected] of table)
  it(`weights ${weights.join(', ')} become ${expected.join(', ')}`, () =>
    assert.deepEqual(normaliseWeights(weights), expected))

it('any weights become positive integers that add up to at most 10,000, in nearly the same relation', () => {
  const weight = fc.double({ min: 1e-3, max: 1e6, noNaN: true })
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 100 }), (weights) => {
      const normal = normaliseWeights(weights)
      const total = normal.reduce((a, b) => a + b, 0)
      const given = weights.reduce((a, b) => a + b, 0)
      assert.ok(total <= maxTotalWeight)
      for (const [i, weight] of weights.entries()) {
        const share = normal[i] ?? 0
        assert.ok(Number.isInteger(share) && share >= 1)
        assert.ok(Math.abs(share / total - weight / given) < 0.02)
      }
    }),
    { seed: 1, numRuns: 500 },
  )
})
