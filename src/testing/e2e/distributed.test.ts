import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { RunResult } from '../../results/run-result.ts'
import { skipWithout } from '../components.ts'
import { startRealTarget } from '../real-target.ts'
import { type OrchestratorRole, RoleCluster } from '../role-cluster.ts'
import { resultOf } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'

/** Drivers register and get ready on a machine that may be busy. */
const patienceMs = 120_000
const patient = ['--set', 'start.deadline=120s', '--json']

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundswell-distributed-'))
})
after(() => rm(directory, { recursive: true }))

let stores = 0
const freshStore = (): string[] => ['--store', join(directory, `${stores++}.sqlite`)]

const ask = async (
  { url }: OrchestratorRole,
  path: string,
  init: RequestInit & { token?: string } = {},
): Promise<{ status: number; json: unknown }> => {
  const { token, ...request } = init
  const response = await fetch(`${url}${path}`, {
    ...request,
    headers: { ...request.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
  })
  const text = await response.text()
  return {
    status: response.status,
    json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
  }
}

const createRun = async (orchestrator: OrchestratorRole, scenario: object, query = ''): Promise<string> => {
  const { status, json } = await ask(orchestrator, `/api/runs${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body: JSON.stringify(scenario),
  })
  assert.equal(status, 201, JSON.stringify(json))
  return (json as RunResult).id
}

const resultAt = async (orchestrator: OrchestratorRole, id: string): Promise<RunResult> =>
  (await ask(orchestrator, `/api/runs/${id}`)).json as RunResult

const stateIs = (orchestrator: OrchestratorRole, id: string, state: RunResult['state']) =>
  waitFor(
    `run ${id} to be ${state}`,
    async () => (await resultAt(orchestrator, id)).state === state,
    patienceMs,
  )

const codeOf = (json: unknown): unknown => (json as { code?: unknown }).code

describe('orchestrator, drivers and runs as processes of their own', { skip: skipWithout('kafka') }, () => {
  it('a run on two drivers, then one on eight of which six came meanwhile', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const orchestrator = await cluster.startOrchestrator(freshStore())
    await cluster.startDrivers(2, ['--orchestrator', orchestrator.url])
    const run = (drivers: string) =>
      cluster.start([
        ...['run', target.url, '--rate', '200/s', '--duration', '2s', '--drivers', drivers],
        ...['--orchestrator', orchestrator.url, ...patient],
      ]).ended
    const two = await run('2')
    assert.equal(two.exitCode, 0, two.stderr)
    assert.deepEqual([resultOf(two).totals.sent, resultOf(two).drivers.length], [400, 2])
    await cluster.startDrivers(6, ['--orchestrator', orchestrator.url])
    const eight = await run('8')
    assert.equal(eight.exitCode, 0, eight.stderr)
    const result = resultOf(eight)
    assert.deepEqual([result.totals.sent, result.drivers.length], [400, 8])
    assert.ok(result.drivers.every(({ totals }) => totals.sent === 50))
    assert.equal(target.received, 800)
    assert.deepEqual(await resultAt(orchestrator, result.id), result, 'the API says the same')
  })

  it('SIGTERM leaves a run to its drivers; the next life takes it up, and nothing is lost', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const store = freshStore()
    const first = await cluster.startOrchestrator(store)
    await cluster.startDrivers(2)
    const id = await createRun(first, {
      http: target.url,
      load: { rate: '100/s', duration: '8s' },
      drivers: 2,
      start: { deadline: '120s' },
    })
    await waitFor('some load', () => target.received > 100, patienceMs)
    const end = await first.signal('SIGTERM')
    assert.equal(end.exitCode, 0, end.stderr)
    assert.ok(first.log().some(({ msg }) => /one run goes on .* started again/.test(msg)))
    const next = await cluster.startOrchestrator(store)
    await stateIs(next, id, 'finished')
    const result = await resultAt(next, id)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual([result.totals.sent, target.received], [800, 800])
  })

  it('SIGTERM of run --orchestrator stops the run in good order and reports it, exit 143', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const token = join(directory, 'run-token')
    await writeFile(token, 'planted-b8d2')
    const orchestrator = await cluster.startOrchestrator([...freshStore(), '--token-file', token])
    await cluster.startDriver()
    const load = ['--rate', '50/s', '--duration', '10m', '--orchestrator', orchestrator.url, ...patient]
    const refused = await cluster.start(['run', target.url, ...load]).ended
    assert.equal(refused.exitCode, 1, refused.stderr)
    assert.equal(JSON.parse(refused.stdout).error.code, 'UNAUTHORIZED')
    const run = cluster.start(['run', target.url, ...load, '--token-file', token])
    await waitFor('some load', () => target.received > 25, patienceMs)
    run.child.kill('SIGTERM')
    const end = await run.ended
    assert.equal(end.exitCode, 143, end.stderr)
    const result = resultOf(end)
    assert.equal(result.outcome, 'stopped')
    assert.equal(result.totals.sent, target.received)
    assert.doesNotMatch(end.stderr + end.stdout + refused.stderr + refused.stdout, /planted/)
  })

  it('a trigger of an unknown, a waiting and a finished run: 404 and 409, each with its code', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const orchestrator = await cluster.startOrchestrator(freshStore())
    const trigger = async (id: string) => {
      const { status, json } = await ask(orchestrator, `/trigger/${id}`, { method: 'POST' })
      return [status, codeOf(json)]
    }
    assert.deepEqual(await trigger('nobody'), [404, 'RUN_UNKNOWN'])
    const load = { avalanche: 5, requestsPerDriver: 50 }
    const scenario = { http: target.url, load, start: { deadline: '120s' } }
    const id = await createRun(orchestrator, scenario, '?hold=true')
    assert.deepEqual(await trigger(id), [409, 'RUN_NOT_READY'], 'nobody is there to be ready')
    await cluster.startDriver()
    await stateIs(orchestrator, id, 'ready')
    assert.equal(target.received, 0)
    assert.deepEqual(await trigger(id), [200, undefined])
    await stateIs(orchestrator, id, 'finished')
    assert.deepEqual(await trigger(id), [409, 'RUN_FINISHED'])
    assert.equal((await resultAt(orchestrator, id)).totals.sent, target.received)
  })

  it('the routes of the brief load the target that the orchestrator was given', async () => {
    await using target = await startRealTarget()
    await using cluster = new RoleCluster()
    const orchestrator = await cluster.startOrchestrator([...freshStore(), '--target', target.url])
    await cluster.startDriver()
    const made = await ask(orchestrator, '/avalanche', { method: 'POST' })
    assert.equal(made.status, 200, JSON.stringify(made.json))
    const { TestId: id } = made.json as { TestId: string }
    await stateIs(orchestrator, id, 'ready')
    assert.equal((await ask(orchestrator, `/trigger/${id}`, { method: 'POST' })).status, 200)
    await stateIs(orchestrator, id, 'finished')
    assert.equal(target.received, 500)
  })

  it('two orchestrators with prefixes of their own on one Kafka do not meet', async () => {
    await using one = new RoleCluster()
    await using other = new RoleCluster()
    const [here, there] = [
      await one.startOrchestrator(freshStore()),
      await other.startOrchestrator(freshStore()),
    ]
    const [mine, yours] = [await one.startDriver(), await other.startDriver()]
    const driversOf = async (orchestrator: OrchestratorRole): Promise<string[]> =>
      ((await ask(orchestrator, '/api/drivers')).json as { drivers: { id: string }[] }).drivers.map(
        ({ id }) => id,
      )
    await waitFor(
      'both drivers',
      async () => (await driversOf(here)).length + (await driversOf(there)).length === 2,
    )
    assert.deepEqual([await driversOf(here), await driversOf(there)], [[mine.id], [yours.id]])
    assert.ok(![...here.log(), ...there.log()].some(({ msg }) => msg.includes('another orchestrator')))
  })

  it('beyond loopback it wants the token, which stands in no log', async () => {
    const token = 'planted-3f9c2d71e5'
    const file = join(directory, 'token')
    await writeFile(file, `${token}\n`)
    await using cluster = new RoleCluster()
    const orchestrator = await cluster.startOrchestrator([
      ...freshStore(),
      ...['--listen', '0.0.0.0:0', '--token-file', file, '--log-level', 'debug'],
    ])
    const url = orchestrator.url.replace('0.0.0.0', '127.0.0.1')
    const at = { ...orchestrator, url }
    assert.equal((await ask(at, '/api/runs')).status, 401)
    assert.equal((await ask(at, '/api/runs', { token: 'planted-wrong' })).status, 401)
    assert.equal((await ask(at, '/api/runs', { token })).status, 200)
    assert.equal((await ask(at, '/healthz')).status, 200)
    const end = await orchestrator.signal('SIGINT')
    assert.equal(end.exitCode, 0)
    assert.doesNotMatch(end.stderr + end.stdout, /planted/)
  })
})

describe('roles that cannot start', { skip: skipWithout('kafka') }, () => {
  it('a port that is taken: PORT_IN_USE, and everything opened before is let go of', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    try {
      await using cluster = new RoleCluster()
      const store = freshStore()
      const args = ['orchestrator', ...cluster.kafka, ...store]
      const end = await cluster.start([...args, '--listen', `127.0.0.1:${port}`]).ended
      assert.equal(end.exitCode, 1, end.stderr)
      assert.match(end.stderr, new RegExp(`^groundswell: .*${port}`, 'm'))
      assert.doesNotMatch(end.stderr, /\n\s+at /)
      // The store is free again.
      await cluster.startOrchestrator(store)
    } finally {
      await new Promise((resolve) => taken.close(resolve))
    }
  })

  it('a store that another orchestrator uses: STORE_LOCKED, before a broker is asked', async () => {
    await using cluster = new RoleCluster()
    const store = freshStore()
    await cluster.startOrchestrator(store)
    const end = await cluster.start(['orchestrator', '--kafka', '127.0.0.1:1', '--listen', ':0', ...store])
      .ended
    assert.equal(end.exitCode, 1, end.stderr)
    assert.match(end.stderr, /^groundswell: .*\n {2}Another orchestrator owns this store/m)
  })

  it('no broker: each says so within the time it was given, exit 1', async () => {
    await using cluster = new RoleCluster()
    const nowhere = ['--kafka', '127.0.0.1:1', '--kafka-wait', '1s']
    for (const args of [
      ['driver', ...nowhere],
      ['orchestrator', '--listen', ':0', ...nowhere, ...freshStore()],
      ['run', 'http://127.0.0.1:1/', '--rate', '1/s', '--requests', '1', ...nowhere],
    ]) {
      const end = await cluster.start(args).ended
      assert.equal(end.exitCode, 1, end.stderr)
      assert.match(end.stderr, /waiting for Kafka at 127\.0\.0\.1:1/)
      assert.match(end.stderr, /^groundswell: .*127\.0\.0\.1:1.* 1 s/m)
      assert.match(end.stderr, /Check --kafka HOST:PORT/)
    }
  })

  it('no orchestrator at the URL: a run has one clear error, exit 1', async () => {
    await using cluster = new RoleCluster()
    const load = ['--rate', '1/s', '--requests', '1', '--orchestrator', 'localhost:1']
    const end = await cluster.start(['run', 'http://127.0.0.1:1/', ...load]).ended
    assert.equal(end.exitCode, 1, end.stderr)
    assert.match(end.stderr, /^groundswell: .*http:\/\/localhost:1/m)
    assert.match(end.stderr, /Check --orchestrator URL/)
  })

  it('no orchestrator at the URL: a driver warns and is up all the same', async () => {
    await using cluster = new RoleCluster()
    const driver = await cluster.startDriver(['--orchestrator', '127.0.0.1:1'])
    const { level, msg } = await driver.said('No orchestrator at http://127.0.0.1:1')
    assert.equal(level, 'warn')
    assert.match(msg, /ECONNREFUSED|bad port/)
  })

  it('a signal while it waits for the broker ends it at once', async () => {
    await using cluster = new RoleCluster()
    const driver = cluster.start(['driver', '--kafka', '127.0.0.1:1', '--kafka-wait', '10m'])
    await waitFor('it to wait', () => driver.stderr().includes('waiting for Kafka'), patienceMs)
    driver.child.kill('SIGTERM')
    assert.equal((await driver.ended).exitCode, 143)
  })
})
