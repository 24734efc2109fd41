import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MetricsMessage } from '../bus/messages.ts'
import { foldRun, newRunState, type RunEvent, type RunState } from '../orchestrator/run-state.ts'
import { tellStory } from '../testing/driver-story.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'
import { buildResult, buildTimeline } from './build-result.ts'
import type { DriverFigures, Figures, RunPhase } from './run-result.ts'

const scenario = sampleScenario({
  load: rateOf(16, 3000),
  slo: ['errors < 90%'],
  labels: { build: '1' },
})
const stories = ['d-0', 'd-1'].map((id) => tellStory(id, 'r-1', { seconds: 3 }))
const startAtMs = 1_000_100

const configured: RunEvent[] = [
  {
    type: 'configured',
    atMs: 1_000_000,
    drivers: stories.map(({ id }) => ({ id, pid: 9, isAbsent: false, isForeign: false, clock: null })),
  },
  ...stories.map(
    ({ id }): RunEvent => ({
      type: 'heartbeat',
      atMs: 1_000_010,
      message: { node_id: id, heartbeat: 'YES', state: 'ready', test_id: 'r-1' },
    }),
  ),
]
const triggered: RunEvent = { type: 'triggered', atMs: 1_000_050, startAtMs }
const reports: RunEvent[] = stories.flatMap((story, i) =>
  story.reports.map(
    (message: MetricsMessage): RunEvent => ({
      type: 'metrics',
      atMs: startAtMs + (message.interval?.end_ms ?? 0),
      message: { ...message, started_at: startAtMs + i * 70 },
    }),
  ),
)
const control = (command: 'stop' | 'pause', at: number): RunEvent => ({
  type: 'control',
  atMs: startAtMs,
  message: { test_id: 'r-1', command, seq: at, at_elapsed_ms: at, by: 'keys' },
})

const after = (events: readonly RunEvent[]): RunState =>
  events.reduce(foldRun, newRunState('r-1', scenario, 1_000_000))

const closed: RunEvent = { type: 'closed', atMs: startAtMs + 3200 }
const whole = after([...configured, triggered, ...reports, closed])

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const assertAddsUp = (parts: readonly DriverFigures[], all: Figures): void => {
  for (const field of ['started', 'sent', 'answered', 'retried', 'unsent', 'bytesIn', 'bytesOut'] as const)
    assert.equal(sum(parts.map(({ totals }) => totals[field] ?? Number.NaN)), all.totals[field], field)
  for (const field of ['responseTimeMs', 'serviceTimeMs', 'sendLatenessMs', 'errorTimeMs'] as const)
    assert.equal(sum(parts.map((part) => part[field].count ?? Number.NaN)), all[field].count, field)
  for (const field of ['errors', 'status', 'unsentReasons'] as const)
    for (const [word, count] of Object.entries(all.totals[field]))
      assert.equal(sum(parts.map(({ totals }) => totals[field]?.[word] ?? 0)), count, `${field} ${word}`)
}

