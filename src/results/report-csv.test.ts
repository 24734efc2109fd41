import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { noTimes, sampleRow, sampleTimeline } from '../testing/sample-result.ts'
import { renderReportCsv } from './report-csv.ts'
import type { TimelineRow } from './run-result.ts'

const csvOf = async (rows: Iterable<TimelineRow> | AsyncIterable<TimelineRow>): Promise<string> => {
  let text = ''
  for await (const chunk of renderReportCsv(rows)) text += chunk
  return text
}

const parsed = async (rows: Iterable<TimelineRow>): Promise<Record<string, string>[]> =>
  parse(await csvOf(rows), { columns: true })

test('a row a second and request, units in the header', async () => {
  const rows = await parsed(sampleTimeline(3))
  assert.equal(rows.length, 9)
  assert.equal(rows[3]?.second, '1')
  assert.equal(rows[3]?.request, '*')
  assert.equal(rows[4]?.request, 'GET /')
  assert.equal(rows[4]?.answered, '1600')
  assert.equal(rows[4]?.status_2xx, '1600')
  assert.equal(rows[4]?.response_time_p99_ms, '17.6')
  assert.equal(rows[4]?.send_lateness_max_ms, '2')
})

test('every column holds its own figure', async () => {
  const times = (base: number) => ({
    count: 1,
    min: base + 1,
    mean: base + 2,
    median: base + 3,
    mode: base + 4,
    p90: base + 5,
    p95: base + 6,
    p99: base + 7,
    p999: base + 8,
    max: base + 9,
  })
  const [row] = await parsed([
    sampleRow(7, 10, {
      drivers: 2,
      started: 11,
      sent: 12,
      answered: 13,
      unsent: 14,
      inFlight: 15,
      bytesIn: 16,
      bytesOut: 17,
      responseTimeMs: times(100),
      serviceTimeMs: times(200),
      sendLatenessMs: times(300),
    }),
  ])
  const numbers = { second: 7, drivers: 2, started: 11, sent: 12, answered: 13, unsent: 14, in_flight: 15 }
  for (const [column, value] of Object.entries({ ...numbers, received_bytes: 16, sent_bytes: 17 }))
    assert.equal(row?.[column], String(value), column)
  for (const [prefix, base] of Object.entries({ response_time: 100, service_time: 200, send_lateness: 300 }))
    for (const [i, figure] of ['min', 'mean', 'median', 'mode', 'p90', 'p95', 'p99', 'p999', 'max'].entries())
      assert.equal(row?.[`${prefix}_${figure}_ms`], String(base + i + 1), `${prefix} ${figure}`)
})

test('errors and status codes are summed by kind and class', async () => {
  const [row] = await parsed([
    sampleRow(0, 10, { errors: { timeout: 2, check: 1 }, status: { '200': 4, '204': 3, '503': 3 } }),
  ])
  assert.equal(row?.errors, '3')
  assert.equal(row?.errors_timeout, '2')
  assert.equal(row?.errors_reset, '0')
  assert.equal(row?.status_2xx, '7')
  assert.equal(row?.status_5xx, '3')
})

test('an absent figure is an empty cell, not 0', async () => {
  const [row] = await parsed([sampleRow(0, 0, { responseTimeMs: noTimes })])
  assert.equal(row?.response_time_p99_ms, '')
})

test('a request whose name is a formula stays text', async () => {
  const names = ['=1+2', '+1', '-1', '@SUM(A1)', '\t=1']
  const rows = await parsed(names.map((request) => sampleRow(0, 1, { request })))
  assert.deepEqual(
    rows.map((row) => row.request),
    names.map((name) => `'${name}`),
  )
})

test('quotes, commas and line breaks in a name come back as they were', async () => {
  const request = 'say "hi", then\r\nleave'
  const [row] = await parsed([sampleRow(0, 1, { request })])
  assert.equal(row?.request, request)
  assert.match(await csvOf([sampleRow(0, 1, { request })]), /"say ""hi"", then\r\nleave"/)
})

test('without rows the header is there all the same', async () => {
  assert.match(await csvOf([]), /^second,request,.*\r\n$/)
})

test('a day of seconds streams in pieces', async () => {
  let made = 0
  async function* day(): AsyncGenerator<TimelineRow> {
    for (let second = 0; second < 3_000; second++) {
      made++
      yield sampleRow(second, 1)
    }
  }
  const chunks = renderReportCsv(day())
  await chunks.next()
  assert.ok(made < 1_000, `${made} rows were taken for the first chunk`)
  let lines = 0
  for await (const chunk of chunks) lines += chunk.split('\r\n').length - 1
  assert.ok(lines > 2_000 && made === 3_000)
})
