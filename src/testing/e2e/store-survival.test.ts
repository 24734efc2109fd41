import assert from 'node:assert/strict'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Client } from 'pg'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { drawId } from '../../lib/random-id.ts'
import type { TimelineRow } from '../../results/run-result.ts'
import { openStore } from '../../results/store/open-store.ts'
import { timelineOf } from '../../results/timeline.ts'
import { freshDatabase, requireKafka, skipWithout } from '../components.ts'
import { Deployment, type RoleProcess } from '../deployment.ts'
import { type RealTarget, startRealTarget } from '../real-target.ts'
import { canMountSmallDisk, mountSmallDisk, unmountSmallDisk } from '../small-disk.ts'
import { startTcpProxy } from '../tcp-proxy.ts'
import { waitFor } from '../wait-for.ts'

/** The results store goes away under an orchestrator with a run: real processes, a real broker, a real database. */

const patienceMs = 120_000
const perSecond = 50
const away = 'the results store cannot be written'
const back = 'the results store is written again'

const scenarioOf = (url: string, seconds: number, drivers: number) => ({
  name: 'kept',
  drivers,
  start: { deadline: '120s' },
  http: { target: url, requests: [{ name: 'home', get: '/' }] },
  load: { rate: `${perSecond}/s`, duration: `${seconds}s` },
})

const submit = async (
  deployment: Deployment,
  target: RealTarget,
  seconds: number,
  drivers = 2,
): Promise<string> => {
  const id = drawId('r')
  const scenario = scenarioOf(target.url, seconds, drivers)
  const { status } = await deployment.call('POST', '/api/runs', { id, scenario })
  assert.equal(status, 201)
  return id
}

const begin = async (deployment: Deployment, target: RealTarget, seconds: number): Promise<string> => {
  await deployment.awaitFree(2)
  const id = await submit(deployment, target, seconds)
  await deployment.awaitBegin(id, () => target.received > 0)
  return id
}

const until = (target: RealTarget, seconds: number) =>
  waitFor(`${seconds} s of load`, () => target.received >= seconds * perSecond, patienceMs)

const said = (role: RoleProcess, text: string, count = 1) =>
  waitFor(`"${text}" to be said`, () => role.said(text).length >= count, patienceMs)

/** The run passed, and its record says in every second what the orchestrator itself says. */
const assertWhole = async (
  deployment: Deployment,
  location: string,
  id: string,
  target: RealTarget,
  seconds: number,
): Promise<void> => {
  const result = (await deployment.awaitEnd(id)) ?? assert.fail('the run is forgotten')
  assert.equal(result.outcome, 'passed', result.why.join(' '))
  const planned = seconds * perSecond
  assert.deepEqual([result.totals.sent, target.received], [planned, planned])
  const { body: timeline } = await deployment.call('GET', `/api/runs/${id}/timeline`)
  const store = await openStore(location, { clock: systemClock, logger: silentLogger })
  try {
    const kept = await waitFor(
      'the record to be whole',
      async () => {
        const found = await store.readResult(id).catch(() => undefined)
        return found?.state === 'finished' ? found : undefined
      },
      patienceMs,
    )
    assert.deepEqual(kept, result)
    const rows: TimelineRow[] = []
    const all = { from: 0, to: Number.POSITIVE_INFINITY, step: 1, columns: false }
    for await (const row of timelineOf(store.readSeconds(id), all)) rows.push(row)
    assert.deepEqual(rows, timeline)
    const sent = rows.filter(({ request }) => request === '*').map((row) => row.sent)
    assert.equal(
      sent.reduce((sum, count) => sum + count, 0),
      planned,
    )
    assert.deepEqual(await store.unfinishedRuns(), [])
  } finally {
    await store.close()
  }
}

const skip = skipWithout('kafka') || skipWithout('postgres')

