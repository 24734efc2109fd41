import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../testing/fake-clock.ts'
import { SkewedClock } from '../testing/skewed-clock.ts'
import { OrchestratorWatch } from './orchestrator-watch.ts'

const open = () => {
  const clock = new FakeClock()
  const watch = new OrchestratorWatch(clock)
  const hear = (id: string, runs?: string[], issuedMs = clock.wallMs()): boolean =>
    watch.hearPresence({
      orchestrator_id: id,
      issued_at: issuedMs,
      ...(runs === undefined ? {} : { runs }),
    })
  return { clock, watch, hear }
}

describe('what a driver knows of orchestrators', () => {
  it('nobody is silent while no run is watched', async () => {
    const { clock, watch } = open()
    await clock.advance(1_000_000)
    assert.equal(watch.silentMs, 0)
    watch.watch('r-1')
    await clock.advance(500)
    assert.equal(watch.silentMs, 500)
    watch.unwatch()
    assert.equal(watch.silentMs, 0)
  })

  it('a presence that names the run, or no runs at all, and a message of the run speak for it; others do not', async () => {
    const { clock, watch, hear } = open()
    watch.watch('r-1')
    const speaks: [boolean, () => void][] = [
      [true, () => hear('o-1', ['r-0', 'r-1'])],
      [true, () => hear('o-1')],
      [true, () => watch.hearOf('r-1')],
      [false, () => hear('o-2', [])],
      [false, () => hear('o-2', ['r-2'])],
      [false, () => watch.hearOf('r-2')],
    ]
    for (const [isFor, say] of speaks) {
      watch.hearOf('r-1')
      await clock.advance(1000)
      say()
      assert.equal(watch.silentMs, isFor ? 0 : 1000, say.toString())
    }
  })

  it('remembers that others were heard until somebody speaks for the run', () => {
    const { watch, hear } = open()
    watch.watch('r-1')
    assert.equal(watch.othersHeard, false)
    hear('o-2', ['r-2'])
    assert.equal(watch.othersHeard, true)
    hear('o-1', ['r-1'])
    assert.equal(watch.othersHeard, false)
  })

  it('silence while this process stood still is excused', async () => {
    const { clock, watch } = open()
    watch.watch('r-1')
    await clock.advance(60_000)
    watch.excuse(59_000)
    assert.equal(watch.silentMs, 1000)
  })

  it('hands out the newest presence once, with the instant at which it came', async () => {
    const { clock, watch, hear } = open()
    assert.equal(watch.takeHeard(), undefined)
    hear('o-1', [], 5)
    await clock.advance(10)
    hear('o-1', [], 7)
    const receivedMs = clock.wallMs()
    await clock.advance(10)
    assert.deepEqual(watch.takeHeard(), { orchestrator_id: 'o-1', issued_at: 7, received_at: receivedMs })
    assert.equal(watch.takeHeard(), undefined)
  })

  it('says which orchestrators are new', () => {
    const { hear } = open()
    assert.deepEqual(
      ['o-1', 'o-1', 'o-2', 'o-1', 'o-2'].map((id) => hear(id)),
      [true, false, true, false, false],
    )
  })

  it('takes the quickest of the latest presences for how far the clocks are apart', () => {
    const { clock, watch, hear } = open()
    assert.equal(watch.clockAheadMs, undefined)
    for (const delayMs of [300, 20, 5000]) hear('o-1', [], clock.wallMs() - 60_000 - delayMs)
    assert.equal(watch.clockAheadMs, 60_020)
    for (let i = 0; i < 10; i++) hear('o-1', [], clock.wallMs() + 1000)
    assert.equal(watch.clockAheadMs, -1000, "the other's clock that was set is believed soon")
  })

  it('knows nothing of how far the clocks are apart when its own was set, until it hears the next presence', async () => {
    const clock = new SkewedClock(new FakeClock(), 0)
    const watch = new OrchestratorWatch(clock)
    const hear = (issuedMs: number) =>
      watch.hearPresence({ orchestrator_id: 'o-1', issued_at: issuedMs, runs: [] })
    hear(clock.wallMs() - 5)
    clock.offsetMs += 60
    assert.equal(watch.clockAheadMs, 5, 'slewed')
    clock.offsetMs -= 3_600_000
    assert.equal(watch.clockAheadMs, undefined)
    hear(clock.wallMs() - 7)
    assert.equal(watch.clockAheadMs, 7)
  })
})
