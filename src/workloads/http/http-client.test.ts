import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import { openHandles } from '../../testing/open-handles.ts'
import { closeRawServers, onRequests, type RawServer, startRawServer } from '../../testing/raw-server.ts'
import { postBytes, type RecordingExchange } from '../../testing/recording-exchange.ts'
import { ask, closeTestClients, createTestClient, send } from '../../testing/test-client.ts'
import { waitFor } from '../../testing/wait-for.ts'

afterEach(closeTestClients)
afterEach(closeRawServers)

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

const startEcho = (): Promise<RawServer> =>
  startRawServer((socket) => onRequests(socket, () => socket.write(ok)))

/** Answers only when told, oldest request first. */
const startPatientServer = async () => {
  const waiting: { socket: Socket; head: string }[] = []
  const server = await startRawServer((socket) =>
    onRequests(socket, (head) => waiting.push({ socket, head })),
  )
  return {
    server,
    waiting,
    answerNext: () => waiting.shift()?.socket.write(ok),
  }
}

test('Requests one after the other share one connection', async () => {
  const server = await startEcho()
  const opened: number[] = []
  const client = createTestClient({ onConnectionOpened: (_origin, connectMs) => opened.push(connectMs) })
  for (let n = 0; n < 20; n += 1) {
    const exchange = send(client, server.url)
    assert.deepEqual(await exchange.ended, {
      how: 'answered',
      status: 200,
      bodyBytes: 5,
      bytesIn: ok.length,
    })
    assert.deepEqual(exchange.sends, [false])
    assert.equal(exchange.body, 'hello')
    assert.equal(exchange.flushed, true)
    assert.ok(exchange.endedMs >= exchange.sentMs)
  }
  assert.equal(server.sockets.length, 1)
  assert.equal(opened.length, 1)
  await client.close(0)
  await server.close()
})

test('A request that is sent from within the end of another takes its connection, a thousand times over', async () => {
  const server = await startEcho()
  const client = createTestClient({ connections: 8 })
  let rounds = 0
  await new Promise<void>((resolve) => {
    const next = (): void => {
      rounds += 1
      if (rounds === 1000) resolve()
      else send(client, server.url, { onEnd: next })
    }
    send(client, server.url, { onEnd: next })
  })
  assert.equal(server.sockets.length, 1)
  assert.equal(client.inFlight, 0)
  await client.close(0)
  await server.close()
})

test('With all connections busy, requests wait and go first come, first served', async () => {
  const { server, waiting, answerNext } = await startPatientServer()
  const client = createTestClient({ connections: 2 })
  const order: number[] = []
  const exchanges = Array.from({ length: 8 }, (_, n) =>
    send(client, server.url, { path: `/${n}`, onEnd: () => order.push(n) }),
  )
  assert.equal(client.inFlight, 8)
  const arrived: string[] = []
  for (let n = 0; n < 8; n += 1) {
    await waitFor('a request', () => waiting.length > 0)
    arrived.push(waiting[0]?.head.split(' ')[1] ?? '')
    answerNext()
    await waitFor('an answer', () => order.length > n)
  }
  await Promise.all(exchanges.map(({ ended }) => ended))
  assert.deepEqual(order, [0, 1, 2, 3, 4, 5, 6, 7])
  assert.deepEqual(arrived, ['/0', '/1', '/2', '/3', '/4', '/5', '/6', '/7'])
  assert.equal(server.sockets.length, 2)
  await client.close(0)
  await server.close()
})

test('The connection used last is used first', async () => {
  const { server, waiting } = await startPatientServer()
  const client = createTestClient({ connections: 2 })
  const first = send(client, server.url)
  const second = send(client, server.url)
  await waitFor('both requests', () => waiting.length === 2)
  const [one, two] = waiting.splice(0)
  two?.socket.write(ok)
  await Promise.race([first.ended, second.ended])
  one?.socket.write(ok)
  await Promise.all([first.ended, second.ended])
  const third = send(client, server.url)
  await waitFor('the third request', () => waiting.length === 1)
  assert.equal(waiting[0]?.socket, one?.socket)
  waiting[0]?.socket.write(ok)
  await third.ended
  await client.close(0)
  await server.close()
})

