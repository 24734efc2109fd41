import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type ControlMessage, type HeartbeatMessage, type MetricsMessage, protocol } from '../bus/messages.ts'
import { isEmpty } from '../measuring/measurement.ts'
import {
  addMeasurements,
  emptyMeasurementSet,
  type MeasurementSet,
  overallOf,
} from '../measuring/measurement-set.ts'
import { type DriverStory, tellStory } from '../testing/driver-story.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'
import {
  completeSeconds,
  elapsedOf,
  foldRun,
  isOver,
  lostAfterMs,
  newRunState,
  type RunEvent,
  type RunState,
  totalOf,
} from './run-state.ts'

const testId = 'r-1'
const createdAtMs = 1_000_000
const startAtMs = createdAtMs + 100

/** So that a fold which changes what it was given fails at once. */
const freeze = <T>(value: T, seen = new Set<unknown>()): T => {
  if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value))
    return value
  seen.add(value)
  if (value instanceof Map) {
    for (const entry of value.values()) freeze(entry, seen)
    for (const method of ['set', 'delete', 'clear'] as const)
      if (!Object.hasOwn(value, method))
        Object.defineProperty(value, method, {
          value: () => assert.fail(`${method} of a map that belongs to a state`),
        })
    return value
  }
  for (const inner of Object.values(value)) freeze(inner, seen)
  return Object.freeze(value)
}

const fold = (state: RunState, events: readonly RunEvent[]): RunState =>
  events.reduce((before, event) => freeze(foldRun(freeze(before), freeze(event))), state)

const beat = (id: string, state: NonNullable<HeartbeatMessage['state']>, atMs = startAtMs): RunEvent => ({
  type: 'heartbeat',
  atMs,
  message: { node_id: id, heartbeat: 'YES', protocol, state, test_id: testId },
})

const told = (message: MetricsMessage, atMs?: number): RunEvent => ({
  type: 'metrics',
  atMs: atMs ?? startAtMs + (message.interval?.end_ms ?? 0),
  message,
})

const begun = (ids: readonly string[], changes: Parameters<typeof sampleScenario>[0] = {}): RunState =>
  fold(newRunState(testId, sampleScenario({ drivers: ids.length, ...changes }), createdAtMs), [
    {
      type: 'configured',
      atMs: createdAtMs,
      drivers: ids.map((id) => ({ id, pid: 1, isAbsent: false, isForeign: false, clock: null })),
    },
    ...ids.map((id) => beat(id, 'ready', createdAtMs)),
    { type: 'triggered', atMs: createdAtMs, startAtMs },
  ])

