import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { drawId } from '../../lib/random-id.ts'
import type { RunResult } from '../../results/run-result.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { Deployment, type RoleProcess } from '../deployment.ts'
import { startKafkaBroker } from '../kafka-broker.ts'
import { type RealTarget, startRealTarget } from '../real-target.ts'
import { startTcpProxy, type TcpProxy } from '../tcp-proxy.ts'
import { waitFor } from '../wait-for.ts'

/** Drivers that are left alone, by whoever conducted their run or by the broker. */

const patienceMs = 120_000
const perSecond = 50
const silenceLimit = ['--silence-limit', '3s']
const stopsByItself = 'no orchestrator speaks for this run any more'

const scenarioOf = (url: string, seconds: number) => ({
  name: 'alone',
  drivers: 2,
  start: { deadline: '120s' },
  http: { target: url, requests: [{ get: '/' }] },
  load: { rate: `${perSecond}/s`, duration: `${seconds}s` },
})

const begin = async (deployment: Deployment, target: RealTarget, seconds: number): Promise<string> => {
  await deployment.awaitFree(2)
  const id = drawId('r')
  const { status } = await deployment.call('POST', '/api/runs', {
    id,
    scenario: scenarioOf(target.url, seconds),
  })
  assert.equal(status, 201)
  await deployment.awaitBegin(id, () => target.received > 0)
  return id
}

const end = async (deployment: Deployment, id: string): Promise<RunResult> =>
  (await deployment.awaitEnd(id)) ?? assert.fail(`run ${id} is forgotten`)

const assertNextPasses = async (deployment: Deployment): Promise<void> => {
  await using target = await startRealTarget()
  const result = await end(deployment, await begin(deployment, target, 1))
  assert.deepEqual([result.outcome, result.totals.sent, target.received], ['passed', perSecond, perSecond])
}

const until = (target: RealTarget, count: number) =>
  waitFor(`${count} requests`, () => target.received >= count, patienceMs)

/** Until every driver said that it stops by itself, and the target sees no more. */
const awaitStopped = async (drivers: Iterable<RoleProcess>, target: RealTarget): Promise<void> => {
  for (const driver of drivers) {
    const line = await waitFor(
      `driver ${driver.facts.driver} to stop by itself`,
      () => driver.said(stopsByItself)[0],
      patienceMs,
    )
    assert.ok(JSON.parse(line).silentSeconds >= 3, line)
  }
  // What was under way when they stopped.
  await delay(500)
  const { received } = target
  await delay(1500)
  assert.equal(target.received, received, 'the target still sees load')
}

