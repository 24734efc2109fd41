import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { hearTexts } from '../testing/hear-texts.ts'
import { maxMessageBytes } from './bus.ts'
import { decodeMessage, isForeign } from './message-codec.ts'
import type { MessageOf } from './messages.ts'
import type { PeerUnits } from './tolerant-message.ts'
import type { Topic } from './topics.ts'

const record = { partition: 0, offset: 17, timestampMs: 1_763_625_604_512 }
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

const decode = <T extends Topic>(topic: T, said: unknown, units?: PeerUnits) =>
  decodeMessage(topic, bytesOf(typeof said === 'string' ? said : JSON.stringify(said)), record, units)

const understood = <T extends Topic>(topic: T, said: unknown, units?: PeerUnits): MessageOf[T] => {
  const decoded = decode(topic, said, units)
  assert.ok('message' in decoded, `${JSON.stringify(said)}: ${JSON.stringify(decoded)}`)
  assert.ok(isForeign(decoded.message))
  return decoded.message
}

const registration = { node_id: 'n1', node_IP: '10.0.0.7:0', message_type: 'DRIVER_NODE_REGISTER' }
const config = { test_id: 't1', test_type: 'TSUNAMI', test_message_delay: '1', message_count_per_driver: '5' }
const report = {
  node_id: 'n1',
  test_id: 't1',
  report_id: 'r1',
  metrics: { mean_latency: '12.5', median_latency: '12', min_latency: '3', max_latency: '80' },
}
const beat = { node_id: 'n1', heartbeat: 'YES', timestamp: '1763625600.5' }

