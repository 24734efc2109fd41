import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HistogramRecorder } from '../../measuring/histogram-recorder.ts'
import {
  barHeight,
  barsPath,
  countByRow,
  countTicks,
  curveOf,
  ninesAxis,
  ninesOf,
  outlinePath,
  rangeOfBars,
  sharePercent,
  tableOfCounts,
} from './spectrum-bars.ts'

const bar = (us: number, count: number) => ({ fromUs: us, toUs: us, count })

describe('the spectrum of a second', () => {
  it('counts every answer in the row of the heat map', () => {
    const counts = countByRow([bar(1000, 5), bar(1001, 2), bar(4000, 1)])
    assert.equal(
      counts.reduce((a, b) => a + b, 0),
      8,
    )
    assert.deepEqual(
      counts.filter((count) => count > 0),
      [7, 1],
    )
  })

  it('has an axis of round times around all bars', () => {
    assert.deepEqual(rangeOfBars([[bar(1500, 1)], [bar(90_000, 1)]]), { fromMs: 1, toMs: 100 })
    assert.equal(rangeOfBars([[], []]), undefined)
  })

  it('shows one slow answer beside a thousand', () => {
    assert.ok(barHeight(1, 1000) > 0.1)
    assert.equal(barHeight(1000, 1000), 1)
    assert.equal(barHeight(0, 1000), 0)
    assert.deepEqual(countTicks(1500), [1, 10, 100, 1000])
    assert.deepEqual(countTicks(3), [1, 10])
  })

  it('draws a bar for each row, and an outline that goes down where there is nothing', () => {
    const x = (ms: number) => ms * 1000
    const y = (count: number) => 100 - count
    assert.equal(barsPath([0, 5, 0, 7], x, y, 100).match(/M/g)?.length, 2)
    const outline = outlinePath([0, 5, 6, 0, 7], x, y, 100)
    assert.equal(outline.match(/M/g)?.length, 2)
    assert.equal(outline.match(/V100/g)?.length, 2)
    assert.ok(outline.endsWith('V100'))
  })

  it('has a table of 25 rows at most that adds up', () => {
    const response = Array.from({ length: 180 }, (_, i) => i % 3)
    const rows = tableOfCounts(response, [0, 4])
    assert.ok(rows.length <= 25)
    assert.equal(
      rows.reduce((sum, row) => sum + row.response, 0),
      response.reduce((a, b) => a + b, 0),
    )
    assert.equal(
      rows.reduce((sum, row) => sum + row.service, 0),
      4,
    )
    assert.deepEqual(tableOfCounts([], []), [])
  })
})

describe('the curve of percentiles', () => {
  it('has each nine as wide as the one before', () => {
    assert.ok(Math.abs(ninesOf(0.9) - 1) < 1e-9)
    assert.ok(Math.abs(ninesOf(0.999) - 3) < 1e-9)
    assert.equal(ninesOf(0), 0)
    assert.deepEqual(ninesAxis([1000]).shares.map(sharePercent), ['0 %', '50 %', '90 %', '99 %', '99.9 %'])
    assert.equal(ninesAxis([1001]).nines, 4)
  })

  it('passes through the percentiles of the histogram, up to the slowest', () => {
    const recorder = new HistogramRecorder()
    for (let i = 1; i <= 1000; i++) recorder.record(i * 100)
    const histogram = recorder.take()
    const points = curveOf([...histogram.buckets()])
    const at99 = points.filter(({ nines }) => nines <= 2 + 1e-9).at(-1)?.ms ?? 0
    assert.ok(Math.abs(at99 - (histogram.percentileUs(99) ?? 0) / 1000) < 0.5, String(at99))
    assert.ok(Math.abs((points.at(-1)?.ms ?? 0) - 100) < 0.5)
    assert.ok(Math.abs((points.at(-1)?.nines ?? 0) - 3) < 1e-9)
    for (let i = 1; i < points.length; i++) {
      assert.ok((points[i]?.nines ?? 0) >= (points[i - 1]?.nines ?? 0))
      assert.ok((points[i]?.ms ?? 0) >= (points[i - 1]?.ms ?? 0))
    }
  })
})
