import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { Body, Feeder, RequestSpec } from '../../scenario/scenario.ts'
import {
  httpJob,
  httpScenario,
  type ReceivedRequest,
  requestSpec,
  runWorkload,
  startRecordingServer,
  type WorkloadRun,
} from '../../testing/workload-run.ts'

const hostile = [
  'a\r\nX-Evil: 1',
  '\r\n\r\nGET /evil HTTP/1.1\r\n\r\n',
  'nul\0byte',
  '"quoted" \\back\\',
  '{"json":true}',
  'café ☕ 😀',
  '\u2028\u2029',
  'a&b=c+d%41;e#f?g/h',
  '../../etc',
  '\t tab \t',
  '\x7f',
  '',
]

/** The same on every run: the hostile ones and 150 made up by fast-check. */
const values = [
  ...hostile,
  ...fc.sample(fc.string({ unit: 'binary', maxLength: 30 }), { seed: 11, numRuns: 100 }),
  ...fc.sample(
    fc.string({ unit: fc.constantFrom('\r', '\n', '\0', '"', '\\', '%', ' ', 'a', 'é'), maxLength: 12 }),
    {
      seed: 12,
      numRuns: 50,
    },
  ),
].map((value) => value.toWellFormed())

const csv = Buffer.from(
  ['value,other', ...values.map((value) => `"${value.replaceAll('"', '""')}",x`)].join('\n'),
)
const feeder: Feeder = {
  asset: { file: 'values.csv', sha256: 'cc', sizeBytes: csv.length },
  order: 'sequential',
  unique: true,
  columns: ['value', 'other'],
  rows: values.length,
}

interface Sent {
  run: WorkloadRun
  /** What the server read for each value, by its place among them. */
  byPlace: Map<number, ReceivedRequest>
}

/** Sends each value once, in a request that says its place in the field x-seq. */
const sendValues = async (t: TestContext, spec: Partial<RequestSpec>): Promise<Sent> => {
  const server = await startRecordingServer(t)
  const request = requestSpec({ method: 'POST', ...spec, headers: { 'X-Seq': '{{seq}}', ...spec.headers } })
  const job = httpJob([server.url], [request], { feeders: { f: feeder } })
  const run = await runWorkload(httpScenario(job), values.length, { assets: new Map([['cc', csv]]) })
  const { sent } = run.measured('request')
  assert.equal(server.received.length, sent)
  return {
    run,
    byPlace: new Map(server.received.map((request) => [Number(request.headers['x-seq']), request])),
  }
}

const field = (request: ReceivedRequest, name: string): string =>
  Buffer.from(String(request.headers[name] ?? ''), 'latin1').toString()

const bodies: { what: string; body: Body; read: (body: string) => unknown }[] = [
  {
    what: 'a JSON string',
    body: { kind: 'json', json: { a: ['<{{f.value}}>', 1, null] } },
    read: (body) => (JSON.parse(body) as { a: string[] }).a[0]?.slice(1, -1),
  },
  {
    what: 'a form field',
    body: { kind: 'form', fields: { 'a b': '{{f.value}}', c: 'd&' } },
    read: (body) => {
      const form = new URLSearchParams(body)
      assert.equal(form.get('c'), 'd&')
      return form.get('a b')
    },
  },
  { what: 'a text', body: { kind: 'text', text: '{{f.value}}' }, read: (body) => body },
]
for (const { what, body, read } of bodies)
  test(`whatever a value holds, ${what} brings it to the server unchanged, and nothing else changes`, async (t) => {
    const { byPlace } = await sendValues(t, { url: '/fixed', body })
    assert.equal(byPlace.size, values.length)
    for (const [place, request] of byPlace) {
      assert.equal(read(request.body.toString()), values[place])
      assert.deepEqual([request.method, request.path], ['POST', '/fixed'])
      assert.equal(request.headers['x-evil'], undefined)
      assert.equal(Number(request.headers['content-length']), request.body.length)
    }
  })

test('whatever a value holds, it stays inside its path segment and its query value', async (t) => {
  const { byPlace } = await sendValues(t, { url: '/p/{{f.value}}/end?q={{f.value}}&r=1' })
  assert.equal(byPlace.size, values.length)
  for (const [place, { path, headers }] of byPlace) {
    const [, inPath = '', inQuery = ''] = /^\/p\/(.*)\/end\?q=([^&]*)&r=1$/s.exec(path) ?? assert.fail(path)
    assert.equal(decodeURIComponent(inQuery), values[place])
    // A correct %XX in a path stays as it is, so compare what it stands for.
    const value = values[place] ?? ''
    if (!/%[0-9a-f]{2}/i.test(value)) assert.equal(decodeURIComponent(inPath), value)
    assert.equal(headers['x-evil'], undefined)
  }
})

