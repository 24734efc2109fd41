import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { AppError } from '../../lib/errors.ts'
import { foldRun } from '../../orchestrator/run-state.ts'
import { buildResult } from '../../results/build-result.ts'
import type { NewRun, ResultsStore } from '../../results/store/results-store.ts'
import { foreignReport, foreignRun, foreignStartMs, foreignTold } from '../sample-foreign.ts'
import { sampleResult, sampleTroubledResult } from '../sample-result.ts'
import { sampleScenario } from '../sample-scenario.ts'
import {
  answeredAfter,
  anySeconds,
  describeSecond,
  readAll,
  requestNamed,
  sampleSecond,
} from '../sample-seconds.ts'
import { waitFor } from '../wait-for.ts'

export interface StoreUnderTest {
  /** For another process. */
  location: string
  /** One more connection to the same store. */
  connect(): Promise<ResultsStore>
  close(): Promise<void>
}

const bounded = { seed: 20_264, numRuns: 25 }

const newRun = (id: string, changes: Partial<NewRun> = {}): NewRun => ({
  id,
  createdAtMs: Date.UTC(2026, 2, 1, 10, 15),
  record: sampleScenario(),
  isResumable: true,
  ...changes,
})

const isAppError =
  (code: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, code)
    return true
  }

/** What every results store must do. `open` makes an empty one. */
export const describeResultsStoreContract = (
  name: string,
  open: () => Promise<StoreUnderTest>,
  options: { skip?: string | false } = {},
): void => {
  const withStore = (run: (store: ResultsStore, under: StoreUnderTest) => Promise<void>) => async () => {
    const under = await open()
    const store = await under.connect()
    try {
      await run(store, under)
    } finally {
      await store.close()
      await under.close()
    }
  }

  describe(`results store contract: ${name}`, { skip: options.skip ?? false }, () => {
    it(
      'gives back a result as it was written, the newest one',
      withStore(async (store) => {
        assert.equal(await store.readResult('r-1'), undefined)
        await store.createRun(newRun('r-1'))
        assert.equal(await store.readResult('r-1'), undefined)
        await store.putResult('r-1', sampleResult())
        await store.putResult('r-1', sampleTroubledResult())
        await store.putResult('r-1', sampleTroubledResult())
        assert.deepEqual(await store.readResult('r-1'), sampleTroubledResult())
      }),
    )

    it(
      'gives back any texts and figures of a result',
      withStore(async (store) => {
        await store.createRun(newRun('r-1'))
        const figure = fc.oneof(
          fc.nat(),
          fc.constant(Number.MAX_SAFE_INTEGER),
          fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
        )
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.string({ unit: 'binary' })),
            fc.dictionary(fc.string({ unit: 'binary' }), fc.nat()),
            figure,
            async (why, errorDetails, elapsedMs) => {
              const plain = sampleResult()
              const result = { ...plain, why, elapsedMs, totals: { ...plain.totals, errorDetails } }
              await store.putResult('r-1', result)
              assert.deepEqual(await store.readResult('r-1'), JSON.parse(JSON.stringify(result)))
            },
          ),
          bounded,
        )
      }),
    )

    it(
      'gives back seconds with all their histograms, in order, in whatever order they were written',
      withStore(async (store) => {
        let runs = 0
        await fc.assert(
          fc.asyncProperty(anySeconds, async (rows) => {
            const id = `r-${runs++}`
            await store.createRun(newRun(id))
            await store.putSeconds(id, rows)
            await store.putSeconds(id, rows.toReversed())
            const ordered = rows.toSorted((a, b) => a.second - b.second)
            assert.deepEqual((await readAll(store, id)).map(describeSecond), ordered.map(describeSecond))
          }),
          bounded,
        )
      }),
    )

    it(
      'pages through many seconds, whole or a part of them',
      withStore(async (store) => {
        await store.createRun(newRun('r-1'))
        await store.createRun(newRun('r-2'))
        const rows = Array.from({ length: 170 }, (_, i) => sampleSecond(2 * i, 1000 + i))
        await store.putSeconds('r-1', rows)
        await store.putSeconds('r-2', [sampleSecond(5, 1)])
        const seconds = async (from?: number, to?: number): Promise<number[]> =>
          (await readAll(store, 'r-1', from, to)).map((row) => row.second)
        const all = rows.map((row) => row.second)
        assert.deepEqual(await seconds(), all)
        for (const [from, to] of [
          [0, 10],
          [3, 3],
          [4, 5],
          [100, 201],
          [98, 198],
          [330, 1000],
          [500, 600],
        ] as const)
          assert.deepEqual(
            await seconds(from, to),
            all.filter((second) => second >= from && second < to),
          )
        assert.deepEqual(await readAll(store, 'nobody'), [])
      }),
    )

    it(
      'replaces a row, and the last of two of one second in a batch counts',
      withStore(async (store) => {
        await store.createRun(newRun('r-1'))
        await store.putSeconds('r-1', [sampleSecond(1, 10), sampleSecond(2, 20)])
        await store.putSeconds('r-1', [sampleSecond(2, 30), sampleSecond(2, 40, 50)])
        assert.deepEqual(
          (await readAll(store, 'r-1')).map(describeSecond),
          [sampleSecond(1, 10), sampleSecond(2, 40, 50)].map(describeSecond),
        )
      }),
    )

    it(
      'adds what came late to a row, or begins one, and each addition once',
      withStore(async (store) => {
        await store.createRun(newRun('r-1'))
        const rows = Array.from({ length: 50 }, (_, second) => sampleSecond(second, 10))
        await store.putSeconds('r-1', rows)
        for (const second of [7, 49, 50, 60]) {
          await store.addToSecond('r-1', second, 'a', [requestNamed('GET /', answeredAfter(20))])
          await store.addToSecond('r-1', second, 'b', [requestNamed('GET /b', answeredAfter(30))])
          await store.addToSecond('r-1', second, 'a', [requestNamed('GET /', answeredAfter(20))])
        }
        const found = new Map((await readAll(store, 'r-1')).map((row) => [row.second, row]))
        assert.deepEqual([...found.keys()], [...rows.map((row) => row.second), 50, 60])
        const answered = (second: number, request: string): number =>
          found.get(second)?.measurements.get(`request ${request}`)?.measurement.answered ?? 0
        for (const second of [7, 49]) assert.equal(answered(second, 'GET /'), 2)
        for (const second of [50, 60]) assert.equal(answered(second, 'GET /'), 1)
        for (const second of [7, 49, 50, 60]) assert.equal(answered(second, 'GET /b'), 1)
        assert.equal(answered(8, 'GET /'), 1)
        assert.equal(found.get(7)?.drivers, 2)
        await store.putSeconds('r-1', [sampleSecond(7, 1)])
        assert.deepEqual((await readAll(store, 'r-1', 7, 8)).map(describeSecond), [
          describeSecond(sampleSecond(7, 1)),
        ])
      }),
    )

    it(
      'takes a run once: the same again is no fault, another one with its id is RUN_EXISTS',
      withStore(async (store) => {
        await store.createRun(newRun('r-1'))
        await store.createRun(newRun('r-1'))
        await assert.rejects(store.createRun(newRun('r-1', { createdAtMs: 5 })), isAppError('RUN_EXISTS'))
        await assert.rejects(
          store.createRun(newRun('r-1', { record: sampleScenario({ name: 'other' }) })),
          isAppError('RUN_EXISTS'),
        )
        assert.equal((await store.listRuns({ limit: 10 })).length, 1)
      }),
    )

    it(
      'writes nothing of a run that is not there',
      withStore(async (store) => {
        await assert.rejects(store.putResult('r-0', sampleResult()), isAppError('RUN_UNKNOWN'))
        await assert.rejects(store.putSeconds('r-0', [sampleSecond(0, 1)]), isAppError('RUN_UNKNOWN'))
        await assert.rejects(
          store.appendEvent('r-0', 0, { type: 'closed', atMs: 0 }),
          isAppError('RUN_UNKNOWN'),
        )
        await assert.rejects(
          store.addToSecond('r-0', 0, 'a', [requestNamed('GET /', answeredAfter(1))]),
          isAppError('RUN_UNKNOWN'),
        )
        assert.equal(await store.readResult('r-0'), undefined)
      }),
    )

    it(
      'knows the runs to take up, oldest first, with their events in order, each once',
      withStore(async (store) => {
        const record = sampleScenario({ name: 'näme', labels: { a: 'b' }, slo: ['p99 < 1s'] })
        await store.createRun(newRun('younger', { createdAtMs: 2000, record }))
        await store.createRun(newRun('older', { createdAtMs: 1000 }))
        await store.createRun(newRun('closed', { createdAtMs: 500 }))
        await store.createRun(newRun('failed', { createdAtMs: 600 }))
        await store.createRun(newRun('passing', { createdAtMs: 700, isResumable: false }))
        const configured = { type: 'configured', atMs: 1, drivers: [] } as const
        const triggered = { type: 'triggered', atMs: 2, startAtMs: 3 } as const
        await store.appendEvent('younger', 1, triggered)
        await store.appendEvent('younger', 0, configured)
        await store.appendEvent('younger', 1, triggered)
        await store.appendEvent('closed', 0, { type: 'closed', atMs: 9 })
        await store.appendEvent('failed', 0, {
          type: 'failed',
          atMs: 9,
          error: { code: 'DRIVERS_MISSING', message: 'none', hint: '' },
        })
        assert.deepEqual(await store.unfinishedRuns(), [
          { id: 'older', createdAtMs: 1000, record: sampleScenario(), events: [] },
          { id: 'younger', createdAtMs: 2000, record, events: [configured, triggered] },
        ])
        assert.deepEqual(await store.readJournal('younger'), {
          id: 'younger',
          createdAtMs: 2000,
          record,
          events: [configured, triggered],
        })
        assert.deepEqual((await store.readJournal('closed'))?.events, [{ type: 'closed', atMs: 9 }])
        assert.deepEqual((await store.readJournal('passing'))?.events, [])
        assert.equal(await store.readJournal('nobody'), undefined)
      }),
    )

    it(
      'lists runs newest first, page by page, by name, labels and the beginning of their ids',
      withStore(async (store) => {
        for (let i = 0; i < 7; i++)
          await store.createRun(
            newRun(`r-${'ab'[i % 2]}${i}`, {
              createdAtMs: 1000 * Math.floor(i / 2),
              record: sampleScenario({
                name: i < 3 ? 'shop' : 'other',
                labels: { build: `${i % 3}`, "it's": 'a "label"' },
              }),
            }),
          )
        const ids = async (query: Parameters<ResultsStore['listRuns']>[0]): Promise<string[]> =>
          (await store.listRuns(query)).map((run) => run.id)
        const all = ['r-a6', 'r-b5', 'r-a4', 'r-b3', 'r-a2', 'r-b1', 'r-a0']
        assert.deepEqual(await ids({ limit: 1000 }), all)
        assert.deepEqual(await ids({ limit: 3 }), all.slice(0, 3))
        assert.deepEqual(await ids({ limit: 3, beforeId: 'r-a4' }), all.slice(3, 6))
        assert.deepEqual(await ids({ limit: 3, beforeId: 'r-a0' }), [])
        assert.deepEqual(await ids({ limit: 9, beforeId: 'nobody' }), [])
        assert.deepEqual(await ids({ limit: 9, name: 'shop' }), ['r-a2', 'r-b1', 'r-a0'])
        assert.deepEqual(await ids({ limit: 9, labels: { build: '0' } }), ['r-a6', 'r-b3', 'r-a0'])
        assert.deepEqual(await ids({ limit: 9, name: 'shop', labels: { build: '0', "it's": 'a "label"' } }), [
          'r-a0',
        ])
        assert.deepEqual(await ids({ limit: 9, labels: { nothing: '' } }), [])
        assert.deepEqual(await ids({ limit: 9, idPrefix: 'r-b' }), ['r-b5', 'r-b3', 'r-b1'])
        assert.deepEqual(await ids({ limit: 9, idPrefix: '%' }), [])
        assert.deepEqual(await ids({ limit: 0 }), [])
      }),
    )

    it(
      'says in a line of the list what was planned, and what the newest result says',
      withStore(async (store) => {
        await store.createRun(newRun('r-1', { record: sampleScenario({ labels: { build: '1' } }) }))
        const [queued] = await store.listRuns({ limit: 1 })
        assert.deepEqual(
          { ...queued, updatedAt: '' },
          {
            id: 'r-1',
            name: 'sample',
            labels: { build: '1' },
            state: 'queued',
            outcome: null,
            createdAt: '2026-03-01T10:15:00.000Z',
            startedAt: null,
            finishedAt: null,
            updatedAt: '',
            load: '100/s for 5 s, all 2 drivers together',
            drivers: 2,
            sent: 0,
            answered: 0,
            errors: 0,
            responseP99Ms: null,
          },
        )
        assert.ok(Math.abs(Date.parse(queued?.updatedAt ?? '') - Date.now()) < 60_000)
        const result = sampleTroubledResult()
        await store.putResult('r-1', result)
        const [told] = await store.listRuns({ limit: 1 })
        assert.equal(told?.state, 'finished')
        assert.equal(told?.outcome, 'degraded')
        assert.equal(told?.finishedAt, result.finishedAt)
        assert.equal(told?.sent, result.totals.sent)
        assert.equal(
          told?.errors,
          Object.values(result.totals.errors).reduce((sum, count) => sum + count),
        )
        assert.equal(told?.responseP99Ms, 812)
      }),
    )

    it(
      'lists as unknown, and not as 0, what a driver written by others does not say',
      withStore(async (store) => {
        await store.createRun(newRun('r-1'))
        const said = foreignReport('f-1', 'f-1/1', { sent: 70, final: true })
        const state = foldRun(foreignRun(['f-1']), foreignTold(foreignStartMs + 3000, said))
        await store.putResult('r-1', buildResult(state, state.scenario, foreignStartMs + 4000))
        const [told] = await store.listRuns({ limit: 1 })
        assert.deepEqual([told?.sent, told?.answered, told?.errors], [70, null, null])
      }),
    )

    it(
      'deletes a run with everything of it, and no other',
      withStore(async (store) => {
        for (const id of ['r-1', 'r-2']) {
          await store.createRun(newRun(id, { record: sampleScenario({ labels: { a: 'b' } }) }))
          await store.appendEvent(id, 0, { type: 'triggered', atMs: 1, startAtMs: 2 })
          await store.putSeconds(id, [sampleSecond(0, 1)])
          await store.addToSecond(id, 0, 'a', [requestNamed('GET /', answeredAfter(1))])
          await store.putResult(id, sampleResult())
        }
        assert.equal(await store.deleteRun('r-1'), true)
        assert.equal(await store.deleteRun('r-1'), false)
        assert.deepEqual(
          (await store.listRuns({ limit: 9 })).map((run) => run.id),
          ['r-2'],
        )
        assert.equal(await store.readResult('r-1'), undefined)
        assert.deepEqual(await readAll(store, 'r-1'), [])
        assert.equal((await readAll(store, 'r-2')).length, 1)
        await store.createRun(newRun('r-1', { createdAtMs: 7 }))
        assert.deepEqual((await store.unfinishedRuns())[0]?.events, [])
      }),
    )

    it(
      'keeps the newest thousand orphans, newest first, cut at 64 KiB, whatever they hold',
      withStore(async (store) => {
        const orphan = { receivedAtMs: 1, topic: 'metrics', text: 'x\0y\ud800', reason: 'no run' }
        await store.addOrphan(orphan)
        assert.deepEqual(await store.listOrphans(), [orphan])
        await store.addOrphan({ ...orphan, text: 'ä'.repeat(40_000) })
        assert.equal((await store.listOrphans())[0]?.text, 'ä'.repeat(32_768))
        await Promise.all(
          Array.from({ length: 1005 }, (_, i) => store.addOrphan({ ...orphan, receivedAtMs: i, text: '' })),
        )
        const kept = await store.listOrphans()
        assert.equal(kept.length, 1000)
        assert.ok(kept.every(({ text }) => text === ''))
      }),
    )

    it(
      'may be used by several at once, and opened by several at once while it is empty',
      withStore(async (store, under) => {
        const script = fileURLToPath(new URL('../write-to-store.ts', import.meta.url))
        const children = ['a', 'b', 'c'].map((prefix) =>
          spawn(process.execPath, [script, under.location, prefix], {
            stdio: ['ignore', 'ignore', 'inherit'],
          }),
        )
        const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
        assert.deepEqual(codes, [0, 0, 0])
        assert.equal((await store.listRuns({ limit: 1000 })).length, 60)
        assert.equal((await readAll(store, 'b-19')).length, 10)
        assert.deepEqual(await store.unfinishedRuns(), [])
      }),
    )

    it(
      'is migrated once where several open it for the first time together',
      withStore(async (_, under) => {
        const stores = await Promise.all(Array.from({ length: 5 }, () => under.connect()))
        await Promise.all(stores.map((store, i) => store.createRun(newRun(`r-${i}`))))
        assert.equal((await stores[0]?.listRuns({ limit: 10 }))?.length, 5)
        await Promise.all(stores.map((store) => store.close()))
      }),
    )

    it(
      'is locked by one, until that one lets go or closes it',
      withStore(async (store, under) => {
        const other = await under.connect()
        const lock = await store.lock()
        await assert.rejects(other.lock(), isAppError('STORE_LOCKED'))
        await assert.rejects(store.lock(), isAppError('STORE_LOCKED'))
        await other.createRun(newRun('unhindered'))
        await lock.release()
        await lock.release()
        await other.lock()
        await assert.rejects(store.lock(), isAppError('STORE_LOCKED'))
        await other.close()
        await other.close()
        await waitFor('the lock', () => store.lock().catch(() => undefined))
      }),
    )

    it(
      'is free at once when the process that locked it is killed',
      withStore(async (store, under) => {
        const script = fileURLToPath(new URL('../hold-store-lock.ts', import.meta.url))
        const child = spawn(process.execPath, [script, under.location], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        await once(child.stdout, 'data')
        await assert.rejects(store.lock(), isAppError('STORE_LOCKED'))
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        await gone
        const lock = await waitFor('the lock', () => store.lock().catch(() => undefined))
        await lock.release()
      }),
    )

    it(
      'rejects what comes after it was closed',
      withStore(async (_, under) => {
        const store = await under.connect()
        await store.close()
        await assert.rejects(store.listRuns({ limit: 1 }), isAppError('STORE_UNAVAILABLE'))
      }),
    )
  })
}
