import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../lib/clock.ts'
import { Recorders } from '../../measuring/recorders.ts'
import type { Feeder } from '../../scenario/scenario.ts'
import { httpJob, journeySpec, requestSpec } from '../../testing/workload-run.ts'
import { OperationTable } from './operation-table.ts'

const rows = 40
const csv = Buffer.from(`id\n${Array.from({ length: rows }, (_, row) => `${row}\n`).join('')}`)

interface Plan {
  seed: number
  weights: number[]
  /** Which operations use the feeder. */
  users: boolean[]
  order: Feeder['order']
  unique: boolean
  targets: number
}

const tableOf = ({ seed, weights, users, order, unique, targets }: Plan, driver: number) => {
  const requests = weights.map((weight, i) => {
    const url = users[i] === true ? '/{{f.id}}' : '/'
    const name = `operation ${i}`
    return i % 2 === 0
      ? requestSpec({ name, weight, url })
      : journeySpec([requestSpec({ name: `step ${i}`, url })], { name, weight })
  })
  const feeder: Feeder = {
    asset: { file: 'f.csv', sha256: 'f', sizeBytes: csv.length },
    order,
    unique,
    columns: ['id'],
    rows,
  }
  return OperationTable.compile({
    seed,
    job: httpJob(
      Array.from({ length: targets }, (_, i) => `http://t${i}.example`),
      requests,
      { feeders: { f: feeder } },
    ),
    driver,
    assets: new Map([['f', csv]]),
    recorders: new Recorders(),
    clock: systemClock,
    userAgent: 'test',
    originOf: ({ host, hostname }) => ({ protocol: 'http:', host, hostname, port: 80 }),
  })
}

/** What index it is: the operation, and its row; -1 where none is left, undefined where it uses none. */
const outcome = (table: OperationTable, index: number): [operation: number, row: number | undefined] => {
  const operation = table.choose(index)
  const drawn = new Int32Array(table.feederCount)
  if (operation.feeders.length === 0) return [operation.number, undefined]
  return [operation.number, table.drawRows(operation, drawn) ? drawn[0] : -1]
}

test('n drivers use exactly the operations and rows that one would, and no row twice where rows are unique', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.maxSafeNat(),
        weights: fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 6 }),
        users: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        order: fc.constantFrom('sequential' as const, 'random' as const),
        unique: fc.boolean(),
        targets: fc.integer({ min: 1, max: 3 }),
      }),
      fc.integer({ min: 1, max: 5 }),
      async (plan, drivers) => {
        const alone = await tableOf(plan, 0)
        const expected = Array.from({ length: 150 }, (_, index) => outcome(alone, index))
        for (let driver = 0; driver < drivers; driver++) {
          const table = await tableOf(plan, driver)
          for (let index = driver; index < expected.length; index += drivers)
            assert.deepEqual(outcome(table, index), expected[index])
        }
        const used = expected.flatMap(([, row]) => (row === undefined || row < 0 ? [] : [row]))
        const wanting = expected.filter(([, row]) => row !== undefined).length
        if (plan.unique) {
          assert.equal(new Set(used).size, used.length)
          assert.equal(used.length, Math.min(rows, wanting))
        } else assert.equal(used.length, wanting)
        if (plan.order === 'sequential')
          assert.deepEqual(
            used,
            used.map((_, occurrence) => occurrence % rows),
          )
      },
    ),
    { seed: 13, numRuns: 40 },
  )
})

test('targets are taken in turn, whatever the operation', async () => {
  const table = await tableOf(
    { seed: 1, weights: [3, 2], users: [], order: 'sequential', unique: false, targets: 3 },
    0,
  )
  const hosts = Array.from({ length: 7 }, (_, index) => {
    const operation = table.choose(index)
    if (operation.kind === 'request') return operation.plan.origin.host
    const [step] = operation.plan.steps
    return step?.kind === 'request' ? step.request.origin.host : undefined
  })
  assert.deepEqual(
    hosts,
    [0, 1, 2, 0, 1, 2, 0].map((target) => `t${target}.example`),
  )
})
