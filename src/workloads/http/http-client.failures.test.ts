import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { afterEach, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { closeRawServers, onRequests, startRawServer } from '../../testing/raw-server.ts'
import { type Ending, postBytes } from '../../testing/recording-exchange.ts'
import { ask, closeTestClients, createTestClient, send } from '../../testing/test-client.ts'
import { waitFor } from '../../testing/wait-for.ts'
import { AllowList } from './allow-list.ts'

afterEach(closeTestClients)
afterEach(closeRawServers)

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

const assertFailed = (ending: Ending, kind: string, detail: string | RegExp, bytesIn = 0): void => {
  assert.equal(ending.how, 'failed', JSON.stringify(ending))
  if (ending.how !== 'failed') return
  assert.equal(ending.kind, kind)
  if (typeof detail === 'string') assert.equal(ending.detail, detail)
  else assert.match(ending.detail, detail)
  assert.equal(ending.bytesIn, bytesIn)
}

/** A port on which nothing listens. */
const findClosedPort = async (): Promise<number> => {
  const server = await startRawServer(() => {})
  await server.close()
  return server.port
}

test('Refused connections fail the requests one by one, with equal texts', async () => {
  const port = await findClosedPort()
  const client = createTestClient({ connections: 3 })
  const endings = await Promise.all(Array.from({ length: 20 }, () => ask(client, `http://127.0.0.1:${port}`)))
  for (const ending of endings) assertFailed(ending, 'connect', `connect ECONNREFUSED 127.0.0.1:${port}`)
  assert.equal(client.inFlight, 0)
  await client.close(0)
})

test('Refusals over IPv6 and from a bound source say the target, not the source', async () => {
  const port = await findClosedPort()
  const client = createTestClient({ localAddresses: ['127.0.0.9'] })
  assertFailed(
    await ask(client, `http://127.0.0.1:${port}`),
    'connect',
    `connect ECONNREFUSED 127.0.0.1:${port}`,
  )
  await client.close(0)
})

test('A closed loop of refusals, sent from within each failure, neither recurses nor starves timers', async () => {
  const port = await findClosedPort()
  const client = createTestClient({ connections: 2, allow: new AllowList(['127.0.0.1']) })
  for (const url of [`http://127.0.0.1:${port}`, 'http://203.0.113.1/']) {
    let ends = 0
    let stopped = false
    const next = (): void => {
      ends += 1
      if (!stopped) send(client, url, { onEnd: next })
    }
    next()
    await new Promise((resolve) => setTimeout(resolve, 50))
    stopped = true
    assert.ok(ends > 3)
  }
  await client.close(1000)
  assert.equal(client.inFlight, 0)
})

test('A SYN without an answer is a time-out after connectTimeoutMs', async () => {
  // A thread that listens with a queue for two connections and never accepts: further SYNs are dropped.
  const worker = new Worker(
    `const { createServer } = require('node:net')
     const { parentPort } = require('node:worker_threads')
     const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000)
     })`,
    { eval: true },
  )
  const port = await new Promise<number>((resolve) => worker.once('message', resolve))
  let queued = 0
  const fillers = Array.from({ length: 8 }, () =>
    connect(port, '127.0.0.1', () => {
      queued += 1
    }).on('error', () => {}),
  )
  await waitFor('the queue to be full', () => queued === 2)
  const client = createTestClient({ connectTimeoutMs: 150 })
  assertFailed(
    await ask(client, `http://127.0.0.1:${port}`),
    'timeout',
    `no connection to 127.0.0.1:${port} within 150 ms`,
  )
  assert.equal(queued, 2)
  await client.close(0)
  for (const filler of fillers) filler.destroy()
  await worker.terminate()
})

test('The time for connecting spans the TLS handshake', async () => {
  const server = await startRawServer(() => {})
  const client = createTestClient({ connectTimeoutMs: 80 })
  assertFailed(
    await ask(client, `https://127.0.0.1:${server.port}`),
    'timeout',
    `no connection to 127.0.0.1:${server.port} within 80 ms`,
  )
  await client.close(0)
  await server.close()
})

test('A name that is not found is a failure of kind resolve; a later one asks again', async () => {
  const server = await startRawServer((socket) => onRequests(socket, () => socket.write(ok)))
  let lookups = 0
  const client = createTestClient({
    lookup: async (hostname) => {
      lookups += 1
      if (lookups > 1) return [{ address: '127.0.0.1' }]
      throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
        code: 'ENOTFOUND',
        syscall: 'getaddrinfo',
      })
    },
  })
  const url = `http://shop.test:${server.port}`
  assertFailed(await ask(client, url), 'resolve', 'getaddrinfo ENOTFOUND shop.test')
  assert.equal((await ask(client, url)).how, 'answered')
  await client.close(0)
  await server.close()
})

