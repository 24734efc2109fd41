import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { sampleCharts } from '../../testing/sample-track.ts'
import type { Track } from '../model/track.ts'
import { ChartRows } from './chart-rows.ts'
import {
  addCounts,
  groupRows,
  heatColumns,
  maxTableRows,
  meanRate,
  p999Column,
  percentileRowMs,
} from './chart-table.ts'
import { errorSpec, flightSpec, latencySpec, rateSpec } from './line-spec.ts'

const sample = sampleCharts({ seconds: 60 })

const trackWith = (parts: Partial<Track>): Track => ({ ...sample.track, ...parts })

const cellsOf = (spec: typeof rateSpec, rows: ChartRows, group: number): string[] => {
  const found = groupRows(rows)[group]
  assert.ok(found)
  return spec.columns(rows).map((column) => column.cell(rows, found))
}

describe('the table of a chart', () => {
  it('has 25 rows at most, at round times, and leaves no second out', () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.integer({ min: 1, max: 1200 }),
        fc.constantFrom(1, 2, 5, 10, 15, 30, 60, 300),
        (first, length, step) => {
          const track = trackWith({ step, first, length })
          const rows = new ChartRows({ track, from: first * step, to: (first + length) * step })
          const groups = groupRows(rows)
          assert.ok(groups.length <= maxTableRows && groups.length > 0)
          assert.equal(groups[0]?.first, 0)
          assert.equal(groups.at(-1)?.end, length)
          for (let i = 1; i < groups.length; i++) assert.equal(groups[i]?.first, groups[i - 1]?.end)
        },
      ),
      { seed: 3, numRuns: 200 },
    )
    assert.deepEqual(
      groupRows(new ChartRows(sample))
        .slice(0, 2)
        .map(({ label }) => label),
      ['0:00–0:05', '0:05–0:10'],
    )
  })

  it('has means of rates over the seconds that were reported', () => {
    const track = trackWith({
      figures: { ...sample.track.figures, asked: [100, null, 200, 300, 200], answered: [1, null, 2, 3, 2] },
    })
    const rows = new ChartRows({ track: { ...track, length: 5 }, from: 0, to: 5 })
    assert.equal(meanRate(rows, 'asked', { first: 0, end: 5, label: '' }), 200)
    assert.equal(meanRate(rows, 'asked', { first: 1, end: 2, label: '' }), null)
    assert.deepEqual(cellsOf(rateSpec, rows, 1)[0], '–')
  })

  it('asks for what the plan did, of drivers that are gone too; a closed load asks for no rate', () => {
    const figures = { ...sample.track.figures, asked: [200, 100, 100], answered: [200, 100, 100] }
    const window = { track: trackWith({ figures, length: 3 }), from: 0, to: 3 }
    const gaps = [{ driver: 'd2', from: 1, to: 3, share: 0.5 }]
    const asked = rateSpec.lines.find(({ name }) => name === 'asked')
    assert.deepEqual(asked?.values(new ChartRows({ ...window, gaps })), [200, 200, 200])
    const closed = new ChartRows({ ...window, isClosed: true })
    assert.equal(asked?.isPresent?.(closed), false)
    assert.ok(rateSpec.columns(closed).every(({ heading }) => heading !== 'asked'))
    assert.match(rateSpec.sentence(closed), /^Answers and errors a second/)
  })

  it('weighs a row that is not full by its seconds', () => {
    const track = trackWith({ step: 30, length: 2, figures: { ...sample.track.figures, unsent: [10, 1] } })
    const rows = new ChartRows({ track, from: 0, to: 40 })
    assert.deepEqual([cellsOf(flightSpec, rows, 0)[1], cellsOf(flightSpec, rows, 1)[1]], ['300', '10'])
  })

  it('has a p99.9 only of seconds with ten thousand answers, and says so as the tiles do', () => {
    const figures = { ...sample.track.figures, p999: [80, 90, 70], answered: [9999, 10_000, 9000] }
    const rows = new ChartRows({ track: trackWith({ length: 60, figures }), from: 0, to: 60 })
    const line = latencySpec.lines.find(({ name }) => name === 'p99.9')
    assert.ok(line !== undefined)
    assert.deepEqual(line.values(rows), [null, 90, null])
    assert.deepEqual([line.lack?.(rows, 0), line.lack?.(rows, 3)], ['n < 10k', undefined])
    assert.equal(p999Column.cell(rows, { first: 0, end: 3, label: '' }), '90 ms')
    assert.equal(p999Column.cell(rows, { first: 2, end: 3, label: '' }), 'n < 10k')
    assert.equal(p999Column.cell(rows, { first: 3, end: 9, label: '' }), '–')
    // A row of thirty seconds has the answers of all of them.
    const long = trackWith({
      step: 30,
      length: 2,
      figures: { ...figures, p999: [80, 90], answered: [334, 334] },
    })
    assert.deepEqual(line.values(new ChartRows({ track: long, from: 0, to: 40 })), [80, null])
  })

  it('never averages percentiles: it names the worst second', () => {
    const length = 60
    const p99 = Array.from({ length }, (_, i) => (i === 3 ? 900 : 10))
    const rows = new ChartRows({
      track: trackWith({ figures: { ...sample.track.figures, p99 } }),
      from: 0,
      to: length,
    })
    const columns = latencySpec.columns(rows)
    const at = columns.findIndex(({ heading }) => heading === 'worst second’s p99')
    assert.equal(cellsOf(latencySpec, rows, 0)[at], '900 ms')
    assert.equal(cellsOf(latencySpec, rows, 1)[at], '10 ms')
  })

  it('adds errors of each kind', () => {
    const errors = Array.from({ length: 60 }, (_, i) => (i < 2 ? { timeout: 3, reset: 1 } : {}))
    const rows = new ChartRows({ track: trackWith({ errors }), from: 0, to: 60 })
    assert.deepEqual(
      errorSpec.columns(rows).map(({ heading }) => heading),
      ['timeout', 'reset'],
    )
    assert.deepEqual(cellsOf(errorSpec, rows, 0), ['6', '2'])
    assert.deepEqual(cellsOf(errorSpec, rows, 1), ['0', '0'])
  })

  it('adds the counts of the heat map, so that its percentiles are true', () => {
    const response = Array.from({ length: 60 }, (_, i) =>
      i === 1 ? null : i === 0 ? [0, 90] : [0, 0, 0, 10],
    )
    const rows = new ChartRows({ track: trackWith({ response }), from: 0, to: 60 })
    const [group] = groupRows(rows)
    assert.ok(group)
    assert.deepEqual(addCounts(rows, 'response', group), [0, 90, 0, 30])
    assert.equal(percentileRowMs([0, 90, 0, 10], 90), percentileRowMs([0, 1], 50))
    assert.ok((percentileRowMs([0, 90, 0, 10], 91) ?? 0) > (percentileRowMs([0, 90, 0, 10], 90) ?? 0))
    assert.equal(percentileRowMs([0, 0], 50), null)
    const columns = heatColumns('response', [{ ms: 0.0115 }])
    assert.deepEqual(
      columns.map(({ heading }) => heading),
      ['answers', '50 % took', '90 % took', '99 % took', 'slowest', 'over 11.5 us', 'errors'],
    )
    assert.equal(columns[0]?.cell(rows, group), '120')
    assert.equal(columns[5]?.cell(rows, group), '30')
  })
})
