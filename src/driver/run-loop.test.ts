import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { UnsentReason } from '../measuring/outcomes.ts'
import { createPacer } from '../pacing/create-pacer.ts'
import type { Pacer } from '../pacing/pacer.ts'
import type { Steering } from '../pacing/steering.ts'
import type { Load } from '../scenario/scenario.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { rateOf } from '../testing/sample-scenario.ts'
import type { Workload } from '../workloads/workload.ts'
import { RunLoop } from './run-loop.ts'

/** Answers operation n after `latencyMs(n)`, 'now' within its start, 'never' not at all. */
class ScriptedWorkload implements Workload {
  inFlight = 0
  most = 0
  depth = 0
  deepest = 0
  readonly started: { index: number; intendedMs: number; atMs: number }[] = []
  readonly refused: number[] = []
  onEnd: () => void = () => {}
  readonly #clock: FakeClock
  readonly #latencyMs: (n: number) => number | 'now' | 'never'

  constructor(clock: FakeClock, latencyMs: (n: number) => number | 'now' | 'never') {
    this.#clock = clock
    this.#latencyMs = latencyMs
  }

  async open(): Promise<void> {}

  start(index: number, intendedMs: number): void {
    this.depth++
    this.deepest = Math.max(this.deepest, this.depth)
    const latencyMs = this.#latencyMs(this.started.length)
    this.started.push({ index, intendedMs, atMs: this.#clock.nowMs() })
    this.inFlight++
    this.most = Math.max(this.most, this.inFlight)
    if (latencyMs === 'now') this.#end()
    else if (latencyMs !== 'never') this.#clock.after(latencyMs, () => this.#end())
    this.depth--
  }

  refuse(index: number, _reason: UnsentReason): void {
    this.refused.push(index)
  }

  cancelQueued(): void {}

  async close(): Promise<void> {
    while (this.inFlight > 0) this.#end()
  }

  #end(): void {
    this.inFlight--
    this.onEnd()
  }
}

interface Setting {
  load?: Load
  pacer?: (steering: readonly Steering[]) => Pacer
  share?: { index: number; of: number }
  maxInFlight?: number
  latencyMs?: (n: number) => number | 'now' | 'never'
}

const startMs = 1500

const loopOf = ({
  load = rateOf(100, 1000),
  pacer,
  share = { index: 0, of: 1 },
  maxInFlight = 1_000_000,
  latencyMs = () => 5,
}: Setting = {}) => {
  const clock = new FakeClock()
  const workload = new ScriptedWorkload(clock, latencyMs)
  const seen = { begun: 0, begunAtMs: 0, done: 0, doneAtMs: 0 }
  const loop = new RunLoop({
    clock,
    workload,
    share,
    startMs,
    maxInFlight,
    createPacer: pacer ?? ((steering) => createPacer(load, share, 1, steering)),
    onBegin: (nowMs) => {
      seen.begun++
      seen.begunAtMs = nowMs
    },
    onDone: () => {
      seen.done++
      seen.doneAtMs = clock.nowMs()
    },
  })
  workload.onEnd = () => loop.operationEnded()
  return { clock, workload, loop, seen }
}

const avalanche = (inFlight: number, bounds: { requests?: number; durationMs?: number }): Load => ({
  kind: 'avalanche',
  inFlight,
  maxInFlight: 1_000_000,
  ...bounds,
})

const indices = (count: number, share = { index: 0, of: 1 }): number[] =>
  Array.from({ length: count }, (_, i) => share.index + i * share.of)

describe('the run loop', () => {
  it('begins at the start instant, starts what its share of the schedule holds, and is done once', async () => {
    const share = { index: 1, of: 3 }
    const { clock, workload, loop, seen } = loopOf({ share })
    loop.start()
    await clock.advance(startMs - 1000 - 1)
    assert.equal(seen.begun, 0)
    await clock.advance(2000)
    assert.deepEqual({ ...seen, doneAtMs: 0 }, { begun: 1, begunAtMs: startMs, done: 1, doneAtMs: 0 })
    assert.deepEqual(
      workload.started.map(({ index }) => index),
      indices(33, share),
    )
    for (const { index, intendedMs, atMs } of workload.started) {
      assert.ok(Math.abs(intendedMs - (startMs + index * 10)) < 1e-6)
      assert.ok(atMs >= intendedMs && atMs < intendedMs + 1)
    }
    assert.equal(clock.pending, 0)
  })

  it('starts exactly the operations of any pacer, each once and in order, whatever the answers take', async () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 40, noNaN: true })), {
      maxLength: 120,
    })
    const latency = fc.oneof(fc.constant('now' as const), fc.integer({ min: 0, max: 500 }))
    await fc.assert(
      fc.asyncProperty(
        gaps,
        fc.array(latency, { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 3 }),
        async (gapsMs, latencies, stallsMs) => {
          let sumMs = 0
          const dues = gapsMs.map((gapMs) => {
            sumMs += gapMs
            return sumMs
          })
          const pacer: Pacer = {
            next: (elapsedMs, started) => (dues[started] ?? Number.POSITIVE_INFINITY) - elapsedMs,
            concurrency: () => Number.POSITIVE_INFINITY,
            plan: {},
          }
          const latencyMs = (n: number) => latencies[n % latencies.length] ?? 'now'
          const { clock, workload, loop, seen } = loopOf({ pacer: () => pacer, latencyMs })
          loop.start()
          await clock.advance(startMs - 1000)
          for (const stallMs of stallsMs) {
            await clock.suspend(stallMs)
            await clock.advance(50)
          }
          await clock.advance(sumMs + 2000)
          assert.deepEqual(
            workload.started.map(({ index }) => index),
            indices(dues.length),
          )
          for (const { index, intendedMs, atMs } of workload.started) {
            assert.ok(Math.abs(intendedMs - startMs - (dues[index] ?? -1)) < 1e-6)
            assert.ok(atMs >= intendedMs - 1e-6, 'never early')
          }
          assert.deepEqual([seen.begun, seen.done, workload.inFlight, clock.pending], [1, 1, 0, 0])
        },
      ),
      { seed: 3, numRuns: 40 },
    )
  })

  it('whatever is steered, paused and stopped: each operation once and in order, nothing after the stop, done once', async () => {
    const command = fc.record({
      afterMs: fc.integer({ min: 0, max: 700 }),
      leadMs: fc.integer({ min: 0, max: 120 }),
      command: fc.constantFrom('pause', 'resume', 'rate'),
      scale: fc.constantFrom(0.5, 1, 3),
    })
    const loads = fc.constantFrom(
      rateOf(200, 1500),
      { ...rateOf(200, 1500), arrivals: 'poisson' } as Load,
      avalanche(3, { requests: 150 }),
      avalanche(4, { durationMs: 1200 }),
    )
    const stops = fc.option(fc.integer({ min: 0, max: 3000 }))
    await fc.assert(
      fc.asyncProperty(
        loads,
        fc.array(command, { maxLength: 6 }),
        stops,
        async (load, commands, stopAtMs) => {
          const { clock, workload, loop, seen } = loopOf({ load, latencyMs: (n) => (n * 37) % 90 })
          loop.start()
          if (stopAtMs !== null) clock.after(stopAtMs, () => loop.stop())
          let steering: Steering[] = []
          for (const { afterMs, leadMs, ...rest } of commands) {
            await clock.advance(afterMs)
            const atMs = Math.max(0, clock.nowMs() - startMs + leadMs)
            steering = [...steering, { ...rest, atMs }].sort((a, b) => a.atMs - b.atMs)
            loop.steer(steering)
          }
          await clock.advance(1000)
          // Whatever is paused now is resumed, so that the rest of the load can follow.
          const atMs = Math.max(clock.nowMs() - startMs, steering.at(-1)?.atMs ?? 0)
          loop.steer([...steering, { command: 'resume', atMs }])
          await clock.advance(20_000)
          assert.deepEqual(
            workload.started.map(({ index }) => index),
            indices(workload.started.length),
          )
          if (stopAtMs !== null) assert.ok(workload.started.every((op) => op.atMs <= 1000 + stopAtMs))
          assert.deepEqual([seen.done, workload.inFlight], [1, 0])
          assert.ok(seen.begun <= 1)
        },
      ),
      { seed: 5, numRuns: 60 },
    )
  })

  it('an open load never waits for answers', async () => {
    const { clock, workload, loop, seen } = loopOf({ latencyMs: () => 'never' })
    loop.start()
    await clock.advance(3000)
    assert.equal(workload.started.length, 100)
    assert.equal(seen.done, 0)
    await workload.close()
    assert.equal(seen.done, 1)
  })

  it('a stall is caught up at once, with the intended starts of the plan', async () => {
    const { clock, workload, loop } = loopOf({ load: rateOf(1000, 3000) })
    loop.start()
    await clock.advance(500 + 1000)
    const before = workload.started.length
    await clock.suspend(1500)
    await clock.advance(0)
    assert.ok(workload.started.length >= before + 1500, `${workload.started.length - before}`)
    const late = workload.started[before + 1]
    assert.ok(late !== undefined && late.atMs - late.intendedMs > 1400)
  })

  it('refuses what exceeds maxInFlight and goes on counting: started and refused are the plan', async () => {
    const { clock, workload, loop } = loopOf({ maxInFlight: 10, latencyMs: () => 'never' })
    loop.start()
    await clock.advance(3000)
    assert.equal(workload.most, 10)
    assert.deepEqual([...workload.started.map(({ index }) => index), ...workload.refused], indices(100))
    assert.equal(loop.started, 100)
  })

  for (const load of [avalanche(3, { requests: 20_000 }), { ...rateOf(20_000, 1000) }])
    it(`${load.kind}: ends within their starts neither nest nor keep others from their turn`, async () => {
      const { clock, workload, loop, seen } = loopOf({ load, latencyMs: () => 'now' })
      loop.start()
      let othersTurns = 0
      const takeTurn = (): void => {
        othersTurns++
        if (seen.done === 0 && othersTurns < 100_000) clock.soon(takeTurn)
      }
      clock.after(startMs - 1000, takeTurn)
      await clock.suspend(startMs - 1000 + 1000)
      await clock.advance(10)
      assert.equal(workload.started.length, 20_000)
      assert.equal(workload.deepest, 1)
      assert.equal(seen.done, 1)
      assert.ok(othersTurns >= 20, `${othersTurns} turns of others among 20,000 starts`)
    })

  it('a closed load keeps so many in flight, and takes the next as soon as one ends', async () => {
    const { clock, workload, loop, seen } = loopOf({
      load: avalanche(4, { requests: 100 }),
      latencyMs: () => 10,
    })
    loop.start()
    await clock.advance(500 + 10 * 25)
    assert.equal(workload.most, 4)
    assert.equal(workload.started.length, 100)
    assert.deepEqual([seen.done, seen.doneAtMs], [1, startMs + 250])
  })

  it('stops in every state, and is done once', async () => {
    const waiting = loopOf()
    waiting.loop.start()
    waiting.loop.stop()
    assert.equal(waiting.seen.done, 1)
    await waiting.clock.advance(5000)
    assert.deepEqual([waiting.seen.begun, waiting.workload.started.length], [0, 0])

    const running = loopOf({ latencyMs: () => 300 })
    running.loop.start()
    await running.clock.advance(500 + 200)
    running.loop.stop()
    running.loop.stop()
    const started = running.workload.started.length
    assert.equal(running.seen.done, 0)
    await running.clock.advance(300)
    assert.deepEqual([running.seen.done, running.workload.started.length], [1, started])

    const draining = loopOf({ latencyMs: () => 5000 })
    draining.loop.start()
    await draining.clock.advance(500 + 1500)
    assert.equal(draining.loop.isExhausted, true)
    draining.loop.stop()
    await draining.clock.advance(10_000)
    assert.equal(draining.seen.done, 1)
    draining.loop.stop()
    draining.loop.steer([{ atMs: 0, command: 'rate', scale: 2 }])
    await draining.clock.advance(10_000)
    assert.deepEqual([draining.seen.done, draining.clock.pending], [1, 0])
  })

  it('a rate given while the last answers are awaited adds nothing, ends nothing early, and leaves no timer', async () => {
    const { clock, workload, loop, seen } = loopOf({ latencyMs: () => 1000 })
    loop.start()
    await clock.advance(500 + 1500)
    loop.steer([{ atMs: 1600, command: 'rate', scale: 5 }])
    assert.equal(seen.done, 0)
    await clock.advance(600)
    assert.deepEqual([seen.done, workload.started.length, clock.pending], [1, 100, 0])
  })

  it('a closed load paused and resumed by two commands in one breath goes on', async () => {
    const { clock, workload, loop, seen } = loopOf({
      load: avalanche(2, { requests: 400 }),
      latencyMs: () => 5,
    })
    loop.start()
    await clock.advance(500 + 100)
    const pause: Steering = { atMs: 150, command: 'pause' }
    loop.steer([pause])
    await clock.advance(20)
    loop.steer([pause, { atMs: 190, command: 'resume' }])
    await clock.advance(40)
    const atPause = workload.started.length
    await clock.advance(5000)
    assert.ok(workload.started.length > atPause, 'it must wake by itself at the resume')
    assert.deepEqual([workload.started.length, seen.done], [400, 1])
  })

  it('a pause after the last operation was started does not keep the run from its end', async () => {
    for (const load of [rateOf(100, 1000), avalanche(100, { requests: 100 })]) {
      const { clock, workload, loop, seen } = loopOf({ load, latencyMs: () => 3000 })
      loop.start()
      await clock.advance(500 + 1200)
      assert.equal(workload.started.length, 100)
      loop.steer([{ atMs: 1250, command: 'pause' }])
      await clock.advance(5000)
      assert.equal(seen.done, 1, load.kind)
    }
  })

  it('a pacer that answers nonsense starts nothing', async () => {
    const pacer: Pacer = { next: () => Number.NaN, concurrency: () => Number.POSITIVE_INFINITY, plan: {} }
    const { clock, workload, loop, seen } = loopOf({ pacer: () => pacer })
    loop.start()
    await clock.advance(2000)
    assert.deepEqual([workload.started.length, seen.done], [0, 1])
  })
})
