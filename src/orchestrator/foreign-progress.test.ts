import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { MetricsMessage } from '../bus/messages.ts'
import {
  configuredAtMs,
  countedScenario,
  foreignBeat,
  foreignReport,
  foreignRun,
  foreignRunId,
  foreignStartMs as startMs,
  foreignTold as told,
} from '../testing/sample-foreign.ts'
import { maxForeignDrivers } from './foreign-joining.ts'
import {
  completeSeconds,
  elapsedOf,
  foldRun,
  isOver,
  newRunState,
  type RunEvent,
  type RunState,
} from './run-state.ts'

const id = 'f-1'
const fold = (state: RunState, events: readonly RunEvent[]): RunState => events.reduce(foldRun, state)
const tick = (atMs: number): RunEvent => ({ type: 'tick', atMs })
const report = foreignReport
const driverIn = (state: RunState, name = id) => {
  const driver = state.drivers.get(name)
  assert.ok(driver?.foreign, `${name} is no foreign driver of the run`)
  return { ...driver, foreign: driver.foreign }
}
/** A heartbeat and a tick each second. */
const beats = (fromMs: number, toMs: number): RunEvent[] => {
  const events: RunEvent[] = []
  for (let atMs = fromMs; atMs <= toMs; atMs += 1000) events.push(foreignBeat(id, atMs), tick(atMs))
  return events
}
const configured: RunEvent = {
  type: 'configured',
  atMs: configuredAtMs,
  drivers: [
    { id: 'd-1', pid: 1, isAbsent: false, isForeign: false, clock: null },
    { id, pid: null, isAbsent: false, isForeign: true, clock: null },
  ],
}
const before = newRunState(foreignRunId, countedScenario(2), configuredAtMs)

describe('a driver written by others, before the trigger', () => {
  const at = (ms: number): number => configuredAtMs + ms
  const cases: [what: string, events: RunEvent[], phase: string][] = [
    ['nothing yet', [], 'configuring'],
    ['a heartbeat that may be older than the configuration', [foreignBeat(id, at(300))], 'configuring'],
    ['a heartbeat later', [foreignBeat(id, at(300)), foreignBeat(id, at(1300))], 'ready'],
    ['no heartbeat for a while: it sends none', [tick(at(1900)), tick(at(2100))], 'ready'],
    ['it began at the configuration', [told(at(400), report(id, 'a', { sent: 3 }))], 'ready'],
    ['it fell silent', [foreignBeat(id, at(300)), tick(at(3400))], 'lost'],
    ['it came back', [foreignBeat(id, at(300)), tick(at(3400)), foreignBeat(id, at(3500))], 'ready'],
  ]
  for (const [what, events, phase] of cases)
    it(`${what}: ${phase}`, () => assert.equal(driverIn(fold(before, [configured, ...events])).phase, phase))

  it('takes no numbered share, and begins at the trigger even if it did not seem ready', () => {
    const state = fold(before, [
      configured,
      { type: 'triggered', atMs: at(50), startAtMs: at(50), ready: ['d-1'] },
    ])
    assert.deepEqual(
      [...state.drivers.values()].map(({ share, phase }) => [share, phase]),
      [
        [0, 'ready'],
        [null, 'running'],
      ],
    )
  })

  it('begins at the trigger even if it came after the drivers had been chosen', () => {
    const triggered: RunEvent = {
      type: 'triggered',
      atMs: at(50),
      startAtMs: at(50),
      newcomers: [id, 'd-1', 'f-2'],
    }
    const state = fold(before, [configured, triggered])
    assert.deepEqual(
      [...state.drivers.values()].map((driver) => [driver.id, driver.foreign?.joinedLate]),
      [
        ['d-1', undefined],
        [id, false],
        ['f-2', true],
      ],
    )
    assert.deepEqual(
      [driverIn(state, 'f-2').phase, driverIn(state, 'f-2').foreign.beganMs],
      ['running', at(50)],
    )
  })

  it('is judged by its count if that was reached before the trigger', () => {
    const early = told(at(400), report(id, 'a', { completed: 500 }))
    const state = fold(before, [configured, early])
    assert.equal(driverIn(state).phase, 'ready')
    assert.equal(
      driverIn(fold(state, [{ type: 'triggered', atMs: at(900), startAtMs: at(900) }])).phase,
      'finished',
    )
  })
})

