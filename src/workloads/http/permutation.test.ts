import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { streamOf } from '../../lib/random.ts'
import { Permutation } from './permutation.ts'

const stream = streamOf('test')

test('every position has a place of its own, whatever size, seed and number', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3000 }),
      fc.maxSafeNat(),
      fc.integer({ min: 0, max: 2 ** 40 }),
      (size, seed, number) => {
        const order = new Permutation(size, seed, stream, number)
        const places = new Set(Array.from({ length: size }, (_, position) => order.at(position)))
        assert.equal(places.size, size)
        assert.ok(Math.max(...places) === size - 1 && Math.min(...places) === 0)
      },
    ),
    { seed: 1, numRuns: 200 },
  )
})

test('a size beyond 2^26 is still exact: neighbours and ends keep their own places', () => {
  for (const size of [2 ** 27 + 1, 2 ** 32, 2 ** 32 - 5]) {
    const order = new Permutation(size, 7, stream, 3)
    const positions = [0, 1, 2, size / 2, size - 2, size - 1].map(Math.floor)
    const places = positions.map((position) => order.at(position))
    assert.equal(new Set(places).size, positions.length)
    for (const place of places) assert.ok(Number.isSafeInteger(place) && place >= 0 && place < size)
    // Linear: equal steps in position are equal steps in place, to the last unit, as far as the numbers are exact.
    const step = (places[1] ?? 0) - (places[0] ?? 0)
    assert.equal((((places[5] ?? 0) - (places[4] ?? 0) - step) % size) + 0, 0)
  }
})

test('another seed, stream or number is another order', () => {
  const orderOf = (seed: number, purpose: string, number: number): string => {
    const order = new Permutation(97, seed, streamOf(purpose), number)
    return Array.from({ length: 97 }, (_, position) => order.at(position)).join()
  }
  const orders = [orderOf(1, 'a', 0), orderOf(2, 'a', 0), orderOf(1, 'b', 0), orderOf(1, 'a', 1)]
  assert.equal(new Set(orders).size, orders.length)
  assert.equal(orderOf(1, 'a', 0), orders[0])
})

test('places in a range are counted without looking at each', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.maxSafeNat(),
      fc.nat(),
      fc.nat(),
      (size, seed, one, other) => {
        const order = new Permutation(size, seed, stream, 0)
        const [from = 0, to = 0] = [one % (size + 1), other % (size + 1)].sort((a, b) => a - b)
        let counted = 0
        for (let position = 0; position < size; position++) {
          assert.equal(order.countBefore(position, from, to), counted)
          const place = order.at(position)
          if (place >= from && place < to) counted++
        }
      },
    ),
    { seed: 14, numRuns: 200 },
  )
})

test('counts of the largest sizes are exact: the parts add up to the whole', () => {
  for (const size of [2 ** 32, 2 ** 40, 2 ** 40 - 87])
    for (const position of [1, 1000, size / 3, size - 1].map(Math.floor)) {
      const order = new Permutation(size, 7, stream, 1)
      const middle = Math.floor(size / 2)
      const parts = [order.countBefore(position, 0, middle), order.countBefore(position, middle, size)]
      assert.equal((parts[0] ?? 0) + (parts[1] ?? 0), position)
      for (const part of parts) assert.ok(part >= 0 && part <= middle + 1)
    }
})
