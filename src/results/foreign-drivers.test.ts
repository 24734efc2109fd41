import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foldRun, type RunEvent, type RunState } from '../orchestrator/run-state.ts'
import { tellStory } from '../testing/driver-story.ts'
import {
  foreignBeat,
  foreignReport,
  foreignRun,
  foreignRunId,
  foreignStartMs,
  foreignTold,
  type SaidInReport,
} from '../testing/sample-foreign.ts'
import { buildResult } from './build-result.ts'
import { liveFiguresOf } from './live-figures.ts'
import { renderReportJson } from './report-json.ts'
import { renderReportJunit } from './report-junit.ts'
import type { RunResult } from './run-result.ts'
import { renderSummary } from './summary-text.ts'
import { isUnmeasured, toldTotalsOf } from './told-totals.ts'

/** How a result and its reports tell of drivers written by others. */

const at = (ms: number): number => foreignStartMs + ms
const fold = (state: RunState, events: readonly RunEvent[]): RunState => events.reduce(foldRun, state)
const said = (id: string, ms: number, figures: SaidInReport): RunEvent =>
  foreignTold(at(ms), foreignReport(id, `${id}/${ms}`, figures))
const resultOf = (state: RunState, ms = 9000): RunResult => buildResult(state, state.scenario, at(ms))
const closed = (ms: number): RunEvent => ({ type: 'closed', atMs: at(ms) })
const story = tellStory('d-1', foreignRunId, { seconds: 3 })
const measured = story.reports.map((message) => foreignTold(at(message.interval?.end_ms ?? 0), message))
const times = [2, 5, 4, null, 40] as const

const mixed = (figures: SaidInReport): RunResult =>
  resultOf(
    fold(foreignRun(['f-1'], { ours: ['d-1'] }), [
      ...measured,
      said('f-1', 3000, { ...figures, final: true }),
      closed(3500),
    ]),
  )
const alone = (...events: RunEvent[]): RunResult => resultOf(fold(foreignRun(['f-1']), events))
const summaryOf = (result: RunResult): string => renderSummary(result, { columns: 120, colour: false })

