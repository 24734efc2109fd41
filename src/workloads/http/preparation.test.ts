import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { afterEach, test } from 'node:test'
import { promisify } from 'node:util'
import { AppError, type ErrorCode } from '../../lib/errors.ts'
import { certificateFile, serverIdentity } from '../../testing/certificates.ts'
import { closeRawServers, onRequests, startRawServer } from '../../testing/raw-server.ts'
import { ask, closeTestClients, createTestClient } from '../../testing/test-client.ts'
import { waitFor } from '../../testing/wait-for.ts'
import { AllowList } from './allow-list.ts'
import type { HttpClientOptions, PrepareOptions } from './http-client.ts'

afterEach(closeTestClients)
afterEach(closeRawServers)

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const preflight: PrepareOptions = { preflight: true, connections: 0 }

const prepare = async (
  url: string,
  clientOptions: Partial<HttpClientOptions>,
  options: PrepareOptions,
): Promise<void> => {
  const client = createTestClient(clientOptions)
  try {
    await client.prepare([client.origin(new URL(url))], options)
  } finally {
    await client.close(0)
  }
}

const fails = (promise: Promise<void>, code: ErrorCode, message: RegExp, hint = /./): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof AppError)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    assert.match(error.hint, hint)
    assert.doesNotMatch(error.message, /\n/)
    return true
  })

test('Connections are opened ahead, evenly over the origins, and used', async () => {
  const servers = await Promise.all(
    [1, 2, 3].map(() => startRawServer((socket) => onRequests(socket, () => socket.write(ok)))),
  )
  const client = createTestClient({ connections: 50 })
  const origins = servers.map(({ url }) => client.origin(new URL(url)))
  await client.prepare(origins, { preflight: true, connections: 50 })
  const opened = () => servers.map(({ sockets }) => sockets.length)
  await waitFor('the servers to accept', () => opened().reduce((sum, n) => sum + n) === 50)
  assert.deepEqual(opened(), [17, 17, 16])
  const endings = await Promise.all(
    servers.flatMap(({ url }) => Array.from({ length: 16 }, () => ask(client, url))),
  )
  assert.ok(endings.every(({ how }) => how === 'answered'))
  assert.deepEqual(opened(), [17, 17, 16])
  await client.close(0)
  await Promise.all(servers.map((server) => server.close()))
})

test('Without reuse the preflight connects once and closes that again', async () => {
  const server = await startRawServer((socket) => onRequests(socket, () => socket.end(ok)))
  const client = createTestClient({ reuse: false })
  await client.prepare([client.origin(new URL(server.url))], { preflight: true, connections: 4 })
  await waitFor('the probe to close', () => server.sockets[0]?.readableEnded)
  assert.equal((await ask(client, server.url)).how, 'answered')
  assert.equal(server.sockets.length, 2)
  await client.close(0)
  await server.close()
})

test('A target that refuses is unreachable: name, address, port and cause are said', async () => {
  const server = await startRawServer(() => {})
  await server.close()
  await fails(
    prepare(`http://shop.test:${server.port}`, { lookup: async () => [{ address: '127.0.0.1' }] }, preflight),
    'TARGET_UNREACHABLE',
    /^cannot reach http:\/\/shop\.test:\d+: connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
  )
  await prepare(server.url, {}, { preflight: false, connections: 4 })
})

test('A name that does not resolve is unreachable, and without preflight no obstacle', async () => {
  const lookup = async () => {
    throw Object.assign(new Error('not found'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })
  }
  await fails(
    prepare('http://nowhere.test/', { lookup }, preflight),
    'TARGET_UNREACHABLE',
    /^cannot reach http:\/\/nowhere\.test: getaddrinfo ENOTFOUND nowhere\.test$/,
  )
  await prepare('http://nowhere.test/', { lookup }, { preflight: false, connections: 4 })
})

test('A host outside the allow list stops the run, with or without preflight', async () => {
  const server = await startRawServer(() => {})
  for (const options of [preflight, { preflight: false, connections: 4 }]) {
    await fails(
      prepare(server.url, { allow: new AllowList(['10.0.0.0/8']) }, options),
      'TARGET_NOT_ALLOWED',
      /^127\.0\.0\.1 is not on the allow list$/,
      /--allow-target/,
    )
  }
  assert.equal(server.sockets.length, 0)
  await server.close()
})

