import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { after, describe, it } from 'node:test'
import { type Clock, systemClock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import type { TargetOptions } from './target-options.ts'
import { startTarget, type Target } from './target-server.ts'

interface Reply {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 })
const targets: Target[] = []
after(async () => {
  agent.destroy()
  await Promise.all(targets.map((target) => target.close()))
})

const start = async (options: Partial<TargetOptions> = {}, clock: Clock = systemClock) => {
  const target = await startTarget(options, clock)
  targets.push(target)
  return target
}

interface Ask {
  method?: string
  body?: string | Buffer
  headers?: Record<string, string>
}

const ask = (
  target: Target,
  path: string,
  { method = 'GET', body, headers = {} }: Ask = {},
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(`${target.url}${path}`, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    request.on('error', reject)
    request.end(body)
  })

/** Resolves once so many requests have arrived; answers for the counts are never held back. */
const received = async (target: Target, requests: number): Promise<void> => {
  while (target.stats().requestsReceived < requests) await ask(target, '/metric')
}

/** A strict reading of the text format: every sample by name and labels. Throws at what a scraper might refuse. */
const parsePrometheus = (text: string): Map<string, number> => {
  assert.ok(text.endsWith('\n'))
  const samples = new Map<string, number>()
  const types = new Map<string, string>()
  let helped = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-z_:][a-z0-9_:]*) \S.*$/i.exec(line)
    const type = /^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge)$/i.exec(line)
    const sample =
      /^([a-z_:][a-z0-9_:]*)((?:\{[a-z_]\w*="[^"\\\n]*"(?:,[a-z_]\w*="[^"\\\n]*")*\})?) (\d+(?:\.\d+)?)$/i.exec(
        line,
      )
    if (help !== null) helped = help[1] ?? ''
    else if (type !== null) {
      assert.equal(type[1], helped, 'TYPE follows its HELP')
      assert.ok(!types.has(helped), 'one TYPE for a name')
      types.set(helped, type[2] ?? '')
      if (type[2] === 'counter') assert.match(helped, /_total$/)
    } else {
      assert.ok(sample, `no line of the format: ${line}`)
      assert.equal(sample[1], helped, 'samples stand below their TYPE')
      const key = `${sample[1]}${sample[2]}`
      assert.ok(!samples.has(key), `${key} appears twice`)
      samples.set(key, Number(sample[3]))
    }
  }
  return samples
}