describe('a driver written by others, in a run', () => {
  const run = foreignRun([id])
  const at = (ms: number): number => startMs + ms
  const times = [2, 5, 4, null, 40] as const

  const cases: [what: string, events: RunEvent[], phase: string, assumed: boolean][] = [
    ['it reached the count', [told(at(1000), report(id, 'a', { completed: 500, times }))], 'finished', false],
    ['it says so', [told(at(1000), report(id, 'a', { final: true, times }))], 'finished', false],
    ['it goes on', [told(at(1000), report(id, 'a', { completed: 499, times }))], 'running', false],
    [
      'figures stand still for 5 s while heartbeats go on',
      [told(at(1000), report(id, 'a', { times })), ...beats(at(1500), at(6500))],
      'finished',
      true,
    ],
    [
      'figures stand still for less',
      [told(at(1000), report(id, 'a', { times })), ...beats(at(1500), at(5500))],
      'running',
      false,
    ],
    [
      'the same figures over and over are standing still',
      [
        told(at(1000), report(id, 'a', { times })),
        ...beats(at(1500), at(5500)),
        told(at(5600), report(id, 'b', { times })),
        tick(at(6100)),
      ],
      'finished',
      true,
    ],
    [
      'an end that was assumed too early',
      [
        told(at(1000), report(id, 'a', { times })),
        ...beats(at(1500), at(6500)),
        told(at(6600), report(id, 'b', { times: [1, 5, 4, null, 40] })),
      ],
      'running',
      false,
    ],
    [
      'known to be short of its count, a target may be stalled: no end is assumed so soon',
      [told(at(1000), report(id, 'a', { completed: 490, times })), ...beats(at(1500), at(12_500))],
      'running',
      false,
    ],
    [
      'known to be short of its count for longer than an answer takes',
      [told(at(1000), report(id, 'a', { completed: 490, times })), ...beats(at(1500), at(16_500))],
      'finished',
      true,
    ],
    [
      'errors may make up what is missing',
      [told(at(1000), report(id, 'a', { completed: 490, errors: 10 })), ...beats(at(1500), at(6500))],
      'finished',
      true,
    ],
    [
      'heartbeats end',
      [foreignBeat(id, at(0)), told(at(500), report(id, 'a', { times })), tick(at(3600))],
      'lost',
      false,
    ],
    [
      'it is heard again',
      [foreignBeat(id, at(0)), tick(at(3600)), told(at(3700), report(id, 'a', { times }))],
      'running',
      false,
    ],
    [
      'it never sends heartbeats, reports end',
      [told(at(1000), report(id, 'a', { times })), tick(at(5900)), tick(at(6100))],
      'finished',
      true,
    ],
    [
      'it never sends heartbeats, reports end short of the count',
      [told(at(1000), report(id, 'a', { completed: 200, times })), tick(at(6100))],
      'lost',
      false,
    ],
    ['heartbeats alone, for long', beats(at(1000), at(29_000)), 'running', false],
    ['heartbeats alone, for too long', beats(at(1000), at(31_000)), 'left', false],
    [
      'zeros before the first answer are no figures',
      [
        ...beats(at(1000), at(29_000)),
        told(at(29_500), report(id, 'a', { times: [0, 0, 0, 0, 0] })),
        ...beats(at(30_000), at(31_000)),
      ],
      'left',
      false,
    ],
    [
      'figures after all',
      [...beats(at(1000), at(31_000)), told(at(31_500), report(id, 'a', { times }))],
      'running',
      false,
    ],
  ]
  for (const [what, events, phase, assumed] of cases)
    it(`${what}: ${phase}${assumed ? ', assumed' : ''}`, () => {
      const driver = driverIn(fold(run, events))
      assert.deepEqual([driver.phase, driver.foreign.assumedFinished], [phase, assumed])
    })

  it('with a gap between requests, figures may stand still for as long', () => {
    const scenario = countedScenario(1, {
      load: { kind: 'tsunami', gapMs: 10_000, requestsPerDriver: 3, maxInFlight: 1000 },
    })
    const state = fold(foreignRun([id], { scenario }), [told(at(1000), report(id, 'a', { times }))])
    assert.equal(driverIn(fold(state, beats(at(2000), at(15_000)))).phase, 'running')
    assert.equal(driverIn(fold(state, beats(at(2000), at(16_000)))).phase, 'finished')
  })

  it('says what it says and nothing else: zeros and silence are unknown', () => {
    const { said } = driverIn(
      fold(run, [
        told(at(500), report(id, 'a', { times: [0, 0, 0, 0, 0] })),
        told(at(900), report(id, 'b', { times: [2, 5, 4, null, 40] })),
        told(at(1500), report(id, 'c', { errors: 0 })),
      ]),
    ).foreign
    assert.deepEqual(said, {
      sent: null,
      completed: null,
      errors: 0,
      bytesIn: null,
      bytesOut: null,
      status: null,
      errorKinds: null,
      minMs: 2,
      meanMs: 5,
      medianMs: 4,
      modeMs: null,
      maxMs: 40,
    })
  })

  it('that starts over is told by figures that become less', () => {
    const first = told(at(1000), report(id, 'a', { sent: 300, completed: 290 }))
    assert.equal(
      driverIn(fold(run, [first, told(at(2000), report(id, 'b', { sent: 310 }))])).foreign.fellBack,
      false,
    )
    const state = fold(run, [first, told(at(2000), report(id, 'b', { sent: 12, completed: 3 }))])
    assert.deepEqual([driverIn(state).foreign.fellBack, driverIn(state).foreign.said.sent], [true, 12])
  })

  it('ends the run with the last of all, and holds up neither seconds nor a stop', () => {
    const mixed = foreignRun([id], { ours: ['d-1'] })
    assert.equal(completeSeconds({ ...mixed, seconds: [] }), 0)
    assert.equal(isOver(mixed), false)
    const stop: RunEvent = {
      type: 'control',
      atMs: at(800),
      message: { test_id: foreignRunId, command: 'stop', seq: 0, at_elapsed_ms: 800, by: 'keys' },
    }
    assert.equal(isOver(fold(run, [stop])), true, 'none of ours is left to stop')
    assert.equal(isOver(fold(mixed, [stop])), false, 'ours has yet to stop')
    const over = fold(run, [
      told(at(4000), report(id, 'a', { completed: 500 })),
      { type: 'closed', atMs: at(9000) },
    ])
    assert.equal(elapsedOf(over, at(20_000)), 4000)
  })

  it('is not blamed for what nobody listened to', () => {
    const said = fold(run, [foreignBeat(id, at(500)), told(at(1000), report(id, 'a', { times }))])
    const asleep: RunEvent = { type: 'stoodStill', atMs: at(61_000), forMs: 60_000 }
    assert.equal(driverIn(fold(said, [asleep, tick(at(61_100))])).phase, 'running')
    const resumed: RunEvent = { type: 'resumed', atMs: at(61_000) }
    assert.equal(driverIn(fold(said, [resumed, tick(at(61_100))])).phase, 'running')
    assert.equal(driverIn(fold(said, [tick(at(61_000))])).phase, 'lost')
  })
})