test('TLS failures say their cause and the setting that mends it', async () => {
  const cases = [
    ['self-signed', {}, /self-signed certificate/, /tls\.insecure.*|tls\.ca/],
    ['server', {}, /UNABLE_TO_VERIFY_LEAF_SIGNATURE/, /tls\.ca/],
    ['other', { caFile: certificateFile('authority') }, /altnames/, /tls\.serverName/],
  ] as const
  for (const [identity, settings, cause, hint] of cases) {
    const server = await startRawServer(() => {}, { tls: serverIdentity(identity) })
    await fails(
      prepare(server.url, { tls: { insecure: false, resume: true, ...settings } }, preflight),
      'TARGET_UNREACHABLE',
      new RegExp(`^cannot reach https://127\\.0\\.0\\.1:${server.port}: TLS with .*${cause.source}`),
      hint,
    )
    await server.close()
  }
  const plain = await startRawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await fails(
    prepare(`https://127.0.0.1:${plain.port}`, {}, preflight),
    'TARGET_UNREACHABLE',
    /TLS with 127\.0\.0\.1:\d+: (wrong version number|packet length too long)$/,
    /http:\/\/ target/,
  )
  await plain.close()
})

test('A target that answers no connection is given up after connectTimeoutMs', async () => {
  const silent = await startRawServer(() => {})
  await fails(
    prepare(`https://127.0.0.1:${silent.port}`, { connectTimeoutMs: 50 }, preflight),
    'TARGET_UNREACHABLE',
    /no connection to 127\.0\.0\.1:\d+ within 50 ms$/,
  )
  await silent.close()
})

test('Closing the client ends a preparation that waits', async () => {
  const silent = await startRawServer(() => {})
  const client = createTestClient()
  const prepared = client.prepare([client.origin(new URL(`https://127.0.0.1:${silent.port}`))], preflight)
  const rejected = fails(prepared, 'TARGET_UNREACHABLE', /the client was closed$/)
  await waitFor('the connection', () => silent.sockets.length === 1)
  await client.close(0)
  await rejected
})

test('More connections than the machine has descriptors or ports for are refused before the run', async () => {
  const cases: [Partial<HttpClientOptions>, RegExp | undefined][] = [
    [{ connections: 974, descriptorLimit: 1024 }, undefined],
    [{ connections: 975, descriptorLimit: 1024 }, /^975 connections need 1025 open files.* 1024$/],
    [{ connections: 500, reuse: false, descriptorLimit: 1024 }, /^500 connections need 1050 open files/],
    [{ connections: 28_232, localPortCount: 28_232 }, undefined],
    [{ connections: 28_233, localPortCount: 28_232 }, /^28233 connections .* 28232$/],
    [{ connections: 50_000, localPortCount: 28_232, localAddresses: ['127.0.0.2', '127.0.0.3'] }, undefined],
  ]
  for (const [options, message] of cases) {
    const prepared = prepare('http://127.0.0.1:9/', options, { preflight: false, connections: 0 })
    if (message === undefined) await prepared
    else await fails(prepared, 'DRIVER_LIMIT', message)
  }
})

test('When descriptors run out in a run, requests are unsent for that reason, and the loop stays alive', async () => {
  const server = await startRawServer(() => {})
  const script = `
    import { createTestClient, send } from '${new URL('../../testing/test-client.ts', import.meta.url).href}'
    const client = createTestClient({ connections: 200 })
    const counts = {}
    let stopped = false
    const next = () => {
      if (!stopped) send(client, '${server.url}', { onEnd })
    }
    const onEnd = ({ how, reason, kind }) => {
      counts[reason ?? kind ?? how] = (counts[reason ?? kind ?? how] ?? 0) + 1
      next()
    }
    for (let n = 0; n < 100; n += 1) next()
    setTimeout(async () => {
      stopped = true
      await client.close(0)
      console.log(JSON.stringify(counts))
    }, 200)`
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', 'ulimit -n 60 && exec "$0" --input-type=module -e "$1"', process.execPath, script],
    { timeout: 20_000 },
  )
  await server.close()
  // `timeout`: those that had a connection, cut off at the end.
  assert.deepEqual(Object.keys(JSON.parse(stdout)).toSorted(), ['noDescriptors', 'timeout'], stdout)
})
