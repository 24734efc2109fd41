import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { rowOfUs } from '../../results/heat-column.ts'
import { sampleCharts } from '../../testing/sample-track.ts'
import type { HeatCounts, Track } from '../model/track.ts'
import { ChartRows } from './chart-rows.ts'
import {
  cellTimes,
  emptyStep,
  HeatGrid,
  type HeatShape,
  heatRowsOf,
  paintColumns,
  widenFor,
} from './heat-grid.ts'
import { stepOfCount } from './heat-palette.ts'
import { boundsOf, cellAt, columnAt, placeOf, shapeFor } from './heat-place.ts'
import { commonHeatScale, heatRangeOf } from './heat-scale.ts'

const { track } = sampleCharts({ seconds: 40 })

const trackOf = (response: (HeatCounts | null)[], first = 0): Track => ({
  ...track,
  first,
  length: response.length,
  seconds: response.map((_, i) => first + i),
  response,
})

const shape: HeatShape = {
  time: 'response',
  mode: 'count',
  widen: 1,
  thicken: 1,
  firstRow: 0,
  cells: 4,
  width: 8,
  step: 1,
}

const windowOf = (of: Track, from: number, to: number): ChartRows => new ChartRows({ track: of, from, to })

describe('the cells of a heat map', () => {
  it('are one byte each, the highest latency first', () => {
    const grid = new HeatGrid(shape)
    const most = grid.take(windowOf(trackOf([[3, 0, 1], null, []]), 0, 3))
    assert.equal(most, 3)
    assert.deepEqual(grid.colour(4), [0, 1, 2])
    const column = (x: number): number[] => [0, 1, 2, 3].map((cell) => grid.steps[(3 - cell) * 8 + x] ?? -1)
    assert.deepEqual(column(0), [stepOfCount(3, 4), emptyStep, stepOfCount(1, 4), emptyStep])
    assert.deepEqual(column(1), [emptyStep, emptyStep, emptyStep, emptyStep])
    assert.deepEqual(
      [0, 1, 2].map((second) => grid.column(second).isReported),
      [true, false, true],
    )
  })

  it('cost one column for a new second, and one for a second said again', () => {
    const response: (HeatCounts | null)[] = [[1], [2], [3], [1]]
    const grid = new HeatGrid(shape)
    grid.take(windowOf(trackOf(response), 0, 4))
    assert.deepEqual(grid.colour(4), [0, 1, 2, 3])
    grid.take(windowOf(trackOf(response), 0, 4))
    assert.deepEqual(grid.colour(4), [])
    grid.take(windowOf(trackOf([...response, [2]]), 1, 5))
    assert.deepEqual(grid.colour(4), [4])
    response[2] = [1, 1]
    grid.take(windowOf(trackOf([...response, [2]]), 1, 5))
    assert.deepEqual(grid.colour(4), [2, 4])
  })

  it('are coloured anew when the scale is another', () => {
    const grid = new HeatGrid(shape)
    grid.take(windowOf(trackOf([[1], [2]]), 0, 2))
    grid.colour(2)
    assert.deepEqual(grid.colour(4), [0, 1])
  })

  it('go round the ring: the newest second takes the place of the one that left', () => {
    const counts = Array.from({ length: 30 }, (_, i) => [i + 1])
    const grid = new HeatGrid(shape)
    for (let to = 8; to <= 30; to++) {
      grid.take(windowOf(trackOf(counts), to - 8, to))
      grid.colour(64)
    }
    for (let second = 22; second < 30; second++) {
      assert.equal(grid.steps[3 * 8 + (second % 8)], stepOfCount(second + 1, 64))
      assert.equal(grid.cell(second, 0).count, second + 1)
    }
    assert.equal(grid.column(21).isReported, false)
  })

  it('add seconds to a column and rows to a cell without losing an answer', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.array(fc.nat(9), { maxLength: 12 })), { minLength: 1, maxLength: 20 }),
        fc.constantFrom(1, 2, 5),
        fc.constantFrom(1, 2),
        (response, widen, thicken) => {
          const grid = new HeatGrid({ ...shape, widen, thicken, cells: 12 / thicken, width: 32 })
          grid.take(windowOf(trackOf(response), 0, response.length))
          let sum = 0
          for (let column = grid.first; column < grid.end; column++)
            for (let cell = 0; cell < 12 / thicken; cell++) sum += grid.cell(column, cell).count
          assert.equal(
            sum,
            response.flatMap((counts) => counts ?? []).reduce((a, b) => a + b, 0),
          )
        },
      ),
      { seed: 9, numRuns: 100 },
    )
  })

  it('tell the share at or below, up to all', () => {
    const grid = new HeatGrid(shape)
    grid.take(windowOf(trackOf([[2, 3, 5]]), 0, 1))
    assert.deepEqual(grid.cell(0, 1), { count: 3, atOrBelow: 5, total: 10 })
    assert.deepEqual(grid.cell(0, 3), { count: 0, atOrBelow: 10, total: 10 })
  })

  it('are painted only where they changed, and nothing is transparent', () => {
    const grid = new HeatGrid(shape)
    grid.take(windowOf(trackOf([[1], [1]]), 0, 2))
    grid.colour(2)
    const image = new Uint32Array(8 * 4).fill(7)
    paintColumns(grid, [1], new Uint32Array(64).fill(0xff112233), image)
    assert.equal(image[3 * 8 + 1], 0xff112233)
    assert.equal(image[1], 0)
    assert.equal(image[3 * 8], 7)
  })

  it('have the colour of their share where that is asked for', () => {
    const grid = new HeatGrid({ ...shape, mode: 'share' })
    grid.take(
      windowOf(
        trackOf([
          [1, 1],
          [500, 500],
        ]),
        0,
        2,
      ),
    )
    grid.colour(512)
    assert.equal(grid.steps[3 * 8], grid.steps[3 * 8 + 1])
  })
})

