import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Bus } from '../bus/bus.ts'
import type { MetricsMessage } from '../bus/messages.ts'
import { AppError, type ErrorCode } from '../lib/errors.ts'
import { silentLogger } from '../lib/logger.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { ReportOutbox } from './report-outbox.ts'

/** What the bus does with an attempt. `lostAnswer`: it takes the report and says that it did not. */
type Answer = 'take' | 'lostAnswer' | ErrorCode

class OutboxUnderTest {
  readonly clock = new FakeClock()
  readonly taken: MetricsMessage[] = []
  readonly attemptsAtMs: number[] = []
  readonly outbox: ReportOutbox
  answer: (attempt: number) => Answer = () => 'take'
  /** Attempts are answered so much later. */
  delayMs = 0
  underWay = 0
  mostUnderWay = 0

  constructor(maxBytes?: number) {
    this.outbox = new ReportOutbox({
      bus: { publish: (_topic, _key, value) => this.#publish(value) } as Bus,
      clock: this.clock,
      logger: silentLogger,
      ...(maxBytes === undefined ? {} : { maxBytes }),
    })
  }

  get takenSeqs(): number[] {
    return this.taken.map(({ interval }) => interval?.seq ?? -1)
  }

  async #publish(value: Uint8Array): Promise<void> {
    const answer = this.answer(this.attemptsAtMs.length)
    this.attemptsAtMs.push(this.clock.nowMs())
    this.underWay++
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay)
    if (this.delayMs > 0)
      await new Promise<void>((resolve) => {
        this.clock.after(this.delayMs, resolve)
      })
    this.underWay--
    if (answer === 'take' || answer === 'lostAnswer')
      this.taken.push(JSON.parse(Buffer.from(value).toString()) as MetricsMessage)
    if (answer !== 'take') throw new AppError(answer === 'lostAnswer' ? 'BUS_UNAVAILABLE' : answer, 'no')
  }
}

const report = (seq: number, more: Partial<MetricsMessage> = {}): MetricsMessage => ({
  node_id: 'd-1',
  test_id: 'r-1',
  report_id: `m-${seq}`,
  metrics: {},
  interval: { seq, start_ms: 0, end_ms: 1 },
  ...more,
})

const last = (seq: number): MetricsMessage => report(seq, { totals: [], final: true })

const sizeBytes = JSON.stringify(report(10)).length

