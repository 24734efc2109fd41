import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { hashOf, routeOf, tokenInHash } from './shell-route.ts'

describe('the route of an address', () => {
  const table: [hash: string, name: string, path: string[], unknown?: string][] = [
    ['', 'home', []],
    ['#', 'home', []],
    ['#/', 'home', []],
    ['#/runs/shop-1', 'run', ['shop-1']],
    ['#/runs/shop-1/', 'run', ['shop-1']],
    ['#/runs/a%20b%2Fc?request=x', 'run', ['a b/c']],
    ['#/compare/a/b', 'compare', ['a', 'b']],
    ['#/runs', 'home', [], '#/runs'],
    ['#/runs//', 'home', [], '#/runs//'],
    ['#/runs/a/b', 'home', [], '#/runs/a/b'],
    ['#/compare/a', 'home', [], '#/compare/a'],
    ['#/toString', 'home', [], '#/toString'],
    ['#/%', 'home', [], '#/%'],
  ]
  for (const [hash, name, path, unknown = null] of table)
    it(`${hash || 'none'}: ${name}`, () => {
      const route = routeOf(hash)
      assert.deepEqual([route.name, route.path, route.unknown], [name, path, unknown])
    })

  it('has its query', () => {
    const { query } = routeOf('#/runs/a?request=GET%20%2F&view=whole')
    assert.deepEqual(
      [...query],
      [
        ['request', 'GET /'],
        ['view', 'whole'],
      ],
    )
  })

  it('comes back for every id', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (id) => {
        assert.deepEqual(routeOf(hashOf('runs', id)).path, [id])
      }),
      { seed: 5, numRuns: 200 },
    )
  })
})

describe('a token in an address', () => {
  const table: [hash: string, expected: { token: string; rest: string } | undefined][] = [
    ['#token=abc', { token: 'abc', rest: '#/' }],
    ['#token=a%2Bb&/runs/x?request=y', { token: 'a+b', rest: '#/runs/x?request=y' }],
    ['#token=', undefined],
    ['#token=%', undefined],
    ['#/runs/token=abc', undefined],
    ['', undefined],
  ]
  for (const [hash, expected] of table)
    it(hash || 'none', () => assert.deepEqual(tokenInHash(hash), expected))
})
