import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type QuickFlags, quickScenario } from './quick-scenario.ts'
import { ScenarioInvalid } from './scenario-faults.ts'

const options = { env: {}, drawSeed: () => 5 }
const quick = (url: string, flags: QuickFlags = {}, set: string[] = []) =>
  quickScenario(url, flags, { ...options, set })

describe('a scenario from the command line', () => {
  it('without flags is a short look at a modest rate', async () => {
    const { scenario, seedDrawn } = await quick('http://localhost:8080/a/b?c=1')
    assert.equal(scenario.name, 'localhost:8080')
    assert.deepEqual(scenario.http.targets, ['http://localhost:8080'])
    const [request] = scenario.http.requests
    assert.ok(request?.kind === 'request')
    assert.equal(request.name, 'GET /a/b?c=1')
    assert.equal(request.url, '/a/b?c=1')
    assert.ok(scenario.load.kind === 'rate' && scenario.load.perSecond === 50)
    assert.equal(scenario.load.durationMs, 10_000)
    assert.deepEqual([scenario.seed, seedDrawn], [5, true])
  })

  it('takes every flag', async () => {
    const { scenario } = await quick(
      'builtin',
      {
        avalanche: '50',
        requests: '10000',
        requestsPerDriver: 6000,
        connections: '7',
        timeout: '2s',
        drivers: '3',
        seed: '9',
        header: ['Accept: text/plain', 'x-id:{{seq}}'],
        body: 'n={{seq}}',
        slo: ['p99 < 1s'],
      },
      ['http.reuse=false'],
    )
    const [request] = scenario.http.requests
    assert.ok(request?.kind === 'request' && scenario.load.kind === 'avalanche')
    assert.equal(request.method, 'POST')
    assert.deepEqual(request.headers, { Accept: 'text/plain', 'x-id': '{{seq}}' })
    assert.deepEqual(request.body, { kind: 'text', text: 'n={{seq}}' })
    assert.deepEqual(
      [scenario.drivers, scenario.seed, scenario.http.connections, scenario.http.timeoutMs],
      [3, 9, 7, 2000],
    )
    assert.deepEqual(
      [scenario.load.inFlight, scenario.load.requests, scenario.load.requestsPerDriver],
      [50, 10_000, 6000],
    )
    assert.deepEqual([scenario.http.reuse, scenario.slo.length], [false, 1])
  })

  it('keeps templates of the URL as they are, and knows methods that are no keys', async () => {
    const { scenario } = await quick('http://h/{{seq}}', { method: 'PURGE' })
    const [request] = scenario.http.requests
    assert.ok(request?.kind === 'request')
    assert.deepEqual([request.method, request.url], ['PURGE', '/{{seq}}'])
  })

  const bad: [string, QuickFlags, string, RegExp][] = [
    ['http://h/', { rate: '500' }, '--rate 500', /a rate above zero such as 500\/s/],
    ['http://h/', { ratePerDriver: '5/s', rate: '5/s' }, '--rate-per-driver 5/s', /both/],
    ['http://h/', { avalanche: '-1' }, '--avalanche -1', /whole number/],
    ['http://h/', { header: ['nonsense'] }, '--header', /without a colon/],
    ['http://h/', { header: ['bad name: x'] }, '--header bad name', /no name/],
    ['http://h/', { slo: ['p99 < 5'] }, '--slo "p99 < 5"', /no unit/],
    ['http://u:p@h/', {}, 'http://u:p@h', /without user and password/],
    ['http://h/a b', {}, 'http://h/a b', /without blanks/],
  ]
  for (const [url, flags, flag, message] of bad)
    it(`${flag} is refused by its name`, async () => {
      await assert.rejects(quick(url, flags), (error) => {
        assert.ok(error instanceof ScenarioInvalid)
        const fault = error.faults.find((found) => found.file === flag)
        assert.match(fault?.message ?? error.message, message)
        assert.equal(error.total, 1, error.message)
        return true
      })
    })
})
