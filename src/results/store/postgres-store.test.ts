import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import { systemClock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import { silentLogger } from '../../lib/logger.ts'
import { freshDatabase, skipWithout } from '../../testing/components.ts'
import { describeResultsStoreContract } from '../../testing/contracts/results-store-contract.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { sampleScenario } from '../../testing/sample-scenario.ts'
import { startTcpProxy } from '../../testing/tcp-proxy.ts'
import { waitFor } from '../../testing/wait-for.ts'
import { openStore } from './open-store.ts'
import { describePostgres, withoutPassword } from './postgres-location.ts'
import { type LockSession, PostgresLock, type TakenOrHeld } from './postgres-lock.ts'
import type { ResultsStore } from './results-store.ts'

const skip = skipWithout('postgres')

const open = (location: string, logger = silentLogger): Promise<ResultsStore> =>
  openStore(location, { clock: systemClock, logger })

describeResultsStoreContract(
  'Postgres',
  async () => {
    const database = await freshDatabase()
    return { location: database.url, connect: () => open(database.url), close: () => database.drop() }
  },
  { skip },
)

const ask = async (url: string, sql: string): Promise<void> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}

/** Ends all connections of the database but the one that asks. */
const cutAll = (url: string): Promise<void> =>
  ask(
    url,
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )

test('a store of a newer version is left as it is', { skip }, async () => {
  await using database = await freshDatabase()
  await (await open(database.url)).close()
  await ask(database.url, 'update groundswell_schema set version = 99')
  await assert.rejects(open(database.url), { code: 'STORE_NEWER' })
})

test('after its connections were ended it goes on with new ones', { skip }, async () => {
  await using database = await freshDatabase()
  const store = await open(database.url)
  await store.createRun({ id: 'r', createdAtMs: 1, record: sampleScenario(), isResumable: true })
  await cutAll(database.url)
  const runs = await waitFor('an answer', () => store.listRuns({ limit: 1 }).catch(() => undefined))
  assert.equal(runs.length, 1)
  await store.close()
})

test('a lock that is lost with its connection is taken again, and the log says so', { skip }, async () => {
  await using database = await freshDatabase()
  const lines: string[] = []
  const note = (line: string): void => {
    lines.push(line)
  }
  const store = await open(database.url, { debug: note, info: note, warn: note, error: note })
  const other = await open(database.url)
  const lock = await store.lock()
  await cutAll(database.url)
  await waitFor('the lock', () => lines.includes('the lock of the results store is held again'), 30_000)
  assert.match(lines[0] ?? '', /was lost/)
  await assert.rejects(other.lock(), { code: 'STORE_LOCKED' })
  await lock.release()
  await (await other.lock()).release()
  await store.close()
  await other.close()
})

test('a lock that another orchestrator takes meanwhile is lost, and says so', { skip }, async () => {
  await using database = await freshDatabase()
  await using proxy = await startTcpProxy(Number(new URL(database.url).port))
  const through = new URL(database.url)
  through.port = String(proxy.port)
  const store = await open(through.href)
  const other = await open(database.url)
  const lock = await store.lock()
  proxy.cut()
  await waitFor('the loss', () => !lock.isHeld, 30_000)
  await waitFor('the other one to take it', () => other.lock().catch(() => undefined), 30_000)
  proxy.mend()
  assert.equal((await lock.lost).code, 'STORE_LOCKED')
  assert.equal(lock.isHeld, false)
  await store.close()
  await other.close()
})

test('a lock that its own broken session still holds is waited for', async () => {
  const clock = new FakeClock()
  let lose = (): void => {}
  const session = (pid: number): LockSession => ({
    pid,
    onLost: (callback) => {
      lose = callback
    },
    check: async () => lose(),
    end: async () => {},
  })
  const answers: TakenOrHeld[] = [
    { session: session(7) },
    { heldBy: 7 },
    { heldBy: undefined },
    { session: session(8) },
    { heldBy: 9 },
  ]
  const lock = new PostgresLock({
    take: async () => answers.shift() ?? assert.fail('asked once more'),
    taken: () => new AppError('STORE_LOCKED', 'taken'),
    clock,
    logger: silentLogger,
    onRelease: () => {},
  })
  assert.equal(await lock.take(), true)
  // Nobody says that the connection is gone: asking tells.
  await clock.advance(5000)
  assert.equal(lock.isHeld, false)
  for (const pauseMs of [1000, 2000]) {
    await clock.advance(pauseMs)
    assert.equal(lock.isHeld, false)
  }
  await clock.advance(4000)
  assert.equal(lock.isHeld, true)
  lose()
  await clock.advance(1000)
  assert.equal((await lock.lost).message, 'taken')
  await clock.advance(60_000)
  assert.deepEqual(answers, [])
  await lock.release()
})

const password = 's3cr3t/pässword'
const secret = encodeURIComponent(password)

test('no error shows a password', async () => {
  const locations = [
    `postgres://me:${secret}@127.0.0.1:1/results`,
    `postgresql://127.0.0.1:1/results?user=me&password=${secret}`,
    `postgres://me:${secret}@127.0.0.1:99999/results`,
    `postgres://me:${secret}@[::broken/results`,
  ]
  for (const location of locations)
    await assert.rejects(open(location), (error) => {
      assert.ok(error instanceof AppError, String(error))
      assert.equal(error.code, 'STORE_UNAVAILABLE')
      for (const text of [error.message, error.hint, String(error.stack), String(error.cause)])
        assert.ok(!text.includes(password) && !text.includes(secret), text)
      return true
    })
})

test('a wrong password is told without it', { skip }, async () => {
  await using database = await freshDatabase()
  const url = new URL(database.url)
  url.username = 'nobody-of-that-name'
  url.password = secret
  await assert.rejects(open(url.href), (error) => {
    assert.ok(error instanceof AppError)
    assert.match(error.message, /nobody-of-that-name/)
    assert.ok(!error.message.includes(password) && !error.message.includes(secret))
    return true
  })
})

test('a location is shown without passwords and parameters', () => {
  assert.equal(
    describePostgres(`postgres://me:${secret}@db:5432/r?sslmode=require`),
    'postgres://me@db:5432/r',
  )
  assert.equal(describePostgres('postgres:///r'), 'postgres:///r')
  const url = `postgres://me:${secret}@db/r?password=other`
  assert.equal(
    withoutPassword(`a ${password} b ${secret} c other d ${url}`, url),
    'a *** b *** c *** d the URL',
  )
})
