import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  noTimes,
  sampleDriver,
  sampleFigures,
  sampleForeignDriver,
  sampleResult,
  sampleTroubledResult,
} from '../../testing/sample-result.ts'
import { sampleUpdate } from '../../testing/sample-update.ts'
import { driverTable } from '../run/driver-table.ts'
import { checkTable, errorTable, statusTable, unsentTable } from '../run/error-table.ts'
import { requestTable } from '../run/request-table.ts'
import { gapsOf } from '../run/run-gaps.ts'
import { gapTable, steeringTable } from '../run/run-history-tables.ts'
import { lightsOf } from '../run/run-lights.ts'
import type { TableView } from '../run/run-table-rows.ts'

const texts = ({ rows }: TableView): string[][] =>
  rows.map(({ cells }) => cells.map(({ text, notes = [] }) => [text, ...notes].join(' | ')))

test('a row of the requests has counts, times in ms and the share of errors', () => {
  assert.deepEqual(texts(requestTable(sampleResult()))[0], [
    'GET /',
    '50,015',
    '1,667',
    '1.90',
    '3.99',
    '16.0',
    '76.0',
    '15',
    '0.03 %',
  ])
})

test('a request without an answer has no times, and sorts as such', () => {
  const table = requestTable({
    requests: [{ name: '', kind: 'journey', ...sampleFigures(0, 1), responseTimeMs: noTimes }],
  })
  assert.deepEqual(texts(table)[0]?.slice(0, 6), ['(no readable name) | journey', '0', '0.00', '–', '–', '–'])
  assert.equal(table.rows[0]?.cells[5]?.sort, null)
})

test('a driver that runs shows its last second, and the headings say which figures are of it', () => {
  const result = sampleResult({ state: 'running', outcome: null })
  const table = driverTable(result, sampleUpdate(result))
  assert.deepEqual(texts(table)[0], [
    'd1',
    'finished',
    '1,234',
    '998',
    '0.800',
    '2.50',
    '2.10',
    '1.90',
    '84.0',
    '17.6',
    '0.400',
    '31 %',
    '1 of 2',
  ])
  assert.equal(table.columns.find(({ key }) => key === 'p99')?.heading, 'p99 ms, last s')
})

test('a driver of a run that is over shows the whole run, from its record', () => {
  const table = driverTable(sampleResult(), sampleUpdate(sampleResult()))
  assert.equal(table.columns.find(({ key }) => key === 'p99')?.heading, 'p99 ms')
  assert.equal(texts(table)[0]?.[2], '30,009')
})

test('of a driver written by others what it does not say is unknown, never 0', () => {
  const table = driverTable(
    sampleResult({
      drivers: [sampleForeignDriver('f1', { sent: 500 }), sampleDriver('d1', 0, { cpu: null })],
    }),
    undefined,
  )
  assert.deepEqual(texts(table)[0], [
    'f1 | written by others',
    'finished',
    '500',
    'unknown',
    '2.00',
    '5.00',
    '4.00',
    'unknown',
    '40.0',
    'unknown',
    'unknown',
    'unknown',
    'its own',
  ])
  assert.equal(texts(table)[1]?.[11], '–')
})

test('a lost driver says why, and that beside the SLOs too', () => {
  const result = sampleTroubledResult()
  assert.equal(texts(driverTable(result, undefined))[1]?.[1], 'lost | no message for 3 s')
  assert.deepEqual(
    lightsOf(result, undefined).map(({ word, text }) => `${word}: ${text}`),
    [
      'crossed: p99 812 ms of 250 ms allowed, first crossed at 0:12',
      'met: errors 0.07 % of 0.1 % allowed',
      'not judged: p95 of refund no data of 1 s allowed',
      'lost: driver d2 since 0:18, 20.0 % of the load is missing: no message for 3 s',
    ],
  )
})

test('a driver that left is a light as soon as the stream says so, with the load that is missing', () => {
  const drivers = [sampleDriver('d0', 0), sampleDriver('d1', 1)]
  const calm = sampleResult({ state: 'running', outcome: null, elapsedMs: 20_000, drivers })
  const told = sampleUpdate(calm, { elapsedMs: 21_000 })
  const update = {
    ...told,
    drivers: told.drivers.map((one, i) => (i === 0 ? one : { ...one, state: 'left' as const })),
  }
  assert.deepEqual(
    lightsOf(calm, update)
      .slice(-1)
      .map(({ tone, word, text }) => [tone, word, text]),
    [['bad', 'left', 'driver d1']],
  )
  const known = { ...calm, gaps: [{ driver: 'd1', from: 19, to: 20, share: 0.5 }] }
  assert.equal(lightsOf(known, update).at(-1)?.text, 'driver d1 since 0:19, 50.0 % of the load is missing')
  // The gap goes on while the driver is gone, though the record is older; what it did last is not what it does now.
  assert.deepEqual(gapsOf(known, update), [{ driver: 'd1', from: 19, to: 21, share: 0.5 }])
  const [stays, gone] = texts(driverTable(known, update))
  assert.notEqual(stays?.[3], '–')
  assert.deepEqual([gone?.[3], gone?.[9], gone?.[10], gone?.[11]], ['–', '–', '–', '–'])
})

test('lights follow the stream, and many lost drivers are counted', () => {
  const result = sampleResult({
    state: 'running',
    drivers: Array.from({ length: 30 }, (_, i) => sampleDriver(`d${i}`, i, { state: 'lost' })),
  })
  const update = sampleUpdate(result, { slo: [{ passed: false, observedText: '300 ms' }] })
  const lights = lightsOf(result, update)
  assert.deepEqual([lights[0]?.word, lights[0]?.text], ['crossed', 'p99 300 ms of 250 ms allowed'])
  assert.equal(lights.at(-1)?.text, '27 more drivers')
  assert.equal(lights.length, 6)
})

test('errors have a share, a meaning and what was said most often', () => {
  const [first] = texts(errorTable(sampleTroubledResult().totals))
  assert.deepEqual(first, [
    'check | a complete answer failed a check',
    '25',
    '0.05 %',
    'status is 201: 503 × 25',
  ])
})

test('texts of errors are cut and counted, whatever a target sends', () => {
  const table = errorTable({
    answered: 0,
    errors: { reset: 40 },
    errorDetails: Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [`reset: ${i}\u202E${'y'.repeat(5000)}`, 9 - i]),
    ),
  })
  const cell = table.rows[0]?.cells[3]
  assert.ok(cell !== undefined && cell.text.length < 210)
  assert.equal(cell.notes?.at(-1), 'and 6 more texts')
})

test('checks, codes, unsent reasons, gaps and commands are told in words', () => {
  const { totals } = sampleTroubledResult()
  assert.deepEqual(texts(checkTable(totals))[0], ['status is 201', '25', '8,000', '0.31 %'])
  assert.deepEqual(texts(statusTable(totals))[1], ['503', '40', '0.08 %'])
  assert.match(texts(unsentTable(totals))[0]?.[0] ?? '', /^maxInFlight: too many/)
  assert.deepEqual(texts(gapTable(sampleTroubledResult().gaps))[0], ['0:18', '0:30', 'd2', '20.0 %'])
  assert.deepEqual(texts(steeringTable(sampleTroubledResult().steering)), [
    ['0:06', "load set to 110 % of the scenario's own", 'the keys of a terminal'],
    ['0:09', 'pause', 'the keys of a terminal'],
    ['0:09', 'resume', 'the keys of a terminal'],
  ])
})
