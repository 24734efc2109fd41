import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../lib/clock.ts'
import type { Feeder } from '../../scenario/scenario.ts'
import {
  createWorkloadUnderTest,
  httpJob,
  httpScenario,
  journeySpec,
  measuredBy,
  requestSpec,
  runWorkload,
  startRecordingServer,
} from '../../testing/workload-run.ts'

const login = requestSpec({
  name: 'login',
  method: 'POST',
  url: '/login',
  captures: [
    { kind: 'json', variable: 'token', path: '$.token' },
    { kind: 'header', variable: 'place', header: 'X-Place' },
    { kind: 'regex', variable: 'digits', pattern: '"n":(\\d+)' },
  ],
})
const order = requestSpec({
  name: 'order',
  url: '/orders/{{place}}?n={{digits}}',
  headers: { authorization: 'Bearer {{token}}' },
})

test('what one step captures the next ones send, in header, path and query', async (t) => {
  const server = await startRecordingServer(t, ({ path }, response) => {
    if (path === '/login') response.writeHead(200, { 'x-place': 'a b' }).end('{"token":"t-1","n":17}')
    else response.end()
  })
  const run = await runWorkload(httpScenario(httpJob([server.url], [journeySpec([login, order])])), 6)
  const orders = server.received.filter(({ path }) => path !== '/login')
  assert.equal(orders.length, 6)
  for (const { path, headers } of orders) {
    assert.equal(path, '/orders/a%20b?n=17')
    assert.equal(headers.authorization, 'Bearer t-1')
  }
  const journey = run.measured('journey journey')
  assert.deepEqual([journey.started, journey.sent, journey.answered, journey.errors], [6, 6, 6, {}])
  assert.deepEqual(journey.status, {})
  assert.equal(journey.responseTime.count, 6)
  assert.equal(run.measured('login').sent + run.measured('order').sent, server.received.length)
  assert.deepEqual(run.measured('login').checks['capture token'], { passed: 6, failed: 0 })
})

test('a capture that finds nothing fails a check of its request and breaks the journey off', async (t) => {
  const server = await startRecordingServer(t, (_, response) =>
    response.writeHead(200, { 'x-place': 'p' }).end('{"n":1,"token":null}'),
  )
  const run = await runWorkload(httpScenario(httpJob([server.url], [journeySpec([login, order])])), 3)
  assert.deepEqual(run.measured('login').errors, { check: 3 })
  assert.deepEqual(run.measured('login').errorDetails, { 'check: capture token: found nothing': 3 })
  const journey = run.measured('journey journey')
  assert.deepEqual([journey.answered, journey.errors], [0, { protocol: 3 }])
  assert.deepEqual(journey.errorDetails, { 'protocol: capture token found nothing': 3 })
  assert.equal(server.received.length, 3)
})

test('a failed check does not end the journey, but counts once in it', async (t) => {
  const server = await startRecordingServer(t, (_, response) => response.writeHead(500).end())
  const checks = [{ kind: 'statusBelow', name: 'status', below: 400 } as const]
  const steps = [requestSpec({ name: 'a', checks }), requestSpec({ name: 'b', checks })]
  const run = await runWorkload(httpScenario(httpJob([server.url], [journeySpec(steps)])), 2)
  const journey = run.measured('journey journey')
  assert.deepEqual([journey.answered, journey.errors], [2, { check: 2 }])
  assert.deepEqual(run.measured('b').errors, { check: 2 })
})

test('a step without an answer ends the journey with its kind', async (t) => {
  const server = await startRecordingServer(t, ({ path }, response) => {
    if (path === '/cut') response.socket?.destroy()
    else response.end()
  })
  const steps = [
    requestSpec({ name: 'a' }),
    requestSpec({ name: 'cut', method: 'POST', url: '/cut' }),
    requestSpec({ name: 'b' }),
  ]
  const run = await runWorkload(httpScenario(httpJob([server.url], [journeySpec(steps)])), 3)
  const journey = run.measured('journey journey')
  assert.deepEqual([journey.started, journey.answered, journey.errors], [3, 0, { reset: 3 }])
  assert.throws(() => run.measured('b'), /nothing was measured/)
})

test('a captured line break never splits a header: the step is unsent, and so is the journey', async (t) => {
  const server = await startRecordingServer(t, ({ path }, response) => {
    response.end(path === '/login' ? JSON.stringify({ token: 'x\r\nX-Evil: 1' }) : '')
  })
  const steps = [
    requestSpec({ ...login, captures: [{ kind: 'json', variable: 'token', path: '$.token' }] }),
    requestSpec({ name: 'use', headers: { authorization: 'Bearer {{token}}' } }),
  ]
  const run = await runWorkload(httpScenario(httpJob([server.url], [journeySpec(steps)])), 2)
  assert.deepEqual(run.measured('use').unsent, { template: 2 })
  assert.deepEqual(run.measured('journey journey').unsent, { template: 2 })
  assert.equal(server.received.length, 2)
})

