import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Load } from '../scenario/scenario.ts'
import { createPacer } from './create-pacer.ts'
import type { OpenLoad } from './load-curve.ts'
import { pausedWaitMs } from './pacer.ts'
import { plannedRate } from './planned-rate.ts'
import type { Steering } from './steering.ts'

/** The intended starts of each driver's operations. */
const scheduleOf = (load: Load, of: number, steering: Steering[] = [], seed = 42): number[][] =>
  Array.from({ length: of }, (_, index) => {
    const pacer = createPacer(load, { index, of }, seed, steering)
    const times: number[] = []
    for (
      let dueMs = pacer.next(0, 0);
      dueMs !== Number.POSITIVE_INFINITY;
      dueMs = pacer.next(0, times.length)
    )
      times.push(dueMs)
    return times
  })

const rate = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0.5, max: 300, noNaN: true }))
const part = fc.double({ min: 0, max: 1, noNaN: true })
const options = fc.record({
  maxInFlight: fc.constant(1000),
  arrivals: fc.constantFrom('uniform' as const, 'poisson' as const),
  perDriver: fc.boolean(),
  durationMs: fc.integer({ min: 1, max: 5000 }),
})
const counts = fc.record(
  { requests: fc.integer({ min: 0, max: 500 }), requestsPerDriver: fc.integer({ min: 1, max: 200 }) },
  { requiredKeys: [] },
)
const stage = fc.record({
  toPerSecond: fc.oneof(fc.constant(0), rate),
  overMs: fc.integer({ min: 0, max: 2000 }),
  holdMs: fc.integer({ min: 0, max: 2000 }),
})
const shape = fc.oneof(
  fc.record({ kind: fc.constant('rate'), perSecond: rate }),
  fc.record({ kind: fc.constant('tsunami'), gapMs: fc.double({ min: 5, max: 500, noNaN: true }) }),
  fc.record({
    kind: fc.constant('stages'),
    fromPerSecond: rate,
    stages: fc.array(stage, { minLength: 1, maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant('spike'),
    basePerSecond: fc.oneof(fc.constant(0), rate),
    peakPerSecond: rate,
    everyMs: fc.constant(1000),
    lastingMs: fc.integer({ min: 1, max: 1000 }),
  }),
  fc.tuple(rate, part).map(([meanPerSecond, amplitude]) => ({
    kind: 'sine',
    meanPerSecond,
    amplitudePerSecond: meanPerSecond * amplitude,
    periodMs: 2000,
  })),
)
const openLoad = fc.tuple(shape, options, counts).map(([a, b, c]) => ({ ...a, ...b, ...c }) as OpenLoad)

const event = fc.oneof(
  fc.record({ command: fc.constant('pause' as const) }),
  fc.record({ command: fc.constant('resume' as const) }),
  fc.record({ command: fc.constant('rate' as const), scale: fc.constantFrom(0.1, 0.5, 1, 2, 3.7) }),
)
const steeringList = fc
  .array(
    fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.double({ min: 0, max: 5000, noNaN: true })),
      event,
    ),
    { maxLength: 6 },
  )
  .map((events) =>
    events.map(([atMs, command]): Steering => ({ atMs, ...command })).sort((a, b) => a.atMs - b.atMs),
  )
const seed = fc.nat()
const drivers = fc.integer({ min: 1, max: 9 })