describe('drivers that are left alone', { concurrency: 5, skip: skipWithout('kafka') }, () => {
  it('stop when `run --kafka` is killed, though another orchestrator is up, and are free for its next run', async () => {
    await using deployment = new Deployment(requireKafka().brokers)
    await deployment.startOrchestrator()
    const drivers = await Promise.all([1, 2].map(() => deployment.startDriver(silenceLimit)))
    await deployment.awaitFree(2)
    await using target = await startRealTarget()
    const load = ['--rate', `${perSecond}/s`, '--duration', '10m', '--drivers', '2']
    const run = deployment.startRun([target.url, ...load, '--set', 'start.deadline=120s'])
    await until(target, perSecond)
    run.child.kill('SIGKILL')
    await run.ended
    await awaitStopped(drivers, target)
    await assertNextPasses(deployment)
  })

  it('stop when their orchestrator is gone for good, and are free for another', async () => {
    await using deployment = new Deployment(requireKafka().brokers)
    await deployment.startOrchestrator()
    const drivers = await Promise.all([1, 2].map(() => deployment.startDriver(silenceLimit)))
    await using target = await startRealTarget()
    await begin(deployment, target, 600)
    await until(target, perSecond)
    await deployment.orchestrator.kill()
    await awaitStopped(drivers, target)
    await deployment.startOrchestrator(['--store', join(deployment.directory, 'other.sqlite')])
    await assertNextPasses(deployment)
  })

  it('stop when the broker is away for longer than their limit, and deliver what they measured when it is back', async () => {
    await using broker = await startKafkaBroker()
    await using deployment = new Deployment(broker.brokers())
    await deployment.startOrchestrator()
    const drivers = await Promise.all([1, 2].map(() => deployment.startDriver(silenceLimit)))
    await using target = await startRealTarget()
    const id = await begin(deployment, target, 600)
    await until(target, perSecond)
    await broker.kill()
    await awaitStopped(drivers, target)
    await broker.restart()
    const result = await end(deployment, id)
    assert.equal(result.outcome, 'degraded')
    assert.equal(result.totals.sent, target.received)
    assert.deepEqual(
      result.gaps.map(({ driver, share, to }) => [driver, share, to]),
      result.drivers.map((driver) => [driver.id, 0.5, 600]),
    )
    for (const gap of result.gaps) assert.ok(gap.from > 3 && gap.from < 600, `from ${gap.from} s`)
    assert.equal(result.why.length, 2)
    for (const sentence of result.why)
      assert.match(sentence, /50 % of the load is missing from [\d.]+ s to 600 s/)
    await assertNextPasses(deployment)
  })

  for (const how of ['cut', 'freeze'] as const)
    it(`one that loses its way to the broker (${how}) makes its share; what it measured is there if the way is mended in time`, async () => {
      await using proxy = await startTcpProxy()
      await using broker = await startKafkaBroker({ frontPort: proxy.port })
      proxy.target = broker.behindPort
      await using deployment = new Deployment(broker.brokers())
      await deployment.startOrchestrator()
      await deployment.startDriver()
      const alone = await deployment.startDriver(['--kafka', `127.0.0.1:${proxy.port}`])

      await assertMendedInTime(deployment, proxy, how, String(alone.facts.driver))
      await assertMendedTooLate(deployment, proxy, how, String(alone.facts.driver))
    })
})

const assertMendedInTime = async (
  deployment: Deployment,
  proxy: TcpProxy,
  how: 'cut' | 'freeze',
  alone: string,
): Promise<void> => {
  const isLost = async (id: string): Promise<boolean> => {
    const { body } = await deployment.call('GET', `/api/runs/${id}`)
    return (body as RunResult).drivers.find((driver) => driver.id === alone)?.state === 'lost'
  }
  await using target = await startRealTarget()
  // Long enough for a busy machine to find its way back.
  const seconds = 18
  const id = await begin(deployment, target, seconds)
  await until(target, perSecond)
  proxy[how]()
  await waitFor('the driver to be lost', () => isLost(id), patienceMs)
  proxy.mend()
  const result = await end(deployment, id)
  assert.equal(result.outcome, 'passed', result.why.join(' '))
  const planned = seconds * perSecond
  assert.deepEqual([result.totals.sent, target.received, result.gaps], [planned, planned, []])
}

const assertMendedTooLate = async (
  deployment: Deployment,
  proxy: TcpProxy,
  how: 'cut' | 'freeze',
  alone: string,
): Promise<void> => {
  await using target = await startRealTarget()
  const seconds = 5
  const id = await begin(deployment, target, seconds)
  await until(target, 2 * perSecond)
  proxy[how]()
  const result = await end(deployment, id)
  await until(target, seconds * perSecond)
  assert.equal(result.outcome, 'degraded')
  const lost = result.drivers.find((driver) => driver.id === alone) ?? assert.fail()
  const [gap, ...more] = result.gaps
  assert.deepEqual([gap?.driver, gap?.share, gap?.to, more], [alone, 0.5, result.elapsedMs / 1000, []])
  // It begins where the whole seconds end that it reported; on a busy machine some of their load comes a little later.
  const fromS = gap?.from ?? Number.NaN
  const sent = lost.totals.sent ?? Number.NaN
  assert.ok(Number.isInteger(fromS) && fromS < seconds, `${fromS} s`)
  assert.ok(sent <= (fromS * perSecond) / 2 && sent >= ((fromS - 1) * perSecond) / 2, `${sent} in ${fromS} s`)
  assert.equal(result.totals.sent, (seconds * perSecond) / 2 + (lost.totals.sent ?? 0))
  proxy.mend()
  await assertNextPasses(deployment)
  // What came after the end of the run is in no figure of it.
  assert.deepEqual((await end(deployment, id)).totals, result.totals)
}
