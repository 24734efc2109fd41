import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { closeRawServers, onRequests, startRawServer } from '../../testing/raw-server.ts'
import { type Ending, postBytes, type RecordingExchange } from '../../testing/recording-exchange.ts'
import { closeTestClients, createTestClient, send } from '../../testing/test-client.ts'
import { waitFor } from '../../testing/wait-for.ts'

afterEach(closeTestClients)
afterEach(closeRawServers)

/*
 * What a server can do to a connection that is used again, and what may be sent again then (RFC 9110, 9.2.2). The server
 * answers the first request of each connection; `misbehave` is what its first connection does afterwards.
 */

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const okBytes = ok.length

type Method = 'GET' | 'POST'

interface Trial {
  /** Called with the server's end of the idle connection, right before the request is sent. */
  before?: (socket: Socket) => void
  /** Called when the second request has come, or its first octets. */
  onSecond?: (socket: Socket) => void
  method: Method
  bodyBytes?: number
  timeoutMs?: number
  /** Connections after the first do the same. */
  always?: boolean
  /** Milliseconds by which the clock jumps between the answer and the request. */
  restMs?: number
}

interface Outcome {
  ending: Ending
  sends: boolean[]
  connections: number
  exchange: RecordingExchange
}

const carryOut = async (trial: Trial): Promise<Outcome> => {
  const server = await startRawServer((socket, index) => {
    let answered = index > 0
    socket.on('data', () => {
      if (answered && (index === 0 || trial.always)) trial.onSecond?.(socket)
    })
    onRequests(socket, () => {
      if (index === 0 && answered) return
      if (index > 0 && trial.always) return
      answered = true
      socket.write(ok)
    })
  })
  let skipMs = 0
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + skipMs }
  const client = createTestClient({ clock, connections: 1, idleTimeoutMs: 60_000 })
  const origin = client.origin(new URL(server.url))
  assert.equal((await send(client, origin).ended).how, 'answered')
  const [socket] = server.sockets
  assert.ok(socket !== undefined)
  skipMs = trial.restMs ?? 0
  trial.before?.(socket)
  const exchange = send(client, origin, {
    ...(trial.method === 'POST' ? { bytes: postBytes(origin, trial.bodyBytes) } : {}),
    isIdempotent: trial.method === 'GET',
    timeoutMs: trial.timeoutMs ?? 20_000,
  })
  const ending = await exchange.ended
  assert.equal(client.inFlight, 0)
  const connections = server.sockets.length
  await client.close(0)
  await server.close()
  assert.equal(exchange.endings.length, 1)
  return { ending, sends: exchange.sends, connections, exchange }
}

const answered: Ending = { how: 'answered', status: 200, bodyBytes: 5, bytesIn: okBytes }

const failed = (ending: Ending, kind: string, detail: RegExp): void => {
  assert.equal(ending.how, 'failed')
  if (ending.how !== 'failed') return
  assert.equal(ending.kind, kind)
  assert.match(ending.detail, detail)
}

for (const method of ['GET', 'POST'] as const) {
  test(`RST that was not read yet: the write fails, nothing went out, so a ${method} goes again`, async () => {
    const { ending, sends, connections } = await carryOut({
      method,
      before: (socket) => socket.resetAndDestroy(),
    })
    assert.deepEqual(ending, answered)
    assert.deepEqual(sends, [false, true])
    assert.equal(connections, 2)
  })

  test(`FIN that was not read yet, after a long rest: a ${method} is not written, and takes another connection`, async () => {
    const { ending, sends, connections } = await carryOut({
      method,
      restMs: 2000,
      before: (socket) => socket.destroy(),
    })
    assert.deepEqual(ending, answered)
    assert.deepEqual(sends, [false])
    assert.equal(connections, 2)
  })

  test(`RST that was not read yet, after a long rest: a ${method} is not written, and takes another connection`, async () => {
    const { ending, sends, connections } = await carryOut({
      method,
      restMs: 2000,
      before: (socket) => socket.resetAndDestroy(),
    })
    assert.deepEqual(ending, answered)
    assert.deepEqual(sends, [false])
    assert.equal(connections, 2)
  })
}

const unproven: [what: string, trial: Omit<Trial, 'method'>, detail: RegExp][] = [
  [
    'FIN that was not read yet',
    { before: (socket) => socket.destroy() },
    /^connection closed before an answer$|^read ECONNRESET$/,
  ],
  [
    'FIN after the request was read',
    { onSecond: (socket) => socket.destroy() },
    /^connection closed before an answer$/,
  ],
  [
    'FIN alone, the other half stays open',
    { onSecond: (socket) => socket.end() },
    /^connection closed before an answer$/,
  ],
  ['RST after the request was read', { onSecond: (socket) => socket.resetAndDestroy() }, /^read ECONNRESET$/],
  [
    'close with the request unread',
    {
      before: (socket) => {
        socket.pause()
        // The pause takes effect within the next turns; closed with unread octets, the kernel sends RST.
        setTimeout(() => socket.destroy(), 30)
      },
    },
    /^read ECONNRESET$|^connection closed before an answer$/,
  ],
]

