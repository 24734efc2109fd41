import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Histogram } from '../measuring/histogram.ts'
import { HistogramRecorder } from '../measuring/histogram-recorder.ts'
import { addMeasurements, emptyMeasurementSet } from '../measuring/measurement-set.ts'
import { newRunState, type RunState } from '../orchestrator/run-state.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { MemoryStore } from '../testing/memory-store.ts'
import { sampleScenario } from '../testing/sample-scenario.ts'
import { answeredAfter, requestNamed } from '../testing/sample-seconds.ts'
import type { LiveRun, RunOwner } from './api-options.ts'
import { bucketBounds, latencyBucketsOf } from './latency-buckets.ts'
import { PrometheusMetrics } from './prometheus-metrics.ts'
import { PrometheusText } from './prometheus-text.ts'
import { RunDirectory } from './run-directory.ts'

const runOf = (
  id: string,
  names: readonly string[],
  counts: number,
): Omit<LiveRun, 'state'> & { state: RunState } => {
  const measurements = names.map((name, i) =>
    requestNamed(name, answeredAfter(...Array.from({ length: counts + i }, (_, j) => 1000 + 10 * j))),
  )
  const scenario = sampleScenario({ name: 'shop "1"\n', slo: ['p99 < 250ms', 'p99 < 250ms'] })
  const state: RunState = {
    ...newRunState(id, scenario, 1000),
    phase: 'running',
    startAtMs: Date.UTC(2026, 0, 1) + 1000,
    settled: { seconds: 0, total: addMeasurements(emptyMeasurementSet, measurements) },
  }
  return { id, state, record: scenario, trigger: async () => {}, steer: async () => {} }
}

const open = () => {
  const clock = new FakeClock()
  const runs = new Map<string, LiveRun>()
  const owner: RunOwner = {
    runs,
    members: new Map(),
    queued: 3,
    rejected: new Map([['metrics not_json', 7]]),
    isConnected: true,
    submit: () => {
      throw new Error('not here')
    },
  }
  const limits = { storeMs: 1000 }
  const directory = new RunDirectory({ orchestrator: owner, store: new MemoryStore(), clock, limits })
  const refused = new Map([['NOT_FOUND', 2]])
  const metrics = new PrometheusMetrics({
    orchestrator: owner,
    clock,
    version: '1.2.3',
    directory,
    streams: () => 4,
    refused,
    processUsage: () => ({ cpuSeconds: 1.5, residentBytes: 1e8 }),
  })
  return { clock, runs, metrics }
}

/** Every series with its value. Throws where the text is no exposition. */
const seriesIn = (text: string): Map<string, number> => {
  const series = new Map<string, number>()
  const types = new Map<string, string>()
  assert.ok(text.endsWith('\n'))
  for (const line of text.trimEnd().split('\n')) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? []
    if (kind === 'TYPE' && name !== undefined && rest !== undefined) {
      assert.equal(types.has(name), false, `${name} twice`)
      types.set(name, rest)
    }
    if (kind !== undefined) continue
    const [, key = '', base = '', labels = '', value = ''] =
      /^(([a-z_:][a-z0-9_:]*)((?:\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})?)) (\S+)$/i.exec(line) ?? []
    assert.notEqual(key, '', line)
    assert.equal(series.has(key), false, `${key} twice`)
    const metric = types.has(base) ? base : base.replace(/_(bucket|sum|count)$/, '')
    const type = types.get(metric)
    assert.ok(type !== undefined, `${base} has no type`)
    // prometheus.io/docs/practices/naming: counters end in _total, and only they; units are base units.
    assert.equal(type === 'counter', base.endsWith('_total'), base)
    assert.ok(!/_(ms|us|milliseconds|percent)(_|$)/.test(base), base)
    assert.ok(labels.length < 1500)
    series.set(key, Number(value))
  }
  return series
}