describe('messages of nodes that speak only the brief', () => {
  it('the brief to the letter, every value a text', () => {
    assert.deepEqual(understood('register', registration), registration)
    assert.deepEqual(understood('test_config', config), {
      test_id: 't1',
      test_type: 'TSUNAMI',
      test_message_delay: 1,
      message_count_per_driver: 5,
      delay_ms: 1000,
      issued_at: record.timestampMs,
    })
    assert.deepEqual(understood('trigger', { test_id: 't1', trigger: 'YES' }), {
      test_id: 't1',
      trigger: 'YES',
      issued_at: record.timestampMs,
    })
    assert.deepEqual(understood('metrics', report), {
      ...report,
      metrics: { mean_latency: 12.5, median_latency: 12, min_latency: 3, max_latency: 80 },
    })
    assert.deepEqual(understood('heartbeat', beat), { ...beat, timestamp_ms: 1_763_625_600_500 })
  })

  it('rule 1: what is no JSON object is counted, and end markers by themselves, without a line of the log', async () => {
    const markers = ['EOF', 'EOT', 'EOFBREAK', ' eof\n', '"EOF"']
    const noise = ['', 'hello', '[]', 'null', '1', '"text"', '{"a":', '{"test_id": NaN', '\u0000']
    for (const topic of ['register', 'trigger', 'metrics', 'test_config', 'heartbeat'] as const) {
      const { heard, logged, rejected } = await hearTexts(topic, [...markers, ...noise])
      assert.deepEqual(heard, [])
      assert.deepEqual(rejected, {
        [`${topic} end_marker`]: markers.length,
        [`${topic} not_json`]: markers.length + noise.length,
      })
      assert.equal(logged.length, 1, logged.join('\n'))
      assert.deepEqual((await hearTexts(topic, markers)).logged, [])
    }
  })

  it('rule 2: names ignoring case, _ and -; unknown ones are ignored', () => {
    for (const name of ['node_IP', 'node_ip', 'nodeIp', 'NodeIP', 'NODE-IP', 'nodeip'])
      assert.equal(
        understood('register', {
          node_id: 'n1',
          [name]: 'IPAddr',
          message_type: 'DRIVER_NODE_REGISTER',
          x: [],
        }).node_IP,
        'IPAddr',
        name,
      )
    assert.equal(
      understood('metrics', { ...report, Metrics: 1, metrics: { 'Mean-Latency': 4 } }).metrics.mean_latency,
      4,
    )
    // One spelling goes before another only where it says something.
    assert.equal(understood('heartbeat', { NODE_ID: 'other', node_id: 'n1' }).node_id, 'n1')
    assert.equal(understood('heartbeat', { NodeId: 'first', NODE_ID: 'second' }).node_id, 'first')
    assert.equal(understood('heartbeat', { node_id: ' ', NodeId: null, NODE_ID: 'said' }).node_id, 'said')
  })

  it('rule 3: numbers as numbers or decimal texts; what makes no sense is not given, and the rest is kept', () => {
    const table: [unknown, number | undefined][] = [
      [5, 5],
      [0.25, 0.25],
      ['5', 5],
      [' 5.5\n', 5.5],
      ['+.5', 0.5],
      ['5.', 5],
      ['1e1', 10],
      [0, 0],
      ['', undefined],
      ['  ', undefined],
      [-1, undefined],
      ['-1', undefined],
      ['NaN', undefined],
      ['Infinity', undefined],
      ['1e999', undefined],
      ['0x10', undefined],
      ['1_000', undefined],
      ['0,5', undefined],
      ['five', undefined],
      [true, undefined],
      [[], undefined],
      [{}, undefined],
      ['9'.repeat(500_000), undefined],
    ]
    for (const [value, number] of table) {
      const { metrics } = understood('metrics', {
        ...report,
        metrics: { mean_latency: value, max_latency: 80 },
      })
      assert.deepEqual([metrics.mean_latency, metrics.max_latency], [number, 80], String(value).slice(0, 40))
    }
    assert.equal(
      understood('metrics', { ...report, metrics: { mean_latency: null } }).metrics.mean_latency,
      null,
    )
    // As Python writes them. In a text they are text.
    const python =
      '{"node_id":"NaN \\" Infinity","metrics":{"mean_latency":NaN,"max_latency":-Infinity,"min_latency":3}}'
    const { node_id: id, metrics } = understood('metrics', python)
    assert.deepEqual(
      [id, metrics],
      ['NaN " Infinity', { mean_latency: null, max_latency: null, min_latency: 3 }],
    )
    assert.deepEqual(decode('metrics', { ...report, metrics: undefined }), { reason: 'bad_field:metrics' })
    for (const count of [undefined, null, '', 'many', -5, 2.5, 1e300])
      assert.equal(
        understood('test_config', { ...config, message_count_per_driver: count }).message_count_per_driver,
        0,
      )
  })

  it('rule 3: extra figures wherever they stand; all zero before the first answer is nothing measured', () => {
    const inside = understood('metrics', {
      ...report,
      metrics: { mode_latency: 11, num_requests: '7', sent: 8 },
    })
    assert.deepEqual([inside.metrics.mode_latency, inside.completed, inside.sent], [11, 7, 8])
    assert.equal(understood('metrics', { ...report, num_requests: 9 }).completed, 9)
    assert.equal(understood('metrics', { ...report, completed: 9, num_requests: 1 }).completed, 9)
    assert.equal(understood('metrics', report).completed, undefined)
    assert.equal(understood('metrics', { ...report, final: 'yes' }).final, true)
    assert.equal(understood('metrics', { ...report, final: false }).final, undefined)
    assert.equal(
      understood('metrics', { ...report, metrics: { mode_latency: null } }).metrics.mode_latency,
      null,
    )
    const zero = { mean_latency: 0, median_latency: 0, min_latency: '0', max_latency: 0 }
    assert.deepEqual(
      new Set(Object.values(understood('metrics', { ...report, metrics: zero }).metrics)),
      new Set([null]),
    )
    assert.equal(
      understood('metrics', { ...report, metrics: { ...zero, max_latency: 2 } }).metrics.min_latency,
      0,
    )
  })

  it('rule 4: yes in every way, no in every way, and neither', () => {
    for (const yes of ['YES', 'yes', ' Yes ', true, 1, '1', 'true', 'TRUE']) {
      assert.equal(understood('trigger', { test_id: 't1', trigger: yes }).trigger, 'YES', String(yes))
      assert.equal(understood('heartbeat', { ...beat, heartbeat: yes }).heartbeat, 'YES', String(yes))
    }
    for (const no of ['NO', 'no', false, 0, '0', 'false']) {
      assert.deepEqual(
        decode('trigger', { test_id: 't1', trigger: no }),
        { reason: 'bad_field:trigger' },
        String(no),
      )
      assert.deepEqual(
        decode('heartbeat', { ...beat, heartbeat: no }),
        { reason: 'bad_field:heartbeat' },
        String(no),
      )
    }
    for (const neither of [undefined, null, '', 'maybe', 2, -1, [], {}, 'y'.repeat(100_000)]) {
      assert.deepEqual(decode('trigger', { test_id: 't1', trigger: neither }), {
        reason: 'bad_field:trigger',
      })
      // The topic says that it is one.
      assert.equal(understood('heartbeat', { ...beat, heartbeat: neither }).heartbeat, 'YES')
    }
  })

  it('rule 5: the type ignoring case, and no abbreviations', () => {
    for (const type of ['AVALANCHE', 'avalanche', 'Avalanche', ' AVALANCHE '])
      assert.equal(understood('test_config', { ...config, test_type: type }).test_type, 'AVALANCHE')
    assert.equal(understood('test_config', { ...config, test_type: 'tsunami' }).test_type, 'TSUNAMI')
    for (const type of ['A', 'T', '', 'FLOOD', undefined, null, 1, [], { a: 1 }])
      assert.deepEqual(decode('test_config', { ...config, test_type: type }), {
        reason: 'bad_field:test_type',
      })
  })

  it('rule 6: delay_ms, else test_message_delay in seconds, or in milliseconds where that is asked for', () => {
    const inMs: PeerUnits = { delay: 'ms', latency: 'ms' }
    const table: [Record<string, unknown>, PeerUnits | undefined, number][] = [
      [{ test_message_delay: 2 }, undefined, 2000],
      [{ test_message_delay: '0.25' }, undefined, 250],
      [{ test_message_delay: 250 }, inMs, 250],
      [{ test_message_delay: 9, delay_ms: 300 }, undefined, 300],
      [{ test_message_delay: 9, delay_ms: '300' }, inMs, 300],
      [{ test_message_delay: 9, delay_ms: null }, undefined, 9000],
      [{ test_message_delay: '0' }, undefined, 0],
      [{ test_message_delay: -5 }, undefined, 0],
      [{}, undefined, 0],
    ]
    for (const [fields, units, delayMs] of table) {
      const { delay_ms: ms, test_message_delay: seconds } = understood(
        'test_config',
        { ...config, test_message_delay: undefined, ...fields },
        units,
      )
      assert.deepEqual([ms, seconds], [delayMs, delayMs / 1000], JSON.stringify(fields))
    }
  })

  it('rule 7: seconds, milliseconds or microseconds by size, ISO 8601, or the time of the record', () => {
    const ms = 1_763_625_604_512
    const table: [unknown, number][] = [
      [1_763_625_604.512, ms],
      ['1763625604.512', ms],
      [' 1763625604.512 ', ms],
      [ms, ms],
      [String(ms), ms],
      [1_763_625_604_512_000, ms],
      // The early seventies, from which the sizes follow.
      [1e11 + 1, 1e11 + 1],
      [1.5e14, 1.5e11],
      ['2025-11-20T08:00:04.512Z', ms],
      ['2025-11-20T08:00:04.512', ms],
      ['2025-11-20 08:00:04,512', ms],
      ['2025-11-20T13:30:04.512+05:30', ms],
      ['2025-11-20T03:00:04.512-0500', ms],
      ['2025-11-20T08:00:04.512000Z', ms],
      ['2024-02-29T12:00Z', Date.UTC(2024, 1, 29, 12)],
      ['2025-11-20', Date.UTC(2025, 10, 20)],
    ]
    for (const [timestamp, instantMs] of table)
      assert.equal(
        Math.round(understood('heartbeat', { ...beat, timestamp }).timestamp_ms ?? 0),
        instantMs,
        String(timestamp),
      )
    const none = [
      undefined,
      null,
      '',
      'time.time()',
      -1,
      0,
      1.7e18,
      'NaN',
      '2025-13-01T00:00Z',
      '99:99',
      [],
      {},
      true,
    ]
    for (const timestamp of none)
      assert.equal(
        understood('heartbeat', { ...beat, timestamp }).timestamp_ms,
        record.timestampMs,
        String(timestamp),
      )
    assert.equal(understood('heartbeat', { ...beat, timestamp: 1.5 }).timestamp, '1.5')
    fc.assert(
      fc.property(fc.date({ min: new Date(1000), max: new Date(8e12), noInvalidDate: true }), (date) => {
        assert.equal(
          understood('heartbeat', { ...beat, timestamp: date.toISOString() }).timestamp_ms,
          date.getTime(),
        )
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('rule 8: latencies are milliseconds whatever their size, or seconds where that is asked for', () => {
    for (const value of [0.0004, 12, 90_000])
      assert.equal(
        understood('metrics', { ...report, metrics: { mean_latency: value } }).metrics.mean_latency,
        value,
      )
    const inSeconds = understood('metrics', report, { delay: 's', latency: 's' }).metrics
    assert.deepEqual(inSeconds, {
      mean_latency: 12_500,
      median_latency: 12_000,
      min_latency: 3000,
      max_latency: 80_000,
    })
    const ours = decode(
      'metrics',
      { ...report, metrics: { min_latency: 3 }, protocol: 'groundswell/1' },
      {
        delay: 'ms',
        latency: 's',
      },
    )
    assert.ok('message' in ours && ours.message.metrics.min_latency === 3)
  })

  it('rule 9: no message without the id of its node; metrics may lack that of their test', () => {
    const table: [Topic, object][] = [
      ['register', registration],
      ['metrics', report],
      ['heartbeat', beat],
    ]
    for (const [topic, message] of table)
      for (const id of [undefined, null, '', ' ', true, [], {}, 1e300, 2 ** 60, 'x'.repeat(201)])
        assert.deepEqual(
          decode(topic, { ...message, node_id: id }),
          { reason: 'bad_field:node_id' },
          `${topic} ${id}`,
        )
    for (const [id, text] of [
      ['n 1', 'n 1'],
      [42, '42'],
      [1_700_000_000_000, '1700000000000'],
      [0, '0'],
    ])
      assert.equal(understood('heartbeat', { ...beat, node_id: id }).node_id, text)
    for (const id of [undefined, null, ''])
      assert.equal(understood('metrics', { ...report, test_id: id }).test_id, undefined)
    for (const topic of ['test_config', 'trigger'] as const)
      assert.deepEqual(decode(topic, { ...config, trigger: 'YES', test_id: undefined }), {
        reason: 'bad_field:test_id',
      })
  })

  it('rule 10: a report without an id is known by its place on the bus', () => {
    for (const id of [undefined, null, '', ' '])
      assert.equal(understood('metrics', { ...report, report_id: id }).report_id, 'metrics/0/17')
    assert.equal(understood('metrics', { ...report, report_id: 7 }).report_id, '7')
  })

  it('rule 11: metrics keep the id of a test that nobody knows', () => {
    assert.equal(understood('metrics', { ...report, test_id: 'nobody knows it' }).test_id, 'nobody knows it')
  })

  it('rule 12: a registration with or without its type and address, the same node each time', () => {
    for (const type of ['DRIVER_NODE_REGISTER', 'driver_node_register', undefined, null, ''])
      assert.deepEqual(understood('register', { ...registration, message_type: type }), registration)
    assert.deepEqual(decode('register', { ...registration, message_type: 'GOODBYE' }), {
      reason: 'bad_field:message_type',
    })
    for (const address of [undefined, null, '', [], true])
      assert.equal(understood('register', { ...registration, node_IP: address }).node_IP, '')
    for (const address of ['IPAddr', '127.0.0.1'])
      assert.equal(understood('register', { ...registration, node_IP: address }).node_IP, address)
    assert.equal(understood('register', { ...registration, node_IP: 'x'.repeat(1000) }).node_IP.length, 200)
  })

  it('rule 13: the heartbeat alone tells of a node', () => {
    for (const said of [
      { node_id: 'n1', heartbeat: true },
      { node_id: 'n1' },
      { NodeId: 'n1', Heartbeat: 'YES' },
    ])
      assert.deepEqual(understood('heartbeat', said), {
        node_id: 'n1',
        heartbeat: 'YES',
        timestamp_ms: record.timestampMs,
      })
  })

  it('rule 14: the size is judged before anything is read', () => {
    const large = JSON.stringify({ ...beat, pad: ' '.repeat(maxMessageBytes) })
    assert.deepEqual(decode('heartbeat', large), { reason: 'too_large' })
    const fitting = JSON.stringify({ ...beat, pad: '' })
    const padded = JSON.stringify({ ...beat, pad: ' '.repeat(maxMessageBytes - fitting.length) })
    assert.equal(understood('heartbeat', padded).node_id, 'n1')
  })

  it('takes a target under each of its names, and nothing that means something only among ours', () => {
    const target = (fields: object) => understood('test_config', { ...config, ...fields }).target_url
    assert.equal(
      target({ target_url: 'http://a', target_server_ip: 'http://b', target_server: 'http://c' }),
      'http://a',
    )
    assert.equal(
      target({ target_url: '', target_server_ip: 'http://b', target_server: 'http://c' }),
      'http://b',
    )
    assert.equal(target({ target_server: 'http://c' }), 'http://c')
    assert.equal(target({ num_drivers: 3 }), undefined)
    const posing = {
      state: 'leaving',
      totals: [],
      drivers: ['d'],
      scenario: {},
      clock_offsets_ms: {},
    }
    for (const [topic, message] of [
      ['heartbeat', beat],
      ['metrics', report],
      ['test_config', config],
      ['trigger', { test_id: 't1', trigger: 'YES' }],
    ] as [Topic, object][]) {
      const message_ = understood(topic, { ...message, ...posing, protocol: 'http/1.1' })
      assert.deepEqual(
        Object.keys(message_).filter((key) => key in posing),
        [],
      )
    }
  })
})