test('Several origins share the limit: an idle connection elsewhere makes room', async () => {
  const servers = await Promise.all([startEcho(), startEcho(), startEcho()])
  const client = createTestClient({ connections: 1 })
  for (let round = 0; round < 3; round += 1) {
    for (const server of servers) assert.equal((await ask(client, server.url)).how, 'answered')
  }
  for (const server of servers) {
    assert.equal(server.sockets.length, 3)
    await waitFor('the other side to close', () =>
      server.sockets.slice(0, 2).every((socket) => socket.readableEnded || socket.destroyed),
    )
  }
  await client.close(0)
  await Promise.all(servers.map((server) => server.close()))
})

test('An origin that floods the queue does not shut another out, and connections are not opened for each request', async () => {
  const [busy, rare] = await Promise.all([startEcho(), startEcho()])
  const client = createTestClient({ connections: 4 })
  const endings = Array.from({ length: 400 }, () => ask(client, busy.url))
  const late = Array.from({ length: 40 }, () => ask(client, rare.url))
  for (const ending of await Promise.all([...endings, ...late])) assert.equal(ending.how, 'answered')
  const opened = busy.sockets.length + rare.sockets.length
  assert.ok(opened <= 12, `${opened} connections for 440 requests`)
  await client.close(0)
  await Promise.all([busy.close(), rare.close()])
})

test('A slow origin keeps to its share: connections are not exchanged for each request', async () => {
  const quick = await startEcho()
  const slow = await startRawServer((socket) =>
    onRequests(socket, () => setTimeout(() => socket.write(ok), 5)),
  )
  const client = createTestClient({ connections: 4 })
  let quickAnswers = 0
  const stopAt = 300
  const next = (url: string): Promise<void> =>
    new Promise((resolve) => {
      const again = (): void => {
        if (url === quick.url) quickAnswers += 1
        if (quickAnswers < stopAt) send(client, url, { onEnd: again })
        else resolve()
      }
      send(client, url, { onEnd: again })
    })
  await Promise.all(Array.from({ length: 16 }, (_, n) => next(n % 2 === 0 ? quick.url : slow.url)))
  const opened = quick.sockets.length + slow.sockets.length
  assert.ok(opened <= 12, `${opened} connections`)
  await client.close(0)
  await Promise.all([quick.close(), slow.close()])
})

test('Three origins on two connections are all served', async () => {
  const servers = await Promise.all([startEcho(), startEcho(), startEcho()])
  const client = createTestClient({ connections: 2 })
  const endings = await Promise.all(
    Array.from({ length: 90 }, (_, n) => ask(client, servers[n % 3]?.url ?? '')),
  )
  for (const { how } of endings) assert.equal(how, 'answered')
  await client.close(0)
  await Promise.all(servers.map((server) => server.close()))
})

test('The same scheme, host and port are the same origin', () => {
  const client = createTestClient()
  const origin = client.origin(new URL('http://Shop.test/a?b'))
  assert.equal(client.origin(new URL('http://shop.test:80/c')), origin)
  assert.notEqual(client.origin(new URL('https://shop.test/')), origin)
  assert.notEqual(client.origin(new URL('http://shop.test:81/')), origin)
  assert.deepEqual(
    [origin.protocol, origin.hostname, origin.port, origin.host],
    ['http:', 'shop.test', 80, 'shop.test'],
  )
  const literal = client.origin(new URL('https://[::1]:8443/'))
  assert.deepEqual(
    [literal.protocol, literal.hostname, literal.port, literal.host],
    ['https:', '::1', 8443, '[::1]:8443'],
  )
})

test('The answer to a HEAD has no body, whatever its fields say, and its connection stays', async () => {
  const server = await startRawServer((socket) =>
    onRequests(socket, (head) => {
      socket.write(head.startsWith('HEAD') ? ok.slice(0, -5) : ok)
    }),
  )
  const client = createTestClient()
  const head = await ask(client, server.url, { isHead: true })
  const get = await ask(client, server.url)
  assert.deepEqual(head, { how: 'answered', status: 200, bodyBytes: 0, bytesIn: ok.length - 5 })
  assert.equal(get.how, 'answered')
  assert.equal(server.sockets.length, 1)
  await client.close(0)
  await server.close()
})

