import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram } from '../measuring/histogram.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import { sampleSeconds } from '../testing/sample-charts.ts'
import { sampleFigures } from '../testing/sample-result.ts'
import { timeFiguresOf } from './figures.ts'
import {
  collectReportTimeline,
  drawnRequests,
  maxColumns,
  maxRequestRows,
  maxTableRows,
  noTimeline,
  stepFor,
  stepsOf,
} from './report-timeline.ts'

for (const [seconds, step, tableStep, requestStep] of [
  [0, 1, 1, 1],
  [1, 1, 1, 1],
  [25, 1, 1, 1],
  [26, 1, 2, 1],
  [75, 1, 5, 2],
  [299, 1, 15, 5],
  [365, 2, 30, 10],
  [600, 2, 30, 10],
  [3600, 10, 300, 60],
  [86_400, 300, 3600, 1800],
] as const)
  test(`${seconds} s are columns of ${step} s, table rows of ${tableStep} s, and ${requestStep} s of a single request`, () => {
    assert.deepEqual(stepsOf(seconds * 1000), { step, tableStep, requestStep })
  })

test('a step is always found, and rows of tables consist of whole columns', () => {
  for (let seconds = 1; seconds < 1e9; seconds = Math.ceil(seconds * 1.7)) {
    const { step, tableStep, requestStep } = stepsOf(seconds * 1000)
    assert.equal(requestStep % step, 0)
    assert.ok(Math.ceil(seconds / requestStep) <= maxRequestRows)
    assert.equal(tableStep % step, 0)
    assert.ok(Math.ceil(seconds / step) <= maxColumns && Math.ceil(seconds / tableStep) <= maxTableRows)
  }
  assert.equal(stepFor(1e12, 1), 604_800_000)
})

test('rows add histograms: their percentiles are those of all answers of their time', async () => {
  const seconds = [...sampleSeconds(47)]
  const { tableStep, tableRows, rows, responseTime } = await collectReportTimeline(seconds, {
    elapsedMs: 47_000,
    requests: [],
  })
  assert.equal(tableStep, 2)
  assert.equal(rows.length, 47)
  const overall = seconds.map(({ measurements }) => overallOfSet(measurements).responseTime)
  for (const [i, row] of tableRows.entries())
    assert.deepEqual(row.responseTimeMs, timeFiguresOf(Histogram.sumOf(overall.slice(2 * i, 2 * i + 2))))
  assert.deepEqual(responseTime, [...Histogram.sumOf(overall).buckets()])
})

test('a second that nobody reported has no row', async () => {
  const seconds = [...sampleSeconds(5)].filter(({ second }) => second !== 2)
  const { rows } = await collectReportTimeline(seconds, { elapsedMs: 5000, requests: [] })
  assert.deepEqual(
    rows.map(({ second }) => second),
    [0, 1, 3, 4],
  )
})

test('a run that lasted longer than its record says stays within the columns, and loses nothing', async () => {
  const { rows, step, responseTime } = await collectReportTimeline(sampleSeconds(1000, { answers: 3 }), {
    elapsedMs: 1000,
    requests: [],
  })
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
  await collectReportTimeline(
    sampleSeconds(200, { answers: 1 }),
    { elapsedMs: 200_000, requests: [] },
    breathe,
  )
  assert.equal(turns, 3)
})

test('without a second there is no row', async () => {
  assert.deepEqual(await collectReportTimeline([], { elapsedMs: 0, requests: [] }), noTimeline)
})

test('each request by itself adds its own histograms, and a second without it is one of no answers', async () => {
  const requests = ['quick', 'GET /', 'never'].map((name, i) => ({
    name,
    kind: 'request' as const,
    ...sampleFigures(100, 3 - i),
  }))
  const seconds = [...sampleSeconds(90, { names: ['GET /', 'quick'] })]
  const timeline = await collectReportTimeline(seconds, { elapsedMs: 90_000, requests })
  assert.equal(timeline.requestStep, 2)
  assert.deepEqual(
    timeline.requests.map(({ name }) => name),
    ['quick', 'GET /', 'never'],
  )
  const [quick, , never] = timeline.requests
  const own = seconds.flatMap(({ measurements }) => measurements.get('request quick')?.measurement ?? [])
  assert.equal(quick?.rows.length, 45)
  for (const [i, row] of (quick?.rows ?? []).entries())
    assert.deepEqual(
      row.responseTimeMs,
      timeFiguresOf(Histogram.sumOf(own.slice(2 * i, 2 * i + 2).map((one) => one.responseTime))),
    )
  assert.deepEqual(
    never?.rows.map(({ answered, drivers }) => [answered, drivers]),
    Array.from({ length: 45 }, () => [0, 2]),
  )
})

test('only the requests with the worst p99 are drawn', () => {
  const requests = Array.from({ length: 30 }, (_, i) => ({
    name: `r${i}`,
    kind: 'request' as const,
    ...sampleFigures(100, 1 + i),
  }))
  const drawn = drawnRequests({ requests })
  assert.equal(drawn.length, 20)
  assert.deepEqual(drawn.slice(0, 2), ['r29', 'r28'])
})