test('cookies live in one journey: set, sent by path, changed on a redirect, gone with the journey', async (t) => {
  const server = await startRecordingServer(t, ({ path }, response) => {
    if (path === '/login')
      response.writeHead(302, { location: '/home', 'set-cookie': ['sid=1', 'deep=1; Path=/deep'] }).end()
    else if (path === '/home') response.writeHead(200, { 'set-cookie': 'sid=2' }).end()
    else response.end()
  })
  const steps = [
    requestSpec({ name: 'login', method: 'POST', url: '/login', redirects: 1 }),
    requestSpec({ name: 'deep', url: '/deep/{{seq}}?x' }),
    requestSpec({ name: 'own', url: '/own', headers: { Cookie: 'mine=1' } }),
  ]
  await runWorkload(httpScenario(httpJob([server.url], [journeySpec(steps)])), 2, { concurrency: 1 })
  assert.deepEqual(
    server.received.slice(0, 4).map(({ path, headers }) => [path, headers.cookie]),
    [
      ['/login', undefined],
      ['/home', 'sid=1'],
      ['/deep/0?x', 'deep=1; sid=2'],
      ['/own', 'mine=1'],
    ],
  )
  assert.equal(server.received[4]?.headers.cookie, undefined)
})

test('a cookie that any step sets goes along, and a Cookie field of the scenario survives a redirect', async (t) => {
  const server = await startRecordingServer(t, ({ path }, response) => {
    if (path === '/own') response.writeHead(302, { location: '/moved' }).end()
    else response.writeHead(200, { 'set-cookie': 'sid=1' }).end()
  })
  const steps = [
    requestSpec({ name: 'a' }),
    requestSpec({ name: 'b', url: '/b' }),
    requestSpec({ name: 'own', url: '/own', headers: { cookie: 'mine=1' }, redirects: 1 }),
  ]
  await runWorkload(httpScenario(httpJob([server.url], [journeySpec(steps)])), 1)
  assert.deepEqual(
    server.received.map(({ path, headers }) => [path, headers.cookie]),
    [
      ['/', undefined],
      ['/b', 'sid=1'],
      ['/own', 'mine=1'],
      ['/moved', 'mine=1'],
    ],
  )
})

test('all steps of a journey have the same row of a feeder, while other journeys go on beside it', async (t) => {
  const server = await startRecordingServer(t)
  const csv = Buffer.from(`id\n${Array.from({ length: 40 }, (_, row) => `row${row}\n`).join('')}`)
  const feeders: Record<string, Feeder> = {
    users: {
      asset: { file: 'users.csv', sha256: 'aa', sizeBytes: csv.length },
      order: 'sequential',
      unique: true,
      columns: ['id'],
      rows: 40,
    },
  }
  const steps = ['first', 'second'].map((name) => requestSpec({ name, url: `/${name}/{{seq}}/{{users.id}}` }))
  const job = httpJob([server.url], [journeySpec(steps)], { feeders })
  await runWorkload(httpScenario(job), 40, { assets: new Map([['aa', csv]]) })
  const rowsOf = (name: string): string[] =>
    server.received.flatMap(({ path }) => (path.startsWith(`/${name}/`) ? [path.slice(name.length + 1)] : []))
  assert.equal(new Set(rowsOf('first').map((row) => row.split('/').at(-1))).size, 40)
  assert.deepEqual(rowsOf('second').sort(), rowsOf('first').sort())
})

test('a single request has no cookies', async (t) => {
  const server = await startRecordingServer(t, (_, response) =>
    response.writeHead(200, { 'set-cookie': 'a=1' }).end(),
  )
  await runWorkload(httpScenario(httpJob([server.url], [requestSpec()])), 3)
  assert.ok(server.received.every(({ headers }) => headers.cookie === undefined))
})

/** The system's time, but pauses of a second and more are only noted and over at once, `shiftMs` later. */
const skippingClock = (): { clock: Clock; pausesMs: number[] } => {
  const pausesMs: number[] = []
  let shiftMs = 0
  const clock: Clock = {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + shiftMs,
    after: (delayMs, callback) => {
      if (delayMs < 1000 || delayMs > 4000) return systemClock.after(delayMs, callback)
      pausesMs.push(delayMs)
      return systemClock.after(0, () => {
        shiftMs += delayMs
        callback()
      })
    },
  }
  return { clock, pausesMs }
}

