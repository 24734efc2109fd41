import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  Admin,
  type BaseOptions,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { isKafkaAnswering } from '../../scripts/components/kafka-server.mjs'
import { processStartOf } from '../../scripts/components/state.mjs'
import { certificateFile } from './certificates.ts'
import { skipWithout } from './components.ts'
import { type KafkaBroker, type KafkaBrokerOptions, startKafkaBroker } from './kafka-broker.ts'
import { waitFor } from './wait-for.ts'

const tls = { ca: readFileSync(certificateFile('authority')) }
const alice = { username: 'alice', password: 'wonder-land' }

const client = (broker: KafkaBroker, options: Partial<BaseOptions> = {}): BaseOptions => ({
  clientId: 'kafka-broker-test',
  bootstrapBrokers: broker.brokers(),
  connectTimeout: 20_000,
  ...options,
})

/** With as many partitions as the broker gives it. */
const createTopic = async (options: BaseOptions): Promise<string> => {
  const topic = randomUUID()
  const admin = new Admin(options)
  try {
    await admin.createTopics({ topics: [topic] })
  } finally {
    await admin.close()
  }
  return topic
}

const produce = async (options: BaseOptions, topic: string, value: string): Promise<void> => {
  const producer = new Producer({ ...options, serializers: stringSerializers })
  try {
    await producer.send({ messages: [{ topic, value }] })
  } finally {
    await producer.close()
  }
}

/** The values of a topic from its begin, as many as asked for. */
const consume = async (options: BaseOptions, topic: string, count: number): Promise<string[]> => {
  const consumer = new Consumer({ ...options, groupId: randomUUID(), deserializers: stringDeserializers })
  const values: string[] = []
  try {
    const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST })
    for await (const { value } of stream) if (values.push(value) === count) break
  } finally {
    await consumer.close(true)
  }
  return values
}

describe('a broker of every kind of listener', { skip: skipWithout('kafka') }, () => {
  let broker: KafkaBroker
  before(async () => {
    broker = await startKafkaBroker({
      listeners: ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'],
      saslUsers: [alice],
    })
  })
  after(() => broker?.stop())

  const sasl = (['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const).flatMap((mechanism) => [
    { listener: 'sasl_plaintext' as const, with: { sasl: { ...alice, mechanism } }, name: mechanism },
    {
      listener: 'sasl_ssl' as const,
      with: { sasl: { ...alice, mechanism }, tls },
      name: `${mechanism} over TLS`,
    },
  ])
  const kinds = [
    { listener: 'plaintext' as const, with: {}, name: 'plaintext' },
    { listener: 'ssl' as const, with: { tls }, name: 'TLS' },
    ...sasl,
  ]
  for (const { listener, with: credentials, name } of kinds)
    it(`carries a record by ${name}`, async () => {
      const options = client(broker, { bootstrapBrokers: broker.brokers(listener), ...credentials })
      const topic = await createTopic(options)
      await produce(options, topic, name)
      assert.deepEqual(await consume(options, topic, 1), [name])
    })

  it('refuses a wrong password', async () => {
    const options = client(broker, {
      bootstrapBrokers: broker.brokers('sasl_plaintext'),
      sasl: { ...alice, password: 'wrong', mechanism: 'SCRAM-SHA-256' },
      retries: 0,
    })
    await assert.rejects(produce(options, randomUUID(), 'never'))
  })
})

describe('a broker of a test', { skip: skipWithout('kafka') }, () => {
  const start = (options?: KafkaBrokerOptions): Promise<KafkaBroker> => startKafkaBroker(options)

  it('keeps its data and its address when it is killed and started again', async () => {
    await using broker = await start()
    const brokers = broker.brokers()
    const topic = await createTopic(client(broker))
    await produce(client(broker), topic, 'before')
    await broker.kill()
    assert.equal(processStartOf(broker.pid), undefined)
    await broker.restart()
    assert.deepEqual(broker.brokers(), brokers)
    await produce(client(broker), topic, 'after')
    assert.deepEqual(await consume(client(broker), topic, 2), ['before', 'after'])
  })

  it('makes topics as its options say', async () => {
    await using broker = await start({ numPartitions: 3, autoCreateTopics: false })
    await assert.rejects(produce(client(broker, { retries: 0 }), 'not-there', 'never'))
    const topic = await createTopic(client(broker))
    const admin = new Admin(client(broker))
    const metadata = await admin.metadata({ topics: [topic] })
    await admin.close()
    assert.equal(metadata.topics.get(topic)?.partitionsCount, 3)
  })

  it('stands still while paused, and leaves nothing behind when stopped', async () => {
    const broker = await start()
    const { pid } = broker
    const port = Number(broker.brokers()[0]?.split(':')[1])
    assert.ok(existsSync(broker.logFile))
    broker.pause()
    assert.equal(await isKafkaAnswering(port), false)
    broker.resume()
    await waitFor('an answer', () => isKafkaAnswering(port), 60_000)
    await broker.stop()
    assert.equal(processStartOf(pid), undefined)
    assert.equal(existsSync(dirname(broker.logFile)), false)
  })

  it('ends with the process that started it, even one that is killed', async () => {
    const module = new URL('./kafka-broker.ts', import.meta.url).href
    const script = `const { startKafkaBroker } = await import('${module}')
      const broker = await startKafkaBroker()
      console.log(broker.pid)
      setInterval(() => {}, 1000)`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = await once(owner.stdout, 'data')
    const pid = Number(String(printed))
    assert.ok(processStartOf(pid))
    owner.kill('SIGKILL')
    await waitFor('the end of the broker', () => processStartOf(pid) === undefined, 60_000)
  })

  it('says what is asked of it in vain', async () => {
    await using broker = await start()
    assert.throws(() => broker.brokers('ssl'), /no ssl listener, only: plaintext/)
    await assert.rejects(start({ properties: { 'num.partitions': 'many' } }), /many/)
  })
})
