import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addExchange, type ClockSamples, estimateClock, knownOffsetMs } from './clock-estimate.ts'

/** An exchange with a driver whose clock is `offsetMs` ahead. */
const exchange = (offsetMs: number, atMs: number, thereMs: number, waitMs: number, backMs: number) => ({
  presenceSentMs: atMs,
  presenceReceivedMs: atMs + thereMs + offsetMs,
  heartbeatSentMs: atMs + thereMs + waitMs + offsetMs,
  heartbeatReceivedMs: atMs + thereMs + waitMs + backMs,
})

describe('the estimate of a clock', () => {
  it('is never farther off than it says, whatever the delays and however lopsided', () => {
    const delay = fc.double({ min: 0, max: 5000, noNaN: true })
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.array(fc.tuple(delay, delay, delay), { minLength: 1, maxLength: 50 }),
        (offsetMs, delays) => {
          let samples: ClockSamples = []
          for (const [i, [thereMs, waitMs, backMs]] of delays.entries())
            samples = addExchange(samples, exchange(offsetMs, 1000 * i, thereMs, waitMs, backMs))
          const estimate = estimateClock(samples) ?? assert.fail()
          assert.ok(Math.abs(estimate.offsetMs - offsetMs) <= estimate.uncertaintyMs + 1e-3)
          assert.ok(samples.length <= 30)
        },
      ),
      { seed: 7, numRuns: 200 },
    )
  })

  it('believes the quickest exchange', () => {
    let samples: ClockSamples = []
    for (const [thereMs, backMs] of [
      [400, 2],
      [3, 3],
      [2, 500],
    ] as const)
      samples = addExchange(samples, exchange(-60_000, 0, thereMs, 10, backMs))
    assert.deepEqual(estimateClock(samples), { offsetMs: -60_000, uncertaintyMs: 4 })
  })

  it('begins anew when a clock was set in between', () => {
    const before = addExchange([], exchange(0, 0, 1, 1, 1))
    const stepped = { ...exchange(0, 1000, 1, 1, 1), heartbeatSentMs: 9_000_000 }
    assert.deepEqual(addExchange(before, stepped), [])
    assert.equal(estimateClock([]), null)
  })

  it('begins anew when a clock was set between two exchanges, in either direction', () => {
    for (const stepMs of [-3_600_000, -50, 50, 3_600_000]) {
      let samples = addExchange([], exchange(0, 0, 1, 1, 1))
      samples = addExchange(samples, exchange(4, 1000, 3, 1, 1))
      assert.equal(samples.length, 2, 'clocks drift')
      samples = addExchange(samples, exchange(stepMs, 2000, 5, 1, 5))
      assert.deepEqual(estimateClock(samples), { offsetMs: stepMs, uncertaintyMs: 6 })
    }
  })

  it('takes clocks as equal whose difference it cannot tell from nothing', () => {
    assert.equal(knownOffsetMs(null), 0)
    assert.equal(knownOffsetMs({ offsetMs: 3, uncertaintyMs: 3 }), 0)
    assert.equal(knownOffsetMs({ offsetMs: -5, uncertaintyMs: 3 }), -5)
  })
})
