import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createWorkloadUnderTest,
  httpJob,
  httpScenario,
  journeySpec,
  measuredBy,
  requestSpec,
} from '../../testing/workload-run.ts'
import type { Exchange, Origin } from './exchange.ts'
import type { ExchangeClient } from './http-exchange.ts'
import { defaultParserLimits, ResponseParser } from './response-parser.ts'

const parse = (text: string): ResponseParser => {
  const parser = new ResponseParser(defaultParserLimits)
  parser.begin(false, true, 1000)
  const bytes = Buffer.from(text)
  parser.read(bytes, 0, bytes.length)
  assert.ok(parser.isComplete)
  return parser
}

/** A client that keeps what it is given; the test plays the network. */
class HeldClient implements ExchangeClient {
  readonly held: Exchange[] = []
  origin(url: URL): Origin {
    return { protocol: 'http:', hostname: url.hostname, port: Number(url.port), host: url.host }
  }
  prepare(): Promise<void> {
    return Promise.resolve()
  }
  send(exchange: Exchange): void {
    this.held.push(exchange)
  }
  cancelQueued(): void {}
  close(): Promise<void> {
    return Promise.resolve()
  }
}

test('times count from the intended start, lateness and service time from the real first send', async () => {
  const client = new HeldClient()
  const { workload, recorders } = createWorkloadUnderTest(
    httpScenario(httpJob(['http://127.0.0.1:9'], [requestSpec()])),
    { createClient: () => client },
  )
  await workload.open()
  workload.start(0, 1000)
  const [exchange] = client.held
  exchange?.sent(1003, false)
  exchange?.sent(1010, true)
  exchange?.failed(1020, 'reset', 'connection closed', 0)
  workload.start(1, 2000)
  client.held[1]?.sent(2004, false)
  client.held[1]?.sent(2008, true)
  client.held[1]?.answered(2010, parse('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 7)
  const { sent, retried, sendLateness, errorTime, responseTime, serviceTime, bytesIn } =
    measuredBy(recorders).measured('request')
  assert.deepEqual([sent, retried, bytesIn], [4, 2, 7])
  assert.deepEqual([sendLateness.minUs, sendLateness.maxUs], [3000, 4000])
  assert.equal(errorTime.maxUs, 20_000)
  assert.equal(responseTime.maxUs, 10_000)
  assert.equal(serviceTime.maxUs, 6000)
})

test('a request without a template is the same bytes every time; a rendered one is not written over while it is on its way', async () => {
  const client = new HeldClient()
  const { workload } = createWorkloadUnderTest(
    httpScenario(
      httpJob(
        ['http://127.0.0.1:9'],
        [requestSpec({ name: 'fixed' }), requestSpec({ name: 'rendered', url: '/{{seq}}' })],
      ),
    ),
    { createClient: () => client },
  )
  await workload.open()
  for (let index = 0; index < 6; index++) workload.start(index, 0)
  const text = (exchange: Exchange): string => Buffer.from(exchange.bytes).toString()
  const isFixed = (exchange: Exchange): boolean => text(exchange).startsWith('GET / ')
  const fixed = client.held.filter(isFixed)
  assert.equal(new Set(fixed.map(({ bytes }) => bytes)).size, 1)
  const rendered = client.held.filter((exchange) => !isFixed(exchange))
  const before = rendered.map(text)
  assert.equal(new Set(before).size, 3)
  // One ends unflushed (its buffer belongs to the socket), one flushed (its buffer is free), one is under way.
  const [unflushed, flushed, underWay] = rendered
  const bytes = rendered.map((exchange) => exchange.bytes)
  unflushed?.sent(1, false)
  unflushed?.failed(2, 'reset', 'gone', 0)
  flushed?.sent(1, false)
  if (flushed !== undefined) flushed.flushed = true
  flushed?.failed(2, 'reset', 'gone', 0)
  for (let index = 6; index < 12; index++) workload.start(index, 0)
  assert.equal(Buffer.from(bytes[0] ?? []).toString(), before[0])
  assert.equal(underWay === undefined ? '' : text(underWay), before[2])
  const buffers = client.held.slice(6).map((exchange) => exchange.bytes.buffer)
  assert.ok(buffers.includes(bytes[1]?.buffer ?? new ArrayBuffer(0)))
  assert.ok(!buffers.includes(bytes[0]?.buffer ?? new ArrayBuffer(0)))
})

test('a hop has what is left of the time of its request, and ends count from the first intended start and send', async () => {
  const client = new HeldClient()
  const { workload, recorders } = createWorkloadUnderTest(
    httpScenario(httpJob(['http://127.0.0.1:9'], [requestSpec({ timeoutMs: 100 })], { redirects: 1 })),
    { createClient: () => client },
  )
  await workload.open()
  workload.start(0, 1000)
  const [exchange] = client.held
  exchange?.sent(1001, false)
  exchange?.answered(1031, parse('HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n'), 40)
  assert.equal(client.held.length, 2)
  assert.equal(client.held[1]?.timeoutMs, 70)
  client.held[1]?.sent(1032, false)
  client.held[1]?.answered(1050, parse('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 30)
  const { responseTime, serviceTime, sendLateness, bytesIn } = measuredBy(recorders).measured('request')
  assert.deepEqual([responseTime.maxUs, serviceTime.maxUs], [50_000, 49_000])
  assert.deepEqual([sendLateness.count, sendLateness.maxUs, bytesIn], [1, 1000, 70])
})

test('a step counts from the end of the one before; the journey takes as long as its steps together', async () => {
  const client = new HeldClient()
  const steps = [requestSpec({ name: 'a' }), requestSpec({ name: 'b' })]
  const { workload, recorders } = createWorkloadUnderTest(
    httpScenario(httpJob(['http://127.0.0.1:9'], [journeySpec(steps)])),
    { createClient: () => client },
  )
  await workload.open()
  workload.start(0, 1000)
  const ok = parse('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  client.held[0]?.sent(1002, false)
  client.held[0]?.answered(1010, ok, 0)
  client.held[1]?.sent(1011, false)
  client.held[1]?.answered(1030, ok, 0)
  const run = measuredBy(recorders)
  assert.deepEqual(
    [run.measured('a').responseTime.maxUs, run.measured('b').responseTime.maxUs],
    [10_000, 20_000],
  )
  assert.equal(run.measured('b').sendLateness.maxUs, 1000)
  const { sent, sendLateness, responseTime, serviceTime } = run.measured('journey journey')
  assert.deepEqual([sent, sendLateness.maxUs], [1, 2000])
  assert.deepEqual([responseTime.maxUs, serviceTime.maxUs], [30_000, 27_000])
})
