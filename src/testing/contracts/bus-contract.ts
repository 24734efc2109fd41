import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Bus, type BusMessage, maxMessageBytes } from '../../bus/bus.ts'
import { AppError } from '../../lib/errors.ts'
import { waitFor } from '../wait-for.ts'

export interface BusUnderTest {
  /** One more participant on the same broker. */
  connect(): Promise<Bus>
  close(): Promise<void>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (message: BusMessage): string => new TextDecoder().decode(message.value)

/** What every bus must do. `open` starts a broker of its own with no topic in it. */
export const describeBusContract = (name: string, open: () => Promise<BusUnderTest>): void => {
  const withBus = (run: (under: BusUnderTest, one: Bus, two: Bus) => Promise<void>) => async () => {
    const under = await open()
    try {
      await run(under, await under.connect(), await under.connect())
    } finally {
      await under.close()
    }
  }

  describe(`bus contract: ${name}`, () => {
    it(
      'delivers to a subscriber on another participant what was published after it subscribed, as it was',
      withBus(async (_, one, two) => {
        const seen: BusMessage[] = []
        await two.subscribe('t', { from: 'latest' }, (message) => {
          seen.push(message)
        })
        await one.publish('t', 'key', bytes('hällo'))
        await waitFor('the message', () => seen.length === 1)
        assert.equal(seen[0]?.topic, 't')
        assert.equal(seen[0]?.key, 'key')
        assert.equal(text(seen[0] as BusMessage), 'hällo')
        assert.ok(Math.abs((seen[0]?.timestampMs ?? 0) - Date.now()) < 60_000)
      }),
    )

    it(
      'keeps the order within a key, with offsets that grow, though several publish and the handler is slow',
      withBus(async (_, one, two) => {
        const seen = new Map<string, number[]>()
        const offsets: number[] = []
        await one.subscribe('t', { from: 'latest' }, async (message) => {
          offsets.push(message.offset)
          if (offsets.length % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
          const list = seen.get(message.key) ?? []
          list.push(Number(text(message)))
          seen.set(message.key, list)
        })
        for (let i = 0; i < 50; i++) {
          await Promise.all([one.publish('t', 'a', bytes(`${i}`)), two.publish('t', 'b', bytes(`${i}`))])
        }
        await waitFor('all messages', () => offsets.length === 100)
        const counted = Array.from({ length: 50 }, (__, i) => i)
        assert.deepEqual(seen.get('a'), counted)
        assert.deepEqual(seen.get('b'), counted)
        assert.deepEqual(
          offsets,
          [...offsets].sort((x, y) => x - y),
        )
        assert.equal(new Set(offsets).size, 100)
      }),
    )

    it(
      'never runs two handlers of one subscription at once',
      withBus(async (_, one) => {
        let running = 0
        let most = 0
        let handled = 0
        await one.subscribe('t', { from: 'latest' }, async () => {
          running++
          most = Math.max(most, running)
          await new Promise((resolve) => setTimeout(resolve, 1))
          running--
          handled++
        })
        await Promise.all(Array.from({ length: 20 }, (__, i) => one.publish('t', `${i}`, bytes('x'))))
        await waitFor('all handled', () => handled === 20)
        assert.equal(most, 1)
      }),
    )

    it(
      'replays everything to a late subscriber from the earliest, and nothing old to one from the latest',
      withBus(async (_, one, two) => {
        for (const value of ['1', '2', '3']) await one.publish('t', 'k', bytes(value))
        const early: string[] = []
        const late: string[] = []
        await two.subscribe('t', { from: 'earliest' }, (message) => {
          early.push(text(message))
        })
        await two.subscribe('t', { from: 'latest' }, (message) => {
          late.push(text(message))
        })
        await one.publish('t', 'k', bytes('4'))
        await waitFor('both', () => early.length === 4 && late.length === 1)
        assert.deepEqual(early, ['1', '2', '3', '4'])
        assert.deepEqual(late, ['4'])
      }),
    )

    it(
      'gives each message of a topic to every subscriber without a group',
      withBus(async (_, one, two) => {
        const seen = [0, 0]
        await one.subscribe('t', { from: 'latest' }, () => {
          seen[0] = (seen[0] ?? 0) + 1
        })
        await two.subscribe('t', { from: 'latest' }, () => {
          seen[1] = (seen[1] ?? 0) + 1
        })
        for (let i = 0; i < 10; i++) await one.publish('t', `${i}`, bytes('x'))
        await waitFor('all', () => seen[0] === 10 && seen[1] === 10)
      }),
    )

    it(
      'gives each message to one member of a group, and goes on with another when a member leaves',
      withBus(async (_, one, two) => {
        const seen: string[] = []
        const take = (message: BusMessage): void => {
          seen.push(text(message))
        }
        const first = await one.subscribe('t', { from: 'earliest', group: 'g' }, take)
        await two.subscribe('t', { from: 'earliest', group: 'g' }, take)
        for (let i = 0; i < 10; i++) await one.publish('t', 'k', bytes(`${i}`))
        await waitFor('the first ten', () => seen.length === 10)
        await first.close()
        for (let i = 10; i < 20; i++) await one.publish('t', 'k', bytes(`${i}`))
        await waitFor('the next ten', () => seen.length === 20)
        assert.deepEqual(
          seen,
          Array.from({ length: 20 }, (__, i) => `${i}`),
        )
      }),
    )

    it(
      'lets a group go on where it left off, even when nobody was in it meanwhile',
      withBus(async (_, one) => {
        const seen: string[] = []
        const take = (message: BusMessage): void => {
          seen.push(text(message))
        }
        const first = await one.subscribe('t', { from: 'latest', group: 'g' }, take)
        await one.publish('t', 'k', bytes('1'))
        await waitFor('one', () => seen.length === 1)
        await first.close()
        await one.publish('t', 'k', bytes('2'))
        await one.subscribe('t', { from: 'latest', group: 'g' }, take)
        await waitFor('two', () => seen.length === 2)
        assert.deepEqual(seen, ['1', '2'])
      }),
    )

    it(
      'goes on after a handler that throws or rejects, without delivering the message again',
      withBus(async (_, one) => {
        const seen: string[] = []
        await one.subscribe('t', { from: 'latest' }, (message) => {
          seen.push(text(message))
          if (text(message) === '1') throw new Error('thrown')
          if (text(message) === '2') return Promise.reject(new Error('rejected'))
          return undefined
        })
        for (const value of ['1', '2', '3']) await one.publish('t', 'k', bytes(value))
        await waitFor('all', () => seen.length === 3)
        assert.deepEqual(seen, ['1', '2', '3'])
      }),
    )

    it(
      'waits on close for a handler that is running, and delivers nothing afterwards',
      withBus(async (_, one, two) => {
        let release = (): void => {}
        const started = new Promise<void>((resolve) => {
          release = resolve
        })
        let running = false
        let handled = 0
        await two.subscribe('t', { from: 'latest' }, async () => {
          running = true
          await started
          running = false
          handled++
        })
        await one.publish('t', 'k', bytes('1'))
        await one.publish('t', 'k', bytes('2'))
        await waitFor('the handler', () => running)
        let closed = false
        const closing = two.close().then(() => {
          closed = true
        })
        await new Promise((resolve) => setTimeout(resolve, 20))
        assert.equal(closed, false, 'close must wait for the handler')
        release()
        await closing
        assert.equal(handled, 1)
        await one.publish('t', 'k', bytes('3'))
        await new Promise((resolve) => setTimeout(resolve, 20))
        assert.equal(handled, 1)
      }),
    )

    it(
      'begins for who asks so with the first message at or after an instant',
      withBus(async (_, one, two) => {
        const instants: number[] = []
        await one.subscribe('t', { from: 'latest' }, (message) => {
          instants.push(message.timestampMs)
        })
        for (let i = 0; i < 6; i++) {
          await one.publish('t', 'k', bytes(`${i}`))
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        await waitFor('all', () => instants.length === 6)
        const sinceMs = instants[3] ?? assert.fail()
        const seen: string[] = []
        await two.subscribe('t', { from: { sinceMs } }, (message) => {
          seen.push(text(message))
        })
        await waitFor('the later ones', () => seen.includes('5'))
        assert.deepEqual(
          seen,
          ['0', '1', '2', '3', '4', '5'].filter((_value, i) => (instants[i] ?? 0) >= sinceMs),
        )
        const late: string[] = []
        await two.subscribe('t', { from: { sinceMs: Date.now() + 3_600_000 } }, (message) => {
          late.push(text(message))
        })
        await one.publish('t', 'k', bytes('next'))
        await waitFor('one after the end', () => late.includes('next'))
        assert.deepEqual(late, ['next'])
      }),
    )

    it(
      'purges what was published before, for those who did not read it, and nothing that comes later',
      withBus(async (_, one, two) => {
        const reader: string[] = []
        await one.subscribe('t', { from: 'latest' }, (message) => {
          reader.push(text(message))
        })
        await one.publish('t', 'k', bytes('old'))
        await one.publish('u', 'k', bytes('other topic'))
        await waitFor('the old one', () => reader.length === 1)
        await two.purge('t')
        await two.purge('a topic that nobody has used')
        await one.publish('t', 'k', bytes('new'))
        const late: string[] = []
        for (const topic of ['t', 'u'])
          await two.subscribe(topic, { from: 'earliest' }, (message) => {
            late.push(text(message))
          })
        await waitFor('both', () => late.length === 2 && reader.length === 2)
        assert.deepEqual(late.sort(), ['new', 'other topic'])
        assert.deepEqual(reader, ['old', 'new'])
      }),
    )

    it(
      'ends one subscription and leaves the others',
      withBus(async (_, one) => {
        const seen = { closed: 0, open: 0 }
        const subscription = await one.subscribe('t', { from: 'latest' }, () => {
          seen.closed++
        })
        await one.subscribe('t', { from: 'latest' }, () => {
          seen.open++
        })
        await subscription.close()
        await subscription.close()
        await one.publish('t', 'k', bytes('1'))
        await waitFor('the open one', () => seen.open === 1)
        assert.equal(seen.closed, 0)
      }),
    )

    it(
      'refuses with BUS_CLOSED after close, which may be called twice',
      withBus(async (_, one) => {
        await one.close()
        await one.close()
        const isClosed = (error: unknown): boolean => error instanceof AppError && error.code === 'BUS_CLOSED'
        await assert.rejects(one.publish('t', 'k', bytes('1')), isClosed)
        await assert.rejects(one.purge('t'), isClosed)
        await assert.rejects(
          one.subscribe('t', { from: 'latest' }, () => {}),
          isClosed,
        )
      }),
    )

    it(
      'takes a message of the maximum size and refuses a larger one with MESSAGE_TOO_LARGE',
      withBus(async (_, one, two) => {
        const sizes: number[] = []
        await two.subscribe('t', { from: 'latest' }, (message) => {
          sizes.push(message.value.length)
        })
        await one.publish('t', 'k', new Uint8Array(maxMessageBytes))
        await assert.rejects(
          one.publish('t', 'k', new Uint8Array(maxMessageBytes + 1)),
          (error: unknown) => error instanceof AppError && error.code === 'MESSAGE_TOO_LARGE',
        )
        await waitFor('the large one', () => sizes.length === 1)
        assert.deepEqual(sizes, [maxMessageBytes])
      }),
    )

    it(
      'does not see what a publisher does to its bytes afterwards',
      withBus(async (_, one, two) => {
        const seen: string[] = []
        const value = bytes('before')
        await one.publish('t', 'k', value)
        value.fill(120)
        await two.subscribe('t', { from: 'earliest' }, (message) => {
          seen.push(text(message))
        })
        await waitFor('the message', () => seen.length === 1)
        assert.deepEqual(seen, ['before'])
      }),
    )

    it(
      'may be published to from within a handler',
      withBus(async (_, one) => {
        const answers: string[] = []
        await one.subscribe('answer', { from: 'latest' }, (message) => {
          answers.push(text(message))
        })
        await one.subscribe('question', { from: 'latest' }, (message) =>
          one.publish('answer', 'k', bytes(`re: ${text(message)}`)),
        )
        await one.publish('question', 'k', bytes('why'))
        await waitFor('the answer', () => answers.length === 1)
        assert.deepEqual(answers, ['re: why'])
      }),
    )
  })
}
