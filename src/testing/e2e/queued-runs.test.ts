import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { requireKafka, skipWithout } from '../components.ts'
import { Deployment } from '../deployment.ts'
import { startRealTarget } from '../real-target.ts'

const runs = 25
const requests = 20

describe('many runs in the queue', { skip: skipWithout('kafka') }, () => {
  it('follow one another at once on a real broker, and none takes from the next', async () => {
    await using deployment = new Deployment(requireKafka().brokers)
    await deployment.startOrchestrator()
    await Promise.all([deployment.startDriver(), deployment.startDriver()])
    await deployment.awaitFree(2)
    await using target = await startRealTarget()
    const scenario = {
      drivers: 2,
      http: { target: target.url, requests: [{ get: '/' }] },
      load: { rate: '200/s', duration: '100ms' },
    }
    const ids = []
    for (let i = 0; i < runs; i++) {
      const { status, body } = await deployment.call('POST', '/api/runs', { scenario })
      assert.equal(status, 201)
      ids.push((body as { id: string }).id)
    }
    for (const id of ids) {
      const result = (await deployment.awaitEnd(id)) ?? assert.fail(`run ${id} is forgotten`)
      assert.deepEqual(
        [result.outcome, result.error, result.totals.answered],
        ['passed', null, requests],
        result.why.join(' '),
      )
    }
    assert.equal(target.received, runs * requests)
  })
})
