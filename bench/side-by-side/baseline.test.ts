import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Baseline, type Figure, judge } from './baseline.ts'
import { verdictTable } from './bench.ts'

const atMost = (value: number): Figure => ({ name: 'cost', value, unit: '', goal: { atMost: 1 } })
const atLeast = (value: number): Figure => ({ name: 'share', value, unit: '%', goal: { atLeast: 90 } })
const baselineOf = (figure: Figure): Baseline => ({
  bench: 'test',
  date: '2026-01-01',
  machine: { cores: 2, cpu: '', memoryGiB: 1, kernel: '', node: '' },
  versions: {},
  figures: [figure],
})

const cases = [
  [
    'a figure within its goal',
    atMost(1),
    undefined,
    { meetsGoal: true, missesGoal: false, hasRegressed: false },
  ],
  [
    'one beyond its goal, within the tolerance',
    atMost(1.2),
    undefined,
    { meetsGoal: false, missesGoal: false, hasRegressed: false },
  ],
  [
    'one far beyond its goal',
    atMost(1.3),
    undefined,
    { meetsGoal: false, missesGoal: true, hasRegressed: false },
  ],
  [
    'one as in the baseline',
    atMost(0.5),
    atMost(0.5),
    { meetsGoal: true, missesGoal: false, hasRegressed: false },
  ],
  [
    'one far above the baseline',
    atMost(0.7),
    atMost(0.5),
    { meetsGoal: true, missesGoal: false, hasRegressed: true },
  ],
  [
    'one far below a baseline that is to be high',
    atLeast(70),
    atLeast(99),
    { meetsGoal: false, missesGoal: true, hasRegressed: true },
  ],
  [
    'one above a baseline that is to be high',
    atLeast(99),
    atLeast(70),
    { meetsGoal: true, missesGoal: false, hasRegressed: false },
  ],
  [
    'one that could not be measured',
    atMost(Number.NaN),
    atMost(0.5),
    { meetsGoal: false, missesGoal: true, hasRegressed: true },
  ],
] as const

for (const [name, figure, before, expected] of cases)
  test(`${name} is judged by its goal and the baseline, with a tolerance of a quarter`, () => {
    const baseline = before === undefined ? undefined : baselineOf(before)
    const [verdict] = judge([figure], baseline, 0.25)
    assert.deepEqual(verdict, { figure, before: before?.value, ...expected })
  })

test('a figure that the baseline does not have is compared with nothing', () => {
  const [verdict] = judge([atMost(9)], baselineOf(atLeast(99)), 0.25)
  assert.equal(verdict?.before, undefined)
  assert.equal(verdict?.hasRegressed, false)
})

test('the table names what is worse, what is missed and what is well', () => {
  const table = verdictTable([
    ...judge([atMost(0.7)], baselineOf(atMost(0.5)), 0.25),
    ...judge([atMost(1.1)], undefined, 0.25),
    ...judge([atLeast(95)], baselineOf(atLeast(96)), 0.25),
  ])
  const words = table.split('\n').map((line) => line.split(/ {2,}/))
  assert.deepEqual(words, [
    ['figure', 'now', 'goal', 'baseline'],
    [words[1]?.[0]],
    ['cost', '0.700', '<= 1', '0.500', 'worse'],
    ['cost', '1.10', '<= 1', '-', 'missed'],
    ['share', '95.0 %', '>= 90', '96.0', 'ok'],
  ])
})
