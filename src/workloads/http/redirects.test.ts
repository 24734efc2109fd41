import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  httpJob,
  httpScenario,
  requestSpec,
  runWorkload,
  startRecordingServer,
} from '../../testing/workload-run.ts'
import { followRedirect, resolveLocation } from './redirects.ts'

const request = (method: string): Buffer =>
  Buffer.from(
    `${method} /a?b=c HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer t\r\nCookie: own=1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nh\r\n\r\n`,
  )

const hopOf = (status: number, sameOrigin = true) => ({
  status,
  to: new URL('http://other.example:81/x y?q=ü'),
  sameOrigin,
  cookies: undefined,
})

const methods: [status: number, before: string, after: string][] = [
  [301, 'POST', 'GET'],
  [302, 'POST', 'GET'],
  [303, 'POST', 'GET'],
  [307, 'POST', 'POST'],
  [308, 'POST', 'POST'],
  [301, 'PUT', 'PUT'],
  [303, 'PUT', 'GET'],
  [303, 'HEAD', 'HEAD'],
  [301, 'HEAD', 'HEAD'],
]
for (const [status, before, after] of methods)
  test(`after ${status} a ${before} goes on as ${after}`, () => {
    const next = followRedirect(request(before), hopOf(status))
    assert.equal(next.method, after)
    const [head = '', ...body] = Buffer.from(next.bytes)
      .toString()
      .split(/(?<=\r\n\r\n)/)
    assert.ok(head.startsWith(`${after} /x%20y?q=%C3%BC HTTP/1.1\r\n`))
    assert.equal(/content-/i.test(head), before === after)
    assert.equal(body.join(''), before === after ? 'h\r\n\r\n' : '')
  })

test('within an origin credentials and host stay, to another they do not go along', () => {
  const same = Buffer.from(followRedirect(request('GET'), hopOf(302)).bytes).toString()
  assert.match(same, /\r\nHost: shop\.example\r\n/)
  assert.match(same, /\r\nAuthorization: Bearer t\r\nCookie: own=1\r\n/)
  const other = Buffer.from(followRedirect(request('GET'), hopOf(302, false)).bytes).toString()
  assert.match(other, /\r\nHost: other\.example:81\r\n/)
  assert.doesNotMatch(other, /authorization|cookie|shop\.example/i)
})

test('cookies of a journey replace those of the hop before', () => {
  const textWith = (cookies: string): string =>
    Buffer.from(followRedirect(request('GET'), { ...hopOf(302), cookies }).bytes).toString()
  assert.match(textWith('new=2'), /\r\nCookie: new=2\r\n\r\n/)
  assert.doesNotMatch(textWith('new=2'), /own=1/)
  assert.doesNotMatch(textWith(''), /cookie/i)
})

const locations: [location: string, to: string | undefined][] = [
  ['/x', 'http://h:8/x'],
  ['x?y', 'http://h:8/a/x?y'],
  ['?z', 'http://h:8/a/b?z'],
  ['//other/x', 'http://other/x'],
  ['https://other/x#f', 'https://other/x#f'],
  ['ftp://other/x', undefined],
  ['javascript:alert(1)', undefined],
  ['http://[', undefined],
]
for (const [location, to] of locations)
  test(`Location ${location} leads to ${to ?? 'nowhere'}`, () => {
    assert.equal(resolveLocation(location, 'http://h:8/a/b?c')?.href, to)
  })

test('hops are sent and counted under their status, the last answer alone is answered and checked', async (t) => {
  const server = await startRecordingServer(t, ({ path }, response) => {
    const left = Number(path.slice(1))
    response.writeHead(left > 0 ? 302 : 200, left > 0 ? { location: String(left - 1) } : {}).end('done')
  })
  const spec = requestSpec({
    method: 'POST',
    url: '/2',
    body: { kind: 'text', text: 'x' },
    checks: [{ kind: 'status', name: 'status', statuses: ['200'] }],
  })
  const job = httpJob([server.url], [spec], { redirects: 2 })
  const measured = (await runWorkload(httpScenario(job), 5)).measured('request')
  assert.deepEqual([measured.started, measured.sent, measured.answered], [5, 15, 5])
  assert.deepEqual(measured.status, { 200: 5, 302: 10 })
  assert.deepEqual(measured.checks, { status: { passed: 5, failed: 0 } })
  assert.deepEqual(measured.errors, {})
  assert.equal(measured.responseTime.count, 5)
  assert.equal(server.received.length, measured.sent)
})

test('credentials do not follow a redirect to another server, though it is on the same machine', async (t) => {
  const other = await startRecordingServer(t)
  const server = await startRecordingServer(t, (_, response) =>
    response.writeHead(307, { location: `${other.url}/x` }).end(),
  )
  const auth = { kind: 'bearer', token: 'secret' } as const
  const spec = requestSpec({ auth, headers: { cookie: 'own=1' } })
  await runWorkload(httpScenario(httpJob([server.url], [spec], { redirects: 1 })), 1)
  assert.equal(server.received[0]?.headers.authorization, 'Bearer secret')
  const { authorization, cookie, host } = other.received[0]?.headers ?? assert.fail('not followed')
  assert.deepEqual([authorization, cookie, `http://${host}`], [undefined, undefined, other.url])
})

test('when no more redirects may be followed, the redirect is the answer', async (t) => {
  const server = await startRecordingServer(t, (_, response) =>
    response.writeHead(302, { location: '/' }).end(),
  )
  const job = httpJob([server.url], [requestSpec({ redirects: 3 })], { redirects: 50 })
  const { sent, answered, status } = (await runWorkload(httpScenario(job), 2)).measured('request')
  assert.deepEqual([sent, answered, status], [8, 2, { 302: 8 }])
})

test('a redirect to a host that the driver must not load is not followed: unsent, and nothing in flight is left', async (t) => {
  const server = await startRecordingServer(t, (_, response) =>
    response.writeHead(302, { location: 'http://192.0.2.1/' }).end(),
  )
  const job = httpJob([server.url], [requestSpec()], { redirects: 1 })
  const { started, sent, answered, unsent } = (await runWorkload(httpScenario(job), 2)).measured('request')
  assert.deepEqual([started, sent, answered, unsent], [2, 2, 0, { notAllowed: 2 }])
})

test('all hops together have the time of one request', async (t) => {
  const server = await startRecordingServer(t, ({ path }, response) => {
    if (path === '/') setTimeout(() => response.writeHead(302, { location: '/never' }).end(), 20)
  })
  const job = httpJob([server.url], [requestSpec({ timeoutMs: 80 })], { redirects: 5 })
  const { errors, errorTime } = (await runWorkload(httpScenario(job), 1)).measured('request')
  assert.deepEqual(errors, { timeout: 1 })
  assert.ok((errorTime.maxUs ?? 0) >= 80_000 - 1000)
})
