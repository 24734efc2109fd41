import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../testing/fake-clock.ts'
import { EventFeed, keptEvents } from './event-feed.ts'

const stalledMs = 30_000

/** A client that takes what is written when the test says so. */
class FakeSink {
  text = ''
  writes = 0
  ended = false
  destroyed = false
  isReading = true
  #waiting: ((error?: Error) => void)[] = []

  write(text: string, taken: (error?: Error | null) => void): void {
    this.writes++
    this.text += text
    if (this.isReading) queueMicrotask(taken)
    else this.#waiting.push(taken)
  }

  end(): void {
    this.ended = true
  }

  destroy(): void {
    this.destroyed = true
  }

  read(): void {
    this.isReading = true
    for (const taken of this.#waiting.splice(0)) taken()
  }

  /** Numbers of the events, in order. */
  get ids(): number[] {
    return [...this.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  }

  get events(): string[] {
    return [...this.text.matchAll(/^event: (\w+)$/gm)].map(([, event = '']) => event)
  }
}

const open = () => {
  const clock = new FakeClock()
  const feed = new EventFeed(clock, stalledMs)
  const publish = async (count = 1): Promise<void> => {
    for (let i = 0; i < count; i++) {
      feed.publish('update', { n: feed.nextSeq })
      await clock.advance(10)
    }
  }
  const join = (after?: number): FakeSink => {
    const sink = new FakeSink()
    feed.join(sink, after)
    return sink
  }
  return { clock, feed, publish, join }
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('a feed of events', () => {
  it('gives every client every event once, numbered without holes, in SSE framing', async () => {
    const { feed, publish, join } = open()
    const first = feed.nextSeq
    const sinks = [join(), join()]
    await publish(5)
    for (const sink of sinks) assert.deepEqual(sink.ids, range(first, first + 4))
    assert.ok(sinks[0]?.text.startsWith(`id: ${first}\nevent: update\ndata: {"n":${first}}\n\n`))
  })

  it('begins with the newest event for who comes without a number', async () => {
    const { feed, publish, join } = open()
    await publish(5)
    assert.deepEqual(join().ids, [feed.nextSeq - 1])
  })

  it('gives who comes back exactly what it missed', async () => {
    const { feed, publish, join } = open()
    await publish(50)
    const newest = feed.nextSeq - 1
    const sink = join(newest - 20)
    assert.deepEqual(sink.ids, range(newest - 19, newest))
    assert.equal(sink.writes, 1)
    assert.deepEqual(join(newest).ids, [])
  })

  it('says reset where what was missed is no longer kept, or never was', async () => {
    const { feed, publish, join } = open()
    const first = feed.nextSeq
    await publish(keptEvents + 10)
    const newest = feed.nextSeq - 1
    for (const after of [first, 0, newest + 1000]) {
      const sink = join(after)
      assert.deepEqual(sink.events, ['reset', 'update'], String(after))
      assert.deepEqual(sink.ids, [newest])
    }
    // Up to the very last that is kept nothing is missed; one before it there is a hole.
    assert.deepEqual(join(newest - keptEvents).ids, range(newest - keptEvents + 1, newest))
    assert.deepEqual(join(newest - keptEvents - 1).events, ['reset', 'update'])
  })

  it('never gives a number again: a later feed begins above', async () => {
    const { clock, feed, publish } = open()
    await publish(5)
    const newest = feed.nextSeq - 1
    await clock.advance(5000)
    assert.ok(new EventFeed(clock, stalledMs).nextSeq > newest)
  })

  it('keeps one write under way for a client that does not read, and catches up in one', async () => {
    const { feed, publish, join } = open()
    const first = feed.nextSeq
    const slow = join()
    slow.isReading = false
    const quick = join()
    await publish(20)
    assert.equal(slow.writes, 1)
    assert.deepEqual(quick.ids, range(first, first + 19))
    slow.read()
    await publish()
    assert.deepEqual(slow.ids, range(first, first + 20))
    assert.equal(slow.writes, 3)
  })

  it('tells a client that slept too long that there is a hole', async () => {
    const { publish, join } = open()
    const slow = join()
    slow.isReading = false
    await publish(keptEvents + 50)
    slow.read()
    assert.deepEqual(slow.events.slice(1), ['reset', 'update'])
  })

  it('lets go of a client that takes nothing for 30 s', async () => {
    const { clock, feed, publish, join } = open()
    const slow = join()
    slow.isReading = false
    await publish()
    await clock.advance(stalledMs - 20)
    assert.equal(slow.destroyed, false)
    await clock.advance(20)
    assert.equal(slow.destroyed, true)
    assert.equal(feed.clients, 0)
  })

  it('lets go of a client to which more than a megabyte is owed', async () => {
    const { feed, join } = open()
    const slow = join()
    slow.isReading = false
    feed.publish('update', {})
    for (let i = 0; i < 100; i++) feed.publish('update', { text: 'x'.repeat(20_000) })
    slow.read()
    assert.equal(slow.destroyed, true)
    assert.equal(feed.clients, 0)
  })

  it('ends with its last event, also for who reads slowly or comes later', async () => {
    const { clock, feed, publish, join } = open()
    const slow = join()
    slow.isReading = false
    const quick = join()
    await publish(3)
    feed.end('end', { outcome: 'passed' })
    await clock.advance(0)
    assert.equal(quick.ended, true)
    assert.equal(slow.ended, false)
    slow.read()
    await clock.advance(0)
    const late = join(feed.nextSeq - 3)
    await clock.advance(0)
    for (const sink of [quick, slow, late]) {
      assert.equal(sink.events.at(-1), 'end')
      assert.equal(sink.ended, true)
    }
    assert.equal(late.ids.length, 2)
    assert.equal(feed.clients, 0)
    assert.equal(clock.pending, 0)
  })

  it('ticks to who waits, without a number', async () => {
    const { feed, publish, join } = open()
    const sink = join()
    feed.tick({ atMs: 1 })
    await publish()
    assert.deepEqual(sink.events, ['tick', 'update'])
    assert.equal(sink.ids.length, 1)
  })

  it('forgets a client whose connection failed', async () => {
    const { feed } = open()
    feed.join(
      { write: (_text, taken) => taken(new Error('gone')), end: () => {}, destroy: () => {} },
      undefined,
    )
    feed.publish('update', {})
    assert.equal(feed.clients, 0)
  })
})
