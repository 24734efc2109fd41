import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterEach, test } from 'node:test'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { AppError } from '../../lib/errors.ts'
import type { TlsSettings } from '../../scenario/scenario.ts'
import { certificateFile, keyFile, serverIdentity } from '../../testing/certificates.ts'
import { closeRawServers, onRequests, type RawServer, startRawServer } from '../../testing/raw-server.ts'
import { type Ending, RecordingExchange } from '../../testing/recording-exchange.ts'
import { ask, closeTestClients, createTestClient, send } from '../../testing/test-client.ts'

afterEach(closeTestClients)
afterEach(closeRawServers)

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

const startTlsServer = (
  options: TlsOptions = {},
  onSecure: (socket: TLSSocket) => void = () => {},
): Promise<RawServer> =>
  startRawServer(
    (socket) => {
      onSecure(socket as TLSSocket)
      onRequests(socket, () => socket.write(ok))
    },
    { tls: { ...serverIdentity(), ALPNProtocols: ['http/1.1', 'h2'], ...options } },
  )

const trusting = (settings: Partial<TlsSettings> = {}): TlsSettings => ({
  caFile: certificateFile('authority'),
  insecure: false,
  resume: true,
  ...settings,
})

const tlsFailure = (ending: Ending, detail: RegExp): void => {
  assert.equal(ending.how === 'failed' && ending.kind, 'tls', JSON.stringify(ending))
  assert.match(ending.how === 'failed' ? ending.detail : '', detail)
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`${version}: requests over one connection, and sessions resumed on the next ones`, async () => {
    const resumed: boolean[] = []
    const versions = new Set<string | null>()
    const protocols = new Set<string | false | null>()
    const server = await startTlsServer({ minVersion: version, maxVersion: version }, (socket) => {
      resumed.push(socket.isSessionReused())
      versions.add(socket.getProtocol())
      protocols.add(socket.alpnProtocol)
    })
    const client = createTestClient({ tls: trusting() })
    for (let n = 0; n < 5; n += 1) assert.equal((await ask(client, server.url)).how, 'answered')
    assert.equal(server.sockets.length, 1)
    await client.close(0)

    const fresh = createTestClient({ tls: trusting(), reuse: false })
    for (let n = 0; n < 4; n += 1) assert.equal((await ask(fresh, server.url)).how, 'answered')
    await fresh.close(0)
    assert.deepEqual(resumed, [false, false, true, true, true])
    assert.deepEqual([...versions], [version])
    assert.deepEqual([...protocols], ['http/1.1'])
    await server.close()
  })

  test(`${version}: without resume every handshake is a full one`, async () => {
    const resumed: boolean[] = []
    const server = await startTlsServer({ minVersion: version, maxVersion: version }, (socket) =>
      resumed.push(socket.isSessionReused()),
    )
    const client = createTestClient({ tls: trusting({ resume: false }), reuse: false })
    for (let n = 0; n < 3; n += 1) assert.equal((await ask(client, server.url)).how, 'answered')
    assert.deepEqual(resumed, [false, false, false])
    await client.close(0)
    await server.close()
  })

  test(`${version}: a server that demands a client certificate gets ours; without one the request fails`, async () => {
    const names: (string | string[] | undefined)[] = []
    const server = await startTlsServer(
      {
        minVersion: version,
        maxVersion: version,
        requestCert: true,
        rejectUnauthorized: true,
        ca: readFileSync(certificateFile('authority')),
      },
      (socket) => names.push(socket.getPeerCertificate().subject?.CN),
    )
    const known = createTestClient({
      tls: trusting({ certFile: certificateFile('client'), keyFile: keyFile('client') }),
    })
    assert.equal((await ask(known, server.url)).how, 'answered')
    assert.deepEqual(names, ['test client'])
    await known.close(0)

    const unknown = createTestClient({ tls: trusting() })
    tlsFailure(
      await ask(unknown, server.url, { isIdempotent: false }),
      /alert|certificate|handshake|required/i,
    )
    await unknown.close(0)
    await server.close()
  })
}

