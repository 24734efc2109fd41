import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import * as hdr from 'hdr-histogram-js'
import { Histogram } from './histogram.ts'
import { HistogramRecorder } from './histogram-recorder.ts'
import { maxValueUs, slotHighUs, slotLowUs, slotOf } from './slots.ts'

const bounded = { seed: 20_260, numRuns: 150 }
const percentiles = [0.01, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999]

/** Times of every magnitude alike, from 0 us to 35 minutes. */
const time = fc
  .tuple(fc.nat({ max: maxValueUs }), fc.nat({ max: 30 }))
  .map(([value, shift]) => Math.floor(value / 2 ** shift))
const times = fc.array(time, { maxLength: 400 })
const someTimes = fc.array(time, { minLength: 1, maxLength: 400 })

const histogramOf = (values: readonly number[]): Histogram => {
  const recorder = new HistogramRecorder()
  for (const value of values) recorder.record(value)
  return recorder.take()
}

const oracleOf = (values: readonly number[]): hdr.Histogram => {
  const oracle = hdr.build({ highestTrackableValue: maxValueUs, numberOfSignificantValueDigits: 3 })
  for (const value of values) oracle.recordValue(value)
  return oracle
}

const same = (a: Histogram | undefined, b: Histogram): void => {
  assert.deepEqual([...(a?.buckets() ?? [])], [...b.buckets()])
  assert.deepEqual(a?.exact, b.exact)
}

/** The smallest value that at least `percentile` per cent do not exceed; `percentile` has three decimals at most. */
const rawPercentile = (sorted: readonly number[], percentile: number): number => {
  const rank = Math.ceil((Math.round(percentile * 1000) * sorted.length) / 100_000)
  return sorted[Math.max(1, rank) - 1] ?? Number.NaN
}

test('every value lies in its slot, and slots follow one another without gap', () => {
  let next = 0
  for (let slot = 0; slotHighUs(slot) < maxValueUs; slot++) {
    assert.equal(slotLowUs(slot), next)
    next = slotHighUs(slot) + 1
    assert.equal(slotOf(slotLowUs(slot)), slot)
    assert.equal(slotOf(slotHighUs(slot)), slot)
  }
  assert.equal(next, maxValueUs - 2 ** 20 + 1)
})

test('order and grouping of merges change nothing', () => {
  fc.assert(
    fc.property(times, times, times, (a, b, c) => {
      const [x, y, z] = [histogramOf(a), histogramOf(b), histogramOf(c)]
      const whole = histogramOf([...a, ...b, ...c])
      same(x.plus(y).plus(z), whole)
      same(x.plus(y.plus(z)), whole)
      same(z.plus(x).plus(y), whole)
      same(x.plus(Histogram.empty), x)
      same(Histogram.empty.plus(x), x)
    }),
    bounded,
  )
})

test('merging leaves both parts as they were', () => {
  const [a, b] = [histogramOf([1, 5000]), histogramOf([5000, 70_000])]
  a.plus(b)
  same(a, histogramOf([1, 5000]))
  same(b, histogramOf([5000, 70_000]))
})

test('encoding and decoding is the identity', () => {
  fc.assert(
    fc.property(times, (values) => {
      const histogram = histogramOf(values)
      same(Histogram.decode(histogram.encode(), histogram.exact), histogram)
    }),
    bounded,
  )
})

test('percentiles are those of hdr-histogram-js, but for the last slot, which the exact maximum cuts', () => {
  fc.assert(
    fc.property(someTimes, (values) => {
      const histogram = histogramOf(values)
      const oracle = oracleOf(values)
      for (const percentile of percentiles)
        assert.equal(
          histogram.percentileUs(percentile),
          Math.min(oracle.getValueAtPercentile(percentile), Math.max(...values)),
          `p${percentile}`,
        )
      assert.equal(histogram.count, oracle.totalCount)
    }),
    bounded,
  )
})

test('hdr-histogram-js reads what we write', () => {
  fc.assert(
    fc.property(someTimes, (values) => {
      const read = hdr.decodeFromCompressedBase64(histogramOf(values).encode())
      const oracle = oracleOf(values)
      assert.equal(read.totalCount, values.length)
      for (const percentile of percentiles)
        assert.equal(read.getValueAtPercentile(percentile), oracle.getValueAtPercentile(percentile))
    }),
    bounded,
  )
})

test('we read what hdr-histogram-js writes', () => {
  fc.assert(
    fc.property(times, (values) => {
      const histogram = histogramOf(values)
      const read = Histogram.decode(hdr.encodeIntoCompressedBase64(oracleOf(values)), histogram.exact)
      same(read, histogram)
    }),
    bounded,
  )
})

test('a heavy tail beyond a minute survives the way through another library', () => {
  const values = Array.from({ length: 20_000 }, (_, i) => Math.floor(900 / ((i + 0.5) / 20_000) ** 1.3))
  const histogram = histogramOf(values)
  assert.ok((histogram.maxUs ?? 0) > 60_000_000)
  const relayed = hdr.encodeIntoCompressedBase64(hdr.decodeFromCompressedBase64(histogram.encode()))
  same(Histogram.decode(relayed, histogram.exact), histogram)
})

test('merged percentiles are within 0.1 % of those of all raw samples', () => {
  fc.assert(
    fc.property(fc.array(someTimes, { minLength: 2, maxLength: 5 }), (parts) => {
      const merged = parts.map(histogramOf).reduce((a, b) => a.plus(b), Histogram.empty)
      const sorted = parts.flat().sort((a, b) => a - b)
      for (const percentile of percentiles) {
        const truth = rawPercentile(sorted, percentile)
        const read = merged.percentileUs(percentile) ?? Number.NaN
        assert.ok(read >= truth && read <= truth * 1.001, `p${percentile}: ${read} for ${truth}`)
      }
    }),
    bounded,
  )
})