describe('what lies under a pointer', () => {
  const rows = windowOf(track, 0, 40)
  const range = { fromMs: 0.5, toMs: 1000 }
  const look = { time: 'response', mode: 'count' } as const

  it('is the second and the row of the latency', () => {
    const grid = new HeatGrid(shapeFor(rows, range, { width: 800, height: 300 }, look))
    grid.take(rows)
    const place = placeOf(grid, 12.7, 4.2)
    assert.equal(place?.second, 12)
    const { fromMs, toMs } = cellTimes(grid.shape, cellAt(grid, 12, place?.ms))
    assert.ok(fromMs <= 4.2 && 4.2 < toMs)
    assert.equal(rowOfUs(4200), rowOfUs((place?.ms ?? 0) * 1000))
    assert.equal(placeOf(grid, 40.2, 4.2), undefined)
    assert.equal(placeOf(grid, -0.2, 4.2), undefined)
  })

  it('is where most answers are if the pointer has no height', () => {
    const grid = new HeatGrid(shapeFor(rows, range, { width: 800, height: 300 }, look))
    grid.take(rows)
    const fullest = grid.cell(3, cellAt(grid, 3, undefined)).count
    assert.equal(
      fullest,
      Math.max(...Array.from({ length: grid.shape.cells }, (_, cell) => grid.cell(3, cell).count)),
    )
  })

  it('is a wider column and a higher cell in a small picture', () => {
    const small = shapeFor(rows, range, { width: 9, height: 60 }, look)
    assert.deepEqual([small.widen, small.thicken], [5, 2])
    assert.equal(small.firstRow % 2, 0)
    const grid = new HeatGrid(small)
    grid.take(rows)
    assert.deepEqual([boundsOf(grid)?.first, boundsOf(grid)?.last, boundsOf(grid)?.step], [0, 35, 5])
    assert.equal(placeOf(grid, 13, 4)?.second, 10)
    assert.equal(columnAt(grid, 13), 2)
  })

  it('moves by a cell up and down, and stays in the field', () => {
    const grid = new HeatGrid(shapeFor(rows, range, { width: 800, height: 300 }, look))
    grid.take(rows)
    const move = boundsOf(grid)?.moveMs
    const up = move?.(3, 4.2, 1) ?? 0
    assert.equal(cellAt(grid, 3, up), cellAt(grid, 3, 4.2) + 1)
    assert.equal(cellAt(grid, 3, move?.(3, 999, 5)), grid.shape.cells - 1)
    assert.equal(cellAt(grid, 3, move?.(3, 0.5, -5)), 0)
  })

  it('covers the axis whole', () => {
    assert.equal(widenFor(600, 600), 1)
    assert.equal(widenFor(601, 600), 2)
    assert.equal(widenFor(1200, 250), 5)
    const { firstRow, cells } = heatRowsOf(1, 1000, 1)
    assert.ok(cellTimes({ firstRow, thicken: 1 }, 0).fromMs <= 1.0001)
    assert.ok(cellTimes({ firstRow, thicken: 1 }, cells - 1).toMs >= 999.9)
  })
})

describe('a common scale', () => {
  it('holds the answers and counts of both maps', () => {
    const a = { rows: windowOf(trackOf([[1, 700]]), 0, 1), limits: [] }
    const b = {
      rows: windowOf(
        trackOf([[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]]),
        0,
        1,
      ),
      limits: [],
    }
    const { fromMs, toMs, mostCount } = commonHeatScale([a, b])
    assert.equal(mostCount, 1024)
    assert.ok(fromMs <= 0.011 && toMs >= cellTimes({ firstRow: 0, thicken: 1 }, 24).toMs)
  })

  it('has no range where nothing was answered', () => {
    const empty = { ...track, response: track.response.map(() => []), service: track.service.map(() => null) }
    assert.equal(heatRangeOf([{ rows: windowOf(empty, 0, 40), limits: [] }]), undefined)
  })
})