test('think time is drawn from the seed, passes between the steps, and is in no response time', async (t) => {
  const server = await startRecordingServer(t)
  const think = { kind: 'think', minMs: 1500, maxMs: 3000 } as const
  const steps = [requestSpec({ name: 'a' }), think, requestSpec({ name: 'b' })]
  const scenario = httpScenario(
    httpJob([server.url], [journeySpec(steps)], {
      timeoutMs: 60_000,
      connectTimeoutMs: 60_000,
      idleTimeoutMs: 60_000,
    }),
  )
  const pausesOf = async (seed: number): Promise<number[]> => {
    const { clock, pausesMs } = skippingClock()
    const run = await runWorkload({ ...scenario, seed }, 8, { clock, concurrency: 1 })
    const journey = run.measured('journey journey')
    assert.equal(journey.answered, 8)
    assert.ok((journey.responseTime.maxUs ?? Number.NaN) < 1_500_000)
    assert.ok((run.measured('b').sendLateness.maxUs ?? Number.NaN) < 1_500_000)
    return pausesMs
  }
  const pauses = await pausesOf(1)
  assert.equal(pauses.length, 8)
  for (const ms of pauses) assert.ok(ms > 1500 - 500 && ms <= 3000)
  assert.ok(Math.max(...pauses) - Math.min(...pauses) > 200)
  const again = await pausesOf(1)
  const other = await pausesOf(2)
  const isClose = (a: number[], b: number[]): boolean => a.every((ms, i) => Math.abs(ms - (b[i] ?? 0)) < 100)
  assert.ok(isClose(pauses, again))
  assert.ok(!isClose(pauses, other))
})

test('a journey that thinks is in flight, and ends unsent when the run is stopped', async (t) => {
  const server = await startRecordingServer(t)
  const steps = [
    requestSpec({ name: 'a' }),
    { kind: 'think', minMs: 60_000, maxMs: 60_000 } as const,
    requestSpec({ name: 'b' }),
  ]
  const { workload, recorders, ended } = createWorkloadUnderTest(
    httpScenario(httpJob([server.url], [journeySpec(steps)])),
  )
  await workload.open()
  workload.start(0, performance.now())
  const answered = recorders.request('a')
  while (answered.take().answered === 0) await new Promise(setImmediate)
  assert.deepEqual([workload.inFlight, ended()], [1, 0])
  workload.cancelQueued()
  assert.deepEqual([workload.inFlight, ended()], [0, 1])
  assert.deepEqual(measuredBy(recorders).measured('journey journey').unsent, { stopped: 1 })
  await workload.close(0)
})

test('a journey whose request is under way when the run is stopped ends once, after its answer', async (t) => {
  let answer = (): void => undefined
  const server = await startRecordingServer(t, ({ path }, response) => {
    if (path === '/b') answer = () => response.end()
    else response.end()
  })
  const steps = [
    requestSpec({ name: 'a' }),
    { kind: 'think', minMs: 1, maxMs: 1 } as const,
    requestSpec({ name: 'b', url: '/b' }),
    requestSpec({ name: 'c' }),
  ]
  const { workload, recorders, ended } = createWorkloadUnderTest(
    httpScenario(httpJob([server.url], [journeySpec(steps)])),
  )
  await workload.open()
  workload.start(0, performance.now())
  while (server.received.length < 2) await new Promise(setImmediate)
  workload.cancelQueued()
  assert.deepEqual([workload.inFlight, ended()], [1, 0])
  answer()
  await workload.close(60_000)
  assert.deepEqual([workload.inFlight, ended()], [0, 1])
  const run = measuredBy(recorders)
  assert.equal(run.measured('b').answered, 1)
  assert.deepEqual(run.measured('journey journey').unsent, { stopped: 1 })
  assert.equal(server.received.length, 2)
})

test('closing ends a journey that thinks', async (t) => {
  const server = await startRecordingServer(t)
  const think = { kind: 'think', minMs: 60_000, maxMs: 60_000 } as const
  const steps = [think, requestSpec({ name: 'a' })]
  const { workload, recorders, ended } = createWorkloadUnderTest(
    httpScenario(httpJob([server.url], [journeySpec(steps)])),
  )
  await workload.open()
  workload.start(0, performance.now())
  await workload.close(0)
  assert.deepEqual([workload.inFlight, ended()], [0, 1])
  assert.deepEqual(measuredBy(recorders).measured('journey journey').unsent, { stopped: 1 })
})

test('closing cuts off journeys after the grace: their request as a timeout', async (t) => {
  const server = await startRecordingServer(t, () => undefined)
  const { workload, recorders } = createWorkloadUnderTest(
    httpScenario(httpJob([server.url], [journeySpec([requestSpec({ name: 'a' })])])),
  )
  await workload.open()
  workload.start(0, performance.now())
  await workload.close(5)
  assert.equal(workload.inFlight, 0)
  const run = measuredBy(recorders)
  assert.deepEqual(run.measured('journey journey').errors, { timeout: 1 })
  assert.deepEqual(run.measured('a').errors, { timeout: 1 })
})