describe('an orchestrator whose store goes away', { concurrency: 2, skip }, () => {
  it('Postgres, sessions ended, orchestrator killed, database cut off, all in one run: the run goes on, its record has everything', async () => {
    await using database = await freshDatabase()
    const direct = new URL(database.url)
    await using proxy = await startTcpProxy(Number(direct.port))
    const through = new URL(database.url)
    through.port = String(proxy.port)
    await using deployment = new Deployment(requireKafka().brokers, through.href)
    const first = await deployment.startOrchestrator()
    await Promise.all([deployment.startDriver(), deployment.startDriver()])
    await using target = await startRealTarget()
    // Long enough for an orchestrator to start meanwhile on a busy machine.
    const seconds = 24
    const id = await begin(deployment, target, seconds)

    await until(target, 1)
    const client = new Client({ connectionString: database.url })
    await client.connect()
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    await client.end()
    await until(target, 3)
    await first.kill()
    assert.ok(first.said(away).length <= 1, first.program.stderr())

    const second = await deployment.startOrchestrator()
    await until(target, 5)
    proxy.cut()
    await said(second, away)
    await until(target, 8)
    const { status } = await deployment.call('GET', `/api/runs/${id}`)
    assert.equal(status, 200, 'a run that goes on is told without the store')
    proxy.mend()
    await said(second, back)
    await assertWhole(deployment, database.url, id, target, seconds)
    assert.deepEqual([second.said(away).length, second.said(back).length], [1, 1], second.program.stderr())
  })

  if (canMountSmallDisk)
    it('SQLite, a full disk: the run goes on, the log says so once, and its record is whole when there is room again', async () => {
      await using outside = new Deployment(requireKafka().brokers)
      const disk = join(outside.directory, 'disk')
      mkdirSync(disk)
      mountSmallDisk(disk, 2)
      try {
        const location = join(disk, 'results.sqlite')
        await using deployment = new Deployment(requireKafka().brokers, location)
        const orchestrator = await deployment.startOrchestrator()
        await Promise.all([deployment.startDriver(), deployment.startDriver()])
        await using target = await startRealTarget()
        const seconds = 12
        const id = await begin(deployment, target, seconds)
        await until(target, 2)
        const ballast = join(disk, 'ballast')
        const { bavail, bsize } = statfsSync(disk)
        writeFileSync(ballast, Buffer.alloc(bavail * bsize))
        await said(orchestrator, away)
        await until(target, seconds - 2)
        rmSync(ballast)
        await said(orchestrator, back)
        await assertWhole(deployment, location, id, target, seconds)
        assert.deepEqual([orchestrator.said(away).length, orchestrator.said(back).length], [1, 1])
      } finally {
        unmountSmallDisk(disk)
      }
    })
})

describe('two orchestrators on one store', { concurrency: 2, skip }, () => {
  it('Postgres: one that another took the store from ends with STORE_LOCKED, and writes nothing of its run any more', async () => {
    await using database = await freshDatabase()
    await using proxy = await startTcpProxy(Number(new URL(database.url).port))
    const through = new URL(database.url)
    through.port = String(proxy.port)
    await using cutOff = new Deployment(requireKafka().brokers, through.href)
    await using target = await startRealTarget()
    const first = await cutOff.startOrchestrator()
    const id = await submit(cutOff, target, 1)
    const other = await openStore(database.url, { clock: systemClock, logger: silentLogger })
    try {
      const recorded = async () => (await other.unfinishedRuns()).some((run) => run.id === id)
      await waitFor('the run to be recorded', recorded, patienceMs)
      proxy.cut()
      await said(first, 'the lock of the results store was lost')
      const lock = await waitFor('the lock', () => other.lock().catch(() => undefined), patienceMs)
      proxy.mend()
      const { exitCode } = await first.program.ended
      assert.equal(exitCode, 1)
      assert.match(first.program.stderr(), /STORE_LOCKED|Another orchestrator owns/)
      assert.ok(await recorded(), 'the run is open for the other one')
      await lock.release()
    } finally {
      await other.close()
    }
  })

  const stores: [string, () => Promise<AsyncDisposable & { url?: string }>][] = [
    ['SQLite', async () => ({ [Symbol.asyncDispose]: async () => {} })],
    ['Postgres', freshDatabase],
  ]
  for (const [name, open] of stores)
    it(`${name}: the second is refused, takes over at once when the first is killed, and closes what that had queued`, async () => {
      await using database = await open()
      await using deployment = new Deployment(requireKafka().brokers, database.url)
      const first = await deployment.startOrchestrator()
      await using target = await startRealTarget()
      const id = await submit(deployment, target, 1)
      await assert.rejects(
        deployment.startOrchestrator(),
        /Another orchestrator owns this store|STORE_LOCKED/,
      )
      await first.kill()
      await deployment.startOrchestrator()
      const result = (await deployment.awaitEnd(id)) ?? assert.fail('the queued run is forgotten')
      assert.deepEqual([result.state, result.error?.code], ['finished', 'ORCHESTRATOR_RESTARTED'])
      assert.equal(target.received, 0)
    })
})
