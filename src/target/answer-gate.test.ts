import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock, Timer } from '../lib/clock.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { AnswerGate } from './answer-gate.ts'

/** Its timers fire too soon by a little, as real ones do. */
class EarlyClock extends FakeClock {
  readonly #earlyMs: number

  constructor(earlyMs: number) {
    super()
    this.#earlyMs = earlyMs
  }

  override after(delayMs: number, callback: () => void): Timer {
    return super.after(Math.max(0.1, delayMs - this.#earlyMs), callback)
  }
}

describe('the gate of answers', () => {
  const record = (clock: Clock, gate: AnswerGate) => {
    const startMs = clock.nowMs()
    const given: [string, number][] = []
    const pass = (name: string, delayMs: number) =>
      gate.pass(delayMs, () => given.push([name, clock.nowMs() - startMs]))
    return { given, pass }
  }

  it('gives an answer without a delay within the call, others after theirs', async () => {
    const clock = new FakeClock()
    const { given, pass } = record(clock, new AnswerGate(clock, undefined))
    pass('now', 0)
    assert.deepEqual(given, [['now', 0]])
    pass('slow', 30)
    pass('fast', 10)
    await clock.advance(100)
    assert.deepEqual(given.slice(1), [
      ['fast', 10],
      ['slow', 30],
    ])
    assert.equal(clock.pending, 0)
  })

  for (const earlyMs of [0, 0.7])
    it(`stalls in the last part of every period, then gives all in order (timers early by ${earlyMs} ms)`, async () => {
      const clock = new EarlyClock(earlyMs)
      const { given, pass } = record(clock, new AnswerGate(clock, { lastingMs: 1000, everyMs: 10_000 }))
      await clock.advance(8999)
      pass('before', 0)
      await clock.advance(1)
      pass('held', 0)
      // Its delay is over in the middle of the stall.
      pass('delayed', 500)
      await clock.advance(999)
      assert.deepEqual(given, [['before', 8999]])
      await clock.advance(1.5)
      assert.deepEqual(
        given.map(([name]) => name),
        ['before', 'held', 'delayed'],
      )
      for (const [, atMs] of given.slice(1)) assert.ok(atMs >= 10_000 && atMs < 10_001)
      await clock.advance(9000)
      pass('again', 0)
      assert.equal(given.length, 3)
      await clock.advance(1000)
      assert.equal(given.length, 4)
      assert.equal(clock.pending, 0)
    })

  it('forgets everything when closed', async () => {
    const clock = new FakeClock()
    const gate = new AnswerGate(clock, { lastingMs: 1000, everyMs: 2000 })
    const { given, pass } = record(clock, gate)
    pass('delayed', 50)
    await clock.advance(10)
    pass('delayed', 5000)
    await clock.advance(1000)
    pass('held', 0)
    given.length = 0
    gate.close()
    assert.equal(clock.pending, 0)
    pass('late', 0)
    await clock.advance(10_000)
    assert.deepEqual(given, [])
  })
})
