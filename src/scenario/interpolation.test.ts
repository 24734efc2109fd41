import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { interpolate, readScalar } from './interpolation.ts'
import { parseScenarioText } from './load-scenario.ts'

const reference = (inside: string): string => `$\{${inside}}`

describe('references to the environment', () => {
  const env = { NAME: 'ann', EMPTY: '' }
  const table: [string, string][] = [
    ['plain $ text', 'plain $ text'],
    [`hi ${reference('NAME')}!`, 'hi ann!'],
    [reference('NONE:-default'), 'default'],
    [reference('EMPTY:-default'), 'default'],
    [reference('EMPTY'), ''],
    [reference('NONE:-'), ''],
    [reference('NONE:-a:-b'), 'a:-b'],
    [`$${reference('NAME')}`, reference('NAME')],
  ]
  for (const [source, text] of table)
    it(`${source} becomes ${JSON.stringify(text)}`, () => {
      const result = interpolate(source, env)
      assert.equal(result.text, text)
      assert.deepEqual(result.problems, [])
    })
  for (const source of [reference('NONE'), reference('A B'), reference(''), '${OPEN', reference('toString')])
    it(`${source} is a fault`, () => assert.equal(interpolate(source, env).problems.length, 1))
})

it('a scalar is read as YAML reads it only where it is a number, a truth or null', () => {
  const table: [string, unknown][] = [
    ['5', 5],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['true', true],
    ['null', null],
    ['yes', 'yes'],
    ['', ''],
    ['5/s', '5/s'],
    ['[1]', '[1]'],
    ['a: b', 'a: b'],
    ['.inf', '.inf'],
    ['9'.repeat(50), '9'.repeat(50)],
  ]
  for (const [text, value] of table) assert.deepEqual(readScalar(text), value)
})

it('a value can become a number, and never a key, a list or another text than it is', async () => {
  const text = `
labels: { a: "${reference('PORT')}", b: "${reference('ZEROS')}" }
name: ${reference('PORT')}
drivers: ${reference('DRIVERS:-3')}
http:
  target: builtin
  preflight: "${reference('NO')}"
  headers: { x-evil: "${reference('EVIL')}", x-zeros: "${reference('ZEROS')}" }
  requests:
    - post: /
      weight: "${reference('WEIGHT:-0.5')}"
      check: { contains: "${reference('PORT')}", status: "${reference('STATUS')}" }
      json:
        n: ${reference('PORT')}
        s: "${reference('PORT')}"
load: { rate: "${reference('RATE')}", duration: 1s }
`
  const env = {
    PORT: '8080',
    ZEROS: '0007',
    EVIL: '"}, load: { rate: 1/s }',
    RATE: '5/s',
    NO: 'false',
    STATUS: '201',
  }
  const { scenario } = await parseScenarioText(text, 'x.yaml', { env, drawSeed: () => 1 })
  assert.deepEqual(scenario.labels, { a: '8080', b: '0007' })
  assert.equal(scenario.drivers, 3)
  assert.deepEqual([scenario.name, scenario.http.preflight], ['8080', false])
  assert.deepEqual(scenario.http.headers, { 'x-evil': '"}, load: { rate: 1/s }', 'x-zeros': '0007' })
  const [request] = scenario.http.requests
  assert.ok(request?.kind === 'request')
  assert.deepEqual(request.body, { kind: 'json', json: { n: 8080, s: '8080' } })
  assert.deepEqual(request.checks, [
    { kind: 'status', name: 'status 201', statuses: ['201'] },
    { kind: 'bodyContains', name: `body contains "${reference('PORT')}"`, text: '8080' },
  ])
  assert.equal(scenario.load.kind, 'rate')
})
