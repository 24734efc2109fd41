import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Feeder } from '../../scenario/scenario.ts'
import {
  httpJob,
  httpScenario,
  type ReceivedRequest,
  requestSpec,
  runWorkload,
  startRecordingServer,
} from '../../testing/workload-run.ts'

test('what was sent is what the server received, each operation as often as it weighs, on every one of n drivers', async (t) => {
  const server = await startRecordingServer(t)
  const requests = [
    requestSpec({ name: 'home', weight: 8 }),
    requestSpec({ name: 'buy', weight: 2, method: 'POST', url: '/buy', body: { kind: 'text', text: 'x' } }),
  ]
  const scenario = httpScenario(httpJob([server.url], requests))
  for (const index of [0, 1, 2])
    await runWorkload(scenario, 300, { share: { index, of: 3 } }).then((run) => {
      for (const name of ['home', 'buy']) {
        const { started, sent, answered, status, responseTime, sendLateness } = run.measured(name)
        assert.equal(sent, started)
        assert.equal(answered, started)
        assert.deepEqual(status, { 200: started })
        assert.equal(responseTime.count, started)
        assert.equal(sendLateness.count, started)
      }
    })
  const counts = (path: string): number => server.received.filter((request) => request.path === path).length
  assert.deepEqual([counts('/'), counts('/buy')], [240, 60])
})

test('bytes in and out are those on the wire, and equal over all answers', async (t) => {
  const server = await startRecordingServer(t)
  const run = await runWorkload(httpScenario(httpJob([server.url], [requestSpec()])), 10)
  const { bytesOut, bytesIn } = run.measured('request')
  const [first] = server.received
  const head = `GET / HTTP/1.1\r\n${(first?.rawHeaders ?? []).reduce((text, part, i) => text + part + (i % 2 === 0 ? ': ' : '\r\n'), '')}\r\n`
  assert.equal(bytesOut, 10 * head.length)
  assert.ok(bytesIn > 10 * 'HTTP/1.1 200 OK\r\n\r\nhello'.length)
})

test('several targets are asked in turn, each with its own path in front and its own host', async (t) => {
  const servers = [await startRecordingServer(t), await startRecordingServer(t)]
  const targets = servers.map(({ url }, i) => `${url}/base${i}/`)
  await runWorkload(httpScenario(httpJob(targets, [requestSpec({ url: '/a?b=c' })])), 11)
  const paths = servers.map(({ received }) => received.map(({ path }) => path))
  assert.deepEqual(
    paths.map((of) => of.length),
    [6, 5],
  )
  assert.deepEqual([...new Set(paths.flat())].sort(), ['/base0/a?b=c', '/base1/a?b=c'])
  for (const { url, received } of servers)
    assert.ok(received.every(({ headers }) => `http://${headers.host}` === url))
})

test('an absolute URL goes to its own host, without the target’s path', async (t) => {
  const servers = [await startRecordingServer(t), await startRecordingServer(t)]
  const [target = '', other = ''] = servers.map(({ url }) => url)
  const requests = [requestSpec({ url: `${other}/x/{{seq}}` }), requestSpec({ name: 'bare', url: other })]
  await runWorkload(httpScenario(httpJob([`${target}/base`], requests)), 2)
  assert.deepEqual(
    servers.map(({ received }) => received.length),
    [0, 2],
  )
  const paths = servers[1]?.received.map(({ path }) => path) ?? []
  assert.ok(paths.includes('/'))
  assert.ok(paths.some((path) => /^\/x\/[01]$/.test(path)))
})

const csv = 'id,name\n1,Ann\n2,Bob\n3,Cid\n4,Dee\n5,Eve\n'
const assets = new Map([['aa', Buffer.from(csv)]])
const users = (feeder: Partial<Feeder> = {}): Record<string, Feeder> => ({
  users: {
    asset: { file: 'users.csv', sha256: 'aa', sizeBytes: csv.length },
    order: 'sequential',
    unique: true,
    columns: ['id', 'name'],
    rows: 5,
    ...feeder,
  },
})

for (const order of ['sequential', 'random'] as const)
  test(`unique rows (${order}) are used once each over all operations and drivers; then operations are unsent`, async (t) => {
    const server = await startRecordingServer(t)
    const requests = [
      requestSpec({ name: 'a', url: '/{{users.id}}/{{users.name}}' }),
      requestSpec({ name: 'b', weight: 2, url: '/b?{{users.id}}={{users.name}}' }),
      requestSpec({ name: 'none', url: '/none' }),
    ]
    const scenario = httpScenario(httpJob([server.url], requests, { feeders: users({ order }) }))
    let unsent = 0
    for (const index of [0, 1]) {
      const run = await runWorkload(scenario, 20, { share: { index, of: 2 }, assets })
      for (const name of ['a', 'b']) {
        const measured = run.measured(name)
        unsent += measured.unsent.feeder ?? 0
        assert.equal(measured.started, measured.answered + (measured.unsent.feeder ?? 0))
      }
    }
    const rows = server.received
      .filter(({ path }) => path !== '/none')
      .map(({ path }) => path.replace('/b?', '/').replace('=', '/'))
    assert.deepEqual(rows.sort(), ['/1/Ann', '/2/Bob', '/3/Cid', '/4/Dee', '/5/Eve'])
    assert.equal(unsent, 20 - 5 - 5)
  })