describe('the result', () => {
  const phases: [RunPhase, readonly RunEvent[], number][] = [
    ['queued', [], 1_000_000],
    ['configuring', configured.slice(0, 2), 1_000_020],
    ['ready', configured, 1_000_020],
    ['ready', [...configured, triggered], startAtMs - 1],
    ['running', [...configured, triggered], startAtMs + 10],
    ['running', [...configured, triggered, ...reports.slice(0, 3)], startAtMs + 1500],
    ['paused', [...configured, triggered, control('pause', 1000)], startAtMs + 1500],
    ['finishing', [...configured, triggered], startAtMs + 3500],
    ['finishing', [...configured, triggered, control('stop', 1000)], startAtMs + 1500],
    ['finished', [...configured, triggered, ...reports, closed], startAtMs + 9000],
  ]
  for (const [state, events, nowMs] of phases)
    it(`tells a run that is ${state} (${events.length} events): plain JSON, no figure missing`, () => {
      const result = buildResult(after(events), scenario, nowMs)
      assert.equal(result.state, state)
      assert.equal(result.outcome === null, state !== 'finished')
      assert.deepEqual(JSON.parse(JSON.stringify(result)), result)
      assertAddsUp(result.requests, result)
      assertAddsUp(result.drivers, result)
      assert.ok(result.elapsedMs >= 0 && Number.isFinite(result.totals.answeredPerSecond))
      assert.equal(result.startedAt === null, nowMs < 1_000_050)
    })

  it('of a whole run: the drivers’ sums, the elapsed time that they say, and who started when', () => {
    const result = buildResult(whole, scenario, startAtMs + 9000)
    assert.equal(result.totals.started, sum(stories.map(({ reports: told }) => told.at(-1)?.sent ?? 0)))
    assert.deepEqual([result.totals.inFlight, result.elapsedMs, result.startSkewMs], [0, 3000, 70])
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual(result.slo[0]?.passed, true)
    assert.match(result.warnings.join(' '), /started 70 ms apart/)
    assert.deepEqual(
      result.drivers.map(({ id, state, share, pid }) => [id, state, share, pid]),
      [
        ['d-0', 'finished', 0, 9],
        ['d-1', 'finished', 1, 9],
      ],
    )
    assert.equal(result.totals.answeredPerSecond, (result.totals.answered * 1000) / 3000)
  })

  it('the timeline has a row a second for all and for each request, and adds up to the totals', () => {
    const { totals, responseTimeMs } = buildResult(whole, scenario, startAtMs + 9000)
    const rows = [...buildTimeline(whole)]
    const all = rows.filter(({ request }) => request === '*')
    const named = rows.filter(({ request }) => request !== '*')
    assert.deepEqual(
      all.map(({ second, drivers }) => [second, drivers]),
      [
        [0, 2],
        [1, 2],
        [2, 2],
      ],
    )
    for (const list of [all, named]) {
      for (const field of ['started', 'sent', 'answered', 'unsent', 'bytesIn', 'bytesOut'] as const)
        assert.equal(sum(list.map((row) => row[field])), totals[field], field)
      assert.equal(sum(list.map((row) => row.responseTimeMs.count)), responseTimeMs.count)
      assert.equal(sum(list.map((row) => row.errors.timeout ?? 0)), totals.errors.timeout)
    }
    let inFlight = 0
    for (const row of named) {
      inFlight += row.started - row.answered - (row.errors.timeout ?? 0) - row.unsent
      assert.equal(row.inFlight, inFlight, `in flight after second ${row.second}`)
    }
  })

  it('while answers are outstanding, in flight is what was started and has not ended', () => {
    const [first] = reports as [Extract<RunEvent, { type: 'metrics' }>]
    const requests = first.message.requests?.map((named) => ({
      ...named,
      measurement: { ...named.measurement, started: Number(named.measurement.started) + 5 },
    }))
    const message = { ...first.message, ...(requests === undefined ? {} : { requests }) }
    const state = after([...configured, triggered, { ...first, message }])
    assert.equal(buildResult(state, scenario, startAtMs + 1100).totals.inFlight, 5 * (requests?.length ?? 0))
  })

  const loads: [what: string, perSecond: number, reports: number, lost: number, isBlamed: boolean][] = [
    ['that was made whole', 1000, 4, 0, false],
    ['of which a lost driver left out its share', 1000, 1, 1, false],
    ['of which all made the half', 2000, 4, 0, true],
    ['of which the driver that stayed made the half of its share', 2000, 1, 1, true],
  ]
  for (const [what, perSecond, reported, lost, isBlamed] of loads)
    it(`blames the drivers ${isBlamed ? '' : 'not '}for a load ${what}`, () => {
      const messages = ['d-0', 'd-1'].flatMap((id, i) =>
        tellStory(id, 'r-1', { seconds: 3, perSecond: 500 }).reports.slice(0, i === 1 ? reported : 4),
      )
      const over = [
        ...configured,
        triggered,
        ...messages.map((message): RunEvent => {
          const atMs = startAtMs + (message.interval?.end_ms ?? 0)
          return { type: 'metrics', atMs, message }
        }),
        { type: 'tick', atMs: startAtMs + 9000 } as const,
        closed,
      ]
      const asked = sampleScenario({ load: rateOf(perSecond, 3000) })
      const state = over.reduce(foldRun, newRunState('r-1', asked, 1_000_000))
      const { warnings, gaps } = buildResult(state, asked, startAtMs + 9000)
      assert.equal(gaps.length, lost)
      assert.equal(
        /Less than 95 % of the planned load/.test(warnings.join(' ')),
        isBlamed,
        warnings.join(' '),
      )
    })

  it('shows the scenario that it is given to show, not the one that ran', () => {
    const record = { ...scenario, name: 'masked', http: { ...scenario.http, targets: ['http://***/'] } }
    const result = buildResult(whole, record, startAtMs + 9000)
    assert.deepEqual([result.name, result.plan.targets], ['masked', ['http://***/']])
    assert.equal(result.scenario, record)
    assert.deepEqual([result.plan.operations, result.plan.durationMs], [48, 3000])
  })
})
