import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { drawInteger } from '../../lib/random.ts'
import type { RunResult } from '../../results/run-result.ts'
import { skipWithout } from '../components.ts'
import { type OrchestratorRole, RoleCluster } from '../role-cluster.ts'
import { waitFor } from '../wait-for.ts'

const pipelined = 92_000
const warming = 20_000
const alone = 8_000
/** Requests of one write. */
const batch = 46
const clients = 16
const patienceMs = 120_000

const head = 'Host: 127.0.0.1\r\n'
const post = (path: string, type: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\n${head}Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** Every level names the one below it nine times. */
const yamlBomb = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`),
  'http: *a9',
].join('\n')
const regexBomb = JSON.stringify({
  scenario: {
    http: { target: 'http://127.0.0.1:1', requests: [{ get: '/', check: { matches: '^(a+)+$' } }] },
    load: { rate: '1', duration: '(((((' },
  },
})

/** Wrong, but HTTP: after their answer the connection goes on. */
const politeKinds: readonly string[] = [
  `GET /nothing HTTP/1.1\r\n${head}\r\n`,
  `DELETE /api/runs HTTP/1.1\r\n${head}\r\n`,
  `PROPFIND /api/runs HTTP/1.1\r\n${head}\r\n`,
  `GET /api/runs?limit=-1&x=__proto__ HTTP/1.1\r\n${head}\r\n`,
  `GET /api/runs?after=${'%00'.repeat(50)} HTTP/1.1\r\n${head}\r\n`,
  `GET /api/runs/__proto__ HTTP/1.1\r\n${head}\r\n`,
  `GET /api/runs/${'x'.repeat(290)}/timeline HTTP/1.1\r\n${head}\r\n`,
  `GET /${'long/'.repeat(1500)} HTTP/1.1\r\n${head}\r\n`,
  `GET /api/runs/%zz HTTP/1.1\r\n${head}\r\n`,
  `GET /api/runs/..%2f..%2fetc%2fpasswd/report.json HTTP/1.1\r\n${head}\r\n`,
  `GET /api/runs/x/seconds/99999999999999999999 HTTP/1.1\r\n${head}\r\n`,
  `GET /api/runs HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
  `POST /avalanche HTTP/1.1\r\n${head}Origin: http://evil.example\r\nContent-Length: 0\r\n\r\n`,
  `POST /tsunami/-1 HTTP/1.1\r\n${head}Content-Length: 0\r\n\r\n`,
  `POST /trigger/nobody HTTP/1.1\r\n${head}Content-Length: 0\r\n\r\n`,
  post('/avalanche', 'application/json', '{"target_url": "ftp://x", "connections": 1e99}'),
  post('/api/runs', 'application/json', '[]'),
  post('/api/runs', 'application/json', `{"scenario":${'['.repeat(2000)}${']'.repeat(2000)}}`),
  post('/api/runs', 'application/json', `{"scenario":{}, "id":"${'\\u0000'.repeat(40)}"}`),
  post(
    '/api/runs',
    'application/json',
    `{"scenario":{"load":{"rate":1e308}},"set":["__proto__.x=1","a.b.c"]}`,
  ),
  post('/api/runs', 'application/yaml', 'a: [\n\t- {'),
  post('/api/scenarios/validate', 'application/json', regexBomb),
  post('/api/runs/x/rate', 'application/json', '{"scale":-1}'),
  post('/api/runs/x/stop', 'application/json', '{"a":1}'),
]

