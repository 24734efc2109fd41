import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { requireKafka, skipWithout } from '../components.ts'
import { startRealTarget } from '../real-target.ts'
import { briefCommands, buildGoNodes, startBriefNode } from './start-brief-node.ts'

/** The doubles among themselves: what they do to ours means something only if they would do without. */

const skip = skipWithout('kafka')
const go = skip === false ? await buildGoNodes() : { missing: 'no Kafka' }
const pairs = [
  { of: 'JavaScript', driver: briefCommands.driver, orchestrator: briefCommands.orchestrator },
  ...('missing' in go ? [] : [{ of: 'Go', driver: go.driver, orchestrator: go.orchestrator }]),
]

describe('nodes that know only the brief, among themselves', { skip }, () => {
  for (const { of, driver, orchestrator } of pairs) {
    it(`${of}: a driver makes its own number of requests and says cumulative figures, then nothing more`, async (t) => {
      if ('missing' in go) t.diagnostic(`nodes in Go are left out: ${go.missing}`)
      await using target = await startRealTarget()
      const common = {
        kafka: requireKafka().brokers.join(','),
        prefix: `brief-${randomBytes(6).toString('hex')}.`,
      }
      await using orchestrating = startBriefNode(orchestrator, { ...common, id: 't1', count: 7 })
      await orchestrating.saw('up')
      await using driving = startBriefNode(driver, { ...common, id: 'n1', requests: 120, target: target.url })
      const { answers, errors } = await driving.saw('answered')
      const { message } = await orchestrating.saw('metrics')
      assert.deepEqual([answers, errors, target.received], [120, 0, 120])
      assert.deepEqual([message?.node_id, message?.test_id, message?.report_id], ['n1', 't1', ''])
      assert.deepEqual(Object.keys(message ?? {}).sort(), ['metrics', 'node_id', 'report_id', 'test_id'])
      assert.equal((await orchestrating.saw('heartbeat')).message?.heartbeat, true)
      assert.deepEqual((await orchestrating.saw('register')).message, { node_id: 'n1', node_ip: 'IPAddr' })
    })

    it(`${of}: a driver that joins later dies of a trigger whose configuration is gone`, async () => {
      const common = {
        kafka: requireKafka().brokers.join(','),
        prefix: `brief-${randomBytes(6).toString('hex')}.`,
      }
      const stray = { ...common, id: 't1', 'stray-trigger': true }
      await using orchestrating = startBriefNode(briefCommands.orchestrator, stray)
      await orchestrating.saw('up')
      await using driving = startBriefNode(driver, { ...common, id: 'n1' })
      await driving.saw('crashed')
      assert.equal(await driving.ended, 2)
    })
  }
})
