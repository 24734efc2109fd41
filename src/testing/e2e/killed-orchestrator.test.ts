import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { drawFraction, streamOf } from '../../lib/random.ts'
import { drawId } from '../../lib/random-id.ts'
import type { RunResult } from '../../results/run-result.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { Deployment, type RoleProcess } from '../deployment.ts'
import { startRealTarget } from '../real-target.ts'
import { waitFor } from '../wait-for.ts'

/**
 * The orchestrator is killed with -9 and started again: at moments spread over a run's life, most of which is running, and
 * at moments within each of the shorter phases, made long for it. Which moments is decided by the seed.
 */
const seed = 4
const moments = 20
const runMs = 3000
const requests = 300
/** From before the run is submitted until after it is closed. */
const spanMs = runMs + 1500

const scenarioFor = (url: string) => ({
  name: 'killed',
  drivers: 2,
  http: { target: url, requests: [{ get: '/' }] },
  load: { rate: `${(requests * 1000) / runMs}/s`, duration: `${runMs}ms` },
})

const draw = (moment: number, what: string): number => drawFraction(seed, streamOf(what), moment)

describe('an orchestrator killed with -9', { concurrency: 3, skip: skipWithout('kafka') }, () => {
  const outcomes = new Map<string, number>()

  for (const lane of [0, 1])
    it(`goes on with its run or closes it honestly, whenever it happens (half ${lane + 1} of ${moments} moments)`, async () => {
      await using deployment = new Deployment(requireKafka().brokers)
      await deployment.startOrchestrator()
      await Promise.all([deployment.startDriver(), deployment.startDriver()])
      for (let moment = lane; moment < moments; moment += 2) {
        const killAtMs = ((moment + draw(moment, 'kill')) / moments) * spanMs
        const awayMs = draw(moment, 'away') * 1500
        const what = `moment ${moment}: killed at ${Math.round(killAtMs)} ms, away for ${Math.round(awayMs)} ms`
        await using target = await startRealTarget()
        await deployment.awaitFree(2)

        const id = drawId('r')
        const submitted = deployment
          .call('POST', '/api/runs', { id, scenario: scenarioFor(target.url) })
          .then(({ status }) => status)
          .catch(() => 'no answer')
        await delay(killAtMs)
        await deployment.orchestrator.kill()
        const answer = await submitted
        await delay(awayMs)
        await deployment.startOrchestrator()

        const result = await deployment.awaitEnd(id)
        const outcome = result === undefined ? 'unknown' : (result.error?.code ?? result.outcome ?? '')
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        if (result === undefined) {
          assert.notEqual(answer, 201, `${what}: the run was taken and is forgotten`)
          assert.equal(target.received, 0, what)
        } else if (result.error !== null) {
          assert.equal(result.error.code, 'ORCHESTRATOR_RESTARTED', what)
          assert.equal(target.received, 0, `${what}: a run that is said not to have begun made load`)
        } else {
          assert.equal(result.outcome, 'passed', `${what}: ${result.why.join(' ')}`)
          assert.deepEqual(
            [result.totals.sent, result.totals.answered, target.received],
            [requests, requests, requests],
            what,
          )
          assert.deepEqual(result.gaps, [], what)
        }
      }
    })

  it('closes a run honestly that was being configured or was ready, and finishes one that was finishing', async () => {
    await using deployment = new Deployment(requireKafka().brokers)
    await deployment.startOrchestrator()
    await Promise.all([deployment.startDriver(), deployment.startDriver()])
    const awaitState = (id: string, state: string, timeoutMs = 60_000): Promise<unknown> =>
      waitFor(
        `${id} to be ${state}`,
        async () => ((await deployment.call('GET', `/api/runs/${id}`)).body as RunResult).state === state,
        timeoutMs,
      )
    const restartAfter = async (ms: number): Promise<void> => {
      await delay(ms)
      await deployment.orchestrator.kill()
      await deployment.startOrchestrator()
    }
    // On a busy machine the run may come so late that a frozen driver counts as gone: then it waits, and is tried again.
    const frozenIn = async (driver: RoleProcess | undefined, scenario: object): Promise<string> => {
      for (let attempt = 0; attempt < 10; attempt++) {
        await deployment.awaitFree(2)
        const id = drawId('r')
        driver?.program.child.kill('SIGSTOP')
        await deployment.call('POST', '/api/runs', { id, scenario })
        const isThere = await awaitState(id, 'configuring', 5000).then(
          () => true,
          () => false,
        )
        if (isThere) return id
        driver?.program.child.kill('SIGCONT')
        await deployment.call('POST', `/api/runs/${id}/stop`)
        await deployment.awaitEnd(id)
      }
      assert.fail('no run came to be configured')
    }
    for (let moment = 0; moment < 3; moment++) {
      const withinMs = draw(moment, 'within') * 1000

      await using untouched = await startRealTarget()
      const [frozen] = deployment.drivers
      const scenario = scenarioFor(untouched.url)
      const configuring = await frozenIn(frozen, scenario)
      await restartAfter(withinMs)
      frozen?.program.child.kill('SIGCONT')
      const first = await deployment.awaitEnd(configuring)
      assert.equal(first?.error?.code, 'ORCHESTRATOR_RESTARTED', `configuring, ${withinMs} ms`)

      await deployment.awaitFree(2)
      const ready = drawId('r')
      await deployment.call('POST', '/api/runs', { id: ready, scenario, hold: true })
      await awaitState(ready, 'ready')
      await restartAfter(withinMs)
      const second = await deployment.awaitEnd(ready)
      assert.equal(second?.error?.code, 'ORCHESTRATOR_RESTARTED', `ready, ${withinMs} ms`)
      assert.equal(untouched.received, 0)

      await using slow = await startRealTarget((_request, response) => {
        setTimeout(() => response.end('ok'), 1500)
      })
      await deployment.awaitFree(2)
      const finishing = drawId('r')
      const brief = { ...scenarioFor(slow.url), load: { rate: '50/s', duration: '1s' } }
      await deployment.call('POST', '/api/runs', { id: finishing, scenario: brief })
      await awaitState(finishing, 'finishing')
      await restartAfter(withinMs)
      const third = await deployment.awaitEnd(finishing)
      assert.equal(third?.outcome, 'passed', `finishing, ${withinMs} ms: ${third?.why.join(' ')}`)
      assert.deepEqual([third?.totals.answered, slow.received], [50, 50])
    }
  })

  after(() => {
    // Moments that never hit a run that goes on would prove nothing.
    assert.ok((outcomes.get('passed') ?? 0) >= moments / 2, JSON.stringify([...outcomes]))
  })
})
