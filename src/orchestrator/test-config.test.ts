import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { maxMessageBytes } from '../bus/bus.ts'
import { decodeMessage, encodeMessage } from '../bus/message-codec.ts'
import type { Load } from '../scenario/scenario.ts'
import { sampleScenario } from '../testing/sample-scenario.ts'
import { buildTestConfig, splitAsset } from './test-config.ts'

const open = { arrivals: 'uniform', perDriver: false, maxInFlight: 100 } as const

const of = (load: Load, drivers = 2) =>
  buildTestConfig(
    'r-1',
    sampleScenario({ load, drivers }),
    Array.from({ length: drivers }, (_, i) => `d-${i}`),
    1000,
    11_000,
  )

test('says the load in the words of the brief, for each kind: type, seconds between requests, requests a driver', () => {
  const table: [string, Load, 'AVALANCHE' | 'TSUNAMI', number, number][] = [
    [
      'avalanche by count',
      { kind: 'avalanche', inFlight: 50, requestsPerDriver: 10_000, maxInFlight: 100 },
      'AVALANCHE',
      0,
      10_000,
    ],
    [
      'avalanche in all',
      { kind: 'avalanche', inFlight: 50, requests: 1001, maxInFlight: 100 },
      'AVALANCHE',
      0,
      501,
    ],
    [
      'avalanche by time',
      { kind: 'avalanche', inFlight: 5, durationMs: 1000, maxInFlight: 100 },
      'AVALANCHE',
      0,
      0,
    ],
    [
      'tsunami',
      { kind: 'tsunami', gapMs: 250, requestsPerDriver: 400, maxInFlight: 100 },
      'TSUNAMI',
      0.25,
      400,
    ],
    ['rate', { kind: 'rate', perSecond: 500, durationMs: 30_000, ...open }, 'TSUNAMI', 0.004, 7500],
    [
      'rate of each driver',
      { kind: 'rate', perSecond: 500, durationMs: 30_000, ...open, perDriver: true },
      'TSUNAMI',
      0.002,
      15_000,
    ],
    [
      'stages',
      {
        kind: 'stages',
        fromPerSecond: 0,
        stages: [
          { toPerSecond: 100, overMs: 10_000, holdMs: 0 },
          { toPerSecond: 100, overMs: 0, holdMs: 5000 },
        ],
        ...open,
      },
      'TSUNAMI',
      0.03,
      500,
    ],
    [
      'spike',
      {
        kind: 'spike',
        basePerSecond: 100,
        peakPerSecond: 200,
        everyMs: 10_000,
        lastingMs: 5000,
        durationMs: 20_000,
        ...open,
      },
      'TSUNAMI',
      20 / 1500,
      1500,
    ],
    [
      'sine',
      {
        kind: 'sine',
        meanPerSecond: 100,
        amplitudePerSecond: 50,
        periodMs: 10_000,
        durationMs: 20_000,
        ...open,
      },
      'TSUNAMI',
      0.02,
      1000,
    ],
  ]
  for (const [name, load, type, delay, count] of table) {
    const config = of(load)
    assert.equal(config.test_type, type, name)
    assert.ok(Math.abs(config.test_message_delay - delay) < 1e-4, `${name}: ${config.test_message_delay}`)
    assert.equal(config.delay_ms, config.test_message_delay * 1000, name)
    assert.ok(
      Math.abs(config.message_count_per_driver - count) <= 1,
      `${name}: ${config.message_count_per_driver}`,
    )
  }
})

test('says target, method, time limit and connections beside it, from a journey too', () => {
  const scenario = sampleScenario()
  const journey = {
    kind: 'journey' as const,
    name: 'buy',
    weight: 1,
    steps: [
      { kind: 'think' as const, minMs: 1, maxMs: 1 },
      { ...scenario.http.requests[0], kind: 'request' as const, method: 'POST' },
    ],
  }
  const http = { ...scenario.http, requests: [journey] } as typeof scenario.http
  const config = buildTestConfig('r-1', { ...scenario, http }, ['d-0'], 1000, 2000)
  assert.deepEqual(
    [config.target_url, config.method, config.timeout_ms, config.connections],
    ['http://127.0.0.1:9/', 'POST', 10_000, 100],
  )
  assert.deepEqual([config.issued_at, config.expires_at, config.drivers], [1000, 2000, ['d-0']])
})

test('the URL beside it is the whole one of the first request, where that is no template', () => {
  const scenario = sampleScenario()
  const urlOf = (target: string, url: string): string | undefined => {
    const [first] = scenario.http.requests
    const http = { ...scenario.http, targets: [target, 'http://other'], requests: [{ ...first, url }] }
    const config = buildTestConfig('r-1', { ...scenario, http } as typeof scenario, ['d-0'], 1000, 2000)
    assert.ok('message' in decodeMessage('test_config', encodeMessage('test_config', config)))
    return config.target_url
  }
  assert.equal(urlOf('http://target:8000', '/ping'), 'http://target:8000/ping')
  assert.equal(urlOf('http://target:8000/base', '/ping?a=1'), 'http://target:8000/base/ping?a=1')
  assert.equal(urlOf('http://target:8000/', '/ping'), 'http://target:8000/ping')
  assert.equal(urlOf('http://target:8000', 'https://elsewhere/x'), 'https://elsewhere/x')
  assert.equal(urlOf('http://target:8000', '/orders/{{seq}}'), 'http://target:8000')
  assert.equal(urlOf('http://target:8000', `/${'x'.repeat(5000)}`), 'http://target:8000')
})

test('the scenario travels whole, and its hash is that of what travels', () => {
  const scenario = sampleScenario({ slo: ['p99 < 250ms', 'errors < 1%: stop'], labels: { build: '語' } })
  const config = buildTestConfig('r-1', scenario, ['d-0', 'd-1'], 1000, 2000)
  const decoded = decodeMessage('test_config', encodeMessage('test_config', config))
  assert.ok('message' in decoded)
  assert.deepEqual(decoded.message, config)
  assert.deepEqual(decoded.message.scenario, JSON.parse(JSON.stringify(scenario)))
  assert.deepEqual(decoded.message.scenario, scenario)
  assert.equal(
    decoded.message.config_hash,
    createHash('sha256').update(JSON.stringify(decoded.message.scenario)).digest('hex'),
  )
})

test('each part of a file fits into a message', () => {
  for (const sizeBytes of [0, 1, 524_288, 2_000_000]) {
    const parts = [...splitAsset('a'.repeat(64), new Uint8Array(sizeBytes).fill(255))]
    assert.equal(parts.length, Math.max(1, Math.ceil(sizeBytes / 524_288)))
    for (const part of parts) assert.ok(encodeMessage('asset', part).length < maxMessageBytes)
  }
})
