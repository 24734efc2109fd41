import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { silentLogger } from '../../lib/logger.ts'
import type { JournalEvent } from '../../orchestrator/run-journal.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { rateOf, sampleScenario } from '../../testing/sample-scenario.ts'
import { sampleSecond } from '../../testing/sample-seconds.ts'
import { closeEndedRuns } from './close-ended-runs.ts'
import { openSqliteStore } from './sqlite-store.ts'

const createdAtMs = Date.parse('2026-01-01T00:00:00.000Z')
const startAtMs = createdAtMs + 500

let directory = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundswell-ended-'))
})
after(() => rm(directory, { recursive: true }))

const driver = (id: string) => ({ id, pid: 1, isAbsent: false, isForeign: false, clock: null })
const begun = (...ids: string[]): JournalEvent[] => [
  { type: 'configured', atMs: createdAtMs, drivers: ids.map(driver) },
  { type: 'triggered', atMs: createdAtMs + 400, startAtMs, ready: ids },
]

/** A store in which a process was killed in the middle of a run. */
const left = async (events: JournalEvent[], drivers: number, seconds: number) => {
  const clock = new FakeClock()
  const file = join(await mkdtemp(join(directory, 'store-')), 'results.sqlite')
  const store = await openSqliteStore(file, { clock, logger: silentLogger })
  const record = sampleScenario({ drivers, load: rateOf(100, 10_000), slo: ['p99 < 1us'] })
  await store.createRun({ id: 'r-1', createdAtMs, record, isResumable: true })
  for (const [seq, event] of events.entries()) await store.appendEvent('r-1', seq, event)
  const rows = Array.from({ length: seconds }, (_, second) => sampleSecond(second, 1000, 2000, 3000))
  await store.putSeconds('r-1', rows)
  const closed = await closeEndedRuns(store, { clock, logger: silentLogger })
  const result = await store.readResult('r-1')
  const open = await store.unfinishedRuns()
  const again = await closeEndedRuns(store, { clock, logger: silentLogger })
  await store.close()
  assert.deepEqual([closed, open, again], [['r-1'], [], []])
  return result ?? assert.fail('it has no result')
}

describe('a run that was left open by a process whose drivers ended with it', () => {
  it('is degraded, with the figures of what was written, and says what is missing', async () => {
    const result = await left(begun('d-1', 'd-2'), 2, 3)
    assert.deepEqual([result.state, result.outcome, result.error], ['finished', 'degraded', null])
    assert.deepEqual([result.totals.answered, result.responseTimeMs.count], [9, 9])
    assert.equal(result.elapsedMs, 3000)
    assert.equal(result.finishedAt, '2026-01-01T00:00:03.500Z')
    assert.deepEqual(
      result.gaps.map(({ driver, from, to, share }) => [driver, from, to, share]),
      [
        ['d-1', 3, 10, 0.5],
        ['d-2', 3, 10, 0.5],
      ],
    )
    assert.match(
      result.why.join(' '),
      /d-1 was lost \(ended with its orchestrator\): 50 % .* from 3 s to 10 s/,
    )
    assert.equal(result.slo[0]?.passed, false, 'it is judged by what is known')
    assert.match(result.warnings.join(' '), /single drivers .* add up to less/)
  })

  it('of one driver has its figures too', async () => {
    const result = await left(begun('d-1'), 1, 2)
    assert.deepEqual(
      result.drivers.map(({ id, state, totals }) => [id, state, totals.answered]),
      [['d-1', 'lost', 6]],
    )
    assert.doesNotMatch(result.warnings.join(' '), /single drivers/)
  })

  it('that had not begun is failed, and made no load', async () => {
    for (const events of [[], begun('d-1').slice(0, 1)]) {
      const result = await left(events, 1, 0)
      assert.deepEqual([result.outcome, result.error?.code], ['failed', 'ORCHESTRATOR_RESTARTED'])
      assert.equal(result.totals.started, 0)
    }
  })

  it('that had just begun has no figures, and says that all is missing', async () => {
    const result = await left(begun('d-1'), 1, 0)
    assert.deepEqual([result.outcome, result.totals.sent], ['degraded', 0])
    assert.deepEqual([result.gaps[0]?.from, result.gaps[0]?.to, result.gaps[0]?.share], [0, 10, 1])
  })
})
