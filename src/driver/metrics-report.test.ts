import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { metricsSchema } from '../bus/messages.ts'
import { emptyMeasurement } from '../measuring/measurement.ts'
import { overallOf } from '../measuring/measurement-set.ts'
import { decodeMeasurement } from '../measuring/measurement-wire.ts'
import { Recorder } from '../measuring/recorder.ts'
import { buildReport, encodeNamed, splitBySize } from './metrics-report.ts'

test('splits in order, loses nothing, and no piece of several items is larger than the bound, in bytes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constant('語'.repeat(40)))),
      fc.integer({ min: 1, max: 300 }),
      (items, maxBytes) => {
        const pieces = splitBySize(items, maxBytes)
        assert.ok(pieces.length >= 1)
        assert.deepEqual(pieces.flat(), items)
        for (const piece of pieces) {
          const sizeBytes = piece.reduce((sum, item) => sum + Buffer.byteLength(JSON.stringify(item)), 0)
          assert.ok(piece.length <= 1 || sizeBytes <= maxBytes, `${sizeBytes} of ${maxBytes}`)
          assert.ok(piece.length > 0 || items.length === 0)
        }
      },
    ),
    { seed: 1, numRuns: 500 },
  )
})

const measured = (name: string) => {
  const recorder = new Recorder(name, 'request')
  for (const us of [1000, 2000, 2000, 9000]) {
    recorder.start()
    recorder.sent(10, 100, false)
    recorder.answered(200, us, us - 10, 300)
  }
  recorder.start()
  recorder.sent(20, 100, false)
  recorder.failed('timeout', 5000, 'slow', 7)
  return { name, kind: 'request' as const, measurement: recorder.take() }
}

const identity = { nodeId: 'd-1', testId: 'r-1', startedAtMs: 1 }

test('says the figures of the brief in milliseconds since the start, and the interval that adds up', () => {
  const interval = measured('GET /')
  const overall = overallOf([interval])
  const report = buildReport(
    identity,
    'm-1',
    { seq: 3, startMs: 3000, endMs: 4000, measurements: [interval], overall },
    overall,
  )
  assert.deepEqual(metricsSchema.parse(JSON.parse(JSON.stringify(report))), report)
  assert.equal(report.metrics.min_latency, 1)
  assert.equal(report.metrics.max_latency, 9)
  assert.equal(report.metrics.mean_latency, 3.5)
  assert.equal(report.metrics.median_latency, 2)
  assert.equal(report.metrics.mode_latency, 2)
  assert.deepEqual(
    [report.sent, report.completed, report.errors, report.timeouts, report.bytes_in, report.bytes_out],
    [5, 4, 1, 1, 1207, 500],
  )
  assert.deepEqual(report.status, { 200: 4 })
  assert.deepEqual(report.error_kinds, { timeout: 1 })
  assert.deepEqual(report.interval, { seq: 3, start_ms: 3000, end_ms: 4000 })
  const wire = report.requests?.[0]
  assert.equal(wire?.name, 'GET /')
  assert.deepEqual(decodeMeasurement(JSON.parse(JSON.stringify(wire?.measurement))), interval.measurement)
})

test('before the first answer the five figures are null, never 0', () => {
  const nothing = { seq: 0, startMs: 0, endMs: 1000, measurements: [], overall: emptyMeasurement }
  const report = buildReport(identity, 'm-1', nothing, emptyMeasurement)
  assert.deepEqual(Object.values(report.metrics), [null, null, null, null, null])
  assert.deepEqual([report.sent, report.completed, report.errors], [0, 0, 0])
  assert.deepEqual(metricsSchema.parse(JSON.parse(JSON.stringify(report))), report)
  assert.deepEqual(encodeNamed([]), [])
})
