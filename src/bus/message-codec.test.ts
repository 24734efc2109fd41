import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import fc from 'fast-check'
import type { z } from 'zod'
import { AppError } from '../lib/errors.ts'
import { maxMessageBytes } from './bus.ts'
import { decodeMessage, encodeMessage } from './message-codec.ts'
import { driverStates, type MessageOf, messageSchemas, protocol } from './messages.ts'
import { type Topic, topics } from './topics.ts'

const id = fc.string({ minLength: 1, maxLength: 200 })
const count = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e15, noNaN: true }))
const ordinal = fc.nat()
const instant = fc.double({ noNaN: true, noDefaultInfinity: true })
const counts = fc.dictionary(fc.string({ maxLength: 8 }), fc.nat(), { maxKeys: 4 })
const latency = fc.option(count)
const named = fc.array(
  fc.record({
    name: fc.string(),
    kind: fc.constantFrom('request' as const, 'journey' as const),
    measurement: fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.jsonValue(),
    ),
  }),
  { maxLength: 3 },
)
const short = fc.string({ maxLength: 40 })
const ours = fc.constant(protocol)

/** The required keys of a schema; the others come and go. */
const record = <T>(model: { [K in keyof T]-?: fc.Arbitrary<T[K]> }, requiredKeys: (keyof T)[]) =>
  fc.record(model, { requiredKeys }) as unknown as fc.Arbitrary<T>

const arbitraries: { [T in Topic]: fc.Arbitrary<MessageOf[T]> } = {
  register: record<MessageOf['register']>(
    {
      node_id: id,
      node_IP: short,
      message_type: fc.constant('DRIVER_NODE_REGISTER'),
      node_ip: short,
      protocol: ours,
      version: short,
      cores: count,
      pid: count,
      capabilities: fc.array(short, { maxLength: 5 }),
    },
    ['node_id', 'node_IP', 'message_type', 'protocol'],
  ),
  test_config: record<MessageOf['test_config']>(
    {
      test_id: id,
      test_type: fc.constantFrom('AVALANCHE', 'TSUNAMI'),
      test_message_delay: count,
      message_count_per_driver: count,
      protocol: ours,
      delay_ms: count,
      target_url: fc.webUrl(),
      method: short,
      timeout_ms: count,
      connections: count,
      drivers: fc.array(id, { maxLength: 4 }),
      // A record of a schema drops `__proto__`, which no scenario has at its top.
      scenario: fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        fc.jsonValue(),
      ),
      config_hash: short,
      issued_at: instant,
      expires_at: instant,
    },
    ['test_id', 'test_type', 'test_message_delay', 'message_count_per_driver', 'protocol'],
  ),
  trigger: record<MessageOf['trigger']>(
    {
      test_id: id,
      trigger: fc.constant('YES'),
      protocol: ours,
      start_at: instant,
      clock_offsets_ms: fc.dictionary(id, instant, { maxKeys: 3 }),
      issued_at: instant,
      expires_at: instant,
    },
    ['test_id', 'trigger', 'protocol'],
  ),
  metrics: record<MessageOf['metrics']>(
    {
      node_id: id,
      test_id: id,
      report_id: short,
      metrics: fc.record(
        {
          mean_latency: latency,
          median_latency: latency,
          min_latency: latency,
          max_latency: latency,
          mode_latency: latency,
        },
        { requiredKeys: [] },
      ),
      protocol: ours,
      sent: count,
      completed: count,
      errors: count,
      timeouts: count,
      bytes_in: count,
      bytes_out: count,
      status: counts,
      error_kinds: counts,
      interval: fc.record({ seq: ordinal, start_ms: instant, end_ms: instant }),
      histogram: fc.record({
        encoding: fc.constant('hdr-v2' as const),
        unit: fc.constant('us' as const),
        data: fc.base64String(),
      }),
      requests: named,
      more: fc.boolean(),
      in_flight: count,
      cpu: count,
      started_at: instant,
      final: fc.boolean(),
      outcome: fc.constantFrom('completed', 'stopped'),
      totals: named,
    },
    ['node_id', 'test_id', 'report_id', 'metrics', 'protocol'],
  ),
  heartbeat: record<MessageOf['heartbeat']>(
    {
      node_id: id,
      heartbeat: fc.constant('YES'),
      timestamp: short,
      protocol: ours,
      timestamp_ms: instant,
      state: fc.constantFrom(...driverStates),
      test_id: id,
      config_hash: short,
      reason: fc.string(),
      reason_code: short,
      reason_hint: fc.string(),
      sent: count,
      heard: fc.record({ orchestrator_id: id, issued_at: instant, received_at: instant }),
    },
    ['node_id', 'heartbeat', 'protocol'],
  ),
  control: record<MessageOf['control']>(
    {
      test_id: id,
      protocol: ours,
      command: fc.constantFrom('stop', 'pause', 'resume', 'rate'),
      seq: ordinal,
      at_elapsed_ms: count,
      scale: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      by: short,
      issued_at: instant,
    },
    ['test_id', 'command', 'seq', 'at_elapsed_ms', 'by'],
  ),
  presence: record<MessageOf['presence']>(
    {
      orchestrator_id: id,
      protocol: ours,
      version: short,
      issued_at: instant,
      runs: fc.array(id, { maxLength: 3 }),
    },
    ['orchestrator_id', 'issued_at'],
  ),
  asset: record<MessageOf['asset']>(
    {
      sha256: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
      size_bytes: count,
      part: ordinal,
      parts: fc.integer({ min: 1, max: 100_000 }),
      data: fc.base64String(),
      protocol: ours,
    },
    ['sha256', 'size_bytes', 'part', 'parts', 'data'],
  ),
}

