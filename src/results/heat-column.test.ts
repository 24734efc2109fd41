import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HistogramRecorder } from '../measuring/histogram-recorder.ts'
import { columnOf, decodeColumn, encodeColumn, rowOfUs, rowStartUs } from './heat-column.ts'

const histogramOf = (timesUs: Iterable<number>) => {
  const recorder = new HistogramRecorder()
  for (const us of timesUs) recorder.record(us)
  return recorder.take()
}

describe('rows of the heat map', () => {
  it('are 8 to a doubling, from 10 us', () => {
    const table: [number, number][] = [
      [0, 0],
      [1, 0],
      [9.5, 0],
      [10, 0],
      [16, 6],
      [32, 14],
      [1024, 54],
      [60_000_000, 180],
    ]
    for (const [us, row] of table) assert.equal(rowOfUs(us), row, `${us} us`)
  })

  it('begin where they say', () => {
    for (let row = 1; row < 222; row++) {
      assert.equal(rowOfUs(rowStartUs(row) * 1.0001), row)
      assert.equal(rowOfUs(rowStartUs(row) * 0.9999), row - 1)
    }
  })
})

describe('a column', () => {
  it('is read as it was written', () => {
    const counts = fc.array(fc.oneof(fc.constant(0), fc.nat(300), fc.nat(2 ** 40)), { maxLength: 220 })
    fc.assert(
      fc.property(counts, (given) => {
        const read = decodeColumn(encodeColumn(given)) ?? []
        for (let row = 0; row < given.length; row++) assert.equal(read[row] ?? 0, given[row])
        assert.ok(read.length <= given.length)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('is a few bytes by the example of the document', () => {
    assert.equal(encodeColumn([]), '')
    assert.deepEqual(
      [...Buffer.from(encodeColumn([0, 0, 5, 0, 0, 0, 300]), 'base64')],
      [2, 5, 0, 2, 0xac, 0x02],
    )
  })

  it('holds every value of its histogram, and is small', () => {
    const times = Array.from(
      { length: 10_000 },
      (_, i) => 200 + ((i * 7919) % 5000) + (i % 100 === 0 ? 200_000 : 0),
    )
    const column = columnOf(histogramOf(times))
    const counts = decodeColumn(column) ?? []
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      times.length,
    )
    assert.equal(counts[rowOfUs(201_000)], counts.slice(rowOfUs(200_000), rowOfUs(210_000)).at(0))
    assert.ok(column.length <= 200, `${column.length} characters`)
  })

  it('that is none is refused', () => {
    for (const text of ['gA==', 'AgA=', '//////8P']) assert.equal(decodeColumn(text), undefined, text)
  })
})
