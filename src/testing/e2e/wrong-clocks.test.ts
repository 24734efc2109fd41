import assert from 'node:assert/strict'
import { it } from 'node:test'
import { drawId } from '../../lib/random-id.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { Deployment } from '../deployment.ts'
import { startRealTarget } from '../real-target.ts'
import { waitFor } from '../wait-for.ts'

const skewsMs = [-90_000, 3700, 3_600_000]
const perSecond = 60
const seconds = 3

/** A process whose wall clock is wrong, and whose monotonic clock is not: as on a machine of which nobody set the time. */
const environmentOf = (skewMs: number): Record<string, string> => {
  const preload = `const now=Date.now;Date.now=()=>now()+(${skewMs})`
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` }
}

it('drivers whose clocks are wrong by up to an hour make one load, in the right seconds, and the result says how wrong they are', {
  skip: skipWithout('kafka'),
}, async () => {
  await using deployment = new Deployment(requireKafka().brokers)
  await deployment.startOrchestrator()
  const drivers = await Promise.all(
    skewsMs.map((skewMs) => deployment.startDriver([], environmentOf(skewMs))),
  )
  const skewOf = new Map(drivers.map(({ facts }, i) => [String(facts.driver), skewsMs[i] ?? Number.NaN]))
  await using target = await startRealTarget()
  await deployment.awaitFree(skewsMs.length)
  const id = drawId('r')
  const { status } = await deployment.call('POST', '/api/runs', {
    id,
    hold: true,
    scenario: {
      name: 'wrong clocks',
      drivers: skewsMs.length,
      start: { deadline: '120s' },
      http: { target: target.url, requests: [{ get: '/' }] },
      load: { rate: `${perSecond}/s`, duration: `${seconds}s` },
    },
  })
  assert.equal(status, 201)
  await waitFor(
    'the clocks to be known and the run to be ready',
    async () => {
      const known = (await deployment.call('GET', '/api/drivers')).body as { drivers: { clock: unknown }[] }
      const run = (await deployment.call('GET', `/api/runs/${id}`)).body as { state: string }
      return known.drivers.every(({ clock }) => clock !== null) && run.state === 'ready'
    },
    120_000,
  )
  assert.equal((await deployment.call('POST', `/api/runs/${id}/trigger`)).status, 202)
  const result = (await deployment.awaitEnd(id)) ?? assert.fail('the run is forgotten')
  const planned = perSecond * seconds
  assert.equal(result.outcome, 'passed', result.why.join(' '))
  assert.deepEqual([result.totals.sent, target.received], [planned, planned])
  for (const { id, clock } of result.drivers) {
    const { offsetMs, uncertaintyMs } = clock ?? assert.fail(`the clock of ${id} is unknown`)
    const skewMs = skewOf.get(id) ?? Number.NaN
    assert.ok(Math.abs(offsetMs - skewMs) <= uncertaintyMs, `${offsetMs} ± ${uncertaintyMs}, is ${skewMs}`)
  }
  // Less than the least of what the clocks are wrong by.
  assert.ok((result.startSkewMs ?? Number.NaN) < 3700, `${result.startSkewMs} ms`)
  assert.ok(result.elapsedMs < 60_000, `${result.elapsedMs} ms`)
  const { body: timeline } = await deployment.call('GET', `/api/runs/${id}/timeline`)
  const counts = (timeline as { request: string; sent: number }[]).filter(({ request }) => request === '*')
  assert.ok(counts.length <= 60, `${counts.length} seconds`)
})
