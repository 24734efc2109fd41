import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../lib/errors.ts'
import type { Feeder } from '../../scenario/scenario.ts'
import { FeederRows, loadFeeder, noRow } from './feeder.ts'

const feederOf = (rows: number, order: Feeder['order'], unique: boolean): Feeder => ({
  asset: { file: 'users.csv', sha256: '00', sizeBytes: 0 },
  order,
  unique,
  columns: ['id', 'full name'],
  rows,
})

const rowsOf = (rows: number, order: Feeder['order'], unique: boolean, seed = 1): FeederRows =>
  new FeederRows(
    'users',
    feederOf(rows, order, unique),
    Array.from({ length: rows }, (_, row) => [`${row}`, `name ${row}`]),
    seed,
  )

const first = (rows: FeederRows, count: number): number[] =>
  Array.from({ length: count }, (_, occurrence) => rows.rowOf(occurrence))

test('sequential rows go round, unique ones end after the last', () => {
  assert.deepEqual(first(rowsOf(3, 'sequential', false), 7), [0, 1, 2, 0, 1, 2, 0])
  assert.deepEqual(first(rowsOf(3, 'sequential', true), 5), [0, 1, 2, noRow, noRow])
})

test('unique random rows use every row exactly once, in an order of the seed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.maxSafeNat(), (count, seed) => {
      const drawn = first(rowsOf(count, 'random', true, seed), count + 2)
      assert.deepEqual(drawn.slice(count), [noRow, noRow])
      assert.deepEqual(
        drawn.slice(0, count).sort((a, b) => a - b),
        Array.from({ length: count }, (_, row) => row),
      )
    }),
    { seed: 5, numRuns: 50 },
  )
  assert.notDeepEqual(first(rowsOf(50, 'random', true, 1), 50), first(rowsOf(50, 'random', true, 2), 50))
})

test('random rows stay inside the file and reach all of it', () => {
  const drawn = first(rowsOf(10, 'random', false), 1000)
  assert.deepEqual(
    [...new Set(drawn)].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
  assert.deepEqual(first(rowsOf(10, 'random', false), 1000), drawn)
})

test('cells are found by column, with quotes, a byte order mark and blank lines read as CSV says', async () => {
  const bytes = Buffer.from('\ufeffid,full name\r\n1,"Ann ""A"", Lee"\r\n\r\n2,"two\r\nlines"\r\n')
  const rows = await loadFeeder('users', feederOf(2, 'sequential', false), bytes, 1)
  const column = rows.columnNumber('full name') ?? assert.fail('no such column')
  assert.equal(rows.cell(0, column), 'Ann "A", Lee')
  assert.equal(rows.cell(1, column), 'two\r\nlines')
  assert.equal(rows.cell(1, rows.columnNumber('id') ?? -1), '2')
  assert.equal(rows.columnNumber('age'), undefined)
})

const badFiles = [
  { what: 'a ragged file', bytes: 'id,full name\n1\n', rows: 1 },
  { what: 'a file without rows', bytes: 'id,full name\n', rows: 0 },
  { what: 'an empty file', bytes: '', rows: 0 },
  { what: 'another number of rows than the scenario was read with', bytes: 'id,full name\n1,a\n', rows: 2 },
  { what: 'another number of columns', bytes: 'id\n1\n', rows: 1 },
]
for (const { what, bytes, rows } of badFiles)
  test(`${what} is refused, and the feeder and its file are named`, async () => {
    await assert.rejects(
      loadFeeder('users', feederOf(rows, 'sequential', false), Buffer.from(bytes), 1),
      (error) =>
        error instanceof AppError &&
        error.code === 'FEEDER_INVALID' &&
        error.message.startsWith('Feeder users (users.csv)'),
    )
  })
