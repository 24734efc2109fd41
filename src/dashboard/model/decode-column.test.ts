import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeColumn } from '../../results/heat-column.ts'
import { decodeColumn } from './decode-column.ts'

const trimmed = (counts: readonly number[]): number[] =>
  counts.slice(0, counts.findLastIndex((n) => n > 0) + 1)

test('what the orchestrator writes is read', () => {
  const count = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(300), fc.nat(0xffff_ffff))
  fc.assert(
    fc.property(fc.array(count, { maxLength: 300 }), (counts) => {
      assert.deepEqual([...(decodeColumn(encodeColumn(counts)) ?? [])], trimmed(counts))
    }),
    { seed: 3, numRuns: 500 },
  )
})

test('the example of the documents', () => {
  assert.deepEqual([...(decodeColumn('AgUAAqwC') ?? [])], [0, 0, 2 + 3, 0, 0, 0, 300])
  assert.deepEqual(decodeColumn(''), new Uint32Array(0))
})

const base64 = (...bytes: number[]): string => Buffer.from(bytes).toString('base64')

for (const [what, text] of [
  ['no base64', '***'],
  ['a number without its end', base64(0, 0x80)],
  ['a first row beyond all rows', base64(0xff, 0x7f)],
  ['empty rows beyond all rows', base64(0, 0, 0xff, 0x7f)],
  ['an empty row without how many more', base64(0, 0)],
  ['a count beyond 32 bits', base64(0, 0xff, 0xff, 0xff, 0xff, 0x7f)],
  ['a number of very many bytes', base64(0, ...new Array<number>(40).fill(0x80), 1)],
  ['more rows than there are', base64(0, ...new Array<number>(1200).fill(1))],
] as const)
  test(`no column: ${what}`, () => {
    assert.equal(decodeColumn(text), undefined)
  })

test('nothing makes it throw or grow', () => {
  const bytes = fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array).toString('base64'))
  fc.assert(
    fc.property(fc.oneof(bytes, fc.string({ unit: 'binary' }), fc.base64String()), (text) => {
      const counts = decodeColumn(text)
      assert.ok(counts === undefined || counts.length <= 1000)
    }),
    { seed: 4, numRuns: 1000 },
  )
})
