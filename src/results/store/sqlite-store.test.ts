import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { AppError } from '../../lib/errors.ts'
import { silentLogger } from '../../lib/logger.ts'
import { describeResultsStoreContract } from '../../testing/contracts/results-store-contract.ts'
import { sampleScenario } from '../../testing/sample-scenario.ts'
import { readAll, sampleSecond } from '../../testing/sample-seconds.ts'
import { openStore } from './open-store.ts'
import type { ResultsStore } from './results-store.ts'
import { openSqliteStore } from './sqlite-store.ts'

const withDirectory = (run: (directory: string) => Promise<void>) => async (): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'groundswell-store-'))
  try {
    await run(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const open = (location: string): Promise<ResultsStore> =>
  openStore(location, { clock: systemClock, logger: silentLogger })

describeResultsStoreContract('SQLite', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'groundswell-store-'))
  const location = join(directory, 'results.sqlite')
  return {
    location,
    connect: () => open(location),
    close: () => rm(directory, { recursive: true, force: true }),
  }
})

test(
  'the file and the directories made for it are their owner’s alone',
  withDirectory(async (directory) => {
    const path = join(directory, 'a', 'b', 'results.sqlite')
    const store = await open(path)
    await store.createRun({ id: 'r', createdAtMs: 1, record: sampleScenario(), isResumable: false })
    await store.lock()
    for (const made of ['a', 'a/b']) assert.equal((await stat(join(directory, made))).mode & 0o777, 0o700)
    for (const suffix of ['', '-wal', '-shm', '.lock'])
      assert.equal((await stat(path + suffix)).mode & 0o777, 0o600, suffix)
    await store.close()
  }),
)

test(
  'what cannot be a store is refused in one sentence',
  withDirectory(async (directory) => {
    const text = join(directory, 'text')
    await writeFile(text, 'this is no database, but a text of some length. '.repeat(100))
    const foreign = join(directory, 'foreign.sqlite')
    new DatabaseSync(foreign).exec('create table birds (name text)')
    const cases: [path: string, says: RegExp][] = [
      [text, /it is no database/],
      [directory, /it is no file/],
      [join(text, 'results.sqlite'), /a part of the path is no directory/],
      ['/proc/nowhere/results.sqlite', /cannot be used: .+/],
      [foreign, /is the database of another program/],
    ]
    for (const [path, says] of cases)
      await assert.rejects(open(path), (error) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.code, 'STORE_UNAVAILABLE')
        assert.match(error.message, says)
        assert.doesNotMatch(error.message, /\n/)
        return true
      })
    assert.deepEqual(new DatabaseSync(foreign).prepare('select name from sqlite_schema').all().length, 1)
  }),
)

// Root may do everything: for it there is nothing to test.
if (process.getuid?.() !== 0)
  test(
    'a store without the right to it is refused',
    withDirectory(async (directory) => {
      const closed = join(directory, 'closed')
      await mkdir(closed)
      await chmod(closed, 0)
      await assert.rejects(open(join(closed, 'results.sqlite')), { code: 'STORE_UNAVAILABLE' })
      await chmod(closed, 0o700)
    }),
  )

test(
  'a store of a newer version is left as it is',
  withDirectory(async (directory) => {
    const path = join(directory, 'results.sqlite')
    await (await open(path)).close()
    const database = new DatabaseSync(path)
    database.exec('update groundswell_schema set version = 99')
    database.close()
    await assert.rejects(open(path), { code: 'STORE_NEWER' })
  }),
)

test(
  'a full store rejects, keeps what is in it, and takes more when there is room again',
  withDirectory(async (directory) => {
    const path = join(directory, 'results.sqlite')
    const store = await openSqliteStore(path, { clock: systemClock, logger: silentLogger, maxPages: 60 })
    for (const id of ['r-1', 'r-2'])
      await store.createRun({ id, createdAtMs: 1, record: sampleScenario(), isResumable: false })
    const times = Array.from({ length: 400 }, (_, i) => 1000 + i * i * 7)
    let written = 0
    const fill = async (): Promise<void> => {
      for (; written < 1000; written++) await store.putSeconds('r-1', [sampleSecond(written, ...times)])
    }
    await assert.rejects(fill(), (error) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'STORE_UNAVAILABLE')
      assert.match(error.message, /no space left/)
      return true
    })
    assert.ok(written > 0)
    assert.equal((await readAll(store, 'r-1')).length, written)
    const pages = (): number => {
      using database = new DatabaseSync(path)
      return Number(database.prepare('pragma page_count').get()?.page_count)
    }
    const before = pages()
    await store.deleteRun('r-1')
    assert.ok(pages() < before / 2, 'a deleted run gives its room back')
    assert.ok((await stat(path)).size < before * 2048)
    await store.putSeconds('r-2', [sampleSecond(0, ...times)])
    await store.close()
  }),
)

test(
  'a writer that another process holds up waits for it, and does not hold up this process',
  withDirectory(async (directory) => {
    const path = join(directory, 'results.sqlite')
    const store = await open(path)
    const other = new DatabaseSync(path)
    other.exec('begin immediate')
    let turns = 0
    const timer = setInterval(() => {
      turns++
    }, 1)
    setTimeout(() => other.exec('rollback'), 150)
    await store.createRun({ id: 'r', createdAtMs: 1, record: sampleScenario(), isResumable: false })
    clearInterval(timer)
    assert.ok(turns > 0)
    assert.equal((await store.listRuns({ limit: 1 })).length, 1)
    other.close()
    await store.close()
  }),
)
