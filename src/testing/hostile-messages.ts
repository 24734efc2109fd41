import { maxMessageBytes } from '../bus/bus.ts'
import { decodeMessage } from '../bus/message-codec.ts'
import { protocol } from '../bus/messages.ts'
import { type Topic, topics } from '../bus/topics.ts'
import { drawInteger, drawUint32, streamOf } from '../lib/random.ts'

/** Who is there, for messages that use their names. */
export interface LiveNames {
  driver: string
  run: string
}

/**
 * Messages that nobody can understand, as bytes, the same for the same seed: noise, broken JSON, other people's JSON, and ours with
 * one field that is wrong, under names that are in use. `count` different ones.
 */
export const malformedMessages = (
  topic: Topic,
  names: LiveNames,
  seed: number,
  count: number,
): Uint8Array[] => {
  const stream = streamOf(topic)
  let draws = 0
  const draw = (max: number): number => drawInteger(seed, stream, draws++, 0, max)
  const made: Uint8Array[] = []
  while (made.length < count) {
    const message = malformed(made.length, topic, names, draw)
    // What is understood after all is no noise: tolerance goes far.
    if ('reason' in decodeMessage(topic, message)) made.push(message)
  }
  return made
}

type Draw = (max: number) => number

const malformed = (n: number, topic: Topic, names: LiveNames, draw: Draw): Uint8Array => {
  const valid = JSON.stringify(validMessages(names)[topic])
  switch (n % 8) {
    case 0:
      return Uint8Array.from({ length: draw(300) }, () => draw(255))
    case 1:
      return Buffer.from(valid.slice(0, draw(valid.length - 2)))
    case 2: {
      const bytes = Buffer.from(valid)
      for (let i = 0; i < 4; i++) bytes[draw(bytes.length - 1)] = draw(255)
      return bytes
    }
    case 3:
      return Buffer.from(foreign[draw(foreign.length - 1)] ?? '')
    case 4:
      return Buffer.from('['.repeat(1 + draw(500)))
    default: {
      const fields: Record<string, unknown> = { ...validMessages(names)[topic] }
      const keys = Object.keys(fields)
      const key = keys[draw(keys.length - 1)] ?? ''
      fields[key] = hostileValues[draw(hostileValues.length - 1)]
      return Buffer.from(JSON.stringify(fields))
    }
  }
}

/** As large as a bus takes, and malformed too. */
export const largeMessages: readonly Uint8Array[] = [
  new Uint8Array(maxMessageBytes),
  Buffer.from(`"${'x'.repeat(maxMessageBytes - 2)}"`),
  Buffer.from('['.repeat(maxMessageBytes)),
  Buffer.from(`{"node_id":${'9'.repeat(maxMessageBytes - 12)}}`),
]

const foreign = [
  '',
  'EOF',
  'null',
  'true',
  '1e999',
  '[]',
  '[{}]',
  '{}',
  '"YES"',
  '<html><body>502 Bad Gateway</body></html>',
  '\u0000\u0001\u0002',
  '\ufeff{"node_id": 1',
  '{"__proto__": {"node_id": "d-1", "heartbeat": "YES"}}',
  '{"constructor": {"prototype": {"node_id": "d-1"}}}',
  '{"level":"info","msg":"another program writes its log here"}',
  `{"protocol":"${protocol}"}`,
  `{"protocol":"${protocol}","node_id":"__proto__"}`,
  `{"protocol":"${protocol}","node_id":"\\u001b[2J\\u0000"}`,
]

const hostileValues: readonly unknown[] = [
  null,
  -1,
  1e308,
  2 ** 60,
  0.5,
  '',
  'x'.repeat(1000),
  'NaN',
  true,
  [],
  [[[[[]]]]],
  {},
  { __proto__: null, toString: 1 },
  ['__proto__', 'x'.repeat(201)],
  '\u0000\u001b[2J\u202e',
]

/** One of ours for each topic, as it would be of these names. */
const validMessages = ({ driver, run }: LiveNames): Record<Topic, Record<string, unknown>> => ({
  [topics.register]: {
    node_id: driver,
    node_IP: '10.0.0.1:0',
    message_type: 'DRIVER_NODE_REGISTER',
    protocol,
  },
  [topics.heartbeat]: { node_id: driver, heartbeat: 'YES', protocol, state: 'leaving', test_id: run },
  [topics.metrics]: {
    node_id: driver,
    test_id: run,
    report_id: 'r',
    metrics: { mean_latency: 1 },
    protocol,
    interval: { seq: 1e9, start_ms: 0, end_ms: 1 },
  },
  [topics.presence]: { orchestrator_id: 'o-1', protocol, issued_at: 0, runs: [run] },
  [topics.testConfig]: {
    test_id: 'r-forged',
    test_type: 'AVALANCHE',
    test_message_delay: 0,
    message_count_per_driver: 1_000_000,
    protocol,
    drivers: [driver],
    scenario: {},
  },
  [topics.trigger]: { test_id: run, trigger: 'YES', protocol, start_at: 0 },
  [topics.control]: { test_id: run, protocol, command: 'stop', seq: 0, at_elapsed_ms: 0, by: 'keys' },
  [topics.asset]: { sha256: 'a'.repeat(64), size_bytes: 1, part: 0, parts: 1, data: 'AAAA', protocol },
})

/**
 * Messages that are understood and mean no good, of ids that are made up: number `n` of them. None says anything about a run or
 * a driver that is there; who writes such things can do that too, and only Kafka's access lists keep him from it.
 */
export const hostileMessage = (topic: Topic, n: number): Record<string, unknown> => {
  const id = oddIds[n % 50] ?? `made-up-${drawUint32(5, 1, n)}-${n}`
  switch (topic) {
    case 'register':
      // Ours, of another version, of another protocol, and of others.
      return {
        ...{ node_id: id, node_IP: `10.0.0.1:${n}`, message_type: 'DRIVER_NODE_REGISTER' },
        ...[{ protocol }, { protocol, version: `0.0.${n}` }, { protocol: `groundswell/${n}` }, {}][n % 4],
      }
    case 'heartbeat':
      return n % 2 === 0
        ? { node_id: id, heartbeat: 'YES' }
        : { node_id: id, heartbeat: 'YES', protocol, state: 'idle', test_id: `r-${id}` }
    case 'metrics':
      return { node_id: id, test_id: `r-${id}`, report_id: `${n}`, metrics: { max_latency: n } }
    case 'presence':
      return { orchestrator_id: id, protocol, issued_at: n, runs: [`r-${id}`] }
    case 'test_config':
      return {
        ...{ test_id: `r-${id}`, test_type: 'TSUNAMI', test_message_delay: 1, message_count_per_driver: 1 },
        ...{ protocol, scenario: {}, drivers: n === 0 ? manyIds : [id] },
      }
    case 'trigger':
      return { test_id: `r-${id}`, trigger: 'YES' }
    case 'control':
      return { test_id: `r-${id}`, protocol, command: 'stop', seq: n, at_elapsed_ms: 0, by: 'api' }
    case 'asset':
      return {
        ...{ sha256: String(n).padStart(64, '0'), size_bytes: 3, part: 0, parts: 1 + (n % 100_000) },
        ...{ data: 'AAAA', protocol },
      }
  }
}

const oddIds: Readonly<Record<number, string>> = {
  0: '__proto__',
  1: 'constructor',
  2: 'x'.repeat(200),
  3: '\u0000\u001b[2J\u202e',
  4: '../../../etc/passwd',
  5: '<script>alert(1)</script>',
}

const manyIds = Array.from({ length: 10_000 }, (_, n) => `made-up-${n}`)