test('A look-up without an answer is a time-out of the connection', async () => {
  const client = createTestClient({ connectTimeoutMs: 40, lookup: () => new Promise(() => {}) })
  assertFailed(await ask(client, 'http://shop.test/'), 'timeout', 'no connection to shop.test within 40 ms')
  await client.close(0)
})

test('What is outside the allow list is unsent, and no packet goes there', async () => {
  const server = await startRawServer((socket) => onRequests(socket, () => socket.write(ok)))
  const addresses = ['127.0.0.1', '127.0.0.2']
  const client = createTestClient({
    allow: new AllowList(['127.0.0.2']),
    lookup: async () => [{ address: addresses[0] ?? '' }],
  })
  for (const [url, where] of [
    [server.url, '127.0.0.1'],
    [`http://shop.test:${server.port}`, 'shop.test (127.0.0.1)'],
    [`http://[::ffff:127.0.0.1]:${server.port}`, '::ffff:7f00:1'],
  ] as const) {
    const exchange = send(client, url)
    assert.deepEqual(await exchange.ended, {
      how: 'unsent',
      reason: 'notAllowed',
      detail: `${where} is not on the allow list`,
    })
    assert.deepEqual(exchange.sends, [])
  }
  assert.equal(server.sockets.length, 0)
  await client.close(0)
  await server.close()
})

test('Local ports that are all taken are our fault: unsent, for that reason', async () => {
  // The only source address is taken for all its ports but none: an address that is not this machine's.
  const server = await startRawServer((socket) => onRequests(socket, () => socket.write(ok)))
  const client = createTestClient({ localAddresses: ['203.0.113.7'] })
  const exchange = send(client, server.url)
  assert.deepEqual(await exchange.ended, {
    how: 'unsent',
    reason: 'noPorts',
    detail: `bind EADDRNOTAVAIL 127.0.0.1:${server.port}`,
  })
  assert.deepEqual(exchange.sends, [])
  await client.close(0)
  await server.close()
})

test('No answer, half an answer and an answer without end are time-outs', async () => {
  for (const [say, detail, bytesIn] of [
    ['', 'timed out before a response', 0],
    ['HTTP/1.1 200 OK\r\nContent-', 'timed out in the response', 25],
    ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', 'timed out in the response', 44],
    ['HTTP/1.1 200 OK\r\n\r\nhello', 'timed out in the response', 24],
  ] as const) {
    const server = await startRawServer((socket) => onRequests(socket, () => socket.write(say)))
    const client = createTestClient()
    assertFailed(await ask(client, server.url, { timeoutMs: 60 }), 'timeout', detail, bytesIn)
    await client.close(0)
    await server.close()
  }
})

test('An answer that drips on for ever is cut off at its time', async () => {
  const server = await startRawServer((socket) => {
    onRequests(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n')
      const drip = setInterval(() => socket.write('x'), 10)
      socket.once('close', () => clearInterval(drip))
    })
  })
  const client = createTestClient()
  const ending = await ask(client, server.url, { timeoutMs: 120 })
  assert.equal(ending.how === 'failed' && ending.kind, 'timeout')
  await client.close(0)
  await server.close()
})

test('Time-outs of different lengths each keep their own, also while they wait for a connection', async () => {
  const server = await startRawServer((socket) => onRequests(socket, () => {}))
  const client = createTestClient({ connections: 1 })
  const order: number[] = []
  // Far apart: a machine that is busy for a while must not make two of them due at once.
  const timeouts = [1200, 300, 600, 300, 900]
  const endings = await Promise.all(
    timeouts.map((timeoutMs) => ask(client, server.url, { timeoutMs, onEnd: () => order.push(timeoutMs) })),
  )
  assert.deepEqual(order, [300, 300, 600, 900, 1200])
  assertFailed(endings[0] ?? assert.fail(), 'timeout', 'timed out before a response')
  for (const ending of endings.slice(1))
    assertFailed(ending, 'timeout', 'timed out before a connection was free')
  await client.close(0)
  await server.close()
})

