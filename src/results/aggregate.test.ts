import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foldRun, type RunEvent, type RunState } from '../orchestrator/run-state.ts'
import { tellStory } from '../testing/driver-story.ts'
import {
  foreignReport,
  foreignRun,
  foreignRunId,
  foreignStartMs,
  foreignTold,
  type SaidInReport,
} from '../testing/sample-foreign.ts'
import { aggregateOf, aggregateOfResult } from './aggregate.ts'
import { buildResult } from './build-result.ts'

const nowMs = foreignStartMs + 3500
const fold = (state: RunState, events: readonly RunEvent[]): RunState => events.reduce(foldRun, state)
const said = (id: string, figures: SaidInReport): RunEvent =>
  foreignTold(foreignStartMs + 3000, foreignReport(id, `${id}/1`, figures))

const stories = ['d-1', 'd-2'].map((id, i) => tellStory(id, foreignRunId, { seed: i + 1, seconds: 3 }))
const measured = stories.flatMap(({ reports }) =>
  reports.map((message) => foreignTold(foreignStartMs + (message.interval?.end_ms ?? 0), message)),
)
const ours = { ours: ['d-1', 'd-2'] }
const alone = aggregateOf(fold(foreignRun([], ours), measured), nowMs)

describe('the figures over all drivers', () => {
  it('are those of the merged histograms where all measure', () => {
    const { aggregate, drivers } = alone
    assert.deepEqual([aggregate.drivers, aggregate.mergedFrom, aggregate.unit], [2, 2, 'ms'])
    assert.equal(
      aggregate.sent,
      drivers.reduce((sum, driver) => sum + (driver.sent ?? Number.NaN), 0),
    )
    assert.equal(aggregate.min, Math.min(...drivers.map(({ min }) => min ?? Number.NaN)))
    assert.equal(aggregate.max, Math.max(...drivers.map(({ max }) => max ?? Number.NaN)))
    const [one, other] = drivers
    assert.ok(one?.completed && other?.completed && one.mean && other.mean)
    const mean = (one.completed * one.mean + other.completed * other.mean) / (one.completed + other.completed)
    assert.ok(Math.abs((aggregate.mean ?? 0) - mean) < 1e-9)
    assert.ok(aggregate.median !== null && aggregate.mode !== null && aggregate.p99 !== null)
    assert.deepEqual(
      Object.keys(one),
      'nodeId state ageMs sent completed errors min max mean median mode rate latenessP99'.split(' '),
    )
  })

  it('with one written by others that says all: sums, extremes and mean are of all, the rest of those that measure', () => {
    const figures = { sent: 1000, completed: 990, errors: 4, times: [0.001, 70, 60, 50, 9e6] } as const
    const state = fold(foreignRun(['f-1'], ours), [...measured, said('f-1', figures)])
    const { aggregate, drivers } = aggregateOf(state, nowMs)
    assert.equal(aggregate.sent, (alone.aggregate.sent ?? 0) + 1000)
    assert.equal(aggregate.completed, (alone.aggregate.completed ?? 0) + 990)
    assert.equal(aggregate.errors, (alone.aggregate.errors ?? 0) + 4)
    assert.deepEqual([aggregate.min, aggregate.max], [0.001, 9e6])
    const before = alone.aggregate
    const count = before.completed ?? 0
    const mean = (count * (before.mean ?? 0) + 990 * 70) / (count + 990)
    assert.ok(Math.abs((aggregate.mean ?? 0) - mean) < 1e-6)
    assert.deepEqual(
      [
        aggregate.median,
        aggregate.mode,
        aggregate.p90,
        aggregate.p99,
        aggregate.drivers,
        aggregate.mergedFrom,
      ],
      [before.median, before.mode, before.p90, before.p99, 3, 2],
    )
    assert.deepEqual(drivers[2], {
      nodeId: 'f-1',
      state: 'finished',
      ageMs: 500,
      sent: 1000,
      completed: 990,
      errors: 4,
      min: 0.001,
      max: 9e6,
      mean: 70,
      median: 60,
      mode: 50,
      rate: null,
      latenessP99: null,
    })
  })

  it('are unknown, never 0, where a driver does not say them', () => {
    const state = fold(foreignRun(['f-1'], ours), [...measured, said('f-1', { times: [1, 5, 4, null, 9] })])
    const { aggregate, drivers } = aggregateOf(state, nowMs)
    assert.deepEqual(
      [aggregate.sent, aggregate.completed, aggregate.errors, aggregate.mean],
      [null, null, null, null],
    )
    assert.deepEqual([drivers[2]?.sent, drivers[2]?.mode, drivers[2]?.median], [null, null, 4])
    assert.equal(aggregate.median, alone.aggregate.median)
  })

  it('of the result are those of the run', () => {
    const state = fold(foreignRun(['f-1'], ours), [
      ...measured,
      said('f-1', { completed: 9, times: [1, 5, 4, 3, 9] }),
    ])
    const result = buildResult(state, state.scenario, nowMs)
    assert.deepEqual(
      aggregateOfResult(JSON.parse(JSON.stringify(result))),
      aggregateOf(state, nowMs).aggregate,
    )
  })

  const means: [what: string, told: SaidInReport[], mean: number | null][] = [
    ['before any answer', [{ sent: 3, completed: 0 }], null],
    ['of one that says how many', [{ completed: 10, times: [1, 5, 4, 4, 9] }], 5],
    [
      'of two that say how many',
      [
        { completed: 30, times: [1, 2, 2, 2, 9] },
        { completed: 10, times: [1, 6, 6, 6, 9] },
      ],
      3,
    ],
    [
      'with one that has no answer yet',
      [
        { completed: 10, times: [1, 5, 4, 4, 9] },
        { sent: 8, completed: 0 },
      ],
      5,
    ],
    [
      'with one that does not say how many',
      [{ completed: 10, times: [1, 5, 4, 4, 9] }, { times: [1, 6, 6, 6, 9] }],
      null,
    ],
    ['with one that says nothing', [{ completed: 10, times: [1, 5, 4, 4, 9] }, {}], 5],
  ]
  for (const [what, told, mean] of means)
    it(`the mean ${what} is ${mean ?? 'unknown'}; without histograms there is no median of all`, () => {
      const ids = told.map((_, i) => `f-${i}`)
      const state = fold(
        foreignRun(ids),
        told.map((figures, i) => said(`f-${i}`, figures)),
      )
      const { aggregate } = aggregateOf(state, nowMs)
      assert.deepEqual(
        [aggregate.mean, aggregate.median, aggregate.mode, aggregate.mergedFrom],
        [mean, null, null, 0],
      )
    })
})