test('an operation that cannot be connected is an error with a time, and ends like every other', async (t) => {
  const server = await startRecordingServer(t)
  await server.close()
  const run = await runWorkload(httpScenario(httpJob([server.url], [requestSpec()])), 5)
  const { started, sent, errors, errorTime } = run.measured('request')
  assert.deepEqual([started, sent, errors], [5, 0, { connect: 5 }])
  assert.equal(errorTime.count, 5)
})

test('checks are counted under their names, and an answer with several failed ones once', async (t) => {
  const server = await startRecordingServer(t, (_, response) => response.end('{"state":"new"}'))
  const spec = requestSpec({
    checks: [
      { kind: 'status', name: 'status 2xx', statuses: ['2xx'] },
      { kind: 'bodyContains', name: 'contains old', text: 'old' },
      { kind: 'json', name: 'state', path: '$.state', equals: 'used' },
      { kind: 'time', name: 'time', belowMs: 60_000 },
    ],
  })
  const { checks, errors, answered, errorDetails } = (
    await runWorkload(httpScenario(httpJob([server.url], [spec])), 6)
  ).measured('request')
  assert.deepEqual(checks, {
    'status 2xx': { passed: 6, failed: 0 },
    'contains old': { passed: 0, failed: 6 },
    state: { passed: 0, failed: 6 },
    time: { passed: 6, failed: 0 },
  })
  assert.deepEqual(errors, { check: 6 })
  assert.equal(answered, 6)
  assert.deepEqual(errorDetails, { 'check: contains old': 6 })
})

test('a body longer than what is kept fails the checks of the body, and says so', async (t) => {
  const server = await startRecordingServer(t, (_, response) => response.end('hello, world'))
  const spec = requestSpec({
    checks: [
      { kind: 'bodyContains', name: 'contains hello', text: 'hello' },
      { kind: 'size', name: 'size', minBytes: 12, maxBytes: 12 },
    ],
  })
  const job = httpJob([server.url], [spec], { maxKeptBodyBytes: 11 })
  const { checks, errorDetails } = (await runWorkload(httpScenario(job), 1)).measured('request')
  assert.deepEqual(checks, {
    'contains hello': { passed: 0, failed: 1 },
    size: { passed: 1, failed: 0 },
  })
  assert.deepEqual(Object.keys(errorDetails), [
    'check: contains hello: the body is longer than the 11 bytes kept of it',
  ])
})

test('without reuse every request has a connection of its own and says that it closes', async (t) => {
  const server = await startRecordingServer(t)
  const job = httpJob([server.url], [requestSpec()], { reuse: false })
  const { answered, connectionsOpened } = (await runWorkload(httpScenario(job), 7)).measured('request')
  assert.equal(answered, 7)
  assert.equal(connectionsOpened, 7)
  assert.ok(server.received.every(({ headers }) => headers.connection === 'close'))
})

test('the values of a run are the same, however many drivers there are', async (t) => {
  const server = await startRecordingServer(t)
  const spec = requestSpec({
    method: 'POST',
    url: '/{{seq}}?r={{random}}&i={{randomInt -3 1000}}',
    headers: { 'x-id': '{{uuid}}', 'x-s': '{{randomString 10}}{{randomHex 7}}' },
    body: { kind: 'json', json: { id: '{{uuid}}' } },
  })
  const scenario = httpScenario(httpJob([server.url], [spec]))
  const received = async (drivers: number): Promise<string[]> => {
    server.received.length = 0
    for (let index = 0; index < drivers; index++)
      await runWorkload(scenario, 40, { share: { index, of: drivers } })
    return server.received
      .map(({ path, headers, body }) => [path, headers['x-id'], headers['x-s'], body.toString()].join(' '))
      .sort()
  }
  const alone = await received(1)
  assert.equal(new Set(alone).size, 40)
  assert.deepEqual(await received(3), alone)
})

const last = (received: readonly ReceivedRequest[]): ReceivedRequest =>
  received.at(-1) ?? assert.fail('nothing')

test('the user agent is this version', async (t) => {
  const server = await startRecordingServer(t)
  await runWorkload(httpScenario(httpJob([server.url], [requestSpec()])), 1)
  assert.match(last(server.received).headers['user-agent'] ?? '', /^groundswell\/\d+\.\d+\.\d+/)
})
