import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import { ApiProblem } from '../api-client.ts'
import { FetchApiClient } from './fetch-api-client.ts'

type Answer = () => Response | Promise<Response>

const json = (status: number, body: unknown): Response => Response.json(body, { status })
const unauthorized: Answer = () => json(401, { code: 'UNAUTHORIZED', detail: 'a token is wanted' })

const world = (answers: Answer[], given: (string | undefined)[] = []) => {
  const clock = new FakeClock()
  const sent: { path: string; init: RequestInit }[] = []
  const asked: boolean[] = []
  const token = { value: null as string | null }
  const client = new FetchApiClient({
    clock,
    token,
    fetch: async (path, init = {}) => {
      sent.push({ path: String(path), init })
      init.signal?.throwIfAborted()
      const answer = answers.shift()
      if (answer !== undefined) return answer()
      return new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      })
    },
    askToken: async (wasRefused) => {
      asked.push(wasRefused)
      return given.shift()
    },
  })
  const tokens = () => sent.map(({ init }) => new Headers(init.headers).get('authorization'))
  return { client, clock, sent, asked, token, tokens }
}

const problemOf = async (work: Promise<unknown>): Promise<ApiProblem> => {
  try {
    await work
  } catch (error) {
    assert.ok(error instanceof ApiProblem, String(error))
    return error
  }
  assert.fail('it was answered')
}

describe('the API over fetch', () => {
  it('reads and sends JSON, YAML and text', async () => {
    const { client, sent } = world([
      () => json(200, { a: 1 }),
      () => new Response('text'),
      () => json(201, { id: 'x' }),
      () => json(200, {}),
      () => new Response(null, { status: 204 }),
    ])
    assert.deepEqual(await client.get('/a'), { a: 1 })
    assert.equal(await client.text('/b'), 'text')
    assert.deepEqual(await client.post('/c', { json: { b: 2 } }), { id: 'x' })
    await client.post('/d', { yaml: 'http: x' })
    await client.remove('/e')
    assert.deepEqual(
      sent.map(({ path, init }) => [
        init.method,
        path,
        init.body,
        new Headers(init.headers).get('content-type'),
      ]),
      [
        ['GET', '/a', undefined, null],
        ['GET', '/b', undefined, null],
        ['POST', '/c', '{"b":2}', 'application/json'],
        ['POST', '/d', 'http: x', 'application/yaml'],
        ['DELETE', '/e', undefined, null],
      ],
    )
  })

  it('makes a problem of an answer that is one, whatever stands between', async () => {
    const faults = [{ file: 'f', path: '', message: 'm' }]
    const { client } = world([
      () => json(422, { code: 'SCENARIO_INVALID', detail: 'wrong', hint: 'mend it', faults }),
      () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }),
      () => Promise.reject(new TypeError('Failed to fetch')),
      () => new Response('{"a":'),
    ])
    const first = await problemOf(client.get('/'))
    assert.deepEqual(
      [first.status, first.code, first.message, first.hint, first.faults],
      [422, 'SCENARIO_INVALID', 'wrong', 'mend it', faults],
    )
    const second = await problemOf(client.get('/'))
    assert.deepEqual([second.status, second.message], [502, 'The answer was 502 Bad Gateway'])
    for (const work of [client.get('/'), client.get('/')]) {
      const { status, code } = await problemOf(work)
      assert.deepEqual([status, code], [0, 'UNREACHABLE'])
    }
  })

  it('gives up after 30 s without an answer, or when its caller does', async () => {
    const { client, clock } = world([])
    const late = problemOf(client.get('/'))
    await clock.advance(30_000)
    assert.match((await late).message, /does not answer \(for 30 s\)/)
    const caller = new AbortController()
    const given = client.get('/', caller.signal)
    caller.abort()
    await assert.rejects(given, { name: 'AbortError' })
  })

  it('asks for a token once, for all that wait, and sends it from then on', async () => {
    const { client, asked, token, tokens } = world(
      [unauthorized, unauthorized, () => json(200, 1), () => json(200, 2), () => json(200, 3)],
      ['secret'],
    )
    assert.equal(client.hasToken, false)
    assert.deepEqual(await Promise.all([client.get('/a'), client.get('/b')]), [1, 2])
    await client.get('/c')
    assert.deepEqual(asked, [false])
    assert.deepEqual(tokens(), [null, null, 'Bearer secret', 'Bearer secret', 'Bearer secret'])
    assert.equal(token.value, 'secret')
    assert.equal(client.hasToken, true)
  })

  it('says that a token was refused, and stops where none is given', async () => {
    const { client, asked, token } = world([unauthorized, unauthorized], ['wrong', undefined])
    assert.equal((await problemOf(client.get('/'))).code, 'UNAUTHORIZED')
    assert.deepEqual(asked, [false, true])
    assert.equal(token.value, null)
  })

  it('lets go of its stream while another request waits: the browser may have no connection left', async () => {
    const { client, clock, sent } = world([() => new Response('data: 1\n\n')])
    const caller = new AbortController()
    await client.stream('/events', caller.signal)
    const posting = new AbortController()
    const posted = client.post('/pause', undefined, posting.signal)
    await clock.advance(2400)
    assert.equal(sent[0]?.init.signal?.aborted, false)
    await clock.advance(200)
    assert.equal(sent[0]?.init.signal?.aborted, true)
    assert.equal(caller.signal.aborted, false, 'the caller goes on')
    posting.abort()
    await assert.rejects(posted)
  })

  it('keeps its stream while what it asks is answered', async () => {
    const { client, clock, sent } = world([() => new Response('data: 1\n\n'), () => json(200, {})])
    await client.stream('/events', new AbortController().signal)
    await client.post('/pause')
    await clock.advance(60_000)
    assert.equal(sent[0]?.init.signal?.aborted, false)
  })

  it('hands over a stream when its head has come', async () => {
    const { client } = world([() => new Response('data: 1\n\n')])
    const body = await client.stream('/events', new AbortController().signal)
    assert.equal(await new Response(body).text(), 'data: 1\n\n')
  })
})
