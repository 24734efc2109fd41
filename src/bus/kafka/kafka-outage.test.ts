import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Admin } from '@platformatic/kafka'
import { systemClock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import { skipWithout } from '../../testing/components.ts'
import { type KafkaBroker, startKafkaBroker } from '../../testing/kafka-broker.ts'
import { type RecordingLogger, recordingLogger } from '../../testing/recording-logger.ts'
import { waitFor } from '../../testing/wait-for.ts'
import type { Bus, BusMessage } from '../bus.ts'
import { connectKafkaBus, type KafkaBus } from './kafka-bus.ts'
import type { KafkaOptions } from './kafka-options.ts'

/** A broker that was killed may take its time on a busy machine. */
const patienceMs = 60_000

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (message: BusMessage): string => new TextDecoder().decode(message.value)

describe('a Kafka bus whose broker goes away', { skip: skipWithout('kafka') }, () => {
  let broker: KafkaBroker
  const buses: Bus[] = []

  before(async () => {
    broker = await startKafkaBroker()
  })
  after(async () => {
    await Promise.all(buses.map((bus) => bus.close()))
    await broker?.stop()
  })

  const connect = async (
    topicPrefix: string,
    options: Partial<KafkaOptions> = {},
  ): Promise<{ bus: KafkaBus; logger: RecordingLogger; states: string[] }> => {
    const logger = recordingLogger()
    const bus = await connectKafkaBus(
      { brokers: broker.brokers(), topicPrefix, startWaitMs: patienceMs, ...options },
      { clock: systemClock, logger },
    )
    buses.push(bus)
    const states: string[] = []
    bus.onConnection((state) => states.push(state))
    return { bus, logger, states }
  }

  /** Publishes numbers under one key, several at a time, until `isEnough`; those that were taken, and when. */
  const pour = async (bus: Bus, topic: string, isEnough: (taken: number) => boolean): Promise<number> => {
    let next = 0
    while (!isEnough(next)) {
      await Promise.all(Array.from({ length: 5 }, () => bus.publish(topic, 'k', bytes(`${next++}`))))
      await delay(2)
    }
    return next
  }

  it('loses nothing that was acknowledged and keeps the order when the broker is killed and comes back', async () => {
    const prefix = `kill-${randomBytes(6).toString('hex')}.`
    const one = await connect(prefix, { publishTimeoutMs: patienceMs })
    const two = await connect(prefix, { publishTimeoutMs: patienceMs })
    const seen = { there: [] as number[], back: [] as number[], group: [] as number[] }
    const take = (list: number[]) => (message: BusMessage) => {
      list.push(Number(text(message)))
    }
    await two.bus.subscribe('there', { from: 'latest' }, take(seen.there))
    await one.bus.subscribe('back', { from: 'latest' }, take(seen.back))
    await two.bus.subscribe('there', { from: 'latest', group: 'g' }, take(seen.group))

    let takenBeforeKill = 0
    let taken = 0
    let isBack = false
    let since = 0
    const isEnough = (count: number): boolean => {
      taken = count
      if (isBack && since === 0) since = count
      return isBack && count >= since + 50
    }
    const pouring = Promise.all([
      pour(one.bus, 'there', isEnough),
      pour(two.bus, 'back', (count) => isBack && count >= 100),
    ])
    await waitFor('messages both ways', () => seen.there.length >= 50 && seen.back.length >= 50, patienceMs)
    takenBeforeKill = taken - 5
    await broker.kill()
    await waitFor(
      'both to notice',
      () => one.states.includes('down') && two.states.includes('down'),
      patienceMs,
    )
    await broker.restart()
    isBack = true
    const [there, back] = await pouring

    const last = (list: number[]): number => Math.max(-1, ...list)
    await waitFor(
      'all of them',
      () => last(seen.there) === there - 1 && last(seen.back) === back - 1 && last(seen.group) === there - 1,
      patienceMs,
    )
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
    assert.deepEqual([...new Set(seen.there)], upTo(there))
    assert.deepEqual([...new Set(seen.back)], upTo(back))
    assert.deepEqual([...new Set(seen.group)], upTo(there))
    const repeated = seen.there.filter((value, i) => seen.there.indexOf(value) !== i)
    assert.ok(
      repeated.every((value) => value >= takenBeforeKill),
      `only what was under way may come twice, not ${repeated}`,
    )
    for (const { logger, states } of [one, two]) {
      assert.deepEqual(states, ['down', 'up'])
      assert.equal(logger.count('warn', /does not answer/), 1)
      assert.equal(logger.count('info', /is back/), 1)
    }
    await Promise.all([one.bus.close(), two.bus.close()])
  })

  it('gives a message up in time when the broker stands still, and goes on when it moves again', async () => {
    const prefix = `stop-${randomBytes(6).toString('hex')}.`
    const { bus } = await connect(prefix, { publishTimeoutMs: 500 })
    const seen: string[] = []
    await bus.subscribe('t', { from: 'latest' }, (message) => {
      seen.push(text(message))
    })
    await bus.publish('t', 'k', bytes('before'))
    broker.pause()
    try {
      const began = performance.now()
      await assert.rejects(
        bus.publish('t', 'k', bytes('meanwhile')),
        (error: unknown) => error instanceof AppError && error.code === 'BUS_UNAVAILABLE',
      )
      assert.ok(performance.now() - began >= 499)
    } finally {
      broker.resume()
    }
    await waitFor(
      'a message to be taken',
      () =>
        bus.publish('t', 'k', bytes('after')).then(
          () => true,
          () => false,
        ),
      patienceMs,
    )
    await waitFor('it to arrive', () => seen.includes('after'), patienceMs)
    assert.equal(seen[0], 'before')
    await bus.close()
  })

  it('reads a topic that was deleted and made anew from its beginning', async () => {
    const topicPrefix = `anew-${randomBytes(6).toString('hex')}.`
    const { bus } = await connect(topicPrefix, { publishTimeoutMs: patienceMs })
    const seen: string[] = []
    await bus.subscribe('t', { from: 'earliest' }, (message) => {
      seen.push(`${message.offset} ${text(message)}`)
    })
    for (const value of ['a', 'b', 'c']) await bus.publish('t', 'k', bytes(value))
    await waitFor('the first life', () => seen.length === 3)
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: broker.brokers() })
    await admin.deleteTopics({ topics: [`${topicPrefix}t`] })
    await admin.close()
    await bus.publish('t', 'k', bytes('d'))
    await waitFor('the second life', () => seen.includes('0 d'), patienceMs)
    assert.deepEqual(seen, ['0 a', '1 b', '2 c', '0 d'])
    await bus.close()
  })

  it('closes in time while the broker is away, and waits for it at a start', async () => {
    const topicPrefix = `away-${randomBytes(6).toString('hex')}.`
    const { bus, states } = await connect(topicPrefix, { publishTimeoutMs: 500 })
    await bus.subscribe('t', { from: 'latest' }, () => {})
    await bus.subscribe('t', { from: 'latest', group: 'g' }, () => {})
    await broker.kill()
    await waitFor('it to notice', () => states.includes('down'), patienceMs)
    const lost = assert.rejects(bus.publish('t', 'k', bytes('lost')), { code: 'BUS_UNAVAILABLE' })
    await bus.close()
    await lost

    const logger = recordingLogger()
    const starting = connectKafkaBus(
      { brokers: broker.brokers(), topicPrefix, startWaitMs: patienceMs },
      { clock: systemClock, logger },
    )
    await waitFor('the line', () => logger.count('info', /^waiting for Kafka at 127\.0\.0\.1:\d+$/) === 1)
    await broker.restart()
    const late = await starting
    buses.push(late)
    assert.equal(logger.count('info', /^waiting for Kafka/), 1)
    assert.equal(logger.count('info', /^Kafka is there$/), 1)
    await late.publish('t', 'k', bytes('again'))
    await late.close()
  })
})
