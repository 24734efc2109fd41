import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { applyOverrides } from './overrides.ts'
import { ScenarioDocument } from './scenario-document.ts'

const base = () => ({ http: { target: 'builtin', requests: [{ get: '/' }] }, name: null })

describe('--set', () => {
  const good: [string, object][] = [
    ['seed=7', { ...base(), seed: 7 }],
    ['name=a=b', { ...base(), name: 'a=b' }],
    ['load.rate=5/s', { ...base(), load: { rate: '5/s' } }],
    ['name.x=1', { ...base(), name: { x: 1 } }],
    [
      'http.requests[0].weight=0.5',
      { ...base(), http: { target: 'builtin', requests: [{ get: '/', weight: 0.5 }] } },
    ],
    [
      'http.requests[1].get=/ping',
      { ...base(), http: { target: 'builtin', requests: [{ get: '/' }, { get: '/ping' }] } },
    ],
    ['slo[0]=p99 < 1s', { ...base(), slo: ['p99 < 1s'] }],
    ['http.headers["x y"]=', { ...base(), http: { ...base().http, headers: { 'x y': '' } } }],
  ]
  for (const [setting, data] of good)
    it(`${setting} is carried out`, () => {
      const document = new ScenarioDocument('x', base())
      assert.deepEqual(applyOverrides(document, [setting]), [])
      assert.deepEqual(document.data, data)
    })

  it('makes the map that `http: URL` stands for', () => {
    const document = new ScenarioDocument('x', { http: 'builtin' })
    assert.deepEqual(applyOverrides(document, ['http.timeout=5s']), [])
    assert.deepEqual(document.data, { http: { target: 'builtin', timeout: '5s' } })
  })

  for (const setting of [
    'seed',
    '=1',
    'a..b=1',
    'http.requests.x=1',
    'http[0]=1',
    'http.requests[5].get=/',
    'http.target.x=1',
    '__proto__.x=1',
    'a b=1',
  ])
    it(`${setting} is refused, and the flag is named`, () => {
      const document = new ScenarioDocument('x', base())
      const [fault] = applyOverrides(document, [setting])
      assert.equal(fault?.elsewhere, `--set ${setting.replace(/=.*/, '')}`)
      assert.equal(Object.hasOwn(Object.prototype, 'x'), false)
    })

  it('makes a scenario where there is none', () => {
    const document = new ScenarioDocument('x', null)
    applyOverrides(document, ['http=builtin', 'load.avalanche=1'])
    assert.deepEqual(document.data, { http: 'builtin', load: { avalanche: 1 } })
  })
})