test('count, sum, minimum, maximum and mean are exact', () => {
  const values = [123_456, 123_457, 7_654_321, 3, 999_999_999]
  const histogram = histogramOf(values)
  const sumUs = values.reduce((a, b) => a + b, 0)
  assert.deepEqual(histogram.exact, { count: 5, sumUs, minUs: 3, maxUs: 999_999_999 })
  assert.equal(histogram.meanUs, sumUs / 5)
  assert.equal(histogram.percentileUs(0), 3)
  assert.equal(histogram.percentileUs(100), 999_999_999)
})

test('a percentile rank that is whole is not pushed up by binary fractions', () => {
  const histogram = histogramOf(Array.from({ length: 1000 }, (_, i) => i + 1))
  for (const percentile of [0.1, 7, 14, 28, 29, 55, 56, 57, 58, 99.9])
    assert.equal(histogram.percentileUs(percentile), Math.round(percentile * 10), `p${percentile}`)
})

test('the figures of nothing are null', () => {
  const { empty } = Histogram
  const figures = [empty.minUs, empty.meanUs, empty.medianUs, empty.modeUs, empty.maxUs]
  assert.deepEqual(figures, [null, null, null, null, null])
  assert.equal(empty.percentileUs(99), null)
  assert.equal(empty.shareAtOrBelowUs(5), null)
  assert.deepEqual([...empty.buckets()], [])
  same(Histogram.decode(empty.encode()), empty)
})

const modes = [
  { what: 'the most frequent value', values: [7, 5, 5, 9], mode: 5 },
  { what: 'of equally frequent values the lowest', values: [9, 9, 4, 4, 6], mode: 4 },
  // 100,000 us lies in a slot 64 us wide: 65 values there are denser than 1 in a slot of 1 us, 64 are not.
  {
    what: 'the dense narrow slot before a fuller wide one',
    values: [3, ...Array(64).fill(100_000)],
    mode: 3,
  },
  {
    what: 'a wide slot once it is denser',
    values: [3, 99_990, ...Array(65).fill(100_000), 200_000],
    mode: 99_999.5,
  },
  { what: 'no middle beyond the maximum', values: [99_970, 99_970], mode: 99_970 },
]
for (const { what, values, mode } of modes)
  test(`the mode is ${what}`, () => {
    assert.equal(histogramOf(values).modeUs, mode)
  })

test('the share at or below a time grows from 0 to 1', () => {
  const histogram = histogramOf([10, 20, 20, 5_000_000])
  const shares = [9, 10, 19.9, 20, 4_000_000, 5_000_000, 2 ** 32].map((us) => histogram.shareAtOrBelowUs(us))
  assert.deepEqual(shares, [0, 0.25, 0.25, 0.75, 0.75, 1, 1])
})

test('buckets cover their values and add up', () => {
  fc.assert(
    fc.property(times, (values) => {
      const counted = [...histogramOf(values).buckets()].map(
        ({ fromUs, toUs, count }) =>
          values.filter((v) => v >= fromUs && v <= toUs).length === count && count > 0,
      )
      assert.ok(counted.every(Boolean))
      assert.equal(
        [...histogramOf(values).buckets()].reduce((sum, { count }) => sum + count, 0),
        values.length,
      )
    }),
    { ...bounded, numRuns: 40 },
  )
})

test('counts are exact far beyond 32 bits', () => {
  let histogram = histogramOf([1, 30])
  for (let i = 0; i < 45; i++) histogram = histogram.plus(histogram)
  assert.equal(histogram.count, 2 ** 46)
  const read = Histogram.decode(histogram.encode(), histogram.exact)
  same(read, histogram)
  assert.equal(hdr.decodeFromCompressedBase64(histogram.encode(), 64).totalCount, 2 ** 46)
})

test('a sum beyond 2^53 microseconds is kept to 15 digits', () => {
  let histogram = histogramOf([59_999_999, 2_000_000_001, 1])
  for (let i = 0; i < 30; i++) histogram = histogram.plus(histogram).plus(histogramOf([3]))
  const read = Histogram.decode(histogram.encode(), histogram.exact)
  same(read, histogram)
  assert.ok(Math.abs((histogram.meanUs ?? 0) / ((2_060_000_001 * 2 ** 30) / (4 * 2 ** 30)) - 1) < 1e-6)
})

test('figures that contradict the slots are refused', () => {
  const histogram = histogramOf([100, 200, 90_000])
  const { exact } = histogram
  const text = histogram.encode()
  const wrong = [
    { ...exact, count: 4 },
    { ...exact, minUs: 99 },
    { ...exact, maxUs: 91_000 },
    { ...exact, maxUs: 90_000.5 },
    { ...exact, maxUs: Number.NaN },
    { ...exact, minUs: 100 + 2 ** 32 },
    { ...exact, sumUs: 1 },
    { ...exact, sumUs: exact.sumUs + 100 },
    { ...exact, sumUs: Number.POSITIVE_INFINITY },
  ]
  for (const figures of wrong)
    assert.equal(Histogram.decode(text, figures), undefined, JSON.stringify(figures))
  assert.equal(Histogram.decode(Histogram.empty.encode(), exact), undefined)
  same(Histogram.decode(text, exact), histogram)
})

test('without exact figures they are read from the slots', () => {
  const read = Histogram.decode(histogramOf([100, 90_001]).encode())
  // 90,001 lies in the slot from 89,984 to 90,047... of 64 us.
  assert.deepEqual(read?.exact, { count: 2, sumUs: 90_116, minUs: 100, maxUs: 90_047 })
})
