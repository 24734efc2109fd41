import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeMessage } from '../bus/message-codec.ts'
import { topics } from '../bus/topics.ts'
import { AppError } from '../lib/errors.ts'
import { MiniCluster } from '../testing/mini-cluster.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'

describe('the orchestrator', () => {
  it('ends at once when it is stopped while it waits for drivers', async () => {
    const cluster = new MiniCluster()
    await cluster.start(1)
    const begun = cluster.begin(sampleScenario())
    await cluster.clock.advance(500)
    await begun.run.steer({ command: 'stop', by: 'signal' })
    const result = await cluster.finish(begun, 500)
    assert.deepEqual([result.outcome, result.totals.sent, result.drivers], ['stopped', 0, []])
  })

  it('ends with the error that somebody else knows of, before the run begins and never later', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const waiting = cluster.begin(sampleScenario({ drivers: 3 }))
    await cluster.clock.advance(500)
    waiting.run.fail(new AppError('INTERNAL', 'a driver died'))
    await assert.rejects(cluster.finish(waiting, 500), /a driver died/)
    const running = cluster.begin(sampleScenario())
    await cluster.clock.advance(1000)
    running.run.fail(new AppError('INTERNAL', 'a driver died'))
    assert.equal((await cluster.finish(running)).outcome, 'passed')
  })

  it('a last report that gets lost does not keep the run open: degraded, and it says so', async () => {
    const cluster = new MiniCluster({
      seed: 1,
      drops: 1,
      mayDrop: ({ topic, value }) => {
        const decoded = topic === topics.metrics ? decodeMessage(topics.metrics, value) : undefined
        return decoded !== undefined && 'message' in decoded && decoded.message.final === true
      },
    })
    await cluster.start(1)
    const result = await cluster.finish(cluster.begin(sampleScenario({ drivers: 1 })), 20_000)
    assert.equal(result.outcome, 'degraded')
    assert.match(result.why[0] ?? '', /ended without its last report/)
    assert.equal(result.totals.sent, 500)
  })

  it('a driver that was ready too late is let go of, and carries the next run', async () => {
    const cluster = new MiniCluster()
    await cluster.start(2)
    const late = cluster.drivers[1]?.driver.id
    cluster.target.openMs = (share) => (share === 1 ? 3000 : 0)
    const scenario = sampleScenario({ start: { deadlineMs: 2000, atLeast: 1 }, load: rateOf(100, 2000) })
    const first = await cluster.finish(cluster.begin(scenario))
    assert.equal(first.outcome, 'degraded')
    const { state, reason } = first.drivers.find(({ id }) => id === late) ?? {}
    assert.deepEqual([state, reason], ['rejected', 'not ready in time'])
    await cluster.clock.advance(3000)
    cluster.target.openMs = () => 0
    assert.equal((await cluster.finish(cluster.begin(scenario))).outcome, 'passed')
  })

  it('a rate given before the start holds on every driver from the start', async () => {
    const cluster = new MiniCluster({ seed: 1, delayMs: [100, 100] })
    await cluster.start(2)
    await cluster.clock.advance(1000)
    const begun = cluster.begin(sampleScenario({ load: rateOf(100, 3000) }))
    await cluster.clock.advance(20)
    await begun.run.steer({ command: 'rate', scale: 2, by: 'api' })
    const result = await cluster.finish(begun)
    assert.equal(result.outcome, 'passed', result.why.join(' '))
    assert.equal(result.totals.sent, 600)
    assert.equal(result.plan.operations, 600)
  })
})