/** No HTTP, or none that is over, or a body that is none: the server ends the connection, or we do. */
const rudeKinds: readonly string[] = [
  post('/api/runs', 'application/json', '{"a":'),
  post('/api/runs', 'application/json', '{"__proto__":{"x":1},"scenarioText":"a"}'),
  post('/api/runs', 'application/json', `${'['.repeat(5000)}`),
  post('/api/runs', 'text/html', '<p>'),
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  '\r\n\r\n\r\n',
  `GET / HTTP/1.1\r\nA: ${'x'.repeat(40_000)}\r\n\r\n`,
  `GET /${'x'.repeat(40_000)} HTTP/1.1\r\n\r\n`,
  `GET /api/runs HTTP/1.1\r\n${'A: b\r\n'.repeat(4000)}\r\n`,
  `GET /api/runs HTTP/9.9\r\n${head}\r\n`,
  `GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1`,
  `POST /api/runs HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"a`,
  `POST /api/runs HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 999999999999\r\n\r\n{`,
  `POST /api/runs HTTP/1.1\r\n${head}Content-Length: 99999999999999999999999\r\n\r\n`,
  `POST /api/runs HTTP/1.1\r\n${head}Content-Length: -1\r\n\r\n`,
  `POST /api/runs HTTP/1.1\r\n${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `POST /api/runs HTTP/1.1\r\n${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
  `GET /api/runs HTTP/1.1\r\n${head}Upgrade: websocket\r\nConnection: upgrade\r\n\r\n`,
  `CONNECT evil.example:443 HTTP/1.1\r\n${head}\r\n`,
  `GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n`,
]

describe('a flood of malformed requests', { skip: skipWithout('kafka') }, () => {
  let directory = ''
  /** In a process of its own, as this one is busy. */
  let target = ''
  let cluster: RoleCluster
  let orchestrator: OrchestratorRole
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'groundswell-requests-'))
    cluster = new RoleCluster()
    const { stderr } = cluster.start(['target', '--port', '0'])
    target = await waitFor('the target', () => /Serving (\S+) /.exec(stderr())?.[1], patienceMs)
    orchestrator = await cluster.startOrchestrator(['--store', join(directory, 'runs.sqlite')])
    await cluster.startDriver()
  })
  after(async () => {
    await cluster?.[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  const received = async (): Promise<number> => Number(await (await fetch(`${target}/metric`)).text())

  const port = (): number => Number(new URL(orchestrator.url).port)

  const ask = async (method: string, path: string, body?: unknown): Promise<RunResult> => {
    const response = await fetch(orchestrator.url + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as RunResult
  }

  const residentBytes = async (): Promise<number> => {
    const status = await readFile(`/proc/${orchestrator.child.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
  }

  /** One connection, so many requests, a batch in each write; each has an answer that refuses it. */
  const flood = (count: number, offset: number): Promise<Map<string, number>> =>
    new Promise((resolve, reject) => {
      const socket = connect(port(), '127.0.0.1')
      const statuses = new Map<string, number>()
      let asked = 0
      let answered = 0
      let rest = ''
      const askMore = (): void => {
        const texts = Array.from({ length: Math.min(batch, count - asked) }, (_, i) => {
          return politeKinds[(offset + asked + i) % politeKinds.length] ?? ''
        })
        asked += texts.length
        socket.write(texts.join(''))
      }
      socket.setEncoding('latin1').on('data', (text: string) => {
        rest += text
        let end = 0
        for (const found of rest.matchAll(/HTTP\/1\.1 (\d\d\d) [^\r]*\r\n/g)) {
          const [line, status = ''] = found
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          answered++
          end = found.index + line.length
        }
        rest = rest.slice(Math.max(end, rest.length - 100))
        if (answered === count) {
          socket.destroy()
          resolve(statuses)
        } else if (answered === asked) askMore()
      })
      socket.on('error', reject)
      socket.on('close', () => reject(new Error(`closed after ${answered} of ${asked} answers: ${rest}`)))
      socket.on('connect', askMore)
    })

  /** A connection for one that is no request, until the server ends it or has said something. */
  const insult = (bytes: Buffer): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(port(), '127.0.0.1')
      socket.on('data', () => socket.destroy())
      socket.on('error', () => {})
      socket.on('close', () => resolve())
      socket.end(bytes)
    })

  const rude = (n: number): Buffer => {
    const bytes = Buffer.from(rudeKinds[n % rudeKinds.length] ?? '', 'latin1')
    for (let i = 0; n >= rudeKinds.length && i < 3; i++)
      bytes[drawInteger(3, i, n, 0, bytes.length - 1)] = drawInteger(4, i, n, 0, 255)
    return bytes
  }

  it('of 100,000: no crash, no growth, a line a kind, and the run beside it is exact', async () => {
    const scenario = { http: target, load: { rate: '50/s', duration: '1h' }, start: { deadline: '120s' } }
    const { id } = await ask('POST', '/api/runs', { scenario })
    await waitFor('some load', async () => (await received()) > 20, patienceMs)
    // They sit there for as long as they are let.
    const lorises = Array.from({ length: 100 }, () => {
      const socket = connect(port(), '127.0.0.1')
      socket.on('error', () => {})
      socket.write('GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nA: ')
      return socket
    })
    // Each costs some milliseconds.
    for (let i = 0; i < 30; i++) await insult(Buffer.from(post('/api/runs', 'application/yaml', yamlBomb)))
    // Some hundred MiB are taken once: threads that read scenarios, a heap that fits the pace. What counts is what follows.
    await Promise.all(Array.from({ length: clients }, (_, i) => flood(warming / clients, i)))
    const before = await residentBytes()
    const answers = await Promise.all([
      ...Array.from({ length: clients }, (_, i) => flood((pipelined - warming) / clients, i)),
      (async () => {
        for (let n = 0; n < alone; n += 20)
          await Promise.all(Array.from({ length: 20 }, (_, i) => insult(rude(n + i))))
        return new Map<string, number>()
      })(),
    ])
    for (const loris of lorises) loris.destroy()
    const statuses = new Set(answers.flatMap((of) => [...of.keys()]))
    // Validation answers 200 with what is wrong.
    for (const status of statuses) assert.match(status, /^(?:200|4\d\d)$/)
    assert.ok(statuses.size >= 6, [...statuses].join())
    const grown = ((await residentBytes()) - before) / 2 ** 20
    assert.ok(grown < 250, `grew by ${grown} MiB`)
    const log = orchestrator.log()
    const kinds = log.filter(({ msg }) => msg.startsWith('refused a request')).map(({ kind }) => kind)
    assert.deepEqual(kinds, [...new Set(kinds)])
    assert.ok(kinds.length >= 8, kinds.join())
    assert.ok(log.length < kinds.length + 20, log.map(({ msg }) => msg).join('\n'))
    assert.deepEqual(
      log.filter(({ level }) => level === 'error'),
      [],
    )

    await ask('POST', `/api/runs/${id}/stop`)
    const result = await waitFor(
      'the end of the run',
      async () => {
        const found = await ask('GET', `/api/runs/${id}`)
        return found.state === 'finished' ? found : undefined
      },
      patienceMs,
    )
    assert.deepEqual([result.outcome, result.gaps], ['stopped', []], result.why.join(' '))
    assert.equal(result.totals.sent, await received())
    const { runs } = (await ask('GET', '/api/runs')) as unknown as { runs: unknown[] }
    assert.equal(runs.length, 1)
  })
})
