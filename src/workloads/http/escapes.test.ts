import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapes, escapeUrlLiteral, type ValuePlace } from './escapes.ts'

const cases: [place: ValuePlace, value: string, written: string | undefined][] = [
  ['path', 'a/b', 'a/b'],
  ['path', 'a b?c#d', 'a%20b%3Fc%23d'],
  ['path', 'x\r\nHost: evil', 'x%0D%0AHost:%20evil'],
  ['path', '%41 %4 %zz 100%', '%41%20%254%20%25zz%20100%25'],
  ['path', 'café\0', 'caf%C3%A9%00'],
  ['query', 'a&b=c+d %41', 'a%26b%3Dc%2Bd%20%2541'],
  ['header', 'Bearer a.b-c\tü', 'Bearer a.b-c\tü'],
  ['header', 'a\r\nX: 1', undefined],
  ['header', 'a\nb', undefined],
  ['header', 'a\0', undefined],
  ['header', 'a\x7f', undefined],
  ['json', 'say "hi"\\\n\u2028', 'say \\"hi\\"\\\\\\n\u2028'],
  ['json', '\ud800', '\\ud800'],
  ['form', 'a b&c=d+é', 'a+b%26c%3Dd%2B%C3%A9'],
  ['text', '\r\n"<', '\r\n"<'],
]
for (const [place, value, written] of cases)
  test(`${JSON.stringify(value)} in ${place} is ${written === undefined ? 'refused' : JSON.stringify(written)}`, () => {
    assert.equal(escapes[place](value), written)
  })

const anyText = fc.string({ unit: 'binary', maxLength: 40 })

test('what is written can be read back by the standard reader of its place', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const wellFormed = text.toWellFormed()
      assert.equal(decodeURIComponent(escapes.query(text) ?? ''), wellFormed)
      assert.equal(new URLSearchParams(`v=${escapes.form(text)}`).get('v'), wellFormed)
      assert.equal(JSON.parse(`"${escapes.json(text)}"`), text)
    }),
    { seed: 8, numRuns: 1000 },
  )
})

test('nothing can leave the path: no blank, control, query, fragment or byte above ASCII is left', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert.match(escapes.path(text) ?? '?', /^[!-~]*$/)
      assert.doesNotMatch(escapes.path(text) ?? '?', /[?#"<>\\^`{|}]/)
    }),
    { seed: 9, numRuns: 1000 },
  )
})

test('literal text of a URL keeps what can be sent, as it was written', () => {
  assert.equal(escapeUrlLiteral('/a|b/{x}?q=%41%&r=ü e#f'), '/a|b/{x}?q=%41%&r=%C3%BC%20e%23f')
})