const allTopics = Object.values(topics)
const reasonsOf = (topic: Topic): Set<string> =>
  new Set([
    'too_large',
    'not_json',
    'end_marker',
    ...Object.keys((messageSchemas[topic] as z.ZodObject).shape).map((field) => `bad_field:${field}`),
  ])

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('the message codec', () => {
  for (const topic of allTopics)
    it(`gives back each message of ${topic} as it was`, () => {
      fc.assert(
        fc.property(arbitraries[topic], (message) => {
          // What JSON cannot tell apart (-0, keys without a prototype) is none of the codec's business.
          const plain = JSON.parse(JSON.stringify(message)) as MessageOf[typeof topic]
          const decoded = decodeMessage(topic, encodeMessage(topic, plain))
          assert.deepEqual(decoded, { message: plain })
        }),
        { seed: 1, numRuns: 300 },
      )
    })

  it('never throws, whatever the bytes, and gives a reason out of few', () => {
    let state = 1
    const draw = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const samples = allTopics.map((topic) =>
      fc.sample<unknown>(arbitraries[topic] as fc.Arbitrary<unknown>, { seed: 5, numRuns: 20 }),
    )
    const wholes = allTopics.map((topic, i) =>
      (samples[i] ?? []).map((message) => encodeMessage(topic, message as MessageOf[typeof topic])),
    )
    const known = allTopics.map(reasonsOf)
    const seen = new Set<string>()
    for (let i = 0; i < 100_000; i++) {
      const t = draw(allTopics.length)
      const topic = allTopics[t] ?? 'metrics'
      // A message of this topic or another, with some bytes changed, cut or doubled; or noise.
      const source = wholes[draw(4) === 0 ? draw(allTopics.length) : t]?.[draw(20)] ?? new Uint8Array(0)
      let bytes = Uint8Array.from(source.subarray(0, draw(3) === 0 ? draw(source.length + 1) : source.length))
      for (let n = draw(4); n > 0 && bytes.length > 0; n--) {
        const interesting = '"{}[],:-0e9nt\\'
        bytes[draw(bytes.length)] =
          draw(2) === 0 ? draw(256) : interesting.charCodeAt(draw(interesting.length))
      }
      if (draw(50) === 0) bytes = Uint8Array.from({ length: draw(40) }, () => draw(256))
      const decoded = decodeMessage(topic, bytes)
      if ('reason' in decoded) {
        assert.ok(known[t]?.has(decoded.reason), decoded.reason)
        seen.add(decoded.reason)
      }
    }
    assert.ok(seen.has('not_json') && seen.size > 10, [...seen].join())
  })

  it('any JSON at all gives a message or a reason out of few', () => {
    fc.assert(
      fc.property(fc.constantFrom(...allTopics), fc.jsonValue(), (topic, value) => {
        const decoded = decodeMessage(topic, bytesOf(JSON.stringify(value)))
        assert.ok('message' in decoded || reasonsOf(topic).has(decoded.reason))
      }),
      { seed: 1, numRuns: 2000 },
    )
  })

  it('of ours names the first field that does not fit, and ignores those that it does not know', () => {
    const beat = { node_id: 'd', heartbeat: 'YES', protocol }
    const table: [Topic, unknown, string][] = [
      ['heartbeat', [], 'not_json'],
      ['heartbeat', null, 'not_json'],
      ['heartbeat', 'text', 'not_json'],
      ['heartbeat', { protocol }, 'bad_field:node_id'],
      ['heartbeat', { ...beat, heartbeat: true }, 'bad_field:heartbeat'],
      ['heartbeat', { ...beat, state: 'dancing' }, 'bad_field:state'],
      ['heartbeat', { ...beat, sent: -1 }, 'bad_field:sent'],
      ['trigger', { test_id: 't', trigger: 'yes', protocol }, 'bad_field:trigger'],
      [
        'metrics',
        { node_id: 'd', test_id: 't', report_id: '', metrics: { min_latency: -1 }, protocol },
        'bad_field:metrics',
      ],
      ['control', { test_id: 't', command: 'rate', seq: 0.5, at_elapsed_ms: 0, by: 'x' }, 'bad_field:seq'],
      ['asset', { sha256: 'short', size_bytes: 0, part: 0, parts: 1, data: '' }, 'bad_field:sha256'],
    ]
    for (const [topic, value, reason] of table)
      assert.deepEqual(
        decodeMessage(topic, bytesOf(JSON.stringify(value))),
        { reason },
        JSON.stringify(value),
      )
    const unknown = JSON.stringify({ ...beat, new: { a: [1] } })
    assert.deepEqual(decodeMessage('heartbeat', bytesOf(unknown)), { message: beat })
    // 1e999 is Infinity to JSON.parse.
    const infinite = JSON.stringify({ ...beat, sent: 0 }).replace('"sent":0', '"sent":1e999')
    assert.deepEqual(decodeMessage('heartbeat', bytesOf(infinite)), { reason: 'bad_field:sent' })
  })

  it('a name of every object among the keys is a key like another', () => {
    const text = `{"protocol":"${protocol}","node_id":"d","heartbeat":"YES","__proto__":{"state":"ready"},"constructor":1}`
    const decoded = decodeMessage('heartbeat', bytesOf(text))
    assert.ok('message' in decoded)
    assert.equal(decoded.message.state, undefined)
    assert.equal(Object.getPrototypeOf(decoded.message), Object.prototype)
  })
})

