import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { type Logger, silentLogger } from '../../lib/logger.ts'
import { FakeProgram } from '../../testing/fake-program.ts'
import { sampleResult } from '../../testing/sample-result.ts'
import { sampleScenario } from '../../testing/sample-scenario.ts'
import { readAll, sampleSecond } from '../../testing/sample-seconds.ts'
import { canMountSmallDisk, mountSmallDisk, unmountSmallDisk } from '../../testing/small-disk.ts'
import { openStore } from './open-store.ts'
import type { ResultsStore } from './results-store.ts'
import { StoreUnavailable } from './store-unavailable.ts'

/** A file system of its own, with a store of two runs in it. */
class Disk {
  readonly directory: string
  readonly path: string
  readonly warnings: string[] = []

  private constructor(directory: string) {
    this.directory = directory
    this.path = join(directory, 'results.sqlite')
  }

  static async with(use: (disk: Disk) => Promise<void>): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), 'groundswell-disk-'))
    mountSmallDisk(directory, 24)
    try {
      const disk = new Disk(directory)
      const store = await disk.open()
      for (const id of ['r-1', 'r-2']) {
        await store.createRun({ id, createdAtMs: 1, record: sampleScenario(), isResumable: id === 'r-1' })
        for (let second = 0; second < 100; second++)
          await store.putSeconds(id, [sampleSecond(second, ...times)])
        await store.putResult(id, sampleResult({ id, state: 'finished' }))
      }
      await store.close()
      await use(disk)
    } finally {
      unmountSmallDisk(directory)
      rmSync(directory, { recursive: true })
    }
  }

  open(isToRead = false): Promise<ResultsStore> {
    const warn: Logger['warn'] = (line) => {
      this.warnings.push(line)
    }
    return openStore(this.path, { clock: systemClock, logger: { ...silentLogger, warn }, isToRead })
  }

  /** Up to so much. */
  fill(leftBytes = 0): void {
    const { bavail, bsize } = statfsSync(this.directory)
    writeFileSync(join(this.directory, 'ballast'), Buffer.alloc(bavail * bsize - leftBytes))
    assert.ok(statfsSync(this.directory).bavail * bsize <= leftBytes)
  }

  empty(): void {
    rmSync(join(this.directory, 'ballast'))
  }

  protect(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.directory])
  }

  async run(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
    const program = new FakeProgram([...args, '--store', this.path])
    const code = await program.run()
    return { code, out: program.stdout.text, errors: program.stderr.text }
  }
}

/** What docs/results.md says. */
const roomToDelete = 1_048_576

const times = Array.from({ length: 400 }, (_, i) => 1000 + i * i * 7)

const isFull = (error: unknown): boolean => {
  assert.ok(error instanceof StoreUnavailable, String(error))
  assert.equal(error.publicReason, 'no space left on the disk')
  return true
}

/** Everything is still to be read. */
const assertReadable = async (store: ResultsStore): Promise<void> => {
  assert.equal((await store.listRuns({ limit: 10 })).length, 2)
  assert.equal((await readAll(store, 'r-1')).length, 100)
  assert.equal((await store.readResult('r-2'))?.id, 'r-2')
  assert.deepEqual(
    (await store.unfinishedRuns()).map(({ id }) => id),
    ['r-1'],
  )
}

if (canMountSmallDisk)
  describe('a SQLite store on a full disk', () => {
    it('is read, with nobody else at it and beside one who writes', () =>
      Disk.with(async (disk) => {
        disk.fill()
        for (const isToRead of [true, false]) {
          await using stack = new AsyncDisposableStack()
          const store = await disk.open(isToRead)
          stack.defer(() => store.close())
          await assertReadable(store)
        }
        disk.empty()
        const writer = await disk.open()
        await writer.putSeconds('r-1', [sampleSecond(0, ...times)])
        assert.ok(statSync(`${disk.path}-wal`).size > 0)
        disk.fill()
        const reader = await disk.open(true)
        await assertReadable(reader)
        await reader.close()
        await writer.close()
      }))

    it('is opened to write with a warning, refuses what is written, and takes it when there is room', () =>
      Disk.with(async (disk) => {
        disk.fill()
        const store = await disk.open()
        assert.equal(disk.warnings.length, 1)
        assert.match(disk.warnings[0] ?? '', /no space left on the disk; until that changes it is only read/)
        await (await store.lock()).release()
        await assert.rejects(store.putSeconds('r-1', [sampleSecond(100, ...times)]), isFull)
        await assertReadable(store)
        disk.empty()
        await store.putSeconds('r-1', [sampleSecond(100, ...times)])
        assert.equal((await readAll(store, 'r-1')).length, 101)
        await store.close()
      }))

    it('deletes nothing where there is no room at all, and with some room gives back that of a whole run', () =>
      Disk.with(async (disk) => {
        const store = await disk.open()
        const more = Array.from({ length: 900 }, (_, i) => sampleSecond(100 + i, ...times))
        for (const id of ['r-1', 'r-2']) await store.putSeconds(id, more)
        await store.close()
        const before = statSync(disk.path).size
        disk.fill()
        const refused = await disk.run('results', 'delete', 'r-1', '--yes')
        assert.deepEqual([refused.code, refused.out], [1, ''])
        assert.match(refused.errors, /cannot be used: no space left on the disk/)
        disk.empty()
        disk.fill(roomToDelete)
        const deleted = await disk.run('results', 'delete', 'r-1', '--yes')
        assert.deepEqual([deleted.code, deleted.errors], [0, 'Deleted r-1\n'])
        assert.ok(before > 2 * roomToDelete, `a run is larger than the room: ${before}`)
        assert.ok(statSync(disk.path).size < 0.6 * before)
        const list = await disk.run('results', 'list', '--json')
        assert.equal((JSON.parse(list.out) as unknown[]).length, 1)
      }))

    it('is listed and shown by the command line', () =>
      Disk.with(async (disk) => {
        disk.fill()
        const list = await disk.run('results', 'list', '--json')
        assert.deepEqual([list.code, (JSON.parse(list.out) as unknown[]).length], [0, 2], list.errors)
        const show = await disk.run('results', 'show', 'r-2', '--json')
        assert.equal(show.code, 0, show.errors)
      }))
  })

if (canMountSmallDisk)
  describe('a SQLite store on a read-only file system', () => {
    it('is read and left as it is', () =>
      Disk.with(async (disk) => {
        disk.protect()
        const before = readdirSync(disk.directory)
        const list = await disk.run('results', 'list', '--json')
        assert.deepEqual([list.code, (JSON.parse(list.out) as unknown[]).length], [0, 2], list.errors)
        const store = await disk.open(true)
        await assertReadable(store)
        await store.close()
        const deleted = await disk.run('results', 'delete', 'r-2', '--yes')
        assert.equal(deleted.code, 1)
        assert.match(deleted.errors, /cannot be used: it can only be read \(STORE_UNAVAILABLE\)/)
        assert.deepEqual(readdirSync(disk.directory), before)
      }))
  })
