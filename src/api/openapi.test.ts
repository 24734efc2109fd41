import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import { systemClock } from '../lib/clock.ts'
import { errorCatalogue } from '../lib/errors.ts'
import { silentLogger } from '../lib/logger.ts'
import type { RunResult } from '../results/run-result.ts'
import { type ApiAnswer, ApiWorld } from '../testing/api-world.ts'
import { HeardStream } from '../testing/read-stream.ts'
import { sampleForeignDriver, sampleResult, sampleTroubledResult } from '../testing/sample-result.ts'
import { sampleSecond } from '../testing/sample-seconds.ts'
import { ApiServices } from './api-services.ts'
import { buildServer, fastifyPath } from './build-server.ts'
import { routesOf } from './start-api.ts'

interface Operation {
  operationId: string
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string; type?: string } }> }>
}

interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

let world: ApiWorld
let document: Document

before(async () => {
  world = await ApiWorld.start({ apiDefaults: { messageCountPerDriver: 10 } })
  document = (await world.ask('GET', '/api/openapi.json')).json as Document
})
after(() => world[Symbol.asyncDispose]())

/** The answer is one that the document has for this route, and has the form that it says there. */
const assertDocumented = (method: string, path: string, answer: ApiAnswer): void => {
  const where = `${method} ${path} ${answer.status}`
  const response = document.paths[path]?.[method.toLowerCase()]?.responses[answer.status]
  assert.ok(response !== undefined, `${where} is not documented`)
  const [type = ''] = (answer.headers.get('content-type') ?? '').split(';')
  if (response.content === undefined) {
    assert.equal(answer.text, '', where)
    return
  }
  const schema = response.content[type]?.schema
  assert.ok(schema !== undefined, `${where}: ${type} is not documented`)
  if (schema.$ref !== undefined) assertMatches(schema.$ref, answer.json, where)
}

const assertMatches = (ref: string, value: unknown, where: string): void => {
  const name = ref.replace('#/components/schemas/', '')
  const schema = document.components.schemas[name]
  assert.ok(schema !== undefined, `${name} is not there`)
  const parsed = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema).safeParse(value)
  assert.ok(parsed.success, `${where}: ${parsed.success ? '' : z.prettifyError(parsed.error)}`)
}

