import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { drawFraction, streamOf } from '../../lib/random.ts'
import { drawId } from '../../lib/random-id.ts'
import { skipWithout } from '../components.ts'
import { Deployment } from '../deployment.ts'
import { startKafkaBroker } from '../kafka-broker.ts'
import { type RealTarget, startRealTarget } from '../real-target.ts'

/**
 * The broker is killed with -9 while several deployments are each at a moment of its own of a run, and started again. Which
 * moments is decided by the seed; four a round make twenty.
 */
const seed = 12
const rounds = 5
const deploymentCount = 4
const runMs = 3000
const requests = 300

const draw = (round: number, what: string): number => drawFraction(seed, streamOf(what), round)

describe('a broker killed with -9', { skip: skipWithout('kafka') }, () => {
  it(`takes nothing with it: drivers go on, deliver when it is back, and every run ends whole (${deploymentCount * rounds} moments)`, async () => {
    await using broker = await startKafkaBroker()
    await using all = new AsyncDisposableStack()
    const deployments = Array.from({ length: deploymentCount }, () =>
      all.use(new Deployment(broker.brokers())),
    )
    await Promise.all(
      deployments.flatMap((deployment) => [
        deployment.startOrchestrator(),
        deployment.startDriver(),
        deployment.startDriver(),
      ]),
    )
    for (let round = 0; round < rounds; round++) {
      const killAtMs = ((round + draw(round, 'kill')) / rounds) * runMs
      const apartMs = draw(round, 'apart') * 300
      const awayMs = draw(round, 'away') * 4000
      const what = `round ${round}: killed ${Math.round(killAtMs)} ms after the start, away for ${Math.round(awayMs)} ms and a start`
      const runs: { deployment: Deployment; target: RealTarget; id: string }[] = []
      for (const deployment of deployments) {
        await deployment.awaitFree(2)
        const target = await startRealTarget()
        const id = drawId('r')
        runs.push({ deployment, target, id })
      }
      for (const { deployment, target, id } of runs) {
        const { status } = await deployment.call('POST', '/api/runs', {
          id,
          scenario: {
            name: 'brokerless',
            drivers: 2,
            http: { target: target.url, requests: [{ get: '/' }] },
            load: { rate: `${(requests * 1000) / runMs}/s`, duration: `${runMs}ms` },
          },
        })
        assert.equal(status, 201)
        await delay(apartMs)
      }
      for (const { deployment, target, id } of runs)
        await deployment.awaitBegin(id, () => target.received > 0)
      await delay(killAtMs)
      await broker.kill()
      await delay(awayMs)
      await broker.restart()
      for (const { deployment, target, id } of runs) {
        const result = (await deployment.awaitEnd(id)) ?? assert.fail(`${what}: the run is forgotten`)
        assert.equal(result.outcome, 'passed', `${what}: ${result.why.join(' ')}`)
        assert.deepEqual(
          [result.totals.sent, result.totals.answered, target.received],
          [requests, requests, requests],
          what,
        )
        await target[Symbol.asyncDispose]()
      }
    }
  })
})
