import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { defineScenario } from './define-scenario.ts'
import { scenarioJsonSchema } from './json-schema.ts'

describe('scenario.schema.json', () => {
  it('is what the schema gives; otherwise run `npm run schema`', () => {
    const committed = readFileSync(new URL('../../scenario.schema.json', import.meta.url), 'utf8')
    assert.equal(committed, scenarioJsonSchema())
  })

  it('describes every key, so that an editor explains it', () => {
    const undescribed: string[] = []
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== 'object' || schema === null) return
      if ('properties' in schema)
        for (const [key, property] of Object.entries(schema.properties as object))
          if (!('description' in property || '$ref' in property)) undescribed.push(`${path}.${key}`)
      for (const [key, inner] of Object.entries(schema)) visit(inner, `${path}.${key}`)
    }
    visit(JSON.parse(scenarioJsonSchema()), '')
    assert.deepEqual(undescribed, [])
  })
})

it('defineScenario returns its data, and its type knows the language', () => {
  const data = { http: 'builtin', load: { rate: '5/s', duration: '1s' }, slo: ['p99 < 1s'] }
  assert.equal(defineScenario(data), data)
  // @ts-expect-error: a rate is a text.
  defineScenario({ http: 'builtin', load: { rate: 5 } })
  // @ts-expect-error: no such key.
  defineScenario({ http: 'builtin', load: { rates: '5/s' } })
  defineScenario({
    http: {
      target: ['http://a', 'http://b'],
      requests: [{ get: '/', check: { status: '2xx' } }, { steps: [{ think: '1s' }] }],
    },
    load: { stages: [{ to: '5/s' }, { hold: '1s' }] },
  })
})
