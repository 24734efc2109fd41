import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyMeasurement, type Measurement } from '../measuring/measurement.ts'
import { addMeasurements, emptyMeasurementSet, type MeasurementSet } from '../measuring/measurement-set.ts'
import { Recorder } from '../measuring/recorder.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'
import { type DriverProgress, newDriverProgress } from './driver-progress.ts'
import { judgeOutcome, missingLoadOf } from './outcome.ts'
import { newRunState, type RunState } from './run-state.ts'

const answered = (count: number): Measurement => {
  const recorder = new Recorder('GET /', 'request')
  for (let i = 0; i < count; i++) {
    recorder.start()
    recorder.sent(0, 1, false)
    recorder.answered(200, 5000, 5000, 1)
  }
  return recorder.take()
}

const unanswered = (): Measurement => {
  const recorder = new Recorder('GET /', 'request')
  recorder.start()
  recorder.failed('connect', 1000, 'ECONNREFUSED', 0)
  return recorder.take()
}

const setOf = (measurement: Measurement): MeasurementSet =>
  addMeasurements(emptyMeasurementSet, [{ name: 'GET /', kind: 'request', measurement }])

interface Case {
  total?: Measurement
  drivers?: Partial<DriverProgress>[]
  stop?: string
  slo?: string[]
}

const stateOf = ({ total = answered(500), drivers = [{}, {}], stop, slo = [] }: Case): RunState => {
  const scenario = sampleScenario({ slo, load: rateOf(100, 5000) })
  const controls =
    stop === undefined
      ? []
      : [{ test_id: 'r', command: 'stop' as const, seq: 0, at_elapsed_ms: 2340, by: stop }]
  return {
    ...newRunState('r', scenario, 0),
    phase: 'finished',
    startAtMs: 1000,
    finishedAtMs: 6000,
    settled: { seconds: 0, total: setOf(total) },
    controls,
    drivers: new Map(
      drivers.map((changes, i) => {
        const id = `d-${i}`
        const driver = newDriverProgress(
          { id, pid: null, isAbsent: false, isForeign: false, clock: null },
          i,
          0,
        )
        return [id, { ...driver, phase: 'finished', reportedMs: 5000, ...changes } satisfies DriverProgress]
      }),
    ),
  }
}

const table: [string, Case, string, RegExp[]][] = [
  ['all is well', {}, 'passed', []],
  ['all SLOs hold', { slo: ['p99 < 50ms'] }, 'passed', []],
  [
    'an SLO is broken',
    { slo: ['p99 < 1ms'] },
    'failed',
    [/^SLO crossed: p99 < 1ms \(observed 5(\.\d+)? ms\)\.$/],
  ],
  [
    'nothing was answered',
    { total: unanswered() },
    'failed',
    [/^Nothing was answered \(connect: ECONNREFUSED\)\.$/],
  ],
  ['nothing was started', { total: emptyMeasurement }, 'passed', []],
  [
    'a person stopped it',
    { stop: 'keys' },
    'stopped',
    [/^Stopped by a person after 2\.3 s, before the load was over\.$/],
  ],
  [
    'a signal stopped it before an answer',
    { stop: 'signal', total: unanswered() },
    'stopped',
    [/^Stopped by a signal/],
  ],
  ['a person stopped what had failed', { stop: 'keys', slo: ['p99 < 1ms'] }, 'failed', [/^SLO crossed/]],
  ['an SLO stopped it', { stop: 'slo', slo: ['p99 < 1ms'] }, 'failed', [/^SLO crossed/]],
  [
    'a driver was lost',
    { drivers: [{}, { phase: 'lost', reason: 'silent for 3 s', reportedMs: 2000 }] },
    'degraded',
    [/^Driver d-1 was lost \(silent for 3 s\): 50 % of the load is missing from 2 s to 5 s\.$/],
  ],
  [
    'a driver rejected it, and an SLO is broken',
    { drivers: [{}, {}, { phase: 'rejected', reason: 'no', reportedMs: 0 }], slo: ['p99 < 1ms'] },
    'degraded',
    [
      /^Driver d-2 rejected the run \(no\): 33\.3 % of the load is missing from 0 s to 5 s\.$/,
      /^SLO crossed/,
    ],
  ],
  [
    'a driver left',
    { drivers: [{}, { phase: 'left', reason: 'left', reportedMs: 1500 }] },
    'degraded',
    [/^Driver d-1 left: 50 % of the load is missing from 1\.5 s to 5 s\.$/],
  ],
  [
    'a driver ended without its last report',
    { drivers: [{}, { phase: 'left', reason: 'ended without its last report', reportedMs: 4000 }] },
    'degraded',
    [/^Driver d-1 ended without its last report: 50 % of the load is missing from 4 s to 5 s\.$/],
  ],
  [
    'totals do not agree',
    { drivers: [{ mismatched: true, missingReports: 1, nextSeq: 7 }] },
    'degraded',
    [/^Driver d-0 counted other totals .*\(1 of 7 reports did not arrive\)/],
  ],
  [
    'measurements could not be read',
    { drivers: [{ unreadable: 3 }] },
    'degraded',
    [/^Driver d-0 sent 3 measurements that could not be read\.$/],
  ],
  [
    'a driver ran out of ports',
    { drivers: [{ total: setOf({ ...emptyMeasurement, unsent: { noPorts: 1200 } }) }] },
    'degraded',
    [/^Driver d-0 ran out of local ports: .*; 1,200 requests were not sent\.$/],
  ],
  [
    'a driver ran out of descriptors',
    { drivers: [{ total: setOf({ ...emptyMeasurement, unsent: { noDescriptors: 1 } }) }] },
    'degraded',
    [/^Driver d-0 ran out of file descriptors: /],
  ],
  [
    'requests were left out for other reasons',
    { drivers: [{ total: setOf({ ...emptyMeasurement, unsent: { maxInFlight: 9 } }) }] },
    'passed',
    [],
  ],
]

for (const [name, made, outcome, why] of table)
  test(`${outcome}: ${name}`, () => {
    const verdict = judgeOutcome(stateOf(made), 6000)
    assert.equal(verdict.outcome, outcome, verdict.why.join(' '))
    assert.equal(verdict.why.length, why.length, verdict.why.join(' '))
    for (const [i, pattern] of why.entries()) assert.match(verdict.why[i] ?? '', pattern)
  })

test('the missing load names driver, seconds and share', () => {
  const state = stateOf({ drivers: [{}, { phase: 'lost', reportedMs: 3000 }, {}, {}] })
  assert.deepEqual(missingLoadOf(state, 6000), [{ driver: 'd-1', fromS: 3, toS: 5, share: 0.25 }])
})