describe('a driver written by others that nobody knew', () => {
  const run = foreignRun([], { ours: ['d-1'] })
  const at = (ms: number): number => startMs + ms

  it('joins with its first report of the run, or its first heartbeat that names it', () => {
    for (const event of [
      told(at(900), report(id, 'a', { sent: 4 })),
      foreignBeat(id, at(900), foreignRunId),
    ]) {
      const driver = driverIn(fold(run, [event]))
      assert.deepEqual(
        [driver.phase, driver.share, driver.foreign.joinedLate, driver.foreign.beganMs],
        ['running', null, true, at(900)],
      )
    }
  })

  it('does not join by what names another run or none, or comes from one of ours', () => {
    const ours: MetricsMessage = { ...report(id, 'a', { sent: 4 }), protocol: 'groundswell/1' }
    const events = [
      told(at(900), report(id, 'a', { sent: 4 }, 'r-2')),
      told(at(900), { ...report(id, 'a', { sent: 4 }), test_id: undefined }),
      told(at(900), ours),
      foreignBeat(id, at(900)),
      foreignBeat(id, at(900), 'r-2'),
    ]
    for (const event of events) assert.equal(fold(run, [event]).drivers.size, 1)
  })

  it('is one of a bounded number: ids may be made up', () => {
    const events = Array.from({ length: maxForeignDrivers + 5 }, (_, i) =>
      told(at(900), report(`f-${i}`, 'a', { sent: 1 })),
    )
    assert.equal(fold(run, events).drivers.size, 1 + maxForeignDrivers)
  })
})

