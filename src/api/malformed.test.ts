import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { toAppError } from '../lib/errors.ts'
import { drawFraction } from '../lib/random.ts'
import { ApiWorld } from '../testing/api-world.ts'
import type { Problem } from './problem.ts'
import { startApi } from './start-api.ts'

let world: ApiWorld

before(async () => {
  world = await ApiWorld.start({ drivers: 0, limits: { bodyBytes: 100_000 } })
})
after(() => world[Symbol.asyncDispose]())

/** What a raw connection is answered with, until the server ends it or has answered. `isAll`: nothing more will come. */
const send = (request: string | Buffer, isAll = false): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const socket = connect({ port: Number(new URL(world.url).port), host: '127.0.0.1' })
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      // One answer each is enough: whoever keeps the connection is left.
      if (/\r\n\r\n/.test(text)) socket.end()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
    socket.write(request)
    if (isAll) socket.end()
  })

const head = 'Host: 127.0.0.1\r\nConnection: close\r\n'
const post = (path: string, type: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\n${head}Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const heapBytes = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

describe('requests that are wrong', () => {
  const table: [string, string, number, string][] = [
    ['no HTTP', '\x16\x03\x01 hello\r\n\r\n', 400, 'REQUEST_INVALID'],
    ['no method', ` / HTTP/1.1\r\n${head}\r\n`, 400, 'REQUEST_INVALID'],
    ['a head without end', `GET / HTTP/1.1\r\nA: ${'x'.repeat(40_000)}\r\n`, 400, 'REQUEST_INVALID'],
    [
      'two lengths',
      `POST /api/runs HTTP/1.1\r\n${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
      400,
      'REQUEST_INVALID',
    ],
    [
      'a length and chunks',
      `POST /api/runs HTTP/1.1\r\n${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'REQUEST_INVALID',
    ],
    ['a broken escape', `GET /api/runs/%zz HTTP/1.1\r\n${head}\r\n`, 400, 'REQUEST_INVALID'],
    [
      'a part that is too long',
      `GET /api/runs/${'x'.repeat(1000)} HTTP/1.1\r\n${head}\r\n`,
      404,
      'NOT_FOUND',
    ],
    [
      'another host',
      'GET /api/runs HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      403,
      'ORIGIN_REFUSED',
    ],
    [
      'another origin',
      `POST /avalanche HTTP/1.1\r\n${head}Origin: http://evil.example\r\n\r\n`,
      403,
      'ORIGIN_REFUSED',
    ],
    ['no route', `GET /nothing HTTP/1.1\r\n${head}\r\n`, 404, 'NOT_FOUND'],
    ['a method that it has not', `DELETE /api/runs HTTP/1.1\r\n${head}\r\n`, 405, 'METHOD_NOT_ALLOWED'],
    ['no JSON', post('/api/runs', 'application/json', '{"a":'), 400, 'REQUEST_INVALID'],
    [
      'a prototype',
      post('/api/runs', 'application/json', '{"__proto__":{"x":1},"scenarioText":"a"}'),
      400,
      'REQUEST_INVALID',
    ],
    ['another type', post('/api/runs', 'text/html', '<p>'), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    [
      'YAML where there is none',
      post('/api/runs/x/rate', 'text/yaml', 'scale: 1'),
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    [
      'a body that is too large',
      post('/api/runs', 'application/yaml', 'x'.repeat(200_000)),
      413,
      'BODY_TOO_LARGE',
    ],
    ['no body', post('/api/runs', 'application/json', ''), 400, 'REQUEST_INVALID'],
    [
      'a body where there is none',
      post('/api/runs/x/stop', 'application/json', '{"a":1}'),
      400,
      'REQUEST_INVALID',
    ],
    [
      'wrong types',
      post('/api/runs', 'application/json', '{"scenario":5,"set":"x","id":"../../x"}'),
      400,
      'REQUEST_INVALID',
    ],
    [
      'an unknown key',
      post('/api/runs', 'application/json', '{"scenario":{},"asets":{}}'),
      400,
      'REQUEST_INVALID',
    ],
    ['a list', post('/api/runs', 'application/json', '[]'), 400, 'REQUEST_INVALID'],
    [
      'a deep one',
      post('/api/runs', 'application/json', `{"scenario":{"a":${'['.repeat(9000)}${']'.repeat(9000)}}}`),
      422,
      'SCENARIO_INVALID',
    ],
    ['wrong parameters', `GET /api/runs?limit=many HTTP/1.1\r\n${head}\r\n`, 400, 'REQUEST_INVALID'],
    ['unknown parameters', `GET /api/drivers?x=1 HTTP/1.1\r\n${head}\r\n`, 400, 'REQUEST_INVALID'],
    ['a second that is none', `GET /api/runs/x/seconds/-1 HTTP/1.1\r\n${head}\r\n`, 400, 'REQUEST_INVALID'],
  ]
  for (const [name, request, status, code] of table)
    it(`${name}: ${status} ${code}`, async () => {
      const answer = await send(request)
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), answer.slice(0, 300))
      assert.match(answer, /content-type: application\/problem\+json/i)
      const problem = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Problem
      assert.equal(problem.code, code)
      assert.equal(problem.status, status)
      assert.ok(problem.detail !== '' && problem.hint !== '')
      assert.equal(/node_modules|\/work\/|fastify|at \w+ \(/.test(answer), false, 'tells what is inside')
    })

  it('10,000 of them crash nothing, grow nothing, and are one line of log a kind', async () => {
    let drawn = 0
    const random = (): number => drawFraction(4, 1, drawn++)
    const kinds = table.map(([, request]) => Buffer.from(request, 'latin1'))
    const mutate = (request: Buffer): Buffer => {
      const bytes = Buffer.from(request.subarray(0, 2000))
      for (let i = 0; i < 3; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
      return bytes
    }
    const flood = async (count: number): Promise<void> => {
      for (let sent = 0; sent < count; sent += 100)
        await Promise.all(
          Array.from({ length: 100 }, (_, i) =>
            send(mutate(kinds[i % kinds.length] ?? Buffer.alloc(1)), true),
          ),
        )
    }
    await flood(1000)
    const runs = world.orchestrator.runs.size
    const before = heapBytes()
    await flood(9000)
    assert.ok(heapBytes() - before < 20e6, `${heapBytes() - before} bytes more`)
    assert.equal((await world.ask('GET', '/healthz')).status, 200)
    assert.equal(world.orchestrator.runs.size, runs)
    const lines = world.logged.filter((line) => line.includes('refused a request'))
    assert.equal(new Set(lines).size, lines.length)
    assert.ok(lines.length < 30, `${lines.length} lines`)
    assert.equal(
      world.logged.some((line) => line.includes('fault of ours')),
      false,
      world.logged.join('\n'),
    )
  })
})

describe('a fault of our own', () => {
  it('is an id that the log has, and nothing else', async () => {
    const broken = await ApiWorld.start({ drivers: 0 })
    try {
      Object.defineProperty(broken.store, 'readResult', {
        value: async () => {
          throw new Error('secret of the inside')
        },
      })
      const answer = await broken.ask('GET', '/api/runs/x')
      assert.equal(answer.status, 500)
      const { detail, code } = answer.json as Problem
      assert.equal(code, 'INTERNAL')
      const [id = ''] = /e-\w+/.exec(detail) ?? []
      assert.equal(answer.text.includes('secret of the inside'), false)
      assert.ok(broken.logged.some((line) => line.includes(id) && line.includes('secret of the inside')))
    } finally {
      await broken[Symbol.asyncDispose]()
    }
  })
})

describe('starting the API', () => {
  const options = () => ({
    orchestrator: world.orchestrator,
    store: world.store,
    clock: { ...world.clock },
    logger: world.logger,
    host: '127.0.0.1',
    port: 0,
    version: 'test',
  })
  const codeOf = (starting: Promise<unknown>): Promise<string> =>
    starting.then(
      () => 'started',
      (error: unknown) => toAppError(error).code,
    )

  it('tells that the port is taken, or the address not ours', async () => {
    assert.equal(
      await codeOf(startApi({ ...options(), port: Number(new URL(world.url).port) })),
      'PORT_IN_USE',
    )
    assert.equal(await codeOf(startApi({ ...options(), host: '192.0.2.1', insecure: true })), 'USAGE')
    assert.equal(await codeOf(startApi({ ...options(), host: '0.0.0.0' })), 'USAGE')
  })

  it('with a token asks it of everybody but the health checks, and never tells it', async () => {
    const locked = await ApiWorld.start({ drivers: 0, token: 'a-planted-token' })
    try {
      for (const path of [
        '/api/runs',
        '/metrics',
        '/tests',
        '/api/openapi.json',
        '/api/events',
        '/nothing',
      ]) {
        const answer = await locked.ask('GET', path)
        assert.equal(answer.status, 401, path)
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer')
      }
      for (const path of ['/healthz', '/readyz']) assert.equal((await locked.ask('GET', path)).status, 200)
      const authorization = 'Bearer a-planted-token'
      for (const path of ['/api/runs', '/metrics', '/api/openapi.json']) {
        const answer = await locked.ask('GET', path, undefined, { authorization })
        assert.equal(answer.status, 200)
        assert.equal(answer.text.includes('planted'), false)
      }
      assert.equal((await locked.ask('GET', '/nothing', undefined, { authorization })).status, 404)
      assert.equal(locked.logged.join('\n').includes('planted'), false)
    } finally {
      await locked[Symbol.asyncDispose]()
    }
  })

  it('open to a network says so aloud', async () => {
    const api = await startApi({ ...options(), host: '0.0.0.0', insecure: true })
    await api.close()
    await api.close()
    assert.ok(world.logged.some((line) => line.includes('warn') && line.includes('--insecure')))
  })
})