describe('GET /metrics', () => {
  it('is an exposition: types, names by the conventions, labels escaped, no series twice', () => {
    const { runs, metrics } = open()
    runs.set('r1', runOf('r1', ['GET /', 'a"b\\c\nd', 'x'.repeat(500), 'others'], 10))
    const series = seriesIn(metrics.render())
    assert.equal(series.get('groundswell_queued_runs'), 3)
    assert.equal(series.get('groundswell_event_streams'), 4)
    assert.equal(series.get('groundswell_runs{state="running"}'), 1)
    const states = [...series].filter(([key]) => key.startsWith('groundswell_run_state{run="r1"'))
    assert.equal(states.length, 7)
    assert.deepEqual(
      states.filter(([, value]) => value === 1).map(([key]) => /state="(\w+)"/.exec(key)?.[1]),
      ['running'],
    )
    assert.equal(series.get('groundswell_bus_rejected_messages_total{topic="metrics",reason="not_json"}'), 7)
    assert.equal(series.get('groundswell_api_refused_requests_total{code="NOT_FOUND"}'), 2)
    assert.equal(series.get('process_cpu_seconds_total'), 1.5)
    assert.equal(series.get('groundswell_requests_sent_total{run="r1",request="GET /"}'), 10)
    assert.equal(series.get('groundswell_requests_sent_total{run="r1",request="a\\"b\\\\c\\nd"}'), 11)
    // The long name and the one that is called so.
    assert.equal(series.get('groundswell_requests_sent_total{run="r1",request="others"}'), 12 + 13)
    assert.equal(series.get('groundswell_response_time_seconds_count{run="r1",request="GET /"}'), 10)
    assert.equal(
      series.get('groundswell_response_time_seconds_bucket{run="r1",request="GET /",le="0.001"}'),
      1,
    )
    assert.equal(
      series.get('groundswell_response_time_seconds_bucket{run="r1",request="GET /",le="+Inf"}'),
      10,
    )
  })

  it('says when a run started, in seconds since 1970, once that is known', () => {
    const { runs, metrics } = open()
    const started = runOf('r1', ['GET /'], 1)
    const queued = runOf('r2', ['GET /'], 1)
    runs.set('r1', started)
    runs.set('r2', { ...queued, state: { ...queued.state, startAtMs: null } })
    const starts = [...seriesIn(metrics.render())].filter(([key]) =>
      key.startsWith('groundswell_run_start_time_seconds'),
    )
    assert.equal(starts.length, 1)
    assert.match(starts[0]?.[0] ?? '', /run="r1"/)
    assert.equal(starts[0]?.[1], Date.UTC(2026, 0, 1) / 1000 + 1)
  })

  it('bounds its labels: 50 names, the busiest, and the others together', () => {
    const { runs, metrics } = open()
    const names = Array.from({ length: 300 }, (_, i) => `request ${i}`)
    runs.set('r1', runOf('r1', names, 5))
    const sent = [...seriesIn(metrics.render())].filter(([key]) =>
      key.startsWith('groundswell_requests_sent_total'),
    )
    assert.equal(sent.length, 51)
    const total = sent.reduce((sum, [, value]) => sum + value, 0)
    assert.equal(
      total,
      names.reduce((sum, _name, i) => sum + 5 + i, 0),
    )
    assert.ok(sent.some(([key]) => key.includes('request="request 299"')))
    assert.equal(
      sent.some(([key]) => key.includes('request="request 0"')),
      false,
    )
  })

  it('never lets a counter fall, whatever becomes of the busiest or of the totals', () => {
    const { runs, metrics } = open()
    const names = Array.from({ length: 80 }, (_, i) => `request ${i}`)
    const counters = (): [string, number][] =>
      [...seriesIn(metrics.render())].filter(([key]) => /_(total|bucket|sum|count)(\{|$)/.test(key))
    let before = new Map<string, number>()
    const run = runOf('r1', names, 10)
    runs.set('r1', run)
    const states = [
      run.state,
      runOf('r1', names.toReversed(), 30).state,
      runOf('r1', names, 20).state,
      runOf('r1', names.slice(0, 20), 5).state,
    ]
    for (const state of states) {
      run.state = state
      const now = new Map(counters())
      for (const [key, value] of before) if (now.has(key)) assert.ok((now.get(key) ?? 0) >= value, key)
      before = now
    }
  })

  it('forgets an ended run after two minutes', async () => {
    const { clock, runs, metrics } = open()
    const run = runOf('r1', ['GET /'], 5)
    const ended = {
      ...run,
      state: { ...run.state, phase: 'finished' as const, finishedAtMs: clock.wallMs() },
    }
    runs.set('r1', ended)
    const has = (): boolean => [...seriesIn(metrics.render()).keys()].some((key) => key.includes('run="r1"'))
    assert.equal(has(), true)
    await clock.advance(110_000)
    assert.equal(has(), true)
    await clock.advance(15_000)
    assert.equal(has(), false)
  })
})

describe('latencies as classic buckets', () => {
  it('are 1-2-5 from 100 us to 60 s, cumulative, with the exact sum', () => {
    assert.deepEqual([bucketBounds[0], bucketBounds.at(-1)], [0.0001, 60])
    const recorder = new HistogramRecorder()
    for (const us of [50, 100, 101, 1000, 1001, 59_000_000, 120_000_000]) recorder.record(us)
    const { buckets, sum, count } = latencyBucketsOf(recorder.take())
    const at = (bound: number): number | undefined => buckets[bucketBounds.indexOf(bound as 1)]
    assert.deepEqual([at(0.0001), at(0.0002), at(0.001), at(0.002), at(50), at(60)], [2, 3, 4, 5, 5, 6])
    assert.equal(count, 7)
    assert.equal(sum, (50 + 100 + 101 + 1000 + 1001 + 59_000_000 + 120_000_000) / 1e6)
    assert.deepEqual(latencyBucketsOf(Histogram.empty).buckets, Array(bucketBounds.length).fill(0))
  })
})

describe('the text', () => {
  it('keeps the highest value of a counter that was corrected downwards', () => {
    const first = new PrometheusText(new Map())
    first.metric('a_total', 'counter', 'A.')
    first.counter({}, 5)
    const { memory } = first.finish()
    const second = new PrometheusText(memory)
    second.metric('a_total', 'counter', 'A.')
    second.counter({}, 3)
    assert.equal(second.finish().text, '# HELP a_total A.\n# TYPE a_total counter\na_total 5\n')
  })
})