describe('reports of drivers written by others, in any order among the drivers, twice, with heartbeats and ticks between', () => {
  it('leave the newest of each figure, and what the others say changes nothing', () => {
    const story = fc.array(
      fc.record({ sent: fc.nat(20), completed: fc.nat(20), ms: fc.integer({ min: 1, max: 1000 }) }),
      { minLength: 1, maxLength: 12 },
    )
    fc.assert(
      fc.property(
        fc.array(story, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat(1000)),
        (stories, draws) => {
          const draw = (): number => draws.next().value ?? 0
          const queues = stories.map((steps, i) => {
            let [sent, completed, max] = [0, 0, 0]
            return steps.map((step, n) => {
              sent += step.sent
              completed = Math.min(sent, completed + step.completed)
              max = Math.max(max, step.ms)
              const said = { sent, completed, times: [1, step.ms, step.ms, null, max] as const }
              return report(`f-${i}`, `f-${i}/${n}`, said)
            })
          })
          const last = queues.map((queue) => queue.at(-1))
          let state = foreignRun(stories.map((_, i) => `f-${i}`))
          const heard: MetricsMessage[] = []
          let atMs = startMs
          while (queues.some((queue) => queue.length > 0)) {
            atMs += draw() % 700
            const next = queues[draw() % queues.length]?.shift()
            if (next !== undefined) heard.push(next)
            // A bus delivers at least once, and again from where it left off.
            const again = draw() % 3 === 0 ? heard.slice(-1 - (draw() % 3)) : heard.slice(-1)
            for (const message of again) state = foldRun(state, told(atMs, message))
            if (draw() % 2 === 0) state = foldRun(state, foreignBeat(`f-${draw() % 4}`, atMs))
            state = foldRun(state, tick(atMs))
          }
          for (const [i, message] of last.entries()) {
            const { foreign } = driverIn(state, `f-${i}`)
            assert.deepEqual(
              [foreign.said.sent, foreign.said.completed, foreign.said.meanMs, foreign.said.maxMs],
              [
                message?.sent,
                message?.completed,
                message?.metrics.mean_latency,
                message?.metrics.max_latency,
              ],
            )
            assert.equal(foreign.fellBack, false, 'what comes twice is no step back')
          }
        },
      ),
      { seed: 11, numRuns: 200 },
    )
  })

  it('whatever they hold, make neither an error nor an end without its reason', () => {
    const number = fc.option(fc.constantFrom(0, 1, 500, 1e300, 2 ** 53, 0.5), { nil: undefined })
    const said = fc.record({ sent: number, completed: number, errors: number, min: number, max: number })
    fc.assert(
      fc.property(fc.array(fc.tuple(said, fc.nat(4000)), { maxLength: 10 }), (steps) => {
        let state = foreignRun([id])
        let atMs = startMs
        for (const [n, [step, waitMs]] of steps.entries()) {
          atMs += waitMs
          const message: MetricsMessage = {
            node_id: id,
            test_id: foreignRunId,
            report_id: `${n}`,
            metrics: { min_latency: step.min ?? null, max_latency: step.max ?? null },
            ...(step.sent === undefined ? {} : { sent: step.sent }),
            ...(step.completed === undefined ? {} : { completed: step.completed }),
            ...(step.errors === undefined ? {} : { errors: step.errors }),
          }
          state = fold(state, [told(atMs, message), tick(atMs)])
          const { phase, foreign } = driverIn(state)
          if (phase === 'finished') assert.ok(foreign.assumedFinished || (foreign.said.completed ?? 0) >= 500)
        }
        assert.equal(isOver(fold(state, [tick(atMs + 600_000)])), true, 'silence ends every run')
      }),
      { seed: 12, numRuns: 200 },
    )
  })
})