describe('the outbox of reports', () => {
  it('hands them over in order, one at a time, and says when all are through', async () => {
    const under = new OutboxUnderTest()
    under.delayMs = 100
    for (let seq = 0; seq < 5; seq++) under.outbox.add(report(seq))
    const delivered = under.outbox.delivered(10_000)
    await under.clock.advance(450)
    assert.deepEqual([under.outbox.waiting, under.takenSeqs], [1, [0, 1, 2, 3]])
    await under.clock.advance(100)
    assert.equal(await delivered, true)
    assert.deepEqual([under.takenSeqs, under.mostUnderWay], [[0, 1, 2, 3, 4], 1])
    assert.deepEqual([under.outbox.waitingBytes, under.outbox.dropped, under.clock.pending], [0, 0, 0])
    assert.equal(await under.outbox.delivered(1), true, 'of nothing')
  })

  it('tries again after 0.25 s, 0.5 s, 1 s, and then every 2 s, for as long as it takes', async () => {
    const under = new OutboxUnderTest()
    under.answer = (attempt) => (attempt < 8 ? 'BUS_UNAVAILABLE' : 'take')
    under.outbox.add(report(0))
    await under.clock.advance(60_000)
    const gaps = under.attemptsAtMs.slice(1).map((atMs, i) => atMs - (under.attemptsAtMs[i] ?? 0))
    assert.deepEqual(gaps, [250, 500, 1000, 2000, 2000, 2000, 2000, 2000])
    assert.deepEqual(under.takenSeqs, [0])
  })

  it('says after the time given that they are not through, and goes on', async () => {
    const under = new OutboxUnderTest()
    under.answer = () => 'BUS_UNAVAILABLE'
    under.outbox.add(report(0))
    const delivered = under.outbox.delivered(5000)
    await under.clock.advance(5000)
    assert.equal(await delivered, false)
    under.answer = () => 'take'
    await under.clock.advance(2000)
    assert.deepEqual(under.takenSeqs, [0])
  })

  it('gives up one that is too large for the bus, or for the codec, and goes on with the next', async () => {
    const under = new OutboxUnderTest()
    under.answer = (attempt) => (attempt === 0 ? 'MESSAGE_TOO_LARGE' : 'take')
    under.outbox.add(report(0))
    under.outbox.add(report(1, { report_id: 'x'.repeat(2 * 1024 * 1024) }))
    under.outbox.add(report(2))
    await under.clock.advance(0)
    assert.deepEqual([under.takenSeqs, under.outbox.dropped], [[2], 2])
  })

  it('a bus that is closed never comes back: what waits is given up at once', async () => {
    const under = new OutboxUnderTest()
    under.answer = () => 'BUS_CLOSED'
    under.outbox.add(report(0))
    under.outbox.add(report(1))
    assert.equal(await under.outbox.delivered(60_000), false)
    under.outbox.add(report(2))
    await under.clock.advance(60_000)
    assert.deepEqual([under.attemptsAtMs.length, under.outbox.dropped, under.clock.pending], [1, 3, 0])
  })

  it('closed while it waits for its next attempt it keeps no timer and wakes who waits', async () => {
    const under = new OutboxUnderTest()
    under.answer = () => 'BUS_UNAVAILABLE'
    under.outbox.add(report(0))
    const delivered = under.outbox.delivered(60_000)
    await under.clock.advance(300)
    under.outbox.close()
    under.outbox.close()
    assert.equal(await delivered, false)
    await under.clock.advance(0)
    assert.deepEqual([under.clock.pending, under.outbox.dropped], [0, 1])
  })

  it('drops the oldest interval when it is full, never one with totals', async () => {
    const under = new OutboxUnderTest(5 * sizeBytes)
    under.answer = () => 'BUS_UNAVAILABLE'
    for (let seq = 0; seq < 20; seq++) under.outbox.add(report(seq))
    under.outbox.add(last(20))
    under.outbox.add(last(21))
    assert.ok(under.outbox.waitingBytes <= 5 * sizeBytes, `${under.outbox.waitingBytes} bytes`)
    under.answer = () => 'take'
    await under.clock.advance(3000)
    const seqs = under.takenSeqs
    assert.equal(seqs[0], 0, 'it was on its way when there was no room any more')
    assert.deepEqual(seqs.slice(-2), [20, 21])
    assert.equal(seqs.length + under.outbox.dropped, 22)
    assert.ok(under.outbox.dropped >= 17)
  })

  it('released, totals make room too', async () => {
    const under = new OutboxUnderTest(3 * sizeBytes)
    under.answer = () => 'BUS_UNAVAILABLE'
    for (let seq = 0; seq < 10; seq++) under.outbox.add(last(seq))
    assert.equal(under.outbox.waiting, 10)
    under.outbox.release()
    assert.ok(under.outbox.waitingBytes <= 3 * sizeBytes)
    for (let seq = 10; seq < 100; seq++) under.outbox.add(report(seq))
    assert.ok(under.outbox.waitingBytes <= 3 * sizeBytes)
    under.outbox.close()
  })

  it('whatever the bus does: in order, at least once or counted as dropped, the final one last, the bound kept', async () => {
    const answer = fc.oneof(
      { weight: 3, arbitrary: fc.constant<Answer>('take') },
      { weight: 3, arbitrary: fc.constant<Answer>('BUS_UNAVAILABLE') },
      { weight: 1, arbitrary: fc.constant<Answer>('lostAnswer') },
      { weight: 1, arbitrary: fc.constant<Answer>('INTERNAL') },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 2, max: 30 }),
        fc.integer({ min: 0, max: 400 }),
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 10 }),
        async (answers, reports, room, delayMs, pausesMs) => {
          const maxBytes = room * sizeBytes
          const under = new OutboxUnderTest(maxBytes)
          under.delayMs = delayMs
          under.answer = (attempt) => answers[attempt] ?? 'take'
          for (let seq = 0; seq < reports; seq++) {
            under.outbox.add(report(seq))
            assert.ok(under.outbox.waitingBytes <= maxBytes)
            await under.clock.advance(pausesMs[seq % pausesMs.length] ?? 0)
          }
          under.outbox.add(last(reports))
          const delivered = under.outbox.delivered(1_000_000)
          await under.clock.advance(300_000)
          assert.equal(await delivered, true)
          const seqs = under.takenSeqs
          assert.deepEqual(
            seqs,
            [...seqs].sort((a, b) => a - b),
          )
          assert.equal(new Set(seqs).size + under.outbox.dropped, reports + 1)
          assert.equal(under.taken.at(-1)?.final, true)
          assert.deepEqual([under.mostUnderWay, under.outbox.waitingBytes, under.clock.pending], [1, 0, 0])
        },
      ),
      { seed: 7, numRuns: 100 },
    )
  })
})
