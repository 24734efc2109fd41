import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newDriverProgress } from '../orchestrator/driver-progress.ts'
import { newRunState, type RunState } from '../orchestrator/run-state.ts'
import { sampleScenario } from '../testing/sample-scenario.ts'
import { sampleSecond } from '../testing/sample-seconds.ts'
import { buildResult } from './build-result.ts'
import { decodeColumn } from './heat-column.ts'
import { liveFiguresOf } from './live-figures.ts'
import {
  buildUpdates,
  cursorAtNewest,
  type RunUpdate,
  type RunView,
  type UpdateCursor,
} from './run-update.ts'

const startMs = 1_000_000

const running = (seconds: RunState['seconds']): RunState => {
  const scenario = sampleScenario({ drivers: 2, slo: ['p99 < 250ms'] })
  const driver = (id: string, share: number) => ({
    ...newDriverProgress({ id, pid: 1, isAbsent: false, isForeign: false, clock: null }, share, startMs),
    phase: 'running' as const,
    reportedMs: seconds.length * 1000,
  })
  return {
    ...newRunState('r1', scenario, startMs),
    phase: 'running',
    startAtMs: startMs,
    drivers: new Map([
      ['d-aaaaaaaaaaaaaaaaaaaa', driver('d-aaaaaaaaaaaaaaaaaaaa', 0)],
      ['d-bbbbbbbbbbbbbbbbbbbb', driver('d-bbbbbbbbbbbbbbbbbbbb', 1)],
    ]),
    seconds,
  }
}

const viewOf = (state: RunState): RunView => {
  const nowMs = startMs + state.seconds.length * 1000
  return { state, result: buildResult(state, state.scenario, nowMs), live: liveFiguresOf(state, nowMs) }
}

const rowsOf = (count: number, from = 0): RunState['seconds'] =>
  Array.from({ length: count }, (_, i) => {
    const { second: _second, ...row } = sampleSecond(from + i, 1000 + i, 2000, 3000)
    return row
  })

const seconds = (updates: Omit<RunUpdate, 'seq'>[]): number[] =>
  updates.flatMap((update) => update.seconds.map(({ second }) => second))

const nothingTold: UpdateCursor = { rows: [], complete: 0, steering: 0 }

describe('updates of a run', () => {
  it('tell each second once, as it becomes complete', () => {
    const rows = rowsOf(5)
    const told: number[][] = []
    let cursor = nothingTold
    for (const complete of [0, 1, 1, 3, 5]) {
      const next = buildUpdates(viewOf(running(rows.slice(0, complete))), '*', cursor, 0)
      told.push(seconds(next.updates))
      cursor = next.cursor
    }
    assert.deepEqual(told, [[], [0], [], [1, 2], [3, 4]])
  })

  it('tell a second again that a late report changed', () => {
    const rows = [...rowsOf(5)]
    const { cursor } = buildUpdates(viewOf(running(rows)), '*', nothingTold, 0)
    const changed = rows.map((row, i) => (i === 1 ? { ...row, drivers: row.drivers + 1 } : row))
    assert.deepEqual(seconds(buildUpdates(viewOf(running(changed)), '*', cursor, 0).updates), [1])
  })

  it('of very many seconds are several', () => {
    const { updates } = buildUpdates(viewOf(running(rowsOf(100))), '*', nothingTold, 0)
    assert.deepEqual(
      updates.map((update) => update.seconds.length),
      [30, 30, 30, 10],
    )
    assert.deepEqual(seconds(updates), [...Array(100).keys()])
  })

  it('begin with the newest second for who has the history from elsewhere', () => {
    const view = viewOf(running(rowsOf(50)))
    assert.deepEqual(seconds(buildUpdates(view, '*', cursorAtNewest(view), 0).updates), [49])
    const waiting = viewOf(running([]))
    assert.deepEqual(seconds(buildUpdates(waiting, '*', cursorAtNewest(waiting), 0).updates), [])
  })

  it('hold the figures of the request that is asked for, and its column', () => {
    const view = viewOf(running(rowsOf(1)))
    const of = (request: string) => buildUpdates(view, request, nothingTold, 0).updates[0]?.seconds[0]
    assert.equal(of('*')?.responseTimeMs.count, 3)
    assert.deepEqual(of('*')?.responseTimeMs, of('GET /')?.responseTimeMs)
    assert.equal(of('no such request')?.responseTimeMs.count, 0)
    const column = decodeColumn(of('*')?.responseColumn ?? '') ?? []
    assert.equal(
      column.reduce((sum, count) => sum + count, 0),
      3,
    )
  })

  it('are some 1.5 kB for one request on two drivers', () => {
    const times = Array.from({ length: 1000 }, (_, i) => 500 + ((i * 7919) % 2000))
    const { second: _, ...row } = sampleSecond(0, ...times)
    const view = viewOf(running([row]))
    const text = JSON.stringify(buildUpdates(view, '*', nothingTold, 0).updates[0])
    assert.ok(text.length < 1600, `${text.length} characters`)
  })

  it('tell each command once', () => {
    const state = running(rowsOf(1))
    const control = { test_id: 'r1', command: 'pause' as const, seq: 0, at_elapsed_ms: 900, by: 'api' }
    const first = buildUpdates(viewOf({ ...state, controls: [control] }), '*', nothingTold, 0)
    assert.deepEqual(first.updates[0]?.steering, [{ atMs: 900, command: 'pause', scale: null, by: 'api' }])
    const second = buildUpdates(viewOf({ ...state, controls: [control] }), '*', first.cursor, 0)
    assert.deepEqual(second.updates[0]?.steering, [])
  })
})
