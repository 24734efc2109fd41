import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { hearTexts } from '../testing/hear-texts.ts'
import { maxMessageBytes } from './bus.ts'
import { decodeMessage } from './message-codec.ts'
import { messageSchemas } from './messages.ts'
import { type Topic, topics } from './topics.ts'

const record = { partition: 0, offset: 17, timestampMs: 1_763_625_604_512 }
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const registration = { node_id: 'n1', node_IP: '10.0.0.7:0', message_type: 'DRIVER_NODE_REGISTER' }
const config = { test_id: 't1', test_type: 'TSUNAMI', test_message_delay: '1', message_count_per_driver: '5' }
const metrics = { mean_latency: '12.5', median_latency: '12', min_latency: '3', max_latency: '80' }
const report = { node_id: 'n1', test_id: 't1', report_id: 'r1', metrics }
const beat = { node_id: 'n1', heartbeat: 'YES', timestamp: '1763625600.5' }

describe('whatever stands on the bus', () => {
  const peerTopics = ['register', 'test_config', 'trigger', 'metrics', 'heartbeat'] as const
  const kindsOf = (topic: Topic): Set<string> =>
    new Set([
      'too_large',
      'not_json',
      'end_marker',
      ...Object.keys(messageSchemas[topic].shape).map((f) => `bad_field:${f}`),
    ])
  const kinds = new Map(Object.values(topics).map((topic) => [topic, kindsOf(topic)]))

  /** A message that its schema takes, or a reason out of few. */
  const judge = (topic: Topic, bytes: Uint8Array): void => {
    const decoded = decodeMessage(topic, bytes, record)
    if ('reason' in decoded) assert.ok(kinds.get(topic)?.has(decoded.reason), decoded.reason)
    else assert.ok(messageSchemas[topic].safeParse(decoded.message).success)
  }

  const spellings = [
    'node_id',
    'NodeID',
    'test_id',
    'testId',
    'TEST-ID',
    'report_id',
    'metrics',
    'heartbeat',
    'trigger',
  ]
  const more = [
    'timestamp',
    'test_type',
    'test_message_delay',
    'message_count_per_driver',
    'node_IP',
    'message_type',
  ]
  const odd = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    '',
    'protocol',
    'min_latency',
  ]
  const value = fc.oneof(
    fc.constantFrom(
      'YES',
      'NO',
      true,
      false,
      null,
      0,
      1,
      -1,
      '1e999',
      'NaN',
      'AVALANCHE',
      'EOF',
      '2025-11-20T08:00Z',
    ),
    fc.jsonValue({ maxDepth: 3 }),
    fc.double(),
    fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(String),
  )
  const message = fc.dictionary(fc.constantFrom(...spellings, ...more, ...odd), value, {
    noNullPrototype: true,
  })

  it('any map of fields, odd keys and keys that differ in their case among them, is a message or a reason out of few', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...peerTopics),
        message,
        fc.dictionary(fc.string(), value),
        (topic, fields, extra) => {
          const text = JSON.stringify({ ...extra, ...fields, metrics: { ...fields } })
          judge(topic, bytesOf(text))
          judge(topic, bytesOf(text.replace('null', 'NaN').replace('0', '-Infinity')))
        },
      ),
      { seed: 1, numRuns: 3000 },
    )
    assert.equal(({} as Record<string, unknown>).node_id, undefined)
  })

  it('any bytes are', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(topics)), fc.uint8Array({ maxLength: 200 }), judge),
      { seed: 1, numRuns: 3000 },
    )
  })

  it('a real message with bytes changed, cut or doubled is', () => {
    const real = [registration, config, { test_id: 't', trigger: true }, report, beat].map((said) =>
      JSON.stringify(said),
    )
    const change = fc.record({
      at: fc.double({ min: 0, max: 0.9999, noNaN: true }),
      byte: fc.nat(255),
      cut: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...peerTopics),
        fc.constantFrom(...real),
        fc.array(change, { maxLength: 4 }),
        (topic, text, changes) => {
          let bytes = Buffer.from(text)
          for (const { at, byte, cut } of changes) {
            const index = Math.floor(at * bytes.length)
            if (cut) bytes = Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + (byte % 5))])
            else if (bytes.length > 0) bytes[index] = byte
          }
          judge(topic, bytes)
        },
      ),
      { seed: 1, numRuns: 5000 },
    )
  })

  it('a megabyte of anything takes a time in proportion, not a power of it', () => {
    const most = maxMessageBytes - 100
    const times = (text: string, count = Math.floor(most / text.length)): string => text.repeat(count)
    const texts = [
      times('['),
      times('{"a":', 150_000),
      `{"a":${times('[', 400_000)}${times(']', 400_000)}}`,
      `"${times('\\"')}`,
      `NaN "${times('\\"')}`,
      `{"node_id":"n","a":[${times('NaN,')}NaN]}`,
      times('NaN'),
      times('-'),
      times('"'),
      `{${times('"node_id":"n",')}"node_id":"n"}`,
      `{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":0,`).join('')}"node_id":"n"}`,
      `{"node_id":"n","timestamp":"${times('1')}"}`,
      `{"node_id":"n","timestamp":"${times(' ')}"}`,
      `{"node_id":"n","metrics":{"mean_latency":${times('9')}}}`,
      `{"node_id":"n","metrics":{"mean_latency":"${times('9')}x"}}`,
      `{"node_id":"n","test_id":"t","trigger":"${times('y')}"}`,
      `{"${times('_')}":1,"node_id":"n"}`,
    ]
    const startMs = performance.now()
    for (const text of texts)
      for (const topic of ['metrics', 'heartbeat'] as const) judge(topic, bytesOf(text))
    // A power would be minutes for one of them.
    assert.ok(performance.now() - startMs < 60_000)
  })

  it('a hundred thousand of them leave a few counters and a few lines', async () => {
    const odds = Array.from({ length: 100_000 }, (_, i) =>
      i % 4 === 0
        ? `noise ${i}`
        : i % 4 === 1
          ? `{"node_id":${i % 7 ? 'null' : `{"x${i}":1}`}}`
          : i % 4 === 2
            ? 'EOF'
            : `{"k${i}":${i}}`,
    )
    const { heard, logged, rejected } = await hearTexts('metrics', odds)
    assert.deepEqual(heard, [])
    assert.deepEqual(Object.keys(rejected).sort(), [
      'metrics bad_field:metrics',
      'metrics end_marker',
      'metrics not_json',
    ])
    assert.equal(logged.length, 2)
  })
})