/** As plain data without histograms' insides, to compare. */
const plain = (set: MeasurementSet): unknown =>
  [...set.values()]
    .map(({ name, kind, measurement: m }) => ({
      name,
      kind,
      ...m,
      responseTime: m.responseTime.exact,
      serviceTime: m.serviceTime.exact,
      sendLateness: m.sendLateness.exact,
      errorTime: m.errorTime.exact,
      p90: m.responseTime.percentileUs(90),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

const sumOf = (sets: readonly MeasurementSet[]): MeasurementSet =>
  sets.reduce((sum, set) => addMeasurements(sum, set.values()), emptyMeasurementSet)

const stories = (count: number, seed: number): DriverStory[] =>
  Array.from({ length: count }, (_, i) =>
    tellStory(`d-${i}`, testId, { seed, seconds: 1 + ((seed + i) % 4) }),
  )

/** Takes from the drivers' queues in the order of the draws; now and then tells something of the past once more. */
const interleave = (told: readonly DriverStory[], draws: Iterator<number>): MetricsMessage[] => {
  const queues = told.map(({ reports }) => [...reports])
  const order: MetricsMessage[] = []
  const draw = (): number => draws.next().value ?? 0
  while (queues.some((queue) => queue.length > 0)) {
    const queue = queues[draw() % queues.length]
    const next = queue?.shift()
    if (next !== undefined) order.push(next)
    const again = order[draw() % Math.max(1, order.length)]
    if (draw() % 3 === 0 && again !== undefined) order.push(again)
  }
  return order
}

describe('the state of a run', () => {
  it('is the sum of what n drivers tell, in whatever order they are heard and however often', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.infiniteStream(fc.nat({ max: 1000 })),
        (count, seed, draws) => {
          const drivers = stories(count, seed)
          const state = fold(
            begun(drivers.map(({ id }) => id)),
            interleave(drivers, draws).map((message) => told(message)),
          )
          const expected = plain(sumOf(drivers.map(({ total }) => total)))
          assert.deepEqual(plain(totalOf(state)), expected)
          assert.deepEqual(plain(sumOf(state.seconds.map((row) => row.measurements))), expected)
          for (const { id, total, reports } of drivers) {
            const driver = state.drivers.get(id)
            assert.deepEqual(plain(driver?.total ?? emptyMeasurementSet), plain(total))
            assert.deepEqual(
              [driver?.phase, driver?.mismatched, driver?.missingReports, driver?.reportedMs],
              ['finished', false, 0, (reports.length - 1) * 1000],
            )
          }
          assert.equal(isOver(state), true)
          for (const [second, row] of state.seconds.entries()) {
            const present = drivers.filter(({ reports }) => reports.length - 1 > second).length
            assert.deepEqual([row.drivers, row.whole, row.inFlight], [present, present, present])
          }
        },
      ),
      { seed: 4, numRuns: 60 },
    )
  })

  it('complete seconds never become fewer while all drivers are there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat({ max: 1000 })),
        (count, draws) => {
          const drivers = stories(count, count)
          let state = begun(drivers.map(({ id }) => id))
          let before = 0
          for (const message of interleave(drivers, draws)) {
            state = fold(state, [told(message)])
            const complete = completeSeconds(state)
            assert.ok(complete >= before && complete <= state.seconds.length)
            before = complete
          }
        },
      ),
      { seed: 4, numRuns: 40 },
    )
  })

  it('a report that never comes is seen, and the driver’s own totals hold', () => {
    const story = tellStory('d-0', testId, { seconds: 5 })
    for (const missing of [0, 2, 4]) {
      const heard = story.reports.filter((_, i) => i !== missing)
      const state = fold(
        begun(['d-0']),
        heard.map((message) => told(message)),
      )
      const driver = state.drivers.get('d-0')
      assert.deepEqual([driver?.missingReports, driver?.mismatched, driver?.phase], [1, true, 'finished'])
      assert.deepEqual(plain(totalOf(state)), plain(story.total))
    }
  })

  it('totals of which a part is missing do not take away what the intervals told', () => {
    const story = tellStory('d-0', testId, { seconds: 3 })
    const last = story.reports.at(-1) as MetricsMessage
    const interval = last.interval as NonNullable<MetricsMessage['interval']>
    const half = {
      ...last,
      totals: last.totals?.slice(1) ?? [],
      interval: { ...interval, seq: interval.seq + 1 },
    }
    const state = fold(
      begun(['d-0']),
      [...story.reports.slice(0, -1), half].map((message) => told(message)),
    )
    assert.equal(state.drivers.get('d-0')?.mismatched, true)
    assert.deepEqual(plain(totalOf(state)), plain(story.total))
  })

  it('an interval that comes in several messages counts its driver once', () => {
    const story = tellStory('d-0', testId, { seconds: 1, perSecond: 30 })
    const [first, last] = story.reports as [MetricsMessage, MetricsMessage]
    const [one, ...rest] = first.requests ?? []
    const state = fold(begun(['d-0']), [
      told({ ...first, requests: one === undefined ? [] : [one], more: true }),
      told({ ...first, requests: rest, interval: { seq: 1, start_ms: 0, end_ms: 1000 } }),
      told({ ...last, interval: { seq: 2, start_ms: 1000, end_ms: 1000 } }),
    ])
    assert.deepEqual(plain(totalOf(state)), plain(story.total))
    assert.deepEqual([state.seconds.length, state.seconds[0]?.drivers, state.seconds[0]?.inFlight], [1, 1, 1])
    assert.equal(state.drivers.get('d-0')?.latest?.measurements.length, 2)
    assert.equal(state.drivers.get('d-0')?.mismatched, false)
  })

  it('a driver that is silent is lost, comes back with what it says, and nothing is counted twice', () => {
    const story = tellStory('d-0', testId, { seconds: 6 })
    const [first, second, ...rest] = story.reports as [MetricsMessage, MetricsMessage, ...MetricsMessage[]]
    const lost = fold(begun(['d-0']), [
      told(first),
      told(second),
      { type: 'tick', atMs: startAtMs + 2000 + lostAfterMs - 1 },
    ])
    assert.equal(lost.drivers.get('d-0')?.phase, 'running')
    const gone = fold(lost, [{ type: 'tick', atMs: startAtMs + 2000 + lostAfterMs }])
    assert.deepEqual([gone.drivers.get('d-0')?.phase, isOver(gone)], ['lost', true])
    const back = fold(gone, [beat('d-0', 'running', startAtMs + 5500)])
    assert.deepEqual([back.drivers.get('d-0')?.phase, back.drivers.get('d-0')?.reason], ['running', ''])
    const done = fold(
      gone,
      [second, ...rest].map((message) => told(message, startAtMs + 7000)),
    )
    assert.deepEqual([done.drivers.get('d-0')?.phase, isOver(done)], ['finished', true])
    assert.deepEqual(plain(totalOf(done)), plain(story.total))
  })

  it('a driver that is idle without a last report has left; a last report that is only late still counts', () => {
    const story = tellStory('d-0', testId, { seconds: 2 })
    const heard = story.reports.slice(0, 2).map((message) => told(message))
    const idle = fold(begun(['d-0']), [...heard, beat('d-0', 'idle', startAtMs + 2500)])
    assert.equal(isOver(fold(idle, [{ type: 'tick', atMs: startAtMs + 3000 }])), false)
    const late = fold(idle, [told(story.reports[2] as MetricsMessage, startAtMs + 4000)])
    assert.equal(late.drivers.get('d-0')?.phase, 'finished')
    const beats = [3500, 4500, 5400].map((ms) => beat('d-0', 'idle', startAtMs + ms))
    const left = fold(idle, [...beats, { type: 'tick', atMs: startAtMs + 5500 }])
    assert.deepEqual(
      [left.drivers.get('d-0')?.phase, left.drivers.get('d-0')?.reason, isOver(left)],
      ['left', 'ended without its last report', true],
    )
  })

  it('a driver that was not ready in time but heard the trigger all the same is counted', () => {
    const story = tellStory('d-1', testId, { seconds: 2 })
    const state = fold(newRunState(testId, sampleScenario(), createdAtMs), [
      {
        type: 'configured',
        atMs: createdAtMs,
        drivers: ['d-0', 'd-1'].map((id) => ({
          id,
          pid: null,
          isAbsent: false,
          isForeign: false,
          clock: null,
        })),
      },
      beat('d-0', 'ready'),
      { type: 'triggered', atMs: createdAtMs, startAtMs },
    ])
    assert.deepEqual(
      [...state.drivers.values()].map(({ phase, reason }) => [phase, reason]),
      [
        ['ready', ''],
        ['rejected', 'not ready in time'],
      ],
    )
    const heard = fold(
      state,
      story.reports.map((message) => told(message)),
    )
    assert.equal(heard.drivers.get('d-1')?.phase, 'finished')
    assert.deepEqual(plain(totalOf(heard)), plain(story.total))
    // One that is let go of before it did anything reports that it did nothing: it stays left out.
    const [, , empty] = story.reports as [MetricsMessage, MetricsMessage, MetricsMessage]
    const released = fold(state, [told({ ...empty, totals: [], outcome: 'stopped' })])
    assert.equal(released.drivers.get('d-1')?.phase, 'rejected')
  })

  it('what is for another run, from nobody of this one, or without an interval changes nothing', () => {
    const state = begun(['d-0'])
    const [report] = tellStory('d-0', testId).reports as [MetricsMessage]
    const { interval: _, ...foreign } = report
    for (const event of [
      told({ ...report, test_id: 'r-2' }),
      told({ ...report, node_id: 'd-9' }),
      told(foreign),
      beat('d-9', 'ready'),
      { ...beat('d-0', 'idle'), message: { node_id: 'd-0', heartbeat: 'YES', test_id: 'r-2' } } as RunEvent,
    ]) {
      const after = fold(state, [event])
      assert.deepEqual([after.seconds.length, totalOf(after).size], [0, 0])
      assert.equal(after.drivers.get('d-0')?.phase, 'ready')
      assert.equal(after.drivers.size, 1)
    }
  })

  it('hostile reports neither throw nor make it allocate, and cannot be counted', () => {
    const numbers = fc.constantFrom(0, -1, 1e300, -1e300, 0.5, 2 ** 53, 1e12, Number.MIN_VALUE)
    const junk = fc.record({
      name: fc.constantFrom('GET /', '__proto__', 'constructor', ''),
      kind: fc.constantFrom('request' as const, 'journey' as const),
      measurement: fc.dictionary(
        fc.constantFrom('started', 'sent', 'status', 'responseTime', '__proto__'),
        fc.jsonValue(),
      ),
    })
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            seq: fc.constantFrom(0, 1, 2, 1e6, Number.MAX_SAFE_INTEGER),
            start: numbers,
            end: numbers,
            requests: fc.array(junk, { maxLength: 3 }),
            totals: fc.option(fc.array(junk, { maxLength: 3 }), { nil: undefined }),
            final: fc.boolean(),
            inFlight: numbers,
          }),
          { maxLength: 8 },
        ),
        (reports) => {
          const [honest] = tellStory('d-0', testId).reports as [MetricsMessage]
          let state = begun(['d-0'], { slo: ['p99 < 1s', 'rate > 1/s for 2s: stop'] })
          for (const { seq, start, end, requests, totals, final, inFlight } of reports)
            state = fold(state, [
              told(
                {
                  ...honest,
                  interval: { seq, start_ms: start, end_ms: end },
                  requests,
                  ...(totals === undefined ? {} : { totals }),
                  final,
                  in_flight: inFlight,
                },
                startAtMs + 1000,
              ),
              { type: 'tick', atMs: startAtMs + 1000 },
            ])
          state = fold(state, [{ type: 'closed', atMs: startAtMs + 2000 }])
          assert.ok(state.seconds.length <= 3700, `${state.seconds.length} rows`)
          assert.ok(elapsedOf(state, startAtMs + 2000) <= 3_700_000)
          for (const named of totalOf(state).values()) assert.equal(isEmpty(named.measurement), true)
        },
      ),
      { seed: 6, numRuns: 150 },
    )
  })

  it('a command counts once, and after the end nothing changes any more', () => {
    const message: ControlMessage = { test_id: testId, command: 'stop', seq: 0, at_elapsed_ms: 5, by: 'keys' }
    const state = begun(['d-0'])
    const stopped = fold(state, [
      { type: 'control', atMs: startAtMs, message },
      { type: 'control', atMs: startAtMs, message: { ...message, command: 'pause' } },
    ])
    assert.deepEqual(stopped.controls, [message])
    const closed = fold(stopped, [{ type: 'closed', atMs: startAtMs + 10 }])
    const [report] = tellStory('d-0', testId).reports as [MetricsMessage]
    assert.equal(foldRun(closed, told(report)), closed)
    assert.equal(foldRun(closed, { type: 'tick', atMs: startAtMs + 1e9 }), closed)
  })

  it('an SLO of a rate is judged by whole seconds alone: the end of a run within a second breaks none', () => {
    const story = tellStory('d-0', testId, { seconds: 3, perSecond: 50 })
    const [last] = story.reports.slice(-1) as [MetricsMessage]
    const recorded = tellStory('d-0', testId, { seed: 9, seconds: 1, perSecond: 1, requests: ['GET /'] })
    const ending: MetricsMessage = {
      ...(recorded.reports[0] as MetricsMessage),
      interval: { seq: 3, start_ms: 3000, end_ms: 3004 },
      in_flight: 0,
      more: true,
    }
    const totals = { ...last, interval: { seq: 4, start_ms: 3000, end_ms: 3004 } }
    const state = fold(begun(['d-0'], { load: rateOf(50, 3000), slo: ['rate > 20/s for 1s'] }), [
      ...story.reports.slice(0, 3).map((message) => told(message)),
      told(ending),
      told(totals),
      { type: 'closed', atMs: startAtMs + 3100 },
    ])
    assert.equal(state.seconds.length, 4)
    assert.deepEqual([state.seconds[3]?.drivers, state.seconds[3]?.whole], [1, 0])
    assert.equal(overallOf(state.seconds[3]?.measurements.values() ?? []).started, 1)
    assert.equal(state.slo.watches[0]?.breach, 0)
  })
})