test('Interim answers are passed over and counted as octets', async () => {
  const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
  const server = await startRawServer((socket) => onRequests(socket, () => socket.write(interim + ok)))
  const client = createTestClient()
  for (let n = 0; n < 3; n += 1) {
    assert.deepEqual(await ask(client, server.url), {
      how: 'answered',
      status: 200,
      bodyBytes: 5,
      bytesIn: interim.length + ok.length,
    })
  }
  assert.equal(server.sockets.length, 1)
  await client.close(0)
  await server.close()
})

for (const [what, rest, connections] of [
  ['garbage', 'XXXXX', 3],
  ['a second answer', ok, 3],
  ['an interim answer', 'HTTP/1.1 103 X\r\n\r\n', 3],
  ['a blank line', '\r\n', 1],
] as const) {
  test(`After an answer with ${what} behind it, ${connections} requests take ${connections} connections`, async () => {
    const server = await startRawServer((socket) => onRequests(socket, () => socket.write(ok + rest)))
    const client = createTestClient()
    for (let n = 0; n < 3; n += 1) {
      assert.deepEqual(await ask(client, server.url), {
        how: 'answered',
        status: 200,
        bodyBytes: 5,
        bytesIn: ok.length,
      })
    }
    assert.equal(server.sockets.length, connections)
    await client.close(0)
    await server.close()
  })
}

for (const [what, late] of [
  ['a 408 and FIN', 'HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'],
  ['a whole answer that nobody asked for', ok],
  ['FIN', ''],
] as const) {
  test(`${what} on an idle connection: it is dropped, and the next request takes another`, async () => {
    const server = await startEcho()
    const client = createTestClient()
    await ask(client, server.url)
    const [first] = server.sockets
    if (late === ok) first?.write(late)
    else first?.end(late)
    await waitFor('the client to close', () => first?.readableEnded || first?.destroyed)
    const exchange = send(client, server.url)
    assert.deepEqual(await exchange.ended, { how: 'answered', status: 200, bodyBytes: 5, bytesIn: ok.length })
    assert.deepEqual(exchange.sends, [false])
    assert.equal(server.sockets.length, 2)
    await client.close(0)
    await server.close()
  })
}

test('`reuse: false`: a connection for each request, and the server is left to close first', async () => {
  const clientClosedFirst: boolean[] = []
  const server = await startRawServer((socket) =>
    onRequests(socket, () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello')
      setTimeout(() => {
        clientClosedFirst.push(socket.readableEnded)
        socket.end()
      }, 30)
    }),
  )
  const client = createTestClient({ reuse: false, connections: 12 })
  const endings = await Promise.all(Array.from({ length: 12 }, () => ask(client, server.url)))
  for (const { how } of endings) assert.equal(how, 'answered')
  assert.equal(server.sockets.length, 12)
  await waitFor('all to be closed', () => server.sockets.every(({ readableEnded }) => readableEnded))
  assert.deepEqual(clientClosedFirst, Array(12).fill(false))
  await client.close(0)
  await server.close()
})

test('`reuse: false` with a server that never closes: the client closes, soon, and keeps few', async () => {
  const open = new Set<Socket>()
  const server = await startRawServer((socket) => {
    open.add(socket)
    socket.on('end', () => open.delete(socket))
    onRequests(socket, () => socket.write(ok))
  })
  const client = createTestClient({ reuse: false, connections: 2 })
  for (let n = 0; n < 10; n += 1) assert.equal((await ask(client, server.url)).how, 'answered')
  assert.equal(server.sockets.length, 10)
  await waitFor('the oldest to be closed', () => open.size <= 3)
  await waitFor('all to be closed', () => open.size === 0)
  await client.close(0)
  await server.close()
})

test('An idle connection is not used again after idleTimeoutMs, nor in the last second that Keep-Alive grants', async () => {
  for (const [field, idleTimeoutMs, pauseMs] of [
    ['', 30, 60],
    ['Keep-Alive: timeout=1\r\n', 10_000, 5],
  ] as const) {
    const answer = `HTTP/1.1 200 OK\r\n${field}Content-Length: 0\r\n\r\n`
    const server = await startRawServer((socket) => onRequests(socket, () => socket.write(answer)))
    const client = createTestClient({ idleTimeoutMs })
    await ask(client, server.url)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    await ask(client, server.url)
    assert.equal(server.sockets.length, 2)
    await client.close(0)
    await server.close()
  }
})

