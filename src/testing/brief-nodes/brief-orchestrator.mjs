#!/usr/bin/env node
/**
 * An orchestrator that knows only the brief, as others write one: it shares no code with ours. It waits for `--drivers`
 * nodes, configures one test, triggers it, and tells what it hears on standard output, a JSON object a line, until it is
 * ended.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const { values: options } = parseArgs({
  options: {
    kafka: { type: 'string', default: '127.0.0.1:9092' },
    prefix: { type: 'string', default: '' },
    'until-stdin-ends': { type: 'boolean', default: false },
    type: { type: 'string', default: 'AVALANCHE' },
    count: { type: 'string', default: '100' },
    /** In seconds. */
    delay: { type: 'string', default: '0' },
    /** Said as `target_server_ip`. */
    target: { type: 'string' },
    drivers: { type: 'string', default: '1' },
    /** From the configuration to the trigger. */
    'trigger-after': { type: 'string', default: '1000' },
    /** JSON numbers, where the brief shows texts. */
    numbers: { type: 'boolean', default: false },
    /** A trigger of a test that nobody knows, first. */
    'stray-trigger': { type: 'boolean', default: false },
    id: { type: 'string', default: randomUUID() },
  },
})
if (options['until-stdin-ends']) process.stdin.resume().on('end', () => process.exit())
const topic = (name) => options.prefix + name
const bootstrapBrokers = options.kafka.split(',')
const tell = (event, facts) => process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`)
const quantity = (text) => (options.numbers ? Number(text) : text)

const admin = new Admin({ clientId: 'brief', bootstrapBrokers })
for (const name of ['register', 'test_config', 'trigger', 'metrics', 'heartbeat'])
  await admin.createTopics({ topics: [topic(name)], partitions: 1, replicas: 1 }).catch(() => {})
await admin.close()

const producer = new Producer({ clientId: 'brief', bootstrapBrokers, serializers: stringSerializers })
const say = (name, message) =>
  producer.send({ messages: [{ topic: topic(name), value: JSON.stringify(message) }] })

const consumer = new Consumer({
  clientId: 'brief',
  groupId: `${options.prefix}${options.id}`,
  bootstrapBrokers,
  deserializers: stringDeserializers,
  maxWaitTime: 50,
})
const stream = await consumer.consume({
  topics: ['register', 'heartbeat', 'metrics'].map(topic),
  mode: 'earliest',
})

const conduct = async () => {
  if (options['stray-trigger']) await say('trigger', { test_id: randomUUID(), trigger: 'YES' })
  const config = {
    test_id: options.id,
    test_type: options.type,
    test_message_delay: quantity(options.delay),
    message_count_per_driver: quantity(options.count),
    ...(options.target === undefined ? {} : { target_server_ip: options.target }),
  }
  await say('test_config', config)
  tell('configured', { message: config })
  await delay(Number(options['trigger-after']))
  await say('trigger', { test_id: options.id, trigger: 'YES' })
  tell('triggered', { message: { test_id: options.id } })
}

tell('up', {})
const nodes = new Set()
for await (const { topic: name, value } of stream) {
  const message = JSON.parse(value)
  tell(name.slice(options.prefix.length), { message })
  const before = nodes.size
  nodes.add(message.node_id)
  if (nodes.size > before && nodes.size === Number(options.drivers)) void conduct()
}