describe('any open load', () => {
  it('is the same schedule over any number of drivers, to the bit', () => {
    fc.assert(
      fc.property(openLoad, drivers, seed, steeringList, (load, of, aSeed, steering) => {
        // What one driver alone would make of it: rates and counts for each driver are those of all of them.
        const { requestsPerDriver, ...rest } = load
        const whole = (
          requestsPerDriver === undefined
            ? rest
            : {
                ...rest,
                requests: Math.min(rest.requests ?? Number.POSITIVE_INFINITY, requestsPerDriver * of),
              }
        ) as Load
        const shares = scheduleOf(load, of, steering, aSeed)
        if (load.kind === 'tsunami') {
          const [first = []] = scheduleOf({ ...whole, requests: 1e9 } as Load, 1, steering, aSeed)
          for (const [index, times] of shares.entries()) {
            const most = Math.max(0, Math.ceil(((whole.requests ?? Number.POSITIVE_INFINITY) - index) / of))
            assert.deepEqual(times, first.slice(0, most))
          }
          return
        }
        const [single = []] = scheduleOf(load.perDriver ? scaled(whole, of) : whole, 1, steering, aSeed)
        assert.equal(shares.flat().length, single.length)
        for (const [k, dueMs] of single.entries()) assert.equal(shares[k % of]?.[Math.floor(k / of)], dueMs)
        if (load.arrivals === 'uniform')
          assert.equal(createPacer(load, { index: 0, of }, aSeed, steering).plan.operations, single.length)
      }),
      { seed: 3, numRuns: 400 },
    )
  })

  it('never steps back, and starts nothing while paused', () => {
    fc.assert(
      fc.property(openLoad, drivers, seed, steeringList, (load, of, aSeed, steering) => {
        for (const times of scheduleOf(load, of, steering, aSeed)) {
          for (let k = 1; k < times.length; k++) assert.ok((times[k] ?? 0) >= (times[k - 1] ?? 0))
          for (const dueMs of times) {
            if (dueMs === pausedWaitMs) continue
            const lastPauseOrResume = steering
              .filter(({ atMs, command }) => atMs <= dueMs && command !== 'rate')
              .at(-1)
            assert.notEqual(lastPauseOrResume?.command, 'pause', `due at ${dueMs}`)
          }
        }
      }),
      { seed: 4, numRuns: 400 },
    )
  })

  it('starts operations only where the asked rate is above zero', () => {
    fc.assert(
      fc.property(openLoad, drivers, steeringList, (anyLoad, of, steering) => {
        const load = anyLoad.kind === 'tsunami' ? anyLoad : { ...anyLoad, arrivals: 'uniform' as const }
        for (const dueMs of scheduleOf(load, of, steering).flat()) {
          if (dueMs === pausedWaitMs) continue
          // A ramp begins at 0: the rate a moment later counts too.
          const rates = [dueMs, dueMs + 1e-3].map((tMs) => plannedRate(load, of, steering, tMs) ?? 0)
          assert.ok(Math.max(...rates) > 0, `nothing is asked at ${dueMs}`)
        }
      }),
      { seed: 7, numRuns: 200 },
    )
  })

  it('keeps what was due before a steering, to the bit', () => {
    const oneMore = fc.tuple(part, event)
    fc.assert(
      fc.property(
        openLoad,
        drivers,
        seed,
        steeringList,
        oneMore,
        (load, of, aSeed, steering, [at, command]) => {
          const lastMs = steering.at(-1)?.atMs ?? 0
          const before = scheduleOf(load, of, steering, aSeed)
          // At the very instant of an operation, where rounding would show.
          const instants = before.flat().filter((dueMs) => dueMs >= lastMs && dueMs !== pausedWaitMs)
          const atMs = instants[Math.floor(at * (instants.length - 1))] ?? lastMs
          const after = scheduleOf(load, of, [...steering, { atMs, ...command }], aSeed)
          for (const [driver, times] of before.entries())
            for (const [k, dueMs] of times.entries())
              if (dueMs < atMs) assert.equal(after[driver]?.[k], dueMs)
          for (const [driver, times] of after.entries())
            for (const [k, dueMs] of times.entries())
              if (dueMs < atMs) assert.equal(before[driver]?.[k], dueMs)
        },
      ),
      { seed: 5, numRuns: 400 },
    )
  })

  it('holds with its own duration: pauses change when, not how much', () => {
    fc.assert(
      fc.property(openLoad, seed, steeringList, (load, aSeed, steering) => {
        const pauses = steering.filter(({ command }) => command !== 'rate')
        const closed: Steering[] = [...pauses, { atMs: 6000, command: 'resume' }]
        const [steered = []] = scheduleOf(load, 1, closed, aSeed)
        const [plain = []] = scheduleOf(load, 1, [], aSeed)
        assert.equal(steered.length, plain.length)
      }),
      { seed: 6, numRuns: 300 },
    )
  })
})

/** The load with the rates of all drivers together, as one driver would have to make it. */
const scaled = (load: Load, factor: number): Load => {
  switch (load.kind) {
    case 'rate':
      return { ...load, perSecond: load.perSecond * factor }
    case 'stages':
      return {
        ...load,
        fromPerSecond: load.fromPerSecond * factor,
        stages: load.stages.map((each) => ({ ...each, toPerSecond: each.toPerSecond * factor })),
      }
    case 'spike':
      return {
        ...load,
        basePerSecond: load.basePerSecond * factor,
        peakPerSecond: load.peakPerSecond * factor,
      }
    case 'sine':
      return {
        ...load,
        meanPerSecond: load.meanPerSecond * factor,
        amplitudePerSecond: load.amplitudePerSecond * factor,
      }
    default:
      return load
  }
}