test('A large answer over TLS arrives whole', async () => {
  const body = Buffer.alloc(3_000_000, 120)
  const server = await startRawServer(
    (socket) =>
      onRequests(socket, () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`)
        socket.write(body)
      }),
    { tls: serverIdentity() },
  )
  const client = createTestClient({ tls: trusting() })
  for (let n = 0; n < 3; n += 1) {
    const ending = await ask(client, server.url)
    assert.equal(ending.how === 'answered' && ending.bodyBytes, body.length)
  }
  assert.equal(server.sockets.length, 1)
  await client.close(0)
  await server.close()
})

test('Certificates are verified: unknown authority, self-signed, another host', async () => {
  const cases: [Partial<TlsSettings>, Parameters<typeof serverIdentity>[0], RegExp | 'answered'][] = [
    [{}, 'server', /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY/],
    [{}, 'self-signed', /DEPTH_ZERO_SELF_SIGNED_CERT/],
    [{ insecure: true }, 'self-signed', 'answered'],
    [{ caFile: certificateFile('self-signed') }, 'self-signed', 'answered'],
    [{ caFile: certificateFile('authority') }, 'server', 'answered'],
    [{ caFile: certificateFile('authority') }, 'other', /ERR_TLS_CERT_ALTNAME_INVALID/],
    [{ caFile: certificateFile('authority'), serverName: 'other.test' }, 'other', 'answered'],
    [{ insecure: true }, 'other', 'answered'],
  ]
  for (const [settings, identity, expected] of cases) {
    const server = await startTlsServer(serverIdentity(identity))
    const client = createTestClient({ tls: { insecure: false, resume: true, ...settings } })
    const ending = await ask(client, server.url)
    if (expected === 'answered') assert.equal(ending.how, 'answered', JSON.stringify(ending))
    else tlsFailure(ending, expected)
    await client.close(0)
    await server.close()
  }
})

test('The name goes into SNI and is verified, though the connection is made to an address', async () => {
  const names: (string | false | null)[] = []
  const server = await startTlsServer({}, (socket) => names.push(socket.servername ?? null))
  const client = createTestClient({
    tls: trusting({ resume: false }),
    reuse: false,
    lookup: async () => [{ address: '127.0.0.1' }],
  })
  assert.equal((await ask(client, `https://shop.test:${server.port}`)).how, 'answered')
  tlsFailure(await ask(client, `https://wrong.test:${server.port}`), /ERR_TLS_CERT_ALTNAME_INVALID/)
  // RFC 6066, 3: literal addresses are not permitted as server names.
  assert.equal((await ask(client, server.url)).how, 'answered')
  assert.deepEqual([names[0], names.at(-1)], ['shop.test', false])
  await client.close(0)
  await server.close()
})

test('A plain port under https is a failure of kind tls, also when it just hangs up', async () => {
  for (const answer of ['HTTP/1.1 400 Bad Request\r\n\r\n', '']) {
    const server = await startRawServer((socket) => socket.once('data', () => socket.end(answer)))
    const client = createTestClient({ tls: trusting() })
    tlsFailure(await ask(client, `https://127.0.0.1:${server.port}`), /^TLS with 127\.0\.0\.1:\d+: /)
    await client.close(0)
    await server.close()
  }
})

test('A TLS port under http is a failure of kind protocol or reset', async () => {
  const server = await startTlsServer()
  const client = createTestClient()
  const ending = await ask(client, `http://127.0.0.1:${server.port}`)
  assert.ok(ending.how === 'failed' && ['protocol', 'reset'].includes(ending.kind), JSON.stringify(ending))
  await client.close(0)
  await server.close()
})

test('A session that the server no longer knows costs a full handshake, not a failure', async () => {
  const first = await startTlsServer({ maxVersion: 'TLSv1.2' })
  const client = createTestClient({ tls: trusting(), reuse: false })
  assert.equal((await ask(client, first.url)).how, 'answered')
  await first.close()
  const second = await startRawServer((socket) => onRequests(socket, () => socket.write(ok)), {
    port: first.port,
    tls: serverIdentity(),
  })
  assert.equal((await ask(client, second.url)).how, 'answered')
  assert.equal(second.sockets.length, 1)
  await client.close(0)
  await second.close()
})

test('An idle TLS connection that the server closed as it is used: GET goes again, POST failed', async () => {
  for (const isIdempotent of [true, false]) {
    const server = await startRawServer(
      (socket, index) => {
        onRequests(socket, (_head, n) => {
          if (index === 0 && n === 1) socket.destroy()
          else socket.write(ok)
        })
      },
      { tls: serverIdentity() },
    )
    const client = createTestClient({ tls: trusting() })
    await ask(client, server.url)
    const exchange = send(client, server.url, { isIdempotent })
    const ending = await exchange.ended
    assert.equal(ending.how, isIdempotent ? 'answered' : 'failed')
    assert.deepEqual(exchange.sends, isIdempotent ? [false, true] : [false])
    await client.close(0)
    await server.close()
  }
})

test('Files that cannot be read or used are told by name before the run; without prepare they fail requests', async () => {
  const cases: [Partial<TlsSettings>, RegExp][] = [
    [{ caFile: '/nowhere/ca.pem' }, /^tls\.ca: cannot read \/nowhere\/ca\.pem: ENOENT/],
    [
      { certFile: certificateFile('client'), keyFile: '/nowhere/key.pem' },
      /^tls\.key: cannot read \/nowhere\/key\.pem/,
    ],
    [
      { certFile: certificateFile('client'), keyFile: keyFile('server') },
      /^tls: cannot use .*client\.cert\.pem.*mismatch/,
    ],
  ]
  for (const [settings, message] of cases) {
    const client = createTestClient({ tls: { insecure: false, resume: true, ...settings } })
    const origin = client.origin(new URL('https://127.0.0.1:9/'))
    await assert.rejects(
      client.prepare([origin], { preflight: false, connections: 0 }),
      (error) =>
        error instanceof AppError && error.code === 'SCENARIO_INVALID' && message.test(error.message),
    )
    const exchange = new RecordingExchange(origin)
    client.send(exchange)
    assert.equal((await exchange.ended).how, 'failed')
    await client.close(0)
  }
})
