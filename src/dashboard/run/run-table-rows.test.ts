import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { arrangeRows, orderBy, type TableOrder, type TableView } from './run-table-rows.ts'

const view = (values: readonly (number | null)[]): TableView => ({
  columns: [
    { key: 'name', heading: 'Name' },
    { key: 'p99', heading: 'p99 ms', isNumber: true },
  ],
  rows: values.map((sort, i) => ({
    key: `r${i}`,
    cells: [{ text: `GET /${i}` }, { text: String(sort), sort }],
  })),
})
const order = (over: Partial<TableOrder> = {}): TableOrder => ({
  column: 'p99',
  direction: 'descending',
  filter: '',
  most: 50,
  ...over,
})
const keys = (table: TableView, by: TableOrder): string[] =>
  arrangeRows(table, by).shown.map(({ key }) => key)

test('rows are sorted by what the cells mean, and what has no figure comes last both ways', () => {
  const table = view([9, 100, null, 20])
  assert.deepEqual(keys(table, order()), ['r1', 'r3', 'r0', 'r2'])
  assert.deepEqual(keys(table, order({ direction: 'ascending' })), ['r0', 'r3', 'r1', 'r2'])
  assert.deepEqual(keys(table, order({ column: undefined })), ['r0', 'r1', 'r2', 'r3'])
})

test('texts are sorted as people count: 2 before 10', () => {
  const table = view(Array.from({ length: 11 }, () => 1))
  assert.deepEqual(keys(table, order({ column: 'name', direction: 'ascending' })).slice(0, 3), [
    'r0',
    'r1',
    'r2',
  ])
})

test('a filter looks into names whatever their case, and the rest is counted', () => {
  const table = view(Array.from({ length: 200 }, (_, i) => i))
  assert.deepEqual(keys(table, order({ filter: ' get /19 ', most: 3 })), ['r199', 'r198', 'r197'])
  assert.equal(arrangeRows(table, order()).others, 150)
  assert.equal(arrangeRows(table, order({ filter: '/199' })).others, 0)
  assert.deepEqual(keys(table, order({ filter: 'nothing' })), [])
})

test('whatever the order, every row is shown once or counted', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.integer()), { maxLength: 80 }),
      fc.constantFrom('name', 'p99', undefined),
      fc.constantFrom('ascending' as const, 'descending' as const),
      fc.nat(60),
      (values, column, direction, most) => {
        const { shown, others } = arrangeRows(view(values), { column, direction, filter: '', most })
        assert.equal(new Set(shown.map(({ key }) => key)).size, shown.length)
        assert.equal(shown.length + others, values.length)
      },
    ),
    { seed: 3, numRuns: 200 },
  )
})

test('figures begin with the largest, names with the first, and a second press turns them round', () => {
  const [name, p99] = view([]).columns
  assert.ok(name !== undefined && p99 !== undefined)
  const none = { column: undefined, direction: 'ascending' } as const
  assert.deepEqual(orderBy(none, p99), { column: 'p99', direction: 'descending' })
  assert.deepEqual(orderBy(none, name), { column: 'name', direction: 'ascending' })
  assert.deepEqual(orderBy({ column: 'p99', direction: 'descending' }, p99), {
    column: 'p99',
    direction: 'ascending',
  })
})