test('a header brings a value to the server unchanged, or the request is refused', async (t) => {
  const { run, byPlace } = await sendValues(t, { headers: { 'X-Value': '[{{f.value}}]' } })
  let refused = 0
  for (const [place, value] of values.entries()) {
    const request = byPlace.get(place)
    const mustRefuse = [...value].some((c) => (c < ' ' && c !== '\t') || c === '\x7f')
    if (mustRefuse) {
      assert.equal(request, undefined)
      refused++
    } else assert.equal(field(request ?? assert.fail(value), 'x-value'), `[${value}]`)
  }
  assert.ok(refused > 10 && byPlace.size > 50)
  assert.deepEqual(run.measured('request').unsent, { template: refused })
})

test('basic credentials may be templated', async (t) => {
  const { byPlace } = await sendValues(t, {
    auth: { kind: 'basic', user: 'u{{seq}}', password: '{{f.value}}' },
  })
  assert.equal(byPlace.size, values.length)
  for (const [place, request] of byPlace) {
    const [scheme, credentials = ''] = field(request, 'authorization').split(' ')
    assert.equal(scheme, 'Basic')
    assert.equal(Buffer.from(credentials, 'base64').toString(), `u${place}:${values[place]}`)
  }
})

const receive = async (
  t: TestContext,
  spec: Partial<RequestSpec>,
  job: Parameters<typeof httpJob>[2] = {},
): Promise<ReceivedRequest> => {
  const server = await startRecordingServer(t)
  await runWorkload(httpScenario(httpJob([server.url], [requestSpec(spec)], job)), 1)
  return server.received[0] ?? assert.fail('nothing was received')
}

const namesOf = ({ rawHeaders }: ReceivedRequest): string[] => rawHeaders.filter((_, i) => i % 2 === 0)

test('a request without a body has the standard fields and no more', async (t) => {
  const request = await receive(t, {})
  assert.deepEqual(namesOf(request), ['Host', 'User-Agent', 'Accept'])
  assert.equal(request.headers.accept, '*/*')
})

for (const method of ['POST', 'PUT', 'PATCH'])
  test(`a ${method} without a body says that its length is 0`, async (t) => {
    assert.equal((await receive(t, { method })).headers['content-length'], '0')
  })

test('the fields of the request win over the job’s and over ours, in any case, and none is there twice', async (t) => {
  const request = await receive(
    t,
    {
      headers: { 'user-agent': 'mine', 'X-B': 'request', host: 'elsewhere' },
      auth: { kind: 'bearer', token: 'ignored' },
      body: { kind: 'json', json: [] },
    },
    { headers: { 'x-b': 'job', AUTHORIZATION: 'own', 'content-TYPE': 'text/json' } },
  )
  const names = namesOf(request).map((name) => name.toLowerCase())
  assert.equal(new Set(names).size, names.length)
  const { host, authorization } = request.headers
  assert.deepEqual([host, authorization], ['elsewhere', 'own'])
  assert.equal(request.headers['user-agent'], 'mine')
  assert.equal(request.headers['x-b'], 'request')
  assert.equal(request.headers['content-type'], 'text/json')
})

test('the credentials of the request win over the job’s', async (t) => {
  const job = { auth: { kind: 'bearer', token: 'job' } } as const
  assert.equal((await receive(t, {}, job)).headers.authorization, 'Bearer job')
  const own = await receive(t, { auth: { kind: 'basic', user: 'u', password: 'p' } }, job)
  assert.equal(own.headers.authorization, 'Basic dTpw')
})

test('a string that is one expression of a number is a number in JSON, every other string is a string', async (t) => {
  const json = {
    n: '{{seq}}',
    i: '{{randomInt 5 5}}',
    d: '{{driver}}',
    s: '{{uuid}}',
    t: ' {{seq}}',
    r: '{{random}}',
  }
  const { body, headers } = await receive(t, { body: { kind: 'json', json } })
  const { n, i, d, s, t: text, r } = JSON.parse(body.toString()) as Record<string, unknown>
  assert.deepEqual([n, i, d, typeof s, text], [0, 5, 0, 'string', ' 0'])
  assert.ok(typeof r === 'number' && r >= 0 && r < 1)
  assert.equal(headers['content-type'], 'application/json')
})

test('two expressions of one request draw apart', async (t) => {
  const { path } = await receive(t, { url: '/{{uuid}}/{{uuid}}' })
  const [, one, other] = path.split('/')
  assert.notEqual(one, other)
})

test('a large body with a template in it arrives whole, and so does a file', async (t) => {
  const server = await startRecordingServer(t)
  const large = 'é'.repeat(200_000)
  const file = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 256))
  const requests = [
    requestSpec({ method: 'PUT', url: '/text', body: { kind: 'text', text: `{{seq}}${large}{{seq}}` } }),
    requestSpec({
      method: 'PUT',
      url: '/file',
      body: { kind: 'file', asset: { file: 'f', sha256: 'ff', sizeBytes: 100_000 } },
    }),
  ]
  await runWorkload(httpScenario(httpJob([server.url], requests)), 8, { assets: new Map([['ff', file]]) })
  assert.equal(server.received.length, 8)
  for (const { path, body } of server.received)
    if (path === '/file') assert.deepEqual(body, file)
    else {
      const text = body.toString()
      assert.ok(text.slice(1, -1) === large)
      assert.match(text[0] ?? '', /\d/)
      assert.equal(text[0], text.at(-1))
    }
})