test('A connection past maxConnectionAgeMs is closed after its answer', async () => {
  const server = await startEcho()
  const client = createTestClient({ maxConnectionAgeMs: 40 })
  const ends = [await ask(client, server.url)]
  await new Promise((resolve) => setTimeout(resolve, 60))
  ends.push(await ask(client, server.url), await ask(client, server.url))
  assert.ok(ends.every(({ how }) => how === 'answered'))
  assert.equal(server.sockets.length, 2)
  await client.close(0)
  await server.close()
})

test('Source addresses are used in turn', async () => {
  const server = await startEcho()
  const client = createTestClient({ reuse: false, localAddresses: ['127.0.0.2', '127.0.0.3'] })
  const sources: (string | undefined)[] = []
  for (let n = 0; n < 4; n += 1) {
    await ask(client, server.url)
    sources.push(server.sockets[n]?.remoteAddress)
  }
  assert.deepEqual(sources, ['127.0.0.2', '127.0.0.3', '127.0.0.2', '127.0.0.3'])
  await client.close(0)
  await server.close()
})

test('cancelQueued ends what was not sent, and leaves what was', async () => {
  const { server, waiting, answerNext } = await startPatientServer()
  const client = createTestClient({ connections: 1 })
  const sent = send(client, server.url)
  const queued = [send(client, server.url), send(client, server.url)]
  await waitFor('the request', () => waiting.length === 1)
  client.cancelQueued()
  for (const exchange of queued) {
    assert.deepEqual(await exchange.ended, {
      how: 'unsent',
      reason: 'stopped',
      detail: 'stopped before it was sent',
    })
    assert.deepEqual(exchange.sends, [])
  }
  assert.equal(client.inFlight, 1)
  answerNext()
  assert.equal((await sent.ended).how, 'answered')
  await client.close(0)
  await server.close()
})

test('close waits for answers, then cuts off the rest as timeouts, and leaves no handle', async () => {
  await waitFor('the handles of earlier tests to go', () => openHandles().length === 0)
  const { server, waiting, answerNext } = await startPatientServer()
  const client = createTestClient({ connections: 2 })
  const inTime = send(client, server.url)
  const cut = send(client, server.url)
  const queued = send(client, server.url, {
    onEnd: () => late.push(send(client, server.url)),
  })
  const late: RecordingExchange[] = []
  await waitFor('both requests', () => waiting.length === 2)
  const closed = client.close(60_000)
  answerNext()
  assert.equal((await inTime.ended).how, 'answered')
  await waitFor('the queued request', () => waiting.length === 2)
  await client.close(20)
  await closed
  for (const exchange of [cut, queued]) {
    assert.deepEqual(exchange.endings, [
      { how: 'failed', kind: 'timeout', detail: 'cut off at the end of the run', bytesIn: 0 },
    ])
  }
  assert.deepEqual(
    late.map(({ endings }) => endings),
    [[{ how: 'unsent', reason: 'stopped', detail: 'the client is closed' }]],
  )
  assert.equal(client.inFlight, 0)
  await server.close()
  await waitFor('no handle to be left', () => openHandles().length === 0)
})

test('close while connections are being opened and names resolved leaves nothing behind', async () => {
  let answerLookup = (): void => {}
  const server = await startEcho()
  const client = createTestClient({
    lookup: () =>
      new Promise((resolve) => {
        answerLookup = () => resolve([{ address: '127.0.0.1' }])
      }),
  })
  const resolving = send(client, `http://shop.test:${server.port}`)
  const connecting = send(client, server.url)
  await client.close(0)
  answerLookup()
  for (const exchange of [resolving, connecting]) assert.equal((await exchange.ended).how, 'failed')
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(client.inFlight, 0)
  assert.ok(server.sockets.length <= 1)
  await server.close()
})

test('An answer before the whole request is out is taken, and the connection is not', async () => {
  const early = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n'
  let big = true
  const server = await startRawServer((socket) => {
    if (!big) {
      onRequests(socket, () => socket.write(ok))
      return
    }
    big = false
    socket.once('data', () => {
      // Reads no more, so that what follows stays with the client.
      socket.pause()
      socket.write(early)
    })
  })
  const client = createTestClient({ connections: 1 })
  const origin = client.origin(new URL(server.url))
  const upload = send(client, origin, { bytes: postBytes(origin, 50_000_000), isIdempotent: false })
  const next = send(client, origin)
  assert.deepEqual(await upload.ended, {
    how: 'answered',
    status: 413,
    bodyBytes: 0,
    bytesIn: early.length,
  })
  assert.equal(upload.flushed, false)
  assert.equal((await next.ended).how, 'answered')
  assert.equal(server.sockets.length, 2)
  await client.close(0)
  await server.close()
})

