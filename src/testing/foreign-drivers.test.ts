import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { aggregateOf } from '../results/aggregate.ts'
import { BriefDriverDouble, type BriefHabits } from './brief-driver-double.ts'
import { MiniCluster } from './mini-cluster.ts'
import { countedScenario } from './sample-foreign.ts'
import { sampleScenario } from './sample-scenario.ts'
import type { Unruliness } from './unruly-bus.ts'

/** As most are: they register, send heartbeats, and say neither which run nor which report. */
const usual = (id: string): BriefHabits => ({ id, registers: true, heartbeats: true })

const clusterWith = async (
  ours: number,
  habits: readonly BriefHabits[],
  unruliness?: Unruliness,
): Promise<{ cluster: MiniCluster; doubles: BriefDriverDouble[] }> => {
  const cluster = new MiniCluster(unruliness)
  await cluster.start(ours)
  const doubles = habits.map((habit) => new BriefDriverDouble(cluster.connect(), cluster.clock, habit))
  for (const double of doubles) await double.start()
  await cluster.clock.advance(1000)
  return { cluster, doubles }
}

describe('drivers written by others in a run', () => {
  it('one beside ours: each makes its count, ours are measured, its answers are told', async () => {
    const { cluster, doubles } = await clusterWith(1, [{ ...usual('f-1'), counts: true }])
    const begun = cluster.begin(countedScenario(2))
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual([cluster.target.received, doubles[0]?.answered], [500, 500])
    assert.equal(result.totals.sent, 500)
    const theirs = result.drivers.find(({ id }) => id === 'f-1')
    assert.deepEqual(
      [theirs?.state, theirs?.assumedFinished, theirs?.totals.sent, theirs?.totals.answered],
      ['finished', false, null, 500],
    )
    assert.deepEqual([theirs?.responseTimeMs.min, theirs?.responseTimeMs.max], [10, 16])
    const { aggregate } = aggregateOf(begun.run.state, cluster.clock.wallMs())
    assert.deepEqual([aggregate.completed, aggregate.sent, aggregate.mergedFrom], [1000, null, 1])
    assert.equal(cluster.orchestrator.members.size, 2)
  })

  it('two alone, without counts: assumed to have finished when nothing changes any more', async () => {
    const { cluster, doubles } = await clusterWith(0, [usual('f-1'), { ...usual('f-2'), answerMs: 20 }])
    const result = await cluster.finish(cluster.begin(countedScenario(2)))
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual(
      doubles.map(({ answered, isCrashed }) => [answered, isCrashed]),
      [
        [500, false],
        [500, false],
      ],
    )
    assert.deepEqual(
      result.drivers.map(({ state, assumedFinished, totals }) => [state, assumedFinished, totals.answered]),
      [
        ['finished', true, null],
        ['finished', true, null],
      ],
    )
    assert.match(result.warnings.join('\n'), /drivers f-1, f-2 .*assumed to have finished/i)
    assert.equal(result.totals.sent, 0)
  })

  for (const seed of [1, 2, 3])
    it(`messages are late and come twice (seed ${seed}): what it says is the same`, async () => {
      const habits = { ...usual('f-1'), counts: true, namesRun: true, numbersReports: true }
      const { cluster } = await clusterWith(1, [habits], { seed, delayMs: [0, 300], duplicates: 0.4 })
      const result = await cluster.finish(cluster.begin(countedScenario(2)))
      assert.equal(result.outcome, 'passed', result.why.join(' '))
      assert.equal(result.drivers.find(({ id }) => id === 'f-1')?.totals.answered, 500)
      assert.doesNotMatch(result.warnings.join('\n'), /became less/)
    })

  it('one that never registers nor sends heartbeats joins with its first report', async () => {
    const { cluster } = await clusterWith(1, [{ id: 'f-1', namesRun: true, counts: true }])
    const result = await cluster.finish(cluster.begin(countedScenario(1, { load: slowLoad })))
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    const theirs = result.drivers.find(({ id }) => id === 'f-1')
    assert.deepEqual([theirs?.state, theirs?.totals.answered], ['finished', 5])
    assert.match(result.warnings.join('\n'), /f-1 joined after the drivers had been chosen/)
    assert.match(cluster.logged.join('\n'), /joined a run/)
  })

  it('one that dies is lost, and the run is degraded', async () => {
    const { cluster } = await clusterWith(1, [{ ...usual('f-1'), counts: true, diesAfter: 150 }])
    const result = await cluster.finish(cluster.begin(countedScenario(2)))
    assert.equal(result.outcome, 'degraded')
    assert.match(result.why[0] ?? '', /^Driver f-1, written by others, was lost \(silent for [34] s\)/)
    assert.equal(result.gaps[0]?.share, 0.5)
  })

  it('a load that they cannot carry out is refused before anything is said, and forced where that is asked', async () => {
    const { cluster, doubles } = await clusterWith(2, [usual('f-1')])
    await assert.rejects(
      cluster.finish(cluster.begin(sampleScenario())),
      (error: unknown) =>
        error instanceof AppError && error.code === 'UNSUITABLE_DRIVERS' && /f-1/.test(error.message),
    )
    await cluster.clock.advance(3000)
    assert.deepEqual([doubles[0]?.answered, cluster.target.received], [0, 0])
    const start = { deadlineMs: 10_000, atLeast: 2, force: true as const }
    const forced = await cluster.finish(cluster.begin(sampleScenario({ start })))
    assert.match(forced.warnings[0] ?? '', /^Forced with driver f-1/)
    assert.equal(forced.totals.sent, 500)
  })

  it('a stop ends the run for ours; it says that the others go on', async () => {
    const { cluster, doubles } = await clusterWith(1, [{ ...usual('f-1'), answerMs: 100, counts: true }])
    const begun = cluster.begin(countedScenario(2, { load: { ...slowLoad, requestsPerDriver: 100 } }))
    await cluster.clock.advance(5000)
    await begun.run.steer({ command: 'stop', by: 'api' })
    const result = await cluster.finish(begun, 5000)
    assert.equal(result.outcome, 'stopped')
    assert.match(result.warnings.join('\n'), /Driver f-1 cannot be stopped and goes on/)
    await cluster.clock.advance(20_000)
    assert.equal(doubles[0]?.answered, 100)
  })

  it('what an earlier run left starts nothing and crashes nobody who joins later', async () => {
    const { cluster } = await clusterWith(1, [])
    await cluster.finish(cluster.begin(countedScenario(1)))
    const late = new BriefDriverDouble(cluster.connect(), cluster.clock, { ...usual('f-1'), counts: true })
    await late.start()
    await cluster.clock.advance(3000)
    assert.deepEqual([late.answered, late.isCrashed], [0, false])
    const result = await cluster.finish(cluster.begin(countedScenario(2)))
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.equal(late.answered, 500)
  })

  it('the orchestrator is killed and started again: the run goes on to the same end', async () => {
    const { cluster, doubles } = await clusterWith(1, [
      { ...usual('f-1'), answerMs: 500, counts: true, namesRun: true, obeysAgain: true },
    ])
    cluster.begin(countedScenario(2, { load: { ...slowLoad, requestsPerDriver: 20 } }))
    await cluster.clock.advance(5000)
    cluster.killOrchestrator()
    await cluster.clock.advance(1500)
    await cluster.restartOrchestrator()
    const [run] = [...cluster.orchestrator.runs.values()]
    assert.ok(run)
    const result = await cluster.finish({ run, ended: run.ended })
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.deepEqual([result.totals.sent, doubles[0]?.answered], [20, 20])
    assert.equal(result.drivers.find(({ id }) => id === 'f-1')?.totals.answered, 20)
  })
})

/** A request a second, each driver five. */
const slowLoad = { kind: 'tsunami', gapMs: 1000, requestsPerDriver: 5, maxInFlight: 100 } as const