for (const [what, trial, detail] of unproven) {
  test(`${what}: a GET goes again, once, over a new connection`, async () => {
    const { ending, sends, connections } = await carryOut({ ...trial, method: 'GET' })
    assert.deepEqual(ending, answered)
    assert.deepEqual(sends, [false, true])
    assert.equal(connections, 2)
  })

  test(`${what}: a POST may have been carried out, so it failed`, async () => {
    const { ending, sends, connections } = await carryOut({ ...trial, method: 'POST' })
    failed(ending, 'reset', detail)
    assert.deepEqual(sends, [false])
    assert.equal(connections, 1)
  })
}

test('A part of a POST went out before the connection broke: it failed', async () => {
  const { ending, sends, exchange } = await carryOut({
    method: 'POST',
    bodyBytes: 50_000_000,
    onSecond: (socket) => socket.resetAndDestroy(),
  })
  failed(ending, 'reset', /^(write EPIPE|write ECONNRESET|read ECONNRESET)$/)
  assert.deepEqual(sends, [false])
  assert.equal(exchange.flushed, false)
})

test('A second failure is final', async () => {
  const { ending, sends, connections } = await carryOut({
    method: 'GET',
    always: true,
    onSecond: (socket) => socket.destroy(),
  })
  failed(ending, 'reset', /^connection closed before an answer$/)
  assert.deepEqual(sends, [false, true])
  assert.equal(connections, 2)
})

test('After a single octet of an answer nothing goes again', async () => {
  for (const end of ['destroy', 'resetAndDestroy'] as const) {
    const { ending, sends } = await carryOut({
      method: 'GET',
      onSecond: (socket) => socket.write('H', () => setTimeout(() => socket[end](), 20)),
    })
    failed(ending, 'reset', /^connection closed in the response head$|^read ECONNRESET$/)
    assert.equal('bytesIn' in ending && ending.bytesIn, 1)
    assert.deepEqual(sends, [false])
  }
})

test('After a time-out nothing goes again', async () => {
  const { ending, sends, connections } = await carryOut({ method: 'GET', timeoutMs: 30 })
  failed(ending, 'timeout', /^timed out before a response$/)
  assert.deepEqual(sends, [false])
  assert.equal(connections, 1)
})

test('Bytes that are no answer are not a reason to send again', async () => {
  const { ending, sends } = await carryOut({
    method: 'GET',
    onSecond: (socket) => socket.write('nonsense\r\n'),
  })
  failed(ending, 'protocol', /HTTP/)
  assert.deepEqual(sends, [false])
})

test('On a connection that never answered nothing goes again', async () => {
  for (const end of ['destroy', 'resetAndDestroy'] as const) {
    const server = await startRawServer((socket) => onRequests(socket, () => socket[end]()))
    const client = createTestClient()
    const exchange = send(client, server.url)
    failed(await exchange.ended, 'reset', /^connection closed before an answer$|^read ECONNRESET$/)
    assert.deepEqual(exchange.sends, [false])
    assert.equal(server.sockets.length, 1)
    await client.close(0)
    await server.close()
  }
})

test('The time runs on over a retry, and the new connection is for the retried request alone', async () => {
  const server = await startRawServer((socket, index) => {
    let n = 0
    onRequests(socket, () => {
      n += 1
      if (index === 0 && n === 1) socket.write(ok)
      else if (index === 0) setTimeout(() => socket.destroy(), 60)
    })
  })
  const client = createTestClient({ connections: 1 })
  await send(client, server.url).ended
  const exchange = send(client, server.url, { timeoutMs: 150 })
  const queued = send(client, server.url, { timeoutMs: 100 })
  const startedMs = performance.now()
  failed(await queued.ended, 'timeout', /^timed out before a connection was free$/)
  failed(await exchange.ended, 'timeout', /^timed out before a response$/)
  assert.ok(performance.now() - startedMs < 10_000)
  assert.deepEqual(exchange.sends, [false, true])
  assert.deepEqual(queued.sends, [])
  await client.close(0)
  await server.close()
})

test('Where no new connection can be had, the retried request failed as it did first, or for that reason', async () => {
  const server = await startRawServer((socket) => {
    let n = 0
    onRequests(socket, () => {
      n += 1
      if (n === 1) socket.write(ok)
      else {
        void server.close()
      }
    })
  })
  const client = createTestClient({ connections: 1 })
  await send(client, server.url).ended
  const exchange = send(client, server.url)
  const ending = await exchange.ended
  failed(ending, 'connect', /^connect ECONNREFUSED 127\.0\.0\.1:\d+$/)
  assert.deepEqual(exchange.sends, [false])
  await waitFor('nothing in flight', () => client.inFlight === 0)
  await client.close(0)
})