test('A large body arrives whole in one piece of memory', async () => {
  const server = await startEcho()
  const client = createTestClient()
  const origin = client.origin(new URL(server.url))
  const upload = send(client, origin, { bytes: postBytes(origin, 5_000_000), isIdempotent: false })
  assert.equal((await upload.ended).how, 'answered')
  assert.equal(upload.flushed, true)
  assert.equal(server.bytesIn, upload.bytes.length)
  assert.equal((await ask(client, origin)).how, 'answered')
  assert.equal(server.sockets.length, 1)
  await client.close(0)
  await server.close()
})

test('A body of 200 MB is counted in flat memory', async () => {
  const size = 200_000_000
  const piece = Buffer.alloc(1_000_000, 120)
  const server = await startRawServer((socket) =>
    onRequests(socket, () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
      let missing = size
      const fill = (): void => {
        while (missing > 0) {
          missing -= piece.length
          if (!socket.write(piece)) {
            socket.once('drain', fill)
            return
          }
        }
      }
      fill()
    }),
  )
  const client = createTestClient()
  let peakBytes = 0
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers)
  }, 5)
  const startBytes = process.memoryUsage().arrayBuffers
  const ending = await ask(client, server.url, { timeoutMs: 60_000 })
  clearInterval(sampler)
  assert.equal(ending.how === 'answered' && ending.bodyBytes, size)
  assert.ok(peakBytes - startBytes < 30_000_000, `grew by ${peakBytes - startBytes} bytes`)
  await client.close(0)
  await server.close()
})

test('IPv4 and, where the machine has it, IPv6 addresses are reached as literals', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    let server: RawServer
    try {
      server = await startRawServer((socket) => onRequests(socket, () => socket.write(ok)), { host })
    } catch (error) {
      assert.equal(host, '::1', 'IPv4 loopback is always there')
      assert.match(String(error), /EADDRNOTAVAIL|EAFNOSUPPORT/)
      continue
    }
    const client = createTestClient()
    assert.equal((await ask(client, server.url)).how, 'answered')
    assert.match(server.sockets[0]?.localAddress ?? '', host === '::1' ? /^::1$/ : /^127\.0\.0\.1$/)
    await client.close(0)
    await server.close()
  }
})

test('A name with several addresses: in turn, and past the one that refuses', async () => {
  const server = await startEcho()
  const twin = await startRawServer((socket) => onRequests(socket, () => socket.write(ok)), {
    host: '127.0.0.2',
    port: server.port,
  })
  const client = createTestClient({
    reuse: false,
    lookup: async () => [{ address: '127.0.0.3' }, { address: '127.0.0.1' }, { address: '127.0.0.2' }],
  })
  for (let n = 0; n < 8; n += 1) {
    assert.equal((await ask(client, `http://shop.test:${server.port}`)).how, 'answered')
  }
  assert.deepEqual([server.sockets.length, twin.sockets.length], [4, 4])
  await client.close(0)
  await Promise.all([server.close(), twin.close()])
})

test('localhost is reached, whichever of its addresses the server listens on', async () => {
  const server = await startEcho()
  const client = createTestClient()
  assert.equal((await ask(client, `http://localhost:${server.port}`)).how, 'answered')
  await client.close(0)
  await server.close()
})

test('Origins that are not in use are forgotten when there are thousands, those of the scenario never', async () => {
  const server = await startEcho()
  const client = createTestClient()
  const own = client.origin(new URL(server.url))
  await client.prepare([own], { preflight: true, connections: 1 })
  const first = client.origin(new URL('http://elsewhere-0.invalid/'))
  assert.equal(client.origin(new URL('http://elsewhere-0.invalid/')), first)
  for (let n = 1; n <= 1001; n += 1) client.origin(new URL(`http://elsewhere-${n}.invalid/`))
  assert.notEqual(client.origin(new URL('http://elsewhere-0.invalid/')), first)
  assert.equal(client.origin(new URL(server.url)), own)
  const exchange = send(client, server.url)
  assert.equal((await exchange.ended).how, 'answered')
  await client.close(0)
  await server.close()
})
