import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maskSecrets } from './mask-secrets.ts'

test('what a user wrote as a secret is starred, character for character, and nothing else is', () => {
  for (const [text, masked] of [
    ['target: http://u:S3CRET@127.0.0.1:80', 'target: http://u:******@127.0.0.1:80'],
    ['http://S3CRET@host/', 'http://******@host/'],
    ['http://host/a@b', 'http://host/a@b'],
    ['auth: { bearer: tokenLITERAL, basc: 1 }', 'auth: { bearer: ************, basc: 1 }'],
    ['{ "password": "hunter2" }', '{ "password": "*******" }'],
    ['authorization: Bearer abc', 'authorization: Bearer ***'],
    ['auth: { bearer: "{{token}}" }', 'auth: { bearer: "{{token}}" }'],
    [`bearer: ${'$'}{TOKEN}`, `bearer: ${'$'}{TOKEN}`],
    ['capture: { token: "json $.token" }', 'capture: { token: "json $.token" }'],
    ['rate: 500/s', 'rate: 500/s'],
  ] as const) {
    assert.equal(maskSecrets(text), masked)
    assert.equal(maskSecrets(text).length, text.length)
  }
})