test('sizes: refused before they are parsed, and before they are sent', () => {
  assert.deepEqual(decodeMessage('trigger', new Uint8Array(maxMessageBytes + 1)), { reason: 'too_large' })
  assert.deepEqual(decodeMessage('trigger', new Uint8Array(maxMessageBytes)), { reason: 'not_json' })
  const scenario = { text: '語'.repeat(maxMessageBytes / 3) }
  const config = {
    test_id: 't',
    test_type: 'TSUNAMI',
    test_message_delay: 0,
    message_count_per_driver: 0,
  } as const
  assert.throws(
    () => encodeMessage('test_config', { ...config, scenario }),
    (error) =>
      error instanceof AppError && error.code === 'MESSAGE_TOO_LARGE' && /test_config/.test(error.message),
  )
})

test('a message of a megabyte of faults or of depth is refused without ado', () => {
  const faults = `{"protocol":"${protocol}","node_id":"d","test_id":"t","report_id":"r","metrics":{},"requests":[${'0,'.repeat(400_000)}0]}`
  const deep = `${'['.repeat(500_000)}${']'.repeat(500_000)}`
  assert.deepEqual(decodeMessage('metrics', bytesOf(faults)), { reason: 'bad_field:requests' })
  assert.ok('reason' in decodeMessage('metrics', bytesOf(deep)))
  const nested = `{"protocol":"${protocol}","test_id":"t","test_type":"TSUNAMI","test_message_delay":0,"message_count_per_driver":0,"scenario":{"a":${deep}}}`
  assert.doesNotThrow(() => decodeMessage('test_config', bytesOf(nested)))
})

test('quantities as texts for who takes the brief to the letter, and read again as what they are', () => {
  const config: MessageOf['test_config'] = {
    test_id: 't',
    test_type: 'TSUNAMI',
    test_message_delay: 0.25,
    message_count_per_driver: 400,
    protocol,
    delay_ms: 250,
  }
  const report: MessageOf['metrics'] = {
    node_id: 'd',
    test_id: 't',
    report_id: 'm',
    metrics: { mean_latency: 1.5, median_latency: 1, min_latency: 0.25, max_latency: null },
    protocol,
    sent: 3,
  }
  const textOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes))
  const literalConfig = encodeMessage('test_config', config, 'string')
  const literalReport = encodeMessage('metrics', report, 'string')
  assert.deepEqual(textOf(literalConfig), {
    ...config,
    test_message_delay: '0.25',
    message_count_per_driver: '400',
  })
  assert.deepEqual(textOf(literalReport), {
    ...report,
    metrics: { mean_latency: '1.5', median_latency: '1', min_latency: '0.25', max_latency: null },
  })
  assert.deepEqual(decodeMessage('test_config', literalConfig), { message: config })
  assert.deepEqual(decodeMessage('metrics', literalReport), { message: report })
  const beat: MessageOf['heartbeat'] = { node_id: 'd', heartbeat: 'YES', protocol, sent: 1 }
  assert.deepEqual(textOf(encodeMessage('heartbeat', beat, 'string')), beat)
})
