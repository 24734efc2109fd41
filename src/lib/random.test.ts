import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { drawExponential, drawFraction, drawInteger, drawUint32, streamOf } from './random.ts'

const safeInteger = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: 0, max: 1000 }))

test('a draw is a pure function of seed, stream and index, and lies in its range, for any safe integers', () => {
  fc.assert(
    fc.property(safeInteger, fc.string(), safeInteger, (seed, name, index) => {
      const stream = streamOf(name)
      const word = drawUint32(seed, stream, index)
      assert.ok(Number.isInteger(word) && word >= 0 && word < 2 ** 32)
      assert.equal(word, drawUint32(seed, stream, index))
      const fraction = drawFraction(seed, stream, index)
      assert.ok(fraction >= 0 && fraction < 1)
      assert.ok(drawExponential(seed, stream, index) >= 0)
      const integer = drawInteger(seed, stream, index, -3, 12)
      assert.ok(Number.isInteger(integer) && integer >= -3 && integer <= 12)
    }),
    { seed: 7, numRuns: 2000 },
  )
})

test('draws are spread evenly: the chi-squared of 256 cells over 65,536 draws is no surprise', () => {
  for (const seed of [0, 1, 42, 2 ** 32, 2 ** 40 + 1]) {
    const cells = new Float64Array(256)
    for (let i = 0; i < 65_536; i++) {
      const cell = Math.floor(drawFraction(seed, streamOf('spread'), i) * 256)
      cells[cell] = (cells[cell] ?? 0) + 1
    }
    const chiSquared = cells.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0)
    // 255 degrees of freedom: mean 255, standard deviation 22.6; six of these both ways.
    assert.ok(chiSquared > 120 && chiSquared < 391, `seed ${seed}: ${chiSquared}`)
  }
})

/** Correlation of two series of fractions; of independent ones its deviation is 1 / root of n. */
const correlationOf = (a: (i: number) => number, b: (i: number) => number, n: number): number => {
  let sum = 0
  for (let i = 0; i < n; i++) sum += (a(i) - 0.5) * (b(i) - 0.5)
  return (sum / n) * 12
}

test('streams, seeds and neighbours are independent of each other', () => {
  const [one, other] = [streamOf('arrivals'), streamOf('weights')]
  const n = 40_000
  const base = (i: number) => drawFraction(42, one, i)
  const pairs: Record<string, (i: number) => number> = {
    'another stream': (i) => drawFraction(42, other, i),
    'the next seed': (i) => drawFraction(43, one, i),
    'the next index': (i) => drawFraction(42, one, i + 1),
    'seed and index changed places': (i) => drawFraction(i, one, 42),
    'the stream of the low bits': (i) => drawFraction(42, one ^ 0x5bd1e995, i),
    'a seed that differs above 32 bits': (i) => drawFraction(42 + 2 ** 32, one, i),
    'an index that differs above 32 bits': (i) => drawFraction(42, one, i + 2 ** 32),
  }
  for (const [name, draw] of Object.entries(pairs)) {
    const correlation = correlationOf(base, draw, n)
    assert.ok(Math.abs(correlation) < 5 / Math.sqrt(n), `${name}: ${correlation}`)
  }
})

test('the mean of an exponential draw is 1', () => {
  let sum = 0
  for (let i = 0; i < 50_000; i++) sum += drawExponential(1, streamOf('gaps'), i)
  assert.ok(Math.abs(sum / 50_000 - 1) < 0.03, `${sum / 50_000}`)
})

test('every integer of a small range is drawn, about equally often', () => {
  const counts = new Map<number, number>()
  for (let i = 0; i < 6000; i++) {
    const drawn = drawInteger(5, streamOf('die'), i, 1, 6)
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1)
  }
  assert.deepEqual([...counts.keys()].sort(), [1, 2, 3, 4, 5, 6])
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 160, `${count}`)
})
