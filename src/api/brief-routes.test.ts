import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { foldRun } from '../orchestrator/run-state.ts'
import { aggregateOf } from '../results/aggregate.ts'
import { buildResult } from '../results/build-result.ts'
import { ApiWorld } from '../testing/api-world.ts'
import { foreignReport, foreignRun, foreignStartMs, foreignTold } from '../testing/sample-foreign.ts'
import { waitFor } from '../testing/wait-for.ts'
import type { RunList } from './answer-schemas.ts'
import type { TestList, TestMetrics } from './brief-schemas.ts'
import type { Problem } from './problem.ts'

let world: ApiWorld

before(async () => {
  world = await ApiWorld.start()
})
after(() => world[Symbol.asyncDispose]())

const target = () => ({ target_url: `${world.target.url}/ping` })

/** Creates a test and waits for its drivers; its id. */
const prepare = async (path: string, body?: unknown): Promise<string> => {
  const answer = await world.ask('POST', path, body)
  assert.equal(answer.status, 200, answer.text)
  const { TestId, test_id } = answer.json as { TestId: string; test_id: string }
  assert.equal(TestId, test_id)
  await waitFor('the test to be ready', async () => (await metrics(TestId)).state === 'ready', 30_000)
  return TestId
}

const metrics = async (id: string): Promise<TestMetrics> =>
  (await world.ask('GET', `/metrics/${id}`)).json as TestMetrics

const finish = async (id: string): Promise<TestMetrics> => {
  const answer = await world.ask('POST', `/trigger/${id}`)
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.text, '')
  await waitFor('the test to be over', async () => (await metrics(id)).state === 'finished', 30_000)
  return metrics(id)
}

describe('the routes of the load-testing brief', () => {
  it('POST /avalanche prepares on all free drivers; the trigger starts it; the metrics add up', async () => {
    const received = world.target.received
    const id = await prepare('/avalanche', { ...target(), message_count_per_driver: 40, connections: 5 })
    assert.equal(world.target.received, received)
    const { type, aggregate, drivers, degraded } = await finish(id)
    assert.equal(type, 'AVALANCHE')
    assert.equal(degraded, false)
    assert.deepEqual([aggregate.sent, aggregate.completed, aggregate.errors], [80, 80, 0])
    assert.deepEqual([aggregate.drivers, aggregate.mergedFrom, aggregate.unit], [2, 2, 'ms'])
    assert.deepEqual(
      drivers.map(({ sent }) => sent),
      [40, 40],
    )
    assert.equal(aggregate.min, Math.min(...drivers.map(({ min }) => min ?? 0)))
    assert.equal(aggregate.max, Math.max(...drivers.map(({ max }) => max ?? 0)))
    assert.equal(world.target.received - received, 80)
    assert.equal(world.target.arrivals.at(-1)?.url, '/ping')
  })

  it('POST /tsunami/{seconds} keeps that gap on each driver, decimals allowed', async () => {
    const id = await prepare('/tsunami/0.05', { ...target(), message_count_per_driver: 10 })
    const before = world.target.arrivals.length
    const { type, aggregate } = await finish(id)
    assert.equal(type, 'TSUNAMI')
    assert.equal(aggregate.completed, 20)
    const arrivals = world.target.arrivals.slice(before)
    assert.ok((arrivals.at(-1)?.atMs ?? 0) - (arrivals[0]?.atMs ?? 0) >= 400)
  })

  it('refuses what is no gap, and goes on with nothing', async () => {
    const runs = world.orchestrator.runs.size
    for (const gap of ['abc', '0', '-1', '1e3', 'NaN', 'Infinity', '0x10', '%20', '0.0000000001']) {
      const answer = await world.ask('POST', `/tsunami/${gap}`, target())
      assert.equal(answer.status, 400, gap)
      assert.equal((answer.json as Problem).code, 'REQUEST_INVALID')
    }
    const nowhere = await world.ask('POST', '/avalanche')
    assert.equal(nowhere.status, 400)
    assert.match(nowhere.text, /--target/)
    assert.equal((await world.ask('POST', '/avalanche', { target_url: 'ftp://x' })).status, 400)
    assert.equal(world.orchestrator.runs.size, runs)
  })

  it('POST /trigger/{testId}: 404 for an unknown one, 409 for one that was triggered', async () => {
    assert.equal((await world.ask('POST', '/trigger/nobody')).status, 404)
    const id = await prepare('/avalanche', { ...target(), message_count_per_driver: 5 })
    await finish(id)
    const again = await world.ask('POST', `/trigger/${id}`)
    assert.equal(again.status, 409)
    assert.equal((again.json as Problem).code, 'RUN_FINISHED')
    assert.equal((await world.ask('GET', '/metrics/nobody')).status, 404)
  })

  it('GET /tests lists them, newest first, with runs of other kinds', async () => {
    const tests = (await world.ask('GET', '/tests')).json as TestList
    assert.deepEqual(
      tests.map(({ type }) => type),
      ['AVALANCHE', 'TSUNAMI', 'AVALANCHE'],
    )
    assert.deepEqual(
      tests.map(({ completed, sent }) => [completed, sent]),
      [
        [10, 10],
        [20, 20],
        [80, 80],
      ],
    )
    assert.ok(tests.every(({ triggeredAt, finishedAt }) => triggeredAt !== null && finishedAt !== null))
  })

  it('tells of drivers written by others what they say, of a run of the past as of one that goes on', async () => {
    const said = foreignReport('f-1', 'f-1/1', { sent: 70, completed: 60, times: [2, 5, 4, null, 40] })
    const state = foldRun(foreignRun(['f-1']), foreignTold(foreignStartMs + 3000, said))
    const closedMs = foreignStartMs + 4000
    const past = foldRun(state, { type: 'closed', atMs: closedMs })
    world.store.keep(buildResult(past, past.scenario, closedMs))
    const { aggregate, drivers } = await metrics(past.id)
    assert.deepEqual(aggregate, aggregateOf(state, closedMs).aggregate)
    assert.deepEqual([aggregate.sent, aggregate.completed, aggregate.errors], [70, 60, null])
    assert.deepEqual([aggregate.max, drivers[0]?.errors], [40, null])
    const tests = (await world.ask('GET', '/tests')).json as TestList
    const test = tests.find(({ testId }) => testId === past.id)
    assert.deepEqual([test?.sent, test?.completed, test?.errors], [70, 60, null])
    const { runs } = (await world.ask('GET', '/api/runs')).json as RunList
    const run = runs.find(({ id }) => id === past.id)
    assert.deepEqual([run?.sent, run?.answered, run?.errors], [70, 60, null])
  })

  it('takes its defaults from the options: curl -X POST is enough', async () => {
    const other = await ApiWorld.start({
      drivers: 0,
      apiDefaults: { target: 'http://127.0.0.1:9/ping', messageCountPerDriver: 7 },
    })
    try {
      const answer = await other.ask('POST', '/avalanche', undefined, {
        'content-type': 'application/x-www-form-urlencoded',
      })
      const { load, http } = other.run((answer.json as { TestId: string }).TestId).state.scenario
      assert.deepEqual([load.kind, load.requestsPerDriver], ['avalanche', 7])
      assert.deepEqual([http.targets, http.timeoutMs, http.connections], [['http://127.0.0.1:9'], 30_000, 7])
      const early = await other.ask('POST', `/trigger/${(answer.json as { TestId: string }).TestId}`)
      assert.equal(early.status, 409)
      assert.equal((early.json as Problem).code, 'RUN_NOT_READY')
    } finally {
      await other[Symbol.asyncDispose]()
    }
  })
})
