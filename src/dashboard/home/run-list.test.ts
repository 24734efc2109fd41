import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  choose,
  describeDrivers,
  describeQueue,
  type ListedRun,
  matchesFilter,
  RunListModel,
  standingOf,
} from './run-list.ts'

const run = (id: string, minute: number, more: Partial<ListedRun> = {}): ListedRun => ({
  id,
  name: 'shop',
  labels: {},
  state: 'finished',
  outcome: 'passed',
  createdAt: `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`,
  startedAt: null,
  finishedAt: null,
  updatedAt: `2026-01-01T01:00:00.000Z`,
  load: '500/s for 30 s',
  drivers: 2,
  sent: 1,
  answered: 1,
  errors: 0,
  responseP99Ms: 1,
  ...more,
})
const page = (runs: ListedRun[], next: string | null = null) => ({ runs, next, storeError: null })
const ids = (model: RunListModel): string[] => model.runs.map(({ id }) => id)

describe('the list of runs', () => {
  it('is of pages and of what goes on, newest first', () => {
    const model = new RunListModel()
    model.addPage(page([run('c', 3), run('b', 2)], 'b'), undefined)
    model.addUpdate({ runs: [run('d', 4, { state: 'running', outcome: null })] })
    model.addPage(page([run('a', 1)]), 'b')
    assert.deepEqual(ids(model), ['d', 'c', 'b', 'a'])
    assert.equal(model.next, null)
    model.addPage(page([run('e', 5), run('d', 4)], 'd'), undefined)
    assert.deepEqual(ids(model), ['e', 'd', 'c', 'b', 'a'])
    assert.equal(model.next, null, 'the first page again does not lose the place')
  })

  it('takes nothing back: what was updated later counts, and an end is an end', () => {
    const model = new RunListModel()
    const at = (second: number, more: Partial<ListedRun>) =>
      run('a', 1, { updatedAt: `2026-01-01T00:01:0${second}.000Z`, state: 'running', outcome: null, ...more })
    model.addUpdate({ runs: [at(5, { sent: 500 })] })
    model.addPage(page([at(3, { sent: 300 })]), undefined)
    assert.equal(model.runs[0]?.sent, 500)
    model.addUpdate({ runs: [at(6, { state: 'finished', outcome: 'passed', sent: 600 })] })
    model.addUpdate({ runs: [at(7, { sent: 1 })] })
    assert.deepEqual([model.runs[0]?.state, model.runs[0]?.sent], ['finished', 600])
  })

  it('tells when a run went out of sight before its end was seen', () => {
    const model = new RunListModel()
    assert.equal(model.addUpdate({ runs: [run('a', 1, { state: 'running' }), run('b', 2)] }), false)
    assert.equal(model.addUpdate({ runs: [run('a', 1, { state: 'running' })] }), false)
    assert.equal(model.addUpdate({ runs: [] }), true)
    assert.equal(model.addUpdate({ runs: [] }), false)
  })

  it('does not show what was deleted, until another run has the id', () => {
    const model = new RunListModel()
    model.addPage(page([run('a', 1), run('b', 2)]), undefined)
    model.remove('a')
    model.addPage(page([run('a', 1), run('b', 2)]), undefined)
    assert.deepEqual(ids(model), ['b'])
    model.addUpdate({ runs: [run('a', 9, { state: 'running' })] })
    assert.deepEqual(ids(model), ['a', 'b'])
  })

  it('keeps why runs are missing', () => {
    const model = new RunListModel()
    model.addPage({ runs: [], next: null, storeError: 'no disk' }, undefined)
    assert.equal(model.storeError, 'no disk')
    model.addPage(page([]), undefined)
    assert.equal(model.storeError, null)
  })
})

describe('a line of it', () => {
  it('is found by every word of the filter', () => {
    const one = run('shop-1', 1, { labels: { team: 'checkout' }, outcome: 'failed' })
    for (const filter of ['', '  ', 'SHOP', 'failed shop', 'team=check', '500/s'])
      assert.equal(matchesFilter(one, filter), true, filter)
    for (const filter of ['passed', 'shop other']) assert.equal(matchesFilter(one, filter), false, filter)
  })

  it('has a word and a tone for how it stands', () => {
    const table = [
      ['finished', 'passed', 'good', 'Passed'],
      ['finished', 'failed', 'bad', 'Failed'],
      ['finished', 'degraded', 'bad', 'Degraded'],
      ['finished', 'stopped', 'caution', 'Stopped'],
      ['finished', null, 'caution', 'Ended'],
      ['running', null, 'busy', 'Running'],
      ['paused', null, 'busy', 'Paused'],
      ['queued', null, 'idle', 'Queued'],
    ] as const
    for (const [state, outcome, tone, text] of table)
      assert.deepEqual(standingOf({ state, outcome }), { tone, text })
  })

  it('is compared with one other: a third takes the place of the first', () => {
    assert.deepEqual(choose(choose(choose([], 'a', true), 'b', true), 'c', true), ['b', 'c'])
    assert.deepEqual(choose(['a', 'b'], 'a', false), ['b'])
    assert.deepEqual(choose(['a', 'b'], 'a', true), ['b', 'a'])
  })

  it('drivers and queue are said in a sentence', () => {
    assert.equal(describeDrivers({ running: 1, idle: 2, lost: 0 }, null), '3 drivers: 2 idle, 1 running.')
    assert.equal(describeDrivers({ idle: 1 }, 16), '1 driver: 1 idle.')
    assert.equal(describeDrivers({}, null), 'No driver is there: runs wait until one comes.')
    assert.equal(describeDrivers({}, 16), 'Drivers start with a run, up to 16.')
    assert.deepEqual([0, 1, 2].map(describeQueue), [
      'No run waits.',
      '1 run waits for drivers.',
      '2 runs wait for drivers.',
    ])
  })
})
