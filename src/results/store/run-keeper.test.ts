import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../lib/errors.ts'
import { silentLogger } from '../../lib/logger.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { ScriptedRun } from '../../testing/followed-run.ts'
import { sampleScenario } from '../../testing/sample-scenario.ts'
import { describeSecond, readAll, sampleSecond } from '../../testing/sample-seconds.ts'
import { buildResult } from '../build-result.ts'
import { openStore } from './open-store.ts'
import type { ResultsStore } from './results-store.ts'
import { RunKeeper } from './run-keeper.ts'
import { openSqliteStore } from './sqlite-store.ts'

const record = sampleScenario()
const configured = { type: 'configured', atMs: 1, drivers: [] } as const
const triggered = { type: 'triggered', atMs: 2, startAtMs: 3 } as const
const closed = { type: 'closed', atMs: 4 } as const

/** A store that says what is written, and fails or hangs when it is told to. */
class ScriptedStore {
  readonly writes: string[] = []
  fails: () => boolean = () => false
  hangs = false
  readonly store: ResultsStore

  constructor(inner: ResultsStore) {
    this.store = new Proxy(inner, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...args: unknown[]) => unknown
        if (typeof method !== 'function') return method
        if (!/^(create|append|put|add)/.test(String(name))) return method.bind(target)
        return async (...args: unknown[]) => {
          if (this.hangs) await new Promise(() => {})
          if (this.fails()) throw new AppError('STORE_UNAVAILABLE', 'The results store is away.')
          await method.apply(target, args)
          this.writes.push(describeWrite(String(name), args))
        }
      },
    })
  }
}

const describeWrite = (name: string, args: unknown[]): string => {
  const [id, detail, event] = args as [{ id: string } | string, unknown, { type: string }]
  switch (name) {
    case 'createRun':
      return 'create'
    case 'appendEvent':
      return `event ${detail} ${event.type}`
    case 'putSeconds':
      return `seconds ${(detail as { second: number }[]).map(({ second }) => second).join(' ')}`
    case 'putResult':
      return (detail as { outcome: unknown }).outcome === null ? 'result' : 'final result'
    default:
      return `${name} ${String(id)}`
  }
}