describe('a driver written by others in a result', () => {
  it('is told by what it says; the totals of the run are those of the drivers that measure', () => {
    const result = mixed({ sent: 500, completed: 490, errors: 10, times })
    const [ours, theirs] = result.drivers
    assert.deepEqual(result.totals, { ...ours?.totals, answeredPerSecond: result.totals.answeredPerSecond })
    assert.deepEqual([ours?.isForeign, theirs?.isForeign, theirs?.share], [false, true, null])
    assert.deepEqual(
      [theirs?.totals.sent, theirs?.totals.answered, theirs?.totals.errors, theirs?.totals.started],
      [500, 490, { unknown: 10 }, null],
    )
    const { count, min, mean, median, mode, max, p99 } = theirs?.responseTimeMs ?? {}
    assert.deepEqual([count, min, mean, median, mode, max, p99], [490, 2, 5, 4, null, 40, null])
    assert.match(result.warnings[0] ?? '', /^1 of 2 drivers were written by others: the run's totals/)
  })

  it('is unknown, never 0, in every report where it says nothing', () => {
    const result = mixed({ times })
    const theirs = result.drivers[1]
    assert.ok(theirs)
    for (const [name, figure] of Object.entries(theirs.totals)) assert.equal(figure, null, name)
    const json = JSON.parse(renderReportJson(result))
    assert.deepEqual([json.drivers[1].totals.sent, json.drivers[1].isForeign], [null, true])
    const row = summaryOf(result).match(/^ *f-1 .*$/m)?.[0] ?? ''
    assert.match(row, /finished +unknown +unknown +2\.00 +5\.00 +4\.00 +unknown +40\.0/)
    assert.doesNotMatch(row, / 0(\.00)?( |$)/)
    assert.match(summaryOf(result), /told +sent unknown, answered unknown, errors unknown/)
    assert.match(
      renderReportJunit(result),
      /name="driver f-1 is measured" time="0"><skipped message="written by others, it says: sent unknown, answered unknown, errors unknown"/,
    )
    assert.match(
      result.warnings.join('\n'),
      /How many requests were sent or answered is not known of driver f-1\./,
    )
    assert.deepEqual([...liveFiguresOf(foreignRun(['f-1']), at(10)).drivers], [])
  })

  it('alone: nothing is measured, and the summary shows no zeros in its place', () => {
    const result = alone(said('f-1', 3000, { completed: 500, times }), closed(3100))
    assert.equal(isUnmeasured(result), true)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.equal(result.elapsedMs, 3000)
    const summary = summaryOf(result)
    assert.match(
      summary,
      /told +sent unknown, answered 500, errors unknown in 3 s, by 1 driver written by others/,
    )
    assert.match(summary, /targets +unknown: drivers written by others have their own/)
    assert.doesNotMatch(summary, /0 sent|^ *done|Response time, ms|^Requests/m)
    assert.match(result.warnings[0] ?? '', /^The one driver was written by others: nothing is measured/)
    assert.doesNotMatch(result.warnings.join(' '), /Less than 95 %/)
  })

  it('does not make ours seem to have fallen short of the plan', () => {
    const result = mixed({ completed: 500 })
    // The story is one of 24 requests, the plan of 500 on each.
    assert.match(result.warnings.join(' '), /Less than 95 %/)
    const small = foreignRun(['f-1', 'f-2', 'f-3'], { ours: ['d-1'] })
    const load = { kind: 'avalanche', inFlight: 9, requestsPerDriver: 24, maxInFlight: 99 } as const
    const planned = fold({ ...small, scenario: { ...small.scenario, load } }, [
      ...measured,
      ...['f-1', 'f-2', 'f-3'].map((id) => said(id, 3000, { completed: 24 })),
      closed(3500),
    ])
    assert.doesNotMatch(resultOf(planned).warnings.join(' '), /Less than 95 %/)
  })

  it('that is assumed to have finished, or lost, or goes on after a stop, is told in a sentence', () => {
    const assumed = alone(
      said('f-1', 1000, { completed: 480, times }),
      ...[2, 5, 8, 11, 14].map((s) => foreignBeat('f-1', at(s * 1000))),
      { type: 'tick', atMs: at(16_500) },
      closed(16_500),
    )
    assert.deepEqual([assumed.outcome, assumed.drivers[0]?.assumedFinished], ['passed', true])
    assert.match(
      assumed.warnings.join('\n'),
      /Driver f-1 never said .* is assumed to have finished: .* short of requests without a known outcome: f-1 20\./,
    )
    assert.match(summaryOf(assumed), /finished \(assumed\)/)
    assert.match(renderReportJunit(assumed), /assumed to have finished/)

    const lost = alone(
      foreignBeat('f-1', at(0)),
      said('f-1', 1000, { completed: 200 }),
      { type: 'tick', atMs: at(4100) },
      closed(4100),
    )
    assert.equal(lost.outcome, 'degraded')
    assert.match(
      lost.why[0] ?? '',
      /^Driver f-1, written by others, was lost \(silent for 3 s\): its figures end at 1 s, and what it did of its 100 % of the load after that is unknown\.$/,
    )
    assert.deepEqual(lost.gaps, [{ driver: 'f-1', from: 1, to: 4.1, share: 1 }])

    const stopped = alone(
      said('f-1', 1000, { completed: 200 }),
      {
        type: 'control',
        atMs: at(1500),
        message: { test_id: foreignRunId, command: 'stop', seq: 0, at_elapsed_ms: 1500, by: 'api' },
      },
      closed(1600),
    )
    assert.equal(stopped.outcome, 'stopped')
    assert.match(
      stopped.warnings.join('\n'),
      /Driver f-1 cannot be stopped and goes on to the count asked for\./,
    )
  })

  it('that came late or started over is told too, and what it brings is none of the plan', () => {
    const run = foreignRun([], { ours: ['d-1'] })
    const state = fold(run, [
      ...measured,
      said('f-9', 500, { completed: 100 }),
      foreignBeat('f-9', at(600)),
      said('f-9', 1500, { completed: 7 }),
      { type: 'tick', atMs: at(9000) },
      closed(9000),
    ])
    const result = resultOf(state)
    assert.match(result.warnings.join('\n'), /Driver f-9 joined after the drivers had been chosen/)
    assert.match(result.warnings.join('\n'), /figures of driver f-9 became less/)
    assert.deepEqual(
      result.gaps.map(({ share }) => share),
      [0],
    )
    assert.match(
      result.why[0] ?? '',
      /^Driver f-9, written by others, was lost \(silent for 8 s\): its figures end at 1\.5 s\.$/,
    )
  })

  it('adds to what all drivers tell together, which is unknown as soon as one does not say', () => {
    const { drivers } = mixed({ sent: 500, completed: 490 })
    const ours = drivers[0]?.totals
    assert.deepEqual(toldTotalsOf(drivers), {
      sent: (ours?.sent ?? 0) + 500,
      answered: (ours?.answered ?? 0) + 490,
      errors: null,
      maxMs: drivers[0]?.responseTimeMs.max,
    })
  })
})