test('A late answer never meets another request', async () => {
  const server = await startRawServer((socket, index) =>
    onRequests(socket, () => {
      if (index === 0) setTimeout(() => socket.write(ok.replace('hello', 'late!')), 80)
      else setTimeout(() => socket.write(ok), 80)
    }),
  )
  const client = createTestClient({ connections: 1 })
  assert.equal((await ask(client, server.url, { timeoutMs: 40 })).how, 'failed')
  const next = send(client, server.url)
  assert.equal((await next.ended).how, 'answered')
  assert.equal(next.body, 'hello')
  await client.close(0)
  await server.close()
})

const endings: [
  what: string,
  say: string,
  end: 'end' | 'destroy' | 'resetAndDestroy',
  kind: string,
  detail: RegExp,
][] = [
  ['FIN before an answer', '', 'end', 'reset', /^connection closed before an answer$/],
  ['RST before an answer', '', 'resetAndDestroy', 'reset', /^read ECONNRESET$/],
  [
    'FIN within the head',
    'HTTP/1.1 200 OK\r\nConte',
    'end',
    'reset',
    /^connection closed in the response head$/,
  ],
  [
    'FIN within the body',
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
    'end',
    'reset',
    /^connection closed in the response body$/,
  ],
  [
    'RST within the body',
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
    'resetAndDestroy',
    'reset',
    /^read ECONNRESET$/,
  ],
  [
    'RST within a body that the close delimits',
    'HTTP/1.1 200 OK\r\n\r\nhello',
    'resetAndDestroy',
    'reset',
    /^read ECONNRESET$/,
  ],
  [
    'FIN within a chunk',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel',
    'end',
    'reset',
    /response body$/,
  ],
  ['garbage', 'SSH-2.0-x\r\n', 'end', 'protocol', /SSH/],
  [
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!',
    'end',
    'protocol',
    /twice/,
  ],
]

for (const [what, say, end, kind, detail] of endings) {
  test(`${what} is a failure of kind ${kind}, and all octets count`, async () => {
    const server = await startRawServer((socket) =>
      onRequests(socket, () => {
        if (say === '') socket[end]()
        else socket.write(say, () => setTimeout(() => socket[end](), 30))
      }),
    )
    const client = createTestClient()
    const ending = await ask(client, server.url)
    assertFailed(ending, kind, detail, say.length)
    // Nothing is left of it: the next request takes another connection.
    await ask(client, server.url)
    assert.equal(server.sockets.length, 2)
    await client.close(0)
    await server.close()
  })
}

test('A body that FIN delimits is an answer, with the peer half closed or gone', async () => {
  for (const end of ['end', 'destroy'] as const) {
    const server = await startRawServer((socket) =>
      onRequests(socket, () => socket.write('HTTP/1.1 200 OK\r\n\r\nhello', () => socket[end]())),
    )
    const client = createTestClient()
    for (let n = 0; n < 3; n += 1) {
      assert.deepEqual(await ask(client, server.url), {
        how: 'answered',
        status: 200,
        bodyBytes: 5,
        bytesIn: 24,
      })
    }
    assert.equal(server.sockets.length, 3)
    await client.close(0)
    await server.close()
  }
})

test('A whole answer and RST at once: the answer counts', async () => {
  const server = await startRawServer((socket) =>
    onRequests(socket, () => socket.write(ok, () => socket.resetAndDestroy())),
  )
  const client = createTestClient()
  for (let n = 0; n < 5; n += 1) assert.equal((await ask(client, server.url)).how, 'answered')
  await client.close(0)
  await server.close()
})

test('An upload that the server resets is a failure, not a crash', async () => {
  const server = await startRawServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  const client = createTestClient()
  const origin = client.origin(new URL(server.url))
  const upload = send(client, origin, { bytes: postBytes(origin, 50_000_000), isIdempotent: true })
  assertFailed(await upload.ended, 'reset', /ECONNRESET|EPIPE/)
  assert.deepEqual(upload.sends, [false])
  assert.equal(upload.flushed, false)
  await client.close(0)
  await server.close()
})

test('An invalid source address is a failure of the request, not an exception', async () => {
  const client = createTestClient({ localAddresses: ['no address'] })
  const ending = await ask(client, 'http://127.0.0.1:9/')
  assert.equal(ending.how === 'failed' && ending.kind, 'connect')
  await client.close(0)
})
