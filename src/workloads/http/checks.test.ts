import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../lib/errors.ts'
import type { Capture, Check } from '../../scenario/scenario.ts'
import { Answer } from './answer.ts'
import { compileCapture } from './captures.ts'
import { compileCheck } from './checks.ts'
import { defaultParserLimits, ResponseParser } from './response-parser.ts'

const body = '{"state":"new","items":[{"id":7}],"none":null,"text":"café"}'
const head = [
  'HTTP/1.1 201 Created',
  `Content-Length: ${Buffer.byteLength(body)}`,
  'Content-Type: application/json',
  'X-Name: café',
  'X-Many: one',
  'x-many: two',
]

/** 12.5 ms after the intended start; so many bytes of the body are kept. */
const answerOf = (text = [...head, '', body].join('\r\n'), keptBytes = 1000): Answer => {
  const parser = new ResponseParser(defaultParserLimits)
  parser.begin(false, true, keptBytes)
  const bytes = Buffer.from(text)
  parser.read(bytes, 0, bytes.length)
  assert.ok(parser.isComplete)
  const answer = new Answer()
  answer.reset(parser, 12.5)
  return answer
}

// Each without the name, which all checks have.
type Unnamed<T> = T extends Check ? Omit<T, 'name'> : never
const cases: [check: Unnamed<Check>, passes: boolean][] = [
  [{ kind: 'status', statuses: ['201'] }, true],
  [{ kind: 'status', statuses: ['404', '2xx'] }, true],
  [{ kind: 'status', statuses: ['200', '3xx'] }, false],
  [{ kind: 'statusBelow', below: 202 }, true],
  [{ kind: 'statusBelow', below: 201 }, false],
  [{ kind: 'header', header: 'content-TYPE', equals: 'application/json' }, true],
  [{ kind: 'header', header: 'content-type', equals: 'application' }, false],
  [{ kind: 'header', header: 'content-type', matches: 'json$' }, true],
  [{ kind: 'header', header: 'content-type', matches: '^json' }, false],
  [{ kind: 'header', header: 'x-name', equals: 'café' }, true],
  [{ kind: 'header', header: 'x-many', equals: 'two' }, true],
  [{ kind: 'header', header: 'x-none', matches: '' }, false],
  [{ kind: 'bodyContains', text: 'café' }, true],
  [{ kind: 'bodyContains', text: 'old' }, false],
  [{ kind: 'bodyMatches', pattern: '"id":\\d' }, true],
  [{ kind: 'bodyMatches', pattern: '^new' }, false],
  [{ kind: 'json', path: '$.state', equals: 'new' }, true],
  [{ kind: 'json', path: '$.items[0]', equals: { id: 7 } }, true],
  [{ kind: 'json', path: '$.items[0].id', equals: '7' }, false],
  [{ kind: 'json', path: '$.none', equals: null }, true],
  [{ kind: 'json', path: '$.missing', equals: null }, false],
  [{ kind: 'size', minBytes: 61, maxBytes: 61 }, true],
  [{ kind: 'size', maxBytes: 60 }, false],
  [{ kind: 'size', minBytes: 62 }, false],
  [{ kind: 'time', belowMs: 12.6 }, true],
  [{ kind: 'time', belowMs: 12.5 }, false],
]
for (const [check, passes] of cases)
  test(`${JSON.stringify(check)} ${passes ? 'passes' : 'fails'}`, () => {
    const compiled = compileCheck({ ...check, name: 'name' } as Check, 'request')
    assert.equal(compiled.passes(answerOf()), passes)
    assert.equal(compiled.name, 'name')
  })

test('of a body that was cut, nothing passes but its size', () => {
  const cut = answerOf(undefined, 60)
  for (const [check, passes] of cases) {
    const { needsBody, passes: test } = compileCheck({ ...check, name: 'name' } as Check, 'request')
    assert.equal(test(cut), passes && !needsBody)
  }
})

test('a body that is no JSON fails JSON checks and captures', () => {
  const answer = answerOf('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{a}')
  assert.equal(compileCheck({ kind: 'json', name: 'n', path: '$', equals: null }, 'r').passes(answer), false)
  assert.equal(compileCapture({ kind: 'json', variable: 'v', path: '$' }, 'r').find(answer), undefined)
})

type Unassigned<T> = T extends Capture ? Omit<T, 'variable'> : never
const captures: [capture: Unassigned<Capture>, found: string | undefined][] = [
  [{ kind: 'json', path: '$.state' }, 'new'],
  [{ kind: 'json', path: '$.items[0].id' }, '7'],
  [{ kind: 'json', path: '$.items' }, '[{"id":7}]'],
  [{ kind: 'json', path: '$.none' }, undefined],
  [{ kind: 'json', path: '$.missing' }, undefined],
  [{ kind: 'header', header: 'X-Name' }, 'café'],
  [{ kind: 'header', header: 'x-many' }, 'one'],
  [{ kind: 'header', header: 'x-none' }, undefined],
  [{ kind: 'regex', pattern: '"id":(\\d+)' }, '7'],
  [{ kind: 'regex', pattern: '\\d+' }, '7'],
  [{ kind: 'regex', pattern: '(zzz)?"state"' }, undefined],
  [{ kind: 'regex', pattern: 'zzz' }, undefined],
]
for (const [capture, found] of captures)
  test(`the capture ${JSON.stringify(capture)} finds ${found ?? 'nothing'}`, () => {
    const compiled = compileCapture({ ...capture, variable: 'v' } as Capture, 'request')
    assert.equal(compiled.find(answerOf()), found)
    assert.equal(compiled.needsBody, !compiled.needsHead)
  })

test('only what looks at head or body asks for it to be kept', () => {
  const needs = (check: Unnamed<Check>): [boolean, boolean] => {
    const { needsHead, needsBody } = compileCheck({ ...check, name: 'name' } as Check, 'request')
    return [needsHead, needsBody]
  }
  assert.deepEqual(needs({ kind: 'status', statuses: ['200'] }), [false, false])
  assert.deepEqual(needs({ kind: 'size' }), [false, false])
  assert.deepEqual(needs({ kind: 'time', belowMs: 1 }), [false, false])
  assert.deepEqual(needs({ kind: 'header', header: 'x', equals: '' }), [true, false])
  assert.deepEqual(needs({ kind: 'json', path: '$', equals: 1 }), [false, true])
})

test('a pattern or path that is none is refused, and the request named', () => {
  const isRefusal = (error: unknown): boolean =>
    error instanceof AppError && error.code === 'SCENARIO_INVALID' && error.message.includes('checkout')
  assert.throws(() => compileCheck({ kind: 'bodyMatches', name: 'n', pattern: '(' }, 'checkout'), isRefusal)
  assert.throws(() => compileCapture({ kind: 'json', variable: 'v', path: 'a.b' }, 'checkout'), isRefusal)
})
