import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../lib/errors.ts'
import { OccurrenceCount, OperationChoice } from './operation-choice.ts'

const weightsArbitrary = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 })

const countOf = (operations: readonly number[], length: number): number[] => {
  const counts = new Array<number>(length).fill(0)
  for (const operation of operations) counts[operation] = (counts[operation] ?? 0) + 1
  return counts
}

test('every block holds each operation exactly as often as it weighs', () => {
  fc.assert(
    fc.property(weightsArbitrary, fc.maxSafeNat(), fc.nat(1000), (weights, seed, block) => {
      const choice = new OperationChoice(seed, weights)
      const perBlock = weights.map((_, operation) => choice.weightOf(operation))
      const total = perBlock.reduce((a, b) => a + b)
      const chosen = Array.from({ length: total }, (_, position) => choice.choose(block * total + position))
      assert.deepEqual(countOf(chosen, weights.length), perBlock)
      // The shares are those of the weights as they were given.
      const given = weights.reduce((a, b) => a + b)
      assert.deepEqual(
        perBlock.map((weight) => weight * given),
        weights.map((weight) => weight * total),
      )
    }),
    { seed: 2, numRuns: 200 },
  )
})

test('n drivers, each taking every n-th index in any order, choose what one driver would have chosen', () => {
  fc.assert(
    fc.property(
      weightsArbitrary,
      fc.maxSafeNat(),
      fc.integer({ min: 1, max: 7 }),
      (weights, seed, drivers) => {
        const indexes = Array.from({ length: 200 }, (_, index) => index)
        const alone = new OperationChoice(seed, weights)
        const expected = indexes.map((index) => alone.choose(index))
        const together: number[] = []
        for (let driver = drivers - 1; driver >= 0; driver--) {
          const choice = new OperationChoice(seed, weights)
          for (let index = driver; index < indexes.length; index += drivers)
            together[index] = choice.choose(index)
        }
        assert.deepEqual(together, expected)
      },
    ),
    { seed: 3, numRuns: 100 },
  )
})

test('the occurrences of a group number it through from 0 in the order of the indexes', () => {
  fc.assert(
    fc.property(
      weightsArbitrary,
      fc.maxSafeNat(),
      fc.infiniteStream(fc.boolean()),
      (weights, seed, membership) => {
        const choice = new OperationChoice(seed, weights)
        const group = weights.map((_, operation) => operation).filter(() => membership.next().value)
        const count = new OccurrenceCount(choice, group)
        const perBlock = weights.map((_, operation) => choice.weightOf(operation))
        const total = perBlock.reduce((a, b) => a + b)
        const seen: number[] = []
        for (let index = 0; index < 5 * total; index++) {
          const operation = choice.choose(index)
          if (group.includes(operation)) seen.push(count.current())
        }
        assert.deepEqual(
          seen,
          seen.map((_, occurrence) => occurrence),
        )
        assert.equal(
          seen.length,
          group.reduce((sum, operation) => sum + 5 * (perBlock[operation] ?? 0), 0),
        )
      },
    ),
    { seed: 4, numRuns: 100 },
  )
})

test('blocks do not repeat one order', () => {
  const choice = new OperationChoice(42, [3, 2, 2])
  const blocks = Array.from({ length: 20 }, (_, block) =>
    Array.from({ length: 7 }, (_, position) => choice.choose(block * 7 + position)).join(),
  )
  assert.ok(new Set(blocks).size > 5)
})

test('weights whose sum leaves no exact arithmetic are refused', () => {
  assert.throws(
    () => new OperationChoice(1, [2 ** 41, 1]),
    (error) => error instanceof AppError && error.code === 'SCENARIO_INVALID',
  )
  assert.equal(new OperationChoice(1, [2 ** 40, 2 ** 40]).weightOf(0), 1)
})
