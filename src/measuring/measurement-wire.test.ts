import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maxDetails } from './counts.ts'
import { decodeMeasurement, encodeMeasurement, type WireMeasurement } from './measurement-wire.ts'
import { Recorder } from './recorder.ts'

const sample = (): WireMeasurement => {
  const recorder = new Recorder('buy', 'request')
  recorder.start()
  recorder.start()
  recorder.sent(120, 300, false)
  recorder.answered(201, 9_000, 8_880, 500)
  recorder.check('status is 201', true)
  recorder.failed('reset', 70_000, 'ECONNRESET', 3)
  recorder.refused('maxInFlight')
  return encodeMeasurement(recorder.take())
}

const empty = { hdr: '', count: 0, sumUs: 0, minUs: 0, maxUs: 0 }
const { responseTime } = sample()

test('a histogram travels as HdrHistogram with its exact figures, an empty one without', () => {
  assert.match(responseTime.hdr, /^HISTF/)
  assert.deepEqual({ ...responseTime, hdr: '' }, { hdr: '', count: 1, sumUs: 9000, minUs: 9000, maxUs: 9000 })
  assert.deepEqual(encodeMeasurement(new Recorder('x', 'request').take()).errorTime, empty)
})

test('fields that are unknown here are ignored', () => {
  assert.deepEqual(decodeMeasurement({ ...sample(), more: { nested: true } }), decodeMeasurement(sample()))
})

const replacements: [keyof WireMeasurement, unknown][] = [
  ['started', -1],
  ['started', 1.5],
  ['started', '1'],
  ['sent', 2 ** 53],
  ['answered', Number.NaN],
  ['bytesIn', null],
  ['refused', undefined],
  ['unsent', null],
  ['unsent', []],
  ['unsent', { lunch: 1 }],
  ['errors', { reset: -1 }],
  ['errors', { toString: 1 }],
  ['errors', { reset: { valueOf: 1 } }],
  ['status', { 20: 1 }],
  ['status', { 2000: 1 }],
  ['status', { '2xx': 1 }],
  ['errorDetails', { ['reset: '.repeat(40)]: 1 }],
  ['errorDetails', Object.fromEntries(Array.from({ length: 1002 }, (_, i) => [`reset: ${i}`, 1]))],
  ['checks', { a: 1 }],
  ['checks', { a: { passed: 1 } }],
  ['checks', { a: null }],
  ['responseTime', undefined],
  ['responseTime', ''],
  ['responseTime', { ...responseTime, hdr: undefined }],
  ['responseTime', { ...responseTime, hdr: 'HISTF' }],
  ['responseTime', { ...responseTime, hdr: '' }],
  ['responseTime', { ...responseTime, count: 2 }],
  ['responseTime', { ...responseTime, sumUs: 9_100 }],
  ['responseTime', { ...responseTime, sumUs: '9000' }],
  ['responseTime', { ...responseTime, maxUs: 12_000 }],
  ['serviceTime', { ...empty, count: 1 }],
]
for (const [field, value] of replacements)
  test(`no measurement has ${field}: ${String(JSON.stringify(value)).slice(0, 60)}`, () => {
    assert.notEqual(decodeMeasurement(sample()), undefined)
    assert.equal(decodeMeasurement({ ...sample(), [field]: value }), undefined)
  })

test('texts beyond 20 are counted as other when they are read', () => {
  const errorDetails = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`reset: ${i}`, 1]))
  const details = decodeMeasurement({ ...sample(), errorDetails })?.errorDetails ?? {}
  assert.equal(Object.keys(details).length, maxDetails + 1)
  assert.equal(details.other, 100 - maxDetails)
})

test('what a recorder takes is always taken in, however long and many its names', () => {
  const recorder = new Recorder('x', 'request')
  for (let i = 0; i < 1500; i++) {
    recorder.check(`${i} ${'long '.repeat(60)}`, i % 3 === 0)
    recorder.check(`${i} ${'long '.repeat(60)}`, true)
    recorder.failed('reset', i, `${i} ${'long '.repeat(60)}`, 1)
  }
  recorder.answered(99, -1, Number.NaN, 0)
  const decoded = decodeMeasurement(encodeMeasurement(recorder.take()))
  const checks = Object.values(decoded?.checks ?? {})
  assert.equal(
    checks.reduce((sum, { passed }) => sum + passed, 0),
    2000,
  )
  assert.deepEqual(decoded?.errors, { reset: 1500 })
})

test('anything at all is either a measurement or undefined', () => {
  fc.assert(
    fc.property(
      fc.anything({ withNullPrototype: true }),
      fc.constantFrom(...Object.keys(sample())),
      (value, field) => {
        assert.equal(decodeMeasurement(value), undefined)
        const decoded = decodeMeasurement({ ...sample(), [field]: value })
        assert.ok(decoded === undefined || decoded.started >= 0)
      },
    ),
    { seed: 20_264, numRuns: 500 },
  )
})