describe('the target', () => {
  it('answers its paths', async () => {
    const target = await start()
    const table: [path: string, ask: Ask, status: number, body: string][] = [
      ['/', {}, 200, 'Hello World'],
      ['/?a=b', { method: 'POST', body: 'ignored' }, 200, 'Hello World'],
      ['/ping', {}, 200, '{"message":"pong"}'],
      ['/nowhere', {}, 404, 'Not Found'],
      ['/login', { method: 'POST', body: '{"user":"ann"}' }, 200, '{"token":"user-YW5u"}'],
      [
        '/login',
        { method: 'POST', body: '{"user":1}' },
        400,
        '{"error":"expected a JSON object with a user"}',
      ],
      ['/login', { method: 'POST', body: 'no json' }, 400, '{"error":"expected a JSON object with a user"}'],
      ['/login', {}, 405, '{"error":"only POST is allowed"}'],
      ['/orders', { method: 'POST', headers: { authorization: 'Bearer user-YW5u' } }, 201, '{"state":"new"}'],
      ['/orders', { method: 'POST', headers: { authorization: 'Bearer ' } }, 401, '{"error":"no token"}'],
      ['/orders', { method: 'POST', body: '{}' }, 401, '{"error":"no token"}'],
      ['/echo', { method: 'PUT', body: 'x', headers: { 'content-type': 'text/x-y' } }, 200, 'x'],
      ['/echo', {}, 200, ''],
    ]
    for (const [path, question, status, body] of table) {
      const reply = await ask(target, path, question)
      assert.deepEqual([reply.status, reply.body], [status, body], path)
    }
    const echoed = await ask(target, '/echo', {
      method: 'POST',
      body: 'a',
      headers: { 'content-type': 'text/x-y' },
    })
    assert.equal(echoed.headers['content-type'], 'text/x-y')
  })

  it('echoes up to a megabyte and no more, and goes on', async () => {
    const target = await start()
    const fits = Buffer.alloc(1e6, 'a')
    assert.equal((await ask(target, '/echo', { method: 'POST', body: fits })).body, fits.toString())
    assert.equal((await ask(target, '/echo', { method: 'POST', body: Buffer.alloc(1e6 + 1) })).status, 413)
    assert.equal((await ask(target, '/ping')).status, 200)
  })

  it('counts every request but those for the counts', async () => {
    const target = await start()
    await ask(target, '/')
    assert.equal((await ask(target, '/metric')).body, '1')
    await ask(target, '/metrics')
    await ask(target, '/nowhere')
    const counted = await ask(target, '/metric')
    assert.equal(counted.body, '2')
    assert.match(counted.headers['content-type'] ?? '', /^text\/plain/)
  })

  it('tells its counts to Prometheus, and as JSON where asked', async () => {
    const target = await start()
    for (const path of ['/', '/', '/ping', '/a"b\\', '/c', '/login']) await ask(target, path)
    const { body, headers } = await ask(target, '/metrics')
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
    const samples = parsePrometheus(body)
    const expected: [string, number][] = [
      ['requests_received_total{path="/"}', 2],
      ['requests_received_total{path="other"}', 2],
      ['requests_received_total{path="/login"}', 1],
      ['requests_received_total{path="/orders"}', 0],
      ['responses_sent_total{path="/",status="200"}', 2],
      ['responses_sent_total{path="other",status="404"}', 2],
      ['responses_sent_total{path="/login",status="405"}', 1],
      ['connections_open', 1],
    ]
    for (const [name, value] of expected) assert.equal(samples.get(`groundswell_target_${name}`), value, name)
    const json = await ask(target, '/metrics', { headers: { accept: 'application/json' } })
    assert.deepEqual(JSON.parse(json.body), { total_requests: 6, total_responses: 6 })
  })

  it('counts exactly over kept connections, and the bytes on them', async () => {
    const target = await start()
    await Promise.all(Array.from({ length: 300 }, () => ask(target, '/ping')))
    const { requestsReceived, responsesSent, received, sent, connectionsAccepted } = target.stats()
    assert.deepEqual([requestsReceived, responsesSent], [300, 300])
    assert.deepEqual([received['/ping'], sent['/ping']], [300, { 200: 300 }])
    assert.ok(connectionsAccepted <= 8, `${connectionsAccepted} connections`)
  })

  it('answers pipelined requests in order and counts their bytes', async () => {
    const target = await start({ delay: { kind: 'uniform', minMs: 0, maxMs: 5 } })
    const socket = connect(target.port, '127.0.0.1')
    const bytes =
      'GET /ping HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    socket.write(bytes)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    const answer = Buffer.concat(chunks).toString()
    assert.match(answer, /pong.*Hello World$/s)
    const { bytesIn, bytesOut, responsesSent } = target.stats()
    assert.deepEqual([bytesIn, bytesOut, responsesSent], [bytes.length, answer.length, 2])
  })

  it('makes the share of errors that it is told to, by its seed, and never of its counts', async () => {
    const outcomes = async (seed: number) => {
      const target = await start({ errorShare: 0.3, errorStatus: 503, seed })
      const statuses: number[] = []
      for (let i = 0; i < 200; i++) statuses.push((await ask(target, '/')).status)
      assert.equal(target.stats().sent['/']?.[503], statuses.filter((status) => status === 503).length)
      return statuses
    }
    const statuses = await outcomes(1)
    const failed = statuses.filter((status) => status === 503).length
    // 60 of 200 with a deviation of 6.5; the seed is fixed.
    assert.ok(failed > 30 && failed < 90, `${failed} failed`)
    assert.deepEqual(await outcomes(1), statuses)
    assert.notDeepEqual(await outcomes(2), statuses)
    const always = await start({ errorShare: 1, dropShare: 1 })
    assert.equal((await ask(always, '/metric')).status, 200)
  })

  it('resets connections, and cuts answers, in the share that it is told to', async () => {
    const target = await start({ dropShare: 0.2, cutShare: 0.2 })
    const codes: Record<string, number> = {}
    for (let i = 0; i < 200; i++) {
      // A connection of its own for each: an agent would try again on another one.
      const code = await new Promise<string>((resolve) => {
        const request = httpRequest(`${target.url}/`, { agent: false }, (response) => {
          let size = 0
          response.on('data', (chunk: Buffer) => (size += chunk.length))
          response.on('error', () => resolve(`cut after ${size}`))
          response.on('end', () => resolve(`whole ${size}`))
        })
        request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        request.end()
      })
      codes[code] = (codes[code] ?? 0) + 1
    }
    const { dropped, cut, responsesSent, requestsReceived } = target.stats()
    assert.deepEqual(codes, { ECONNRESET: dropped, 'cut after 5': cut, 'whole 11': responsesSent })
    assert.equal(dropped + cut + responsesSent, requestsReceived)
    assert.ok(dropped > 15 && cut > 15 && responsesSent > 60, JSON.stringify(codes))
  })

  it('delays its answers', async () => {
    const clock = new FakeClock()
    const target = await start({ delay: { kind: 'fixed', ms: 50 } }, clock)
    const reply = ask(target, '/')
    await received(target, 1)
    await clock.advance(49)
    assert.equal(target.stats().responsesSent, 0)
    await clock.advance(1)
    assert.equal((await reply).body, 'Hello World')
  })

  it('receives and tells its counts while it stalls, then answers all', async () => {
    const clock = new FakeClock()
    const target = await start({ stall: { lastingMs: 1000, everyMs: 10_000 } }, clock)
    await clock.advance(8999)
    await ask(target, '/')
    await clock.advance(1)
    const replies = Promise.all([ask(target, '/'), ask(target, '/ping')])
    await received(target, 3)
    await clock.advance(999)
    const { body } = await ask(target, '/metrics', { headers: { accept: 'application/json' } })
    assert.deepEqual(JSON.parse(body), { total_requests: 3, total_responses: 1 })
    await clock.advance(1)
    assert.deepEqual(
      (await replies).map(({ status }) => status),
      [200, 200],
    )
    assert.equal(target.stats().responsesSent, 3)
  })

  for (const share of [0, 1])
    it(`counts neither response nor drop for a client that has gone (drops ${share * 100}%)`, async () => {
      const clock = new FakeClock()
      const target = await start({ delay: { kind: 'fixed', ms: 30 }, dropShare: share }, clock)
      const socket = connect(target.port, '127.0.0.1')
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await received(target, 1)
      socket.destroy()
      // Only the connection that asks for the counts is left.
      while (target.stats().connectionsOpen !== 1) await ask(target, '/metric')
      await clock.advance(30)
      const { requestsReceived, responsesSent, dropped } = target.stats()
      assert.deepEqual([requestsReceived, responsesSent, dropped, clock.pending], [1, 0, 0, 0])
    })

  it('answers with a body as large as it is told to', async () => {
    const target = await start({ bodySizeBytes: 10_000 })
    const { body, headers } = await ask(target, '/')
    assert.deepEqual([body.length, headers['content-length']], [10_000, '10000'])
    assert.equal((await ask(await start({ bodySizeBytes: 0 }), '/')).body, '')
  })

  it('says which port is in use', async () => {
    const { port } = await start()
    await assert.rejects(startTarget({ port }), (error) => {
      assert.ok(error instanceof AppError)
      assert.deepEqual(
        [error.code, error.message],
        ['PORT_IN_USE', `port ${port} of 127.0.0.1 is in use already`],
      )
      return true
    })
    await assert.rejects(startTarget({ host: '192.0.2.1' }), { code: 'USAGE' })
  })

  it('closes with connections open, twice if asked, and frees its port', async () => {
    const target = await start({ delay: { kind: 'fixed', ms: 60_000 } })
    const socket = connect(target.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    socket.on('error', () => {})
    await received(target, 1)
    await Promise.all([target.close(), target.close(), once(socket, 'close')])
    const again = await start({ port: target.port })
    assert.equal(again.url, target.url)
  })
})
