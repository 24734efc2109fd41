import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../measuring/histogram.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import { sampleSeconds } from '../testing/sample-charts.ts'
import { timeFiguresOf } from './figures.ts'
import {
  collectReportTimeline,
  maxColumns,
  maxTableRows,
  noTimeline,
  stepFor,
  stepsOf,
} from './report-timeline.ts'

for (const [seconds, step, tableStep] of [
  [0, 1, 1],
  [1, 1, 1],
  [25, 1, 1],
  [26, 1, 2],
  [299, 1, 15],
  [300, 2, 30],
  [600, 5, 30],
  [3600, 15, 300],
  [86_400, 300, 3600],
] as const)
  test(`${seconds} s are columns of ${step} s and table rows of ${tableStep} s`, () => {
    assert.deepEqual(stepsOf(seconds * 1000), { step, tableStep })
  })

test('a step is always found, and rows of tables consist of whole columns', () => {
  for (let seconds = 1; seconds < 1e9; seconds = Math.ceil(seconds * 1.7)) {
    const { step, tableStep } = stepsOf(seconds * 1000)
    assert.equal(tableStep % step, 0)
    assert.ok(Math.ceil(seconds / step) <= maxColumns && Math.ceil(seconds / tableStep) <= maxTableRows)
  }
  assert.equal(stepFor(1e12, 1), 604_800_000)
})

test('rows add histograms: their percentiles are those of all answers of their time', async () => {
  const seconds = [...sampleSeconds(47)]
  const { tableStep, tableRows, rows, responseTime } = await collectReportTimeline(seconds, 47_000)
  assert.equal(tableStep, 2)
  assert.equal(rows.length, 47)
  const overall = seconds.map(({ measurements }) => overallOfSet(measurements).responseTime)
  for (const [i, row] of tableRows.entries())
    assert.deepEqual(row.responseTimeMs, timeFiguresOf(Histogram.sumOf(overall.slice(2 * i, 2 * i + 2))))
  assert.deepEqual(responseTime, [...Histogram.sumOf(overall).buckets()])
})

test('a second that nobody reported has no row', async () => {
  const seconds = [...sampleSeconds(5)].filter(({ second }) => second !== 2)
  const { rows } = await collectReportTimeline(seconds, 5000)
  assert.deepEqual(
    rows.map(({ second }) => second),
    [0, 1, 3, 4],
  )
})

test('a run that lasted longer than its record says stays within the columns, and loses nothing', async () => {
  const { rows, step, responseTime } = await collectReportTimeline(sampleSeconds(1000, { answers: 3 }), 1000)
  assert.ok(rows.length <= maxColumns, String(rows.length))
  assert.ok(rows.every(({ second }, i) => second === i * step))
  const answered = rows.reduce((sum, row) => sum + row.answered, 0)
  assert.equal(
    responseTime.reduce((sum, { count }) => sum + count, 0),
    answered,
  )
  assert.equal(
    rows.reduce((sum, row) => sum + row.started, 0),
    3000,
  )
})

test('others have their turn while a long run is read', async () => {
  let turns = 0
  const breathe = async (): Promise<void> => {
    turns++
  }
  await collectReportTimeline(sampleSeconds(200, { answers: 1 }), 200_000, breathe)
  assert.equal(turns, 3)
})

test('without a second there is no row', async () => {
  assert.deepEqual(await collectReportTimeline([], 0), noTimeline)
})
