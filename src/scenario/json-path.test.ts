import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJsonPath, readJsonPath } from './json-path.ts'

const document = {
  state: 'new',
  items: [{ id: 1 }, { id: 2 }],
  'odd name': { "it's": [null, false] },
  größe: 3,
  'a-b': 0,
}

const read = (text: string): unknown => {
  const parsed = parseJsonPath(text)
  assert.ok(parsed.ok, text)
  return readJsonPath(parsed.path, document)
}

describe('a JSON path', () => {
  const found: [string, unknown][] = [
    ['$', document],
    ['$.state', 'new'],
    ['$.items[0].id', 1],
    ['$.items[-1].id', 2],
    ['$[ "odd name" ]["it\'s"][0]', null],
    ["$['odd name']['it\\'s'][1]", false],
    ['$.größe', 3],
    ['$.a-b', 0],
    ['$.items[2]', undefined],
    ['$.items[-3]', undefined],
    ['$.state.length', undefined],
    ['$.state[0]', undefined],
    ['$.items.length', undefined],
    ['$.toString', undefined],
    ['$.none.below', undefined],
  ]
  for (const [text, value] of found)
    it(`${text} reads what it names`, () => assert.deepEqual(read(text), value))

  for (const text of [
    '',
    'state',
    '$state',
    '$.',
    '$..id',
    '$.items[*]',
    '$[0:1]',
    '$[?@.id]',
    '$.a b',
    "$['open",
    '$[01x]',
    `$${'.a'.repeat(600)}`,
  ])
    it(`${JSON.stringify(text.slice(0, 20))} is refused`, () => assert.ok(!parseJsonPath(text).ok))
})