describe('a run keeper', () => {
  let directory: string
  let clock: FakeClock
  let inner: ResultsStore
  let scripted: ScriptedStore
  let keeper: RunKeeper
  let lines: string[]

  const newKeeper = (store: ConstructorParameters<typeof RunKeeper>[0]['store']): RunKeeper => {
    const note = (line: string): void => {
      lines.push(line)
    }
    const logger = { ...silentLogger, info: note, warn: note, error: note }
    return new RunKeeper({ store, clock, logger, isResumable: true })
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'groundswell-keeper-'))
    clock = new FakeClock()
    lines = []
    inner = await openStore(join(directory, 'results.sqlite'), { clock, logger: silentLogger })
    scripted = new ScriptedStore(inner)
    keeper = newKeeper(scripted.store)
  })

  afterEach(async () => {
    await keeper.close()
    await inner.close()
    await rm(directory, { recursive: true, force: true })
  })

  const begin = async (id = 'r-1'): Promise<ScriptedRun> => {
    const run = new ScriptedRun(id)
    const created = keeper.create({ id, createdAtMs: 1000, record })
    keeper.follow(run, record)
    await clock.advance(0)
    await created
    return run
  }

  const assertComplete = async (run: ScriptedRun): Promise<void> => {
    const expected = run.state.seconds.map((row, second) => describeSecond({ second, ...row }))
    assert.deepEqual((await readAll(inner, run.id)).map(describeSecond), expected)
    assert.deepEqual(await inner.readResult(run.id), buildResult(run.state, record, clock.wallMs()))
  }

  it('writes the run, its events, each second once and again when it changed, the result, and the end last', async () => {
    const run = await begin()
    await keeper.append('r-1', configured)
    await keeper.append('r-1', triggered)
    run.addSecond(10)
    run.addSecond(20)
    await clock.advance(1000)
    run.addSecond(30)
    await clock.advance(1000)
    run.setSecond(1, 20, 25)
    await clock.advance(1000)
    await keeper.append('r-1', closed)
    run.addSecond(40)
    run.finish()
    await clock.advance(0)
    assert.deepEqual(scripted.writes, [
      'create',
      'result',
      'event 0 configured',
      'event 1 triggered',
      'seconds 0 1',
      'seconds 2',
      'seconds 1',
      'seconds 3',
      'final result',
      'event 2 closed',
    ])
    await assertComplete(run)
    assert.equal(run.listeners, 0)
    assert.deepEqual(lines, [])
    await clock.advance(10_000)
    assert.equal(scripted.writes.length, 10)
    assert.equal(clock.pending, 0)
  })

  it('writes the figures of a run that goes on every five seconds', async () => {
    const run = await begin()
    for (let i = 0; i < 11; i++) {
      run.addSecond(10 + i)
      await clock.advance(1000)
    }
    assert.equal(scripted.writes.filter((write) => write === 'result').length, 3)
  })

  it('loses nothing while the store is away, says so once, and again when it is back', async () => {
    const run = await begin()
    run.addSecond(10)
    await clock.advance(1000)
    scripted.fails = () => true
    run.addSecond(20)
    await clock.advance(1000)
    const before = clock.nowMs()
    await keeper.append('r-1', triggered)
    assert.equal(clock.nowMs(), before, 'an event waits for no store that is known to be away')
    for (let i = 0; i < 60; i++) {
      run.addSecond(30 + i)
      await clock.advance(1000)
    }
    run.setSecond(0, 10, 11)
    await keeper.append('r-1', closed)
    run.finish()
    await clock.advance(1000)
    assert.deepEqual(lines, [
      'the results store cannot be written: The results store is away; the run goes on, its record follows',
    ])
    scripted.fails = () => false
    await clock.advance(30_000)
    await assertComplete(run)
    assert.equal(lines.length, 2)
    assert.match(lines[1] ?? '', /is written again/)
    assert.deepEqual(
      scripted.writes.filter((write) => write.startsWith('event')),
      ['event 0 triggered', 'event 1 closed'],
    )
    assert.deepEqual(await inner.unfinishedRuns(), [])
  })

  it('has everything in the store at the end, however the store fails and seconds change', async () => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 3000 })), { maxLength: 40 }),
        fc.infiniteStream(fc.boolean()),
        async (steps, fails) => {
          const run = await begin(`p-${runs++}`)
          scripted.fails = () => fails.next().value
          for (const [kind, at] of steps) {
            if (kind === 0) await clock.advance(at)
            else if (kind === 1 && run.state.seconds.length > 0)
              run.setSecond(at % run.state.seconds.length, at, 1)
            else if (kind === 2) void keeper.append(run.id, configured)
            else run.addSecond(at)
          }
          void keeper.append(run.id, closed)
          run.finish()
          await clock.advance(1500)
          scripted.fails = () => false
          await clock.advance(31_000)
          await assertComplete(run)
          assert.ok(!(await inner.unfinishedRuns()).some(({ id }) => id === run.id))
        },
      ),
      { seed: 20_265, numRuns: 30 },
    )
  })

  it('writes nothing while the lock of the store is not held, and all of it when it is again', async () => {
    const lock = { isHeld: true }
    await keeper.close()
    const note = (line: string): void => {
      lines.push(line)
    }
    const logger = { ...silentLogger, info: note, warn: note }
    keeper = new RunKeeper({ store: scripted.store, clock, logger, isResumable: true, lock })
    await begin()
    lock.isHeld = false
    const before = scripted.writes.length
    await keeper.append('r-1', configured)
    await clock.advance(5000)
    assert.equal(scripted.writes.length, before)
    assert.equal(keeper.isAway, true)
    assert.match(lines[0] ?? '', /its lock was lost/i)
    lock.isHeld = true
    await clock.advance(30_000)
    assert.ok(scripted.writes.includes('event 0 configured'))
    assert.equal(keeper.isAway, false)
  })

  it('may follow a run before it is created', async () => {
    const run = new ScriptedRun('r-1')
    keeper.follow(run, record)
    run.addSecond(1)
    await clock.advance(3000)
    assert.deepEqual([scripted.writes, lines], [[], []])
    await keeper.create({ id: 'r-1', createdAtMs: 1000, record })
    run.finish()
    await clock.advance(0)
    await assertComplete(run)
  })

  it('answers within a second though the store hangs', async () => {
    await begin()
    scripted.hangs = true
    let isAnswered = false
    const answer = keeper.append('r-1', configured).then(() => {
      isAnswered = true
    })
    await clock.advance(900)
    assert.equal(isAnswered, false)
    await clock.advance(200)
    await answer
    assert.equal(await Promise.race([keeper.flush(500), clock.advance(600).then(() => 'late')]), false)
  })

  it('numbers the events of a run that it takes up after those that are there', async () => {
    await begin()
    await keeper.append('r-1', configured)
    const next = newKeeper(inner)
    assert.deepEqual(await next.unfinished(), [
      { id: 'r-1', createdAtMs: 1000, record, events: [configured] },
    ])
    await next.append('r-1', triggered)
    assert.deepEqual((await inner.unfinishedRuns())[0]?.events, [configured, triggered])
    await next.close()
  })

  it('gives up a record that cannot be written, says so, and keeps the others', async () => {
    await inner.createRun({ id: 'r-1', createdAtMs: 5, record, isResumable: true })
    const taken = await begin('r-1')
    await keeper.append('r-1', closed)
    taken.addSecond(1)
    const other = await begin('r-2')
    other.addSecond(10)
    other.finish()
    await clock.advance(2000)
    assert.deepEqual(lines, ['the record of run r-1 is not kept: There is a run r-1 in the results store.'])
    assert.equal(
      (await inner.unfinishedRuns())[0]?.events.length,
      0,
      'nothing was added to the run of that id',
    )
    await assertComplete(other)
  })

  it('keeps a run that is deleted meanwhile no longer', async () => {
    const run = await begin()
    run.addSecond(1)
    await clock.advance(1000)
    await inner.deleteRun('r-1')
    run.addSecond(2)
    await clock.advance(5000)
    assert.deepEqual(lines, ['the record of run r-1 is not kept: There is no run r-1 in the results store.'])
    assert.deepEqual(await inner.listRuns({ limit: 1 }), [])
  })

  it('opens the store with the first write, and again where that fails', async () => {
    let attempts = 0
    const lazy = newKeeper(async () => {
      if (++attempts < 3) throw new AppError('STORE_UNAVAILABLE', 'The disk is not there.')
      return inner
    })
    assert.equal(attempts, 0)
    const run = new ScriptedRun('r-9')
    void lazy.create({ id: 'r-9', createdAtMs: 1, record })
    lazy.follow(run, record)
    run.addSecond(1)
    run.finish()
    const flushed = lazy.flush(5000)
    await clock.advance(5000)
    assert.equal(await flushed, true)
    assert.equal(attempts, 3)
    await assertComplete(run)
  })

  it('tells in time that not everything could be written', async () => {
    const run = await begin()
    scripted.fails = () => true
    run.finish()
    const flushed = keeper.flush(2000)
    await clock.advance(2000)
    assert.equal(await flushed, false)
  })

  it('writes orphans when there is time, of too many the newest', async () => {
    scripted.fails = () => true
    for (let i = 0; i < 1200; i++)
      keeper.keepOrphan({ receivedAtMs: i, topic: 'metrics', text: '{}', reason: 'no run' })
    await clock.advance(0)
    scripted.fails = () => false
    await clock.advance(60_000)
    const orphans = await inner.listOrphans()
    assert.equal(orphans.length, 1000)
    assert.equal(orphans[0]?.receivedAtMs, 1199)
  })

  it('writes what is missing when a full disk has room again', async () => {
    const path = join(directory, 'small.sqlite')
    const small = await openSqliteStore(path, { clock, logger: silentLogger, maxPages: 60 })
    const times = Array.from({ length: 300 }, (_, i) => 1000 + i * i * 7)
    await small.createRun({ id: 'old', createdAtMs: 1, record, isResumable: false })
    await small.putSeconds(
      'old',
      Array.from({ length: 10 }, (_, second) => sampleSecond(second, ...times)),
    )
    const full = newKeeper(small)
    const run = new ScriptedRun('new')
    void full.create({ id: 'new', createdAtMs: 2, record })
    full.follow(run, record)
    while (lines.length === 0 && run.state.seconds.length < 200) {
      run.addSecond(...times)
      await clock.advance(1000)
    }
    assert.match(lines[0] ?? '', /no space left/)
    await small.deleteRun('old')
    run.finish()
    await clock.advance(31_000)
    assert.equal(lines.length, 2)
    assert.equal((await readAll(small, 'new')).length, run.state.seconds.length)
    assert.equal((await small.readResult('new'))?.state, 'finished')
    await full.close()
    await small.close()
  })
})