describe('/api/openapi.json', () => {
  it('says the form of whatever is JSON, but of itself', () => {
    const unsaid = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.values(operations).flatMap(({ responses }) =>
        Object.values(responses).some(
          ({ content }) => content?.['application/json']?.schema.type === 'string',
        )
          ? [path]
          : [],
      ),
    )
    assert.deepEqual(unsaid, ['/api/openapi.json'])
  })

  it('has every route that the server has, and no other', async () => {
    const services = new ApiServices({
      orchestrator: world.orchestrator,
      store: world.store,
      clock: systemClock,
      logger: silentLogger,
      host: '127.0.0.1',
      port: 0,
      version: 'test',
    })
    const routes = routesOf(services)
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    assert.deepEqual(documented.sort(), routes.map(({ method, path }) => `${method} ${path}`).sort())
    const app = buildServer(services, routes)
    for (const { method, path } of routes)
      assert.ok(app.hasRoute({ method, url: fastifyPath(path) }), `${method} ${path}`)
    await app.close()
    for (const path of Object.keys(document.paths)) {
      const answer = await world.ask('PATCH', path.replace(/\{\w+\}/g, '1'))
      assert.equal(answer.status, 405, path)
      const allowed = (answer.headers.get('allow') ?? '').split(', ').filter((method) => method !== 'HEAD')
      assert.deepEqual(
        allowed.sort(),
        Object.keys(document.paths[path] ?? {})
          .map((m) => m.toUpperCase())
          .sort(),
        path,
      )
    }
  })

  it('is OpenAPI 3.1: unique operations, and every reference leads somewhere', () => {
    assert.equal(document.openapi, '3.1.0')
    const ids = Object.values(document.paths).flatMap((operations) =>
      Object.values(operations).map(({ operationId }) => operationId),
    )
    assert.equal(new Set(ids).size, ids.length)
    for (const [, name = ''] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g))
      assert.ok(name in document.components.schemas, name)
    assert.equal(JSON.stringify(document).includes('test-token'), false)
  })

  it('says for every route under which statuses which codes come', () => {
    const text = JSON.stringify(document.paths['/api/runs/{id}']?.get?.responses)
    for (const code of ['RUN_UNKNOWN', 'STORE_UNAVAILABLE', 'UNAUTHORIZED', 'INTERNAL']) {
      assert.ok(text.includes(code))
      assert.ok(
        String(errorCatalogue[code as 'INTERNAL'].httpStatus) in
          (document.paths['/api/runs/{id}']?.get?.responses ?? {}),
      )
    }
  })

  it('is kept by real answers of every route', async () => {
    const asked = new Set<string>()
    const ask = async (
      method: string,
      path: string,
      params: Record<string, string> = {},
      body?: unknown,
      query = '',
    ) => {
      const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => params[name] ?? '')
      const answer = await world.ask(method, filled + query, body)
      assertDocumented(method, path, answer)
      if (answer.status < 400) asked.add(`${method} ${path}`)
      return answer
    }
    const scenario = world.scenario(50, 1, 2, { slo: ['p99 < 5s'], labels: { a: 'b' } })
    await ask('POST', '/api/scenarios/validate', {}, { scenario })
    await ask('POST', '/api/scenarios/validate', {}, 'http: [\n')
    await ask('POST', '/api/runs', {}, { scenario: {} })
    await ask('POST', '/api/runs', {}, { scenario, id: 'one', hold: true })
    await ask('POST', '/api/runs', {}, { scenario, id: 'one', hold: true })
    await ask('POST', '/api/runs', {}, { scenario: { ...scenario, name: 'x' }, id: 'one' })
    const one = { id: 'one', testId: 'one', second: '0' }
    await waitForState('one', 'ready')
    const stream = new HeardStream(`${world.url}/api/runs/one/events`)
    const fleet = new HeardStream(`${world.url}/api/events`)
    await ask('GET', '/metrics/{testId}', one)
    await ask('POST', '/api/runs/{id}/trigger', one)
    await ask('POST', '/api/runs/{id}/trigger', one)
    await ask('POST', '/api/runs/{id}/pause', one)
    await ask('POST', '/api/runs/{id}/resume', one)
    await ask('POST', '/api/runs/{id}/rate', one, { scale: 1.5 })
    await ask('POST', '/api/runs/{id}/rate', one, { scale: 'x' })
    await ask('POST', '/api/runs/{id}/steer', one, { command: 'rate', scale: 1 })
    await waitForState('one', 'finished')
    for (const path of ['/api/runs/{id}', '/api/runs/{id}/timeline', '/api/runs/{id}/seconds/{second}'])
      await ask('GET', path, one)
    await ask('GET', '/api/runs/{id}/timeline', one, undefined, '?columns=true&step=10')
    for (const ending of ['json', 'csv', 'junit.xml', 'html', 'md'])
      await ask('GET', `/api/runs/{id}/report.${ending}`, one)
    await ask('GET', '/api/runs')
    await ask('GET', '/api/drivers')
    for (const path of ['/api/examples', '/healthz', '/readyz', '/metrics', '/api/openapi.json', '/tests'])
      await ask('GET', path)
    await ask('POST', '/avalanche')
    const { json } = await ask('POST', '/avalanche', {}, { target_url: world.target.url })
    await ask('POST', '/tsunami/{seconds}', { seconds: '0.01' }, { target_url: world.target.url })
    const testId = (json as { TestId: string }).TestId
    await waitForState(testId, 'ready')
    await ask('POST', '/trigger/{testId}', { testId })
    await ask('POST', '/api/runs/{id}/stop', { id: testId })
    await ask('POST', '/api/runs/{id}/stop', one)
    await ask('DELETE', '/api/runs/{id}', one)
    for (const [id, result] of [
      ['a', sampleResult({ id: 'a' })],
      ['b', { ...sampleTroubledResult(), id: 'b' }],
      ['c', sampleResult({ id: 'c', drivers: [sampleForeignDriver('f', { sent: 3 })] })],
    ] as const) {
      world.store.keep(result, [sampleSecond(0, 1000)])
      await ask('GET', '/api/runs/{id}', { id })
      await ask('GET', '/metrics/{testId}', { testId: id })
    }
    await ask('DELETE', '/api/runs/{id}', { id: 'a' })
    await ask('GET', '/api/runs/{id}', { id: 'a' })
    await stream.ended
    fleet.leave()
    for (const { event, data } of stream.events)
      if (event !== 'tick') assertMatches(event === 'end' ? 'RunEnd' : 'RunUpdate', data, `event ${event}`)
    assert.ok(fleet.events.length > 0)
    for (const { data } of fleet.events) assertMatches('FleetUpdate', data, 'fleet event')
    asked.add('GET /api/runs/{id}/events').add('GET /api/events')
    const all = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    assert.deepEqual(
      all.filter((route) => !asked.has(route)),
      [],
      'routes without a good answer',
    )
  })
})

const waitForState = async (id: string, state: string): Promise<void> => {
  for (;;) {
    const { json } = await world.ask('GET', `/api/runs/${id}`)
    if ((json as RunResult).state === state) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
