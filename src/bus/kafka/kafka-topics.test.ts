import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach, describe, it } from 'node:test'
import { Admin, ConfigResourceTypes, Producer } from '@platformatic/kafka'
import { systemClock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import { requireKafka, skipWithout } from '../../testing/components.ts'
import { openHandles } from '../../testing/open-handles.ts'
import { type RecordingLogger, recordingLogger } from '../../testing/recording-logger.ts'
import { waitFor } from '../../testing/wait-for.ts'
import { type Bus, type BusMessage, maxMessageBytes } from '../bus.ts'
import { topics } from '../topics.ts'
import { connectKafkaBus } from './kafka-bus.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (message: BusMessage): string => new TextDecoder().decode(message.value)
const patienceMs = 30_000

describe('topics of a Kafka bus', { skip: skipWithout('kafka') }, () => {
  const buses: Bus[] = []
  const admins: Admin[] = []
  const logger: RecordingLogger = recordingLogger()
  afterEach(async () => {
    await Promise.all([...buses.splice(0), ...admins.splice(0)].map((open) => open.close()))
    logger.lines.length = 0
  })

  const freshPrefix = (): string => `topics-${randomBytes(6).toString('hex')}.`
  const connect = async (topicPrefix: string): Promise<Bus> => {
    const bus = await connectKafkaBus(
      { brokers: requireKafka().brokers, topicPrefix },
      { clock: systemClock, logger },
    )
    buses.push(bus)
    return bus
  }
  const connectAdmin = (): Admin => {
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: requireKafka().brokers })
    admins.push(admin)
    return admin
  }
  const createTopic = async (name: string, partitions: number, settings: Record<string, string> = {}) =>
    connectAdmin().createTopics({
      topics: [name],
      partitions,
      replicas: 1,
      configs: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
    })

  it('are all there after connecting, with one partition and the settings that the bus needs', async () => {
    const topicPrefix = freshPrefix()
    await connect(topicPrefix)
    const admin = connectAdmin()
    const names = Object.values(topics).map((topic) => topicPrefix + topic)
    const metadata = await admin.metadata({ topics: [...names] })
    for (const name of names) assert.equal(metadata.topics.get(name)?.partitionsCount, 1, name)
    const described = await admin.describeConfigs({
      resources: names.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName })),
    })
    const settings = new Map(
      described.map(({ resourceName, configs }) => [
        resourceName.slice(topicPrefix.length),
        new Map(configs.map(({ name, value }) => [name, value])),
      ]),
    )
    for (const topic of Object.values(topics)) {
      const of = settings.get(topic)
      const isShort = topic === topics.asset || topic === topics.heartbeat || topic === topics.presence
      assert.equal(of?.get('retention.ms'), isShort ? '3600000' : '604800000', topic)
      assert.equal(of?.get('message.timestamp.type'), 'LogAppendTime', topic)
      assert.equal(of?.get('cleanup.policy'), 'delete', topic)
      assert.ok(Number(of?.get('max.message.bytes')) > maxMessageBytes, topic)
    }
  })

  it('with several partitions keep the order within a key, are read whole, and are warned of once', async () => {
    const topicPrefix = freshPrefix()
    await createTopic(`${topicPrefix}t`, 3)
    const [one, two] = [await connect(topicPrefix), await connect(topicPrefix)]
    const seen = new Map<string, number[]>()
    const partitions = new Map<string, Set<number>>()
    await two.subscribe('t', { from: 'latest' }, (message) => {
      seen.set(message.key, [...(seen.get(message.key) ?? []), Number(text(message))])
      partitions.set(message.key, (partitions.get(message.key) ?? new Set()).add(message.partition))
    })
    const keys = Array.from({ length: 12 }, (_, i) => `key-${i}`)
    const numbers = Array.from({ length: 20 }, (_, i) => i)
    await Promise.all(numbers.flatMap((n) => keys.map((key) => one.publish('t', key, bytes(`${n}`)))))
    await waitFor('all', () => [...seen.values()].flat().length === 240, patienceMs)
    for (const key of keys) {
      assert.deepEqual(seen.get(key), numbers, key)
      assert.equal(partitions.get(key)?.size, 1, key)
    }
    assert.ok(new Set([...partitions.values()].flatMap((set) => [...set])).size > 1)
    assert.equal(logger.count('warn', /several partitions/), 2, 'once for each bus')

    const grouped: string[] = []
    const first = await one.subscribe('t', { from: 'earliest', group: 'g' }, ({ key, value }) => {
      grouped.push(`${key} ${new TextDecoder().decode(value)}`)
    })
    await waitFor('the group to have all', () => grouped.length === 240, patienceMs)
    assert.equal(new Set(grouped).size, 240)
    await first.close()
    await two.purge('t')
    const late: string[] = []
    await two.subscribe('t', { from: 'earliest' }, (message) => {
      late.push(text(message))
    })
    await one.publish('t', 'key-0', bytes('last'))
    await waitFor('what came after the purge', () => late.length > 0, patienceMs)
    assert.deepEqual(late, ['last'])
  })

  it('are apart when their prefixes differ, and so are groups', async () => {
    const one = await connect(freshPrefix())
    const two = await connect(freshPrefix())
    const seen: string[] = []
    for (const group of [undefined, 'g'])
      for (const bus of [one, two])
        await bus.subscribe(
          't',
          { from: 'earliest', ...(group === undefined ? {} : { group }) },
          ({ topic, key }) => {
            seen.push(`${topic} ${bus === one ? 'one' : 'two'} ${key}`)
          },
        )
    await one.publish('t', 'k1', bytes('x'))
    await two.publish('t', 'k2', bytes('x'))
    await waitFor('all', () => seen.length === 4, patienceMs)
    assert.deepEqual(seen.sort(), ['t one k1', 't one k1', 't two k2', 't two k2'])
  })

  it('take many messages of the maximum size at once, in order, each whole', async () => {
    const bus = await connect(freshPrefix())
    const seen: number[] = []
    await bus.subscribe('t', { from: 'latest' }, ({ value }) => {
      assert.equal(value.length, maxMessageBytes)
      assert.equal(value.at(-1), value[0])
      seen.push(value[0] ?? -1)
    })
    const numbers = Array.from({ length: 24 }, (_, i) => i)
    const key = 'a key that needs some room as well '.repeat(100)
    const published = await Promise.allSettled(
      numbers.map((n) => bus.publish('t', key, new Uint8Array(maxMessageBytes).fill(n))),
    )
    assert.deepEqual(
      published.filter(({ status }) => status === 'rejected'),
      [],
    )
    await waitFor('all', () => seen.length === 24, patienceMs)
    assert.deepEqual(seen, numbers)
  })

  it('that take smaller requests only get smaller ones; a message too large for them says what to set', async () => {
    const topicPrefix = freshPrefix()
    await createTopic(`${topicPrefix}t`, 1, { 'max.message.bytes': '10000' })
    const bus = await connect(topicPrefix)
    const seen: number[] = []
    await bus.subscribe('t', { from: 'latest' }, ({ value }) => {
      seen.push(value[0] ?? -1)
    })
    const numbers = Array.from({ length: 30 }, (_, i) => i)
    const publish = (n: number, sizeBytes: number): Promise<void> =>
      bus.publish('t', 'k', new Uint8Array(sizeBytes).fill(n))
    const small = Promise.all(numbers.map((n) => publish(n, 3_000)))
    await assert.rejects(publish(99, 20_000), (error: unknown) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'MESSAGE_TOO_LARGE')
      assert.match(error.hint, /max\.message\.bytes/)
      return true
    })
    await small
    await waitFor('all', () => seen.length === 30, patienceMs)
    assert.deepEqual(seen, numbers)
  })

  it('purged while a reader is behind go on at what comes next', async () => {
    const bus = await connect(freshPrefix())
    const seen: string[] = []
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    await bus.subscribe('t', { from: 'latest' }, async (message) => {
      seen.push(text(message))
      await released
    })
    // The handler waits and more than the subscription holds is there, so the rest is not fetched yet.
    const large = new Uint8Array(maxMessageBytes).fill(65)
    for (let i = 0; i < 6; i++) await bus.publish('t', 'k', large)
    await waitFor('the first', () => seen.length === 1, patienceMs)
    await bus.purge('t')
    await bus.publish('t', 'k', bytes('after'))
    release()
    await waitFor('the last', () => seen.at(-1) === 'after', patienceMs)
    assert.ok(seen.length < 7, `${seen.length} were read, though they were purged`)
  })

  it('that one slow handler reads do not hold up another, nor is more kept in memory than allowed', async () => {
    const bus = await connect(freshPrefix())
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    let slow = 0
    let quick = 0
    let elsewhere = 0
    await bus.subscribe('t', { from: 'latest' }, async () => {
      await released
      slow++
    })
    await bus.subscribe('t', { from: 'latest' }, () => {
      quick++
    })
    await bus.subscribe('u', { from: 'latest' }, () => {
      elsewhere++
    })
    const value = new Uint8Array(1_000)
    for (let i = 0; i < 5; i++)
      await Promise.all([
        ...Array.from({ length: 1_000 }, () => bus.publish('t', 'k', value)),
        bus.publish('u', 'k', value),
      ])
    await waitFor('the quick ones', () => quick === 5_000 && elsewhere === 5, patienceMs)
    assert.equal(slow, 0)
    release()
    await waitFor('the slow one', () => slow === 5_000, patienceMs)
    assert.equal(quick, 5_000)
  })

  it('carry what others wrote: compressed, without key, without value, with their own instants', async () => {
    const topicPrefix = freshPrefix()
    await createTopic(`${topicPrefix}t`, 1, { 'message.timestamp.type': 'CreateTime' })
    const bus = await connect(topicPrefix)
    const seen: string[] = []
    await bus.subscribe('t', { from: 'earliest' }, ({ key, value, timestampMs }) => {
      seen.push(`${key}|${new TextDecoder().decode(value)}|${timestampMs}`)
    })
    const producer = new Producer({ clientId: 'another', bootstrapBrokers: requireKafka().brokers })
    const topic = `${topicPrefix}t`
    const at = Date.now() - 60_000
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)
      await producer.send({
        compression,
        acks: -1,
        messages: [
          { topic, key: Buffer.from('k'), value: Buffer.from(compression), timestamp: BigInt(at) },
          { topic, value: Buffer.from(compression), timestamp: BigInt(at + 5) },
        ],
      })
    await producer.close()
    await waitFor('all', () => seen.length === 10, patienceMs)
    assert.deepEqual(
      seen,
      ['none', 'gzip', 'snappy', 'lz4', 'zstd'].flatMap((name) => [`k|${name}|${at}`, `|${name}|${at + 5}`]),
    )
  })

  it('are left without a socket or a timer behind', async () => {
    const before = openHandles()
    const bus = await connect(freshPrefix())
    await bus.subscribe('t', { from: 'latest' }, () => {})
    await bus.subscribe('t', { from: 'latest', group: 'g' }, () => {})
    await Promise.all([bus.publish('t', 'k', bytes('x')), bus.close()])
    await waitFor('all to be closed', () => openHandles().length <= before.length)
  })
})
