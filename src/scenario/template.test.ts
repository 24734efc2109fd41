import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isTemplateBuiltin, parseTemplate, templateBuiltins } from './template.ts'

const literal = (text: string) => ({ kind: 'literal', text })
const expression = (name: string, ...args: number[]) => ({ kind: 'expression', name, args })

describe('a template', () => {
  const good: [string, ReturnType<typeof literal | typeof expression>[]][] = [
    ['', []],
    ['plain } text { with }} braces', [literal('plain } text { with }} braces')]],
    ['{{seq}}', [expression('seq')]],
    [
      'a{{seq}}b{{ users.first-name }}',
      [literal('a'), expression('seq'), literal('b'), expression('users.first-name')],
    ],
    ['{{randomInt -5 100}}', [expression('randomInt', -5, 100)]],
    ['{{ randomHex   16 }}', [expression('randomHex', 16)]],
    ['\\{{seq}} and {{seq}}', [literal('{{seq}} and '), expression('seq')]],
    ['x\\{{', [literal('x{{')]],
    ['{"a":{"b":"{{token}}"}}', [literal('{"a":{"b":"'), expression('token'), literal('"}}')]],
  ]
  for (const [text, segments] of good)
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseTemplate(text), { ok: true, segments }))

  const bad: [string, RegExp, number][] = [
    ['a {{seq', /not closed/, 2],
    ['{{}}', /no template expression/, 0],
    ['{{ 9lives }}', /no template expression/, 0],
    ['ab{{randomInt 1}}', /has 1 argument, not 2/, 2],
    ['{{seq 1}}', /has 1 argument, not 0/, 0],
    ['{{randomInt 1 x}}', /"x" is no whole number/, 0],
    ['{{randomInt 2 1}}', /out of range/, 0],
    ['{{randomString 0}}', /out of range/, 0],
    ['{{randomString 65537}}', /out of range/, 0],
    ['{{token 1}}', /takes no arguments/, 0],
  ]
  for (const [text, message, offset] of bad)
    it(`refuses ${text}`, () => {
      const parsed = parseTemplate(text)
      assert.ok(!parsed.ok)
      assert.match(parsed.message, message)
      assert.equal(parsed.offset, offset)
      assert.notEqual(parsed.expected, '')
    })

  it('accepts the example of every builtin', () => {
    for (const [name, { example }] of Object.entries(templateBuiltins)) {
      const parsed = parseTemplate(example)
      assert.ok(parsed.ok && parsed.segments[0]?.kind === 'expression' && parsed.segments[0].name === name)
    }
    assert.ok(!isTemplateBuiltin('toString'))
  })
})
