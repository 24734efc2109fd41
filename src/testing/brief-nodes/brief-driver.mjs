#!/usr/bin/env node
/**
 * A driver that knows only the brief, as others write one: it shares no code with ours. It makes `--requests` GETs to its own
 * `--target`, whatever the configuration asks for, says cumulative figures each second until one message after the last
 * answer, and never that it has ended. It reads from the first message of each topic and crashes (exit code 2) on a trigger
 * whose configuration it does not know. What it does is told on standard output, a JSON object a line.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'

const { values: options } = parseArgs({
  options: {
    kafka: { type: 'string', default: '127.0.0.1:9092' },
    prefix: { type: 'string', default: '' },
    'until-stdin-ends': { type: 'boolean', default: false },
    id: { type: 'string', default: randomUUID() },
    target: { type: 'string', default: 'http://127.0.0.1:8000/' },
    requests: { type: 'string', default: '500' },
    concurrency: { type: 'string', default: '50' },
    /** start, late (after a few heartbeats) or never. */
    register: { type: 'string', default: 'start' },
    /** trigger, or config: it does not wait for a trigger. */
    'start-on': { type: 'string', default: 'trigger' },
    /** The brief's "YES" instead of true. */
    'yes-text': { type: 'boolean', default: false },
    /** Latencies in seconds. */
    seconds: { type: 'boolean', default: false },
    'no-test-id': { type: 'boolean', default: false },
    /** A report id that is not empty. */
    'report-ids': { type: 'boolean', default: false },
    /** Reports from the configuration on, all zero before the first answer. */
    'zero-first': { type: 'boolean', default: false },
    /** Says how many answers it has had. */
    'num-requests': { type: 'boolean', default: false },
    /** Heartbeats have no timestamp, unless this text. */
    timestamp: { type: 'string' },
    'report-every': { type: 'string', default: '1000' },
  },
})
if (options['until-stdin-ends']) process.stdin.resume().on('end', () => process.exit())
const topic = (name) => options.prefix + name
const bootstrapBrokers = options.kafka.split(',')
const tell = (event, facts = {}) =>
  process.stdout.write(`${JSON.stringify({ event, node: options.id, ...facts })}\n`)

const producer = new Producer({ clientId: options.id, bootstrapBrokers, serializers: stringSerializers })
const say = (name, message) =>
  producer.send({ messages: [{ topic: topic(name), key: options.id, value: JSON.stringify(message) }] })

const yes = options['yes-text'] ? 'YES' : true
const register = () => say('register', { node_id: options.id, node_ip: 'IPAddr' })

const latencies = []
let errors = 0
let reporting
const report = (testId) => {
  const sorted = [...latencies].sort((a, b) => a - b)
  const figure = (ms = 0) => (options.seconds ? ms / 1000 : ms)
  const sum = sorted.reduce((total, ms) => total + ms, 0)
  return say('metrics', {
    node_id: options.id,
    ...(options['no-test-id'] ? {} : { test_id: testId }),
    report_id: options['report-ids'] ? randomUUID() : '',
    metrics: {
      mean_latency: figure(sorted.length === 0 ? 0 : sum / sorted.length),
      median_latency: figure(sorted[Math.floor(sorted.length / 2)]),
      min_latency: figure(sorted[0]),
      max_latency: figure(sorted.at(-1)),
      ...(options['num-requests'] ? { num_requests: latencies.length + errors } : {}),
    },
  })
}
const startReporting = (testId) => {
  reporting ??= setInterval(() => report(testId), Number(options['report-every']))
}

const run = async (testId) => {
  tell('started', { test_id: testId })
  startReporting(testId)
  let left = Number(options.requests)
  const work = async () => {
    while (left > 0) {
      left--
      const startMs = performance.now()
      try {
        await (await fetch(options.target)).arrayBuffer()
        latencies.push(performance.now() - startMs)
      } catch {
        errors++
      }
    }
  }
  await Promise.all(Array.from({ length: Number(options.concurrency) }, work))
  tell('answered', { test_id: testId, answers: latencies.length, errors })
  clearInterval(reporting)
  reporting = undefined
  await report(testId)
  latencies.length = 0
  errors = 0
}

const configs = new Map()
const hear = (name, message) => {
  if (name === topic('test_config')) {
    configs.set(message.test_id, message)
    tell('configured', { config: message })
    if (options['zero-first']) startReporting(message.test_id)
    if (options['start-on'] === 'config') void run(message.test_id)
  } else void begin(message.test_id)
}

/** Between two topics there is no order: a configuration that is on its way is waited for. */
const begin = async (testId) => {
  for (let waits = 0; !configs.has(testId) && waits < 20; waits++) await delay(100)
  if (!configs.has(testId)) {
    tell('crashed', { test_id: testId })
    process.exit(2)
  }
  if (options['start-on'] === 'trigger') await run(testId)
}

const consumer = new Consumer({
  clientId: options.id,
  groupId: `${options.prefix}${options.id}`,
  bootstrapBrokers,
  deserializers: stringDeserializers,
  maxWaitTime: 50,
})
const stream = await consumer.consume({ topics: [topic('test_config'), topic('trigger')], mode: 'earliest' })
if (options.register === 'start') await register()
let beats = 0
setInterval(() => {
  const timestamp = options.timestamp === undefined ? {} : { timestamp: options.timestamp }
  void say('heartbeat', { node_id: options.id, heartbeat: yes, ...timestamp })
  if (++beats === 2 && options.register === 'late') void register()
}, 1000)
tell('up')
for await (const { topic: name, value } of stream) {
  try {
    hear(name, JSON.parse(value))
  } catch (error) {
    tell('unreadable', { error: String(error) })
  }
}
