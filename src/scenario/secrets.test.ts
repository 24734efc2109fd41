import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseScenarioText } from './load-scenario.ts'

const text = `
labels: { build: "\${BUILD}" }
http:
  target: \${TARGET}
  headers: { x-tenant: "\${S1}", cookie: literal-s2 }
  auth: { basic: { user: "\${S3}", password: literal-s4 } }
  requests:
    - get: /search?key=\${S5}
      headers: { Authorization: Bearer literal-s6, X-Api-Key: "\${S7}", accept: text/plain }
      check: { json: { $.token: "\${S8}" }, header: { x-t: "\${S9}" }, contains: "\${S10}", matches: "a\${S11}" }
    - { post: /, body: "pin=\${S12}", auth: { bearer: literal-s13 } }
    - { post: /a, json: { deep: [ { pin: "\${S14}", n: 1 } ] } }
    - { name: j, steps: [ { put: /b, form: { pin: "\${S14}" } } ] }
load: { rate: "\${RATE}", duration: 1s }
`
const secrets = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`S${i + 1}`, `planted-s${i + 1}`]))
const env = { ...secrets, S14: '987654', BUILD: '1.2', TARGET: 'http://h:1/', RATE: '5/s' }

it('the record shows no secret, and what the drivers get is whole', async () => {
  const { scenario, record } = await parseScenarioText(text, 'x.yaml', { env, drawSeed: () => 1 })
  const told = JSON.stringify(scenario)
  const shown = JSON.stringify(record)
  for (const n of [1, 3, 5, 7, 8, 9, 10, 11, 12])
    assert.ok(told.includes(`planted-s${n}"`) || told.includes(`planted-s${n}`))
  for (const n of [2, 4, 6, 13]) assert.ok(told.includes(`literal-s${n}`))
  assert.ok(told.includes('987654'))
  assert.doesNotMatch(shown, /planted|literal-s|987654/)

  assert.deepEqual(record.labels, { build: '1.2' })
  assert.deepEqual(record.http.targets, ['http://h:1'])
  assert.deepEqual(record.http.headers, { 'x-tenant': '$' + '{S1}', cookie: '***' })
  assert.deepEqual(record.http.auth, { kind: 'basic', user: '$' + '{S3}', password: '***' })
  assert.deepEqual(record.load, scenario.load)
})

it('names of requests and checks, which every report shows, hold no secret in either', async () => {
  const { scenario, record } = await parseScenarioText(text, 'x.yaml', { env, drawSeed: () => 1 })
  const namesOf = (value: unknown): string[] => {
    if (typeof value !== 'object' || value === null) return []
    const own = 'name' in value && typeof value.name === 'string' ? [value.name] : []
    return [...own, ...Object.values(value).flatMap(namesOf)]
  }
  assert.ok(namesOf(scenario).includes('GET /search?key=$' + '{S5}'))
  assert.doesNotMatch(namesOf(scenario).join(), /planted|987654/)
  assert.deepEqual(namesOf(scenario), namesOf(record))
})

it('a fault does not show a value of the environment that a request holds', async () => {
  const broken = text
    .replace('/search', 'search')
    .replace('accept: text/plain', 'x: "\\n"')
    .replace('1s', '1')
  await assert.rejects(parseScenarioText(broken, 'x.yaml', { env, drawSeed: () => 1 }), (error: Error) => {
    assert.match(error.message, /3 faults/)
    assert.doesNotMatch(error.message, /planted/)
    return true
  })
})

it('nor does a fault about a template that such a value seems to hold, or a hint', async () => {
  const odd = { ...env, S7: '{{planted}}', S12: '{{planted' }
  const broken = text.replace('check: {', 'timeout: "$' + '{S14}"\n      check: {')
  await assert.rejects(
    parseScenarioText(broken, 'x.yaml', { env: odd, drawSeed: () => 1 }),
    (error: Error) => {
      assert.match(error.message, /3 faults/)
      assert.doesNotMatch(error.message, /planted|987654/)
      return true
    },
  )
})
