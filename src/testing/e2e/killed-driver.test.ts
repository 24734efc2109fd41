import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { drawFraction, streamOf } from '../../lib/random.ts'
import { drawId } from '../../lib/random-id.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { Deployment } from '../deployment.ts'
import { startRealTarget } from '../real-target.ts'

/** One of two drivers is killed with -9 at moments spread over the run; which moments is decided by the seed. */
const seed = 9
const moments = 20
const runMs = 3000
const requests = 300

const draw = (moment: number, what: string): number => drawFraction(seed, streamOf(what), moment)

describe('a driver killed with -9', { concurrency: 2, skip: skipWithout('kafka') }, () => {
  for (const lane of [0, 1])
    it(`makes the run degraded, which says whose share of which seconds is missing (half ${lane + 1} of ${moments} moments)`, async () => {
      await using deployment = new Deployment(requireKafka().brokers)
      await deployment.startOrchestrator()
      await Promise.all([deployment.startDriver(), deployment.startDriver()])
      for (let moment = lane; moment < moments; moment += 2) {
        // Not in the last moments: there the share may be done already.
        const killAtMs = ((moment + draw(moment, 'kill')) / moments) * (runMs - 300)
        const what = `moment ${moment}: killed ${Math.round(killAtMs)} ms after the start`
        await using target = await startRealTarget()
        await deployment.awaitFree(2)
        const [victim] = deployment.drivers
        const id = drawId('r')
        const { status } = await deployment.call('POST', '/api/runs', {
          id,
          scenario: {
            name: 'bereft',
            drivers: 2,
            http: { target: target.url, requests: [{ get: '/' }] },
            load: { rate: `${(requests * 1000) / runMs}/s`, duration: `${runMs}ms` },
          },
        })
        assert.equal(status, 201)
        await deployment.awaitBegin(id, () => target.received > 0)
        await delay(killAtMs)
        await victim?.kill()
        const reached = deployment.startDriver()

        const result = (await deployment.awaitEnd(id)) ?? assert.fail(`${what}: the run is forgotten`)
        await reached
        assert.equal(result.outcome, 'degraded', `${what}: ${result.why.join(' ')}`)
        const lost = result.drivers.find(({ state }) => state === 'lost') ?? assert.fail(what)
        const other = result.drivers.find(({ state }) => state !== 'lost') ?? assert.fail(what)
        assert.equal(lost.id, victim?.facts.driver, what)
        assert.deepEqual([other.state, other.totals?.sent], ['finished', requests / 2], what)
        const [gap, ...more] = result.gaps
        assert.deepEqual([gap?.driver, gap?.share, more], [lost.id, 0.5, []], what)
        // Whole seconds that it reported are there, and the gap begins where they end.
        const reported = lost.totals?.sent ?? Number.NaN
        assert.equal(gap?.from, Math.round((reported * runMs) / 1000 / (requests / 2)), what)
        // To the end of the run, which on a busy machine is later than planned.
        assert.equal(gap?.to, result.elapsedMs / 1000, what)
        assert.match(
          result.why[0] ?? '',
          new RegExp(`${lost.id} was lost .*50 % of the load is missing`),
          what,
        )
        assert.equal(result.totals.sent, reported + requests / 2, what)
        assert.ok(target.received >= result.totals.sent && target.received < requests, what)
      }
    })
})
