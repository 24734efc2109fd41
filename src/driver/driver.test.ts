import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { DriverNodeState } from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import { AppError } from '../lib/errors.ts'
import { buildTestConfig, splitAsset } from '../orchestrator/test-config.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { DriverUnderTest } from '../testing/driver-under-test.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'

const open = (): Promise<DriverUnderTest> => new DriverUnderTest().start()

describe('the life of a driver', () => {
  it('registers as the brief asks, says it is idle, and beats each second', async () => {
    const under = await open()
    assert.equal(under.state, 'idle')
    const before = under.heartbeats.length
    await under.clock.advance(5000)
    assert.equal(under.heartbeats.length, before + 5)
    const { timestamp, timestamp_ms: timestampMs, heartbeat } = under.heartbeats.at(-1) ?? {}
    assert.equal(heartbeat, 'YES')
    assert.equal(timestamp, ((timestampMs ?? 0) / 1000).toFixed(3))
  })

  it('idle, configured, ready, running, idle again: with the hash of the config, a report a second and one final', async () => {
    const under = await open()
    let release = (): void => {}
    under.opening = new Promise((resolve) => {
      release = resolve
    })
    await under.configure('r-1')
    assert.equal(await under.stateSoon(), 'configured')
    release()
    await under.clock.advance(0)
    assert.equal(under.state, 'ready')
    assert.match(under.heartbeats.at(-1)?.config_hash ?? '', /^[0-9a-f]{64}$/)
    await under.trigger('r-1')
    assert.equal(await under.stateSoon(), 'running')
    await under.clock.advance(6000)
    assert.equal(under.state, 'idle')
    assert.equal(under.started.length, 500)
    assert.deepEqual(
      under.reports.map(({ interval }) => interval?.seq),
      under.reports.map((_, i) => i),
    )
    assert.deepEqual(
      under.reports.map(({ final }) => final === true),
      under.reports.map((_, i) => i === under.reports.length - 1),
    )
    assert.equal(under.reports.at(-1)?.sent, 500)
    assert.equal(under.reports.at(-1)?.outcome, 'completed')
    assert.equal(under.closed, 1)
  })

  it('rejects with code, text and hint what its workload rejects, and is free for another run', async () => {
    const under = await open()
    under.opening = Promise.reject(new AppError('TARGET_UNREACHABLE', 'nobody there', { hint: 'look' }))
    under.opening.catch(() => {})
    await under.configure('r-1')
    const { state, reason, reason_code: code, reason_hint: hint } = under.heartbeats.at(-1) ?? {}
    assert.deepEqual([state, reason, code, hint], ['rejected', 'nobody there', 'TARGET_UNREACHABLE', 'look'])
    under.opening = Promise.resolve()
    await under.configure('r-2')
    assert.equal(under.state, 'ready')
    assert.equal(under.heartbeats.at(-1)?.reason, undefined)
  })

  it('rejects a scenario that nobody could have parsed, and does nothing for it', async () => {
    const good = sampleScenario({ drivers: 1 })
    const wrong: unknown[] = [
      {},
      { ...good, http: null },
      { ...good, http: { ...good.http, feeders: { a: {} } } },
      { ...good, http: { ...good.http, requests: [] } },
      { ...good, http: { ...good.http, requests: [{ kind: 'journey', weight: 1 }] } },
      { ...good, http: { ...good.http, targets: 'http://127.0.0.1' } },
      { ...good, http: { ...good.http, timeoutMs: 'soon' } },
      { ...good, load: null },
      { ...good, load: { kind: 'flood' } },
      { ...good, load: { ...good.load, perSecond: 'abc' } },
      { ...good, load: { ...good.load, perSecond: -1 } },
      { ...good, load: { ...good.load, maxInFlight: undefined } },
      { ...good, load: { ...good.load, durationMs: undefined } },
      { ...good, load: { kind: 'avalanche', inFlight: 0.5, maxInFlight: 1, requests: 1 } },
      { ...good, load: { kind: 'toString', maxInFlight: 1, requests: 1 } },
      { ...good, seed: 'x' },
    ]
    const under = await open()
    for (const [i, scenario] of wrong.entries()) {
      await under.configure(`r-${i}`, scenario)
      assert.equal(under.state, 'rejected', JSON.stringify(scenario))
      assert.equal(under.heartbeats.at(-1)?.reason_code, 'SCENARIO_INVALID')
      await under.trigger(`r-${i}`)
    }
    await under.clock.advance(10_000)
    assert.deepEqual([under.contexts.length, under.started.length], [0, 0])
    await under.configure('r-good')
    assert.equal(under.state, 'ready')
  })

  it('any JSON for a scenario ends in ready or rejected, and the driver lives', async () => {
    const under = await open()
    const good = sampleScenario({ drivers: 1 })
    let n = 0
    const parts = fc.record(
      { seed: fc.jsonValue(), http: fc.jsonValue(), load: fc.jsonValue() },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), parts), async (changes) => {
        const id = `r-${n++}`
        await under.configure(id, { ...good, ...(changes as object) })
        assert.match(under.state ?? '', /^(ready|rejected)$/)
        await under.control(id, 0, 'stop')
        assert.match(under.state ?? '', /^(idle|rejected)$/)
      }),
      { seed: 1, numRuns: 100 },
    )
  })

  it('commands given before the start hold from the start, also while the run is still being built', async () => {
    for (const when of ['configured', 'ready'] as const) {
      const under = await open()
      const content = Buffer.from('id\n1\n')
      const sha256 = createHash('sha256').update(content).digest('hex')
      await under.configure('r-1', scenarioWithFile(sha256))
      if (when === 'configured') await under.control('r-1', 0, 'rate', 2)
      for (const part of splitAsset(sha256, content)) await under.say(topics.asset, part)
      assert.equal(under.state, 'ready')
      assert.deepEqual(under.contexts[0]?.assets.get(sha256), content)
      if (when === 'ready') await under.control('r-1', 0, 'rate', 2)
      await under.control('r-1', 0, 'rate', 7)
      await under.trigger('r-1')
      await under.clock.advance(8000)
      assert.equal(under.started.length, 1000, when)
    }
  })

  it('a stop while it waits for files or opens lets go at once; what opens late changes nothing', async () => {
    const under = await open()
    await under.configure('r-1', scenarioWithFile('0'.repeat(64)))
    await under.control('r-1', 0, 'stop')
    assert.equal(under.state, 'idle')
    let fail = (_: Error): void => {}
    under.opening = new Promise((_, reject) => {
      fail = reject
    })
    await under.configure('r-2')
    await under.control('r-2', 0, 'stop')
    assert.equal(under.state, 'idle')
    assert.equal(under.closed, 1)
    const late = fail
    under.opening = Promise.resolve()
    await under.configure('r-3')
    assert.equal(under.state, 'ready')
    late(new Error('too late'))
    assert.equal(await under.stateSoon(), 'ready')
    await under.trigger('r-3')
    await under.clock.advance(7000)
    assert.equal(under.started.length, 500)
    assert.deepEqual(new Set(under.reports.map(({ test_id: id }) => id)), new Set(['r-3']))
  })

  it('files that do not come are a rejection after a minute', async () => {
    const under = await open()
    await under.configure('r-1', scenarioWithFile('0'.repeat(64)))
    await under.clock.advance(59_000)
    assert.equal(under.state, 'configured')
    await under.clock.advance(2000)
    assert.equal(under.state, 'rejected')
    assert.match(under.heartbeats.at(-1)?.reason ?? '', /did not arrive within 60 s/)
  })

  it('a stop before the trigger ends it with an empty final report; a trigger afterwards starts nothing', async () => {
    const under = await open()
    await under.configure('r-1')
    await under.control('r-1', 0, 'stop')
    await under.trigger('r-1')
    await under.clock.advance(3000)
    assert.equal(under.state, 'idle')
    assert.equal(under.started.length, 0)
    const { final, outcome, sent, totals } = under.reports.at(-1) ?? {}
    assert.deepEqual(
      { final, outcome, sent, totals },
      { final: true, outcome: 'stopped', sent: 0, totals: [] },
    )
  })

  it('a stop while it runs: stopping, until answers are in or their time is up', async () => {
    const under = await open()
    under.latencyMs = 60_000
    await under.configure('r-1')
    await under.trigger('r-1')
    await under.clock.advance(1000)
    await under.control('r-1', 0, 'stop')
    assert.equal(under.state, 'stopping')
    await under.clock.advance(9000)
    assert.equal(under.state, 'stopping')
    await under.clock.advance(2000)
    assert.equal(under.state, 'idle')
    const last = under.reports.at(-1)
    assert.deepEqual([last?.sent, last?.timeouts], [under.started.length, under.started.length])
  })

  it('ignores what is expired, for others, repeated, or comes while it is busy', async () => {
    const under = await open()
    await under.present([])
    const nowMs = under.clock.wallMs()
    const config = buildTestConfig('old', sampleScenario(), [under.driver.id], nowMs - 20, nowMs - 10)
    await under.say(topics.testConfig, config)
    await under.configure('others', sampleScenario(), ['d-other'])
    assert.equal(under.contexts.length, 0)
    await under.configure('r-1')
    await under.configure('r-1')
    await under.configure('r-2')
    assert.equal(under.contexts.length, 1)
    await under.trigger('r-2')
    await under.say(topics.trigger, { test_id: 'r-1', trigger: 'YES', expires_at: nowMs - 1 })
    await under.clock.advance(3000)
    assert.deepEqual([under.state, under.started.length], ['ready', 0])
    await under.trigger('r-1')
    await under.trigger('r-1', 500)
    await under.clock.advance(8000)
    assert.equal(under.started.length, 500)
    await under.configure('r-1')
    await under.trigger('r-1')
    await under.clock.advance(3000)
    assert.deepEqual([under.state, under.contexts.length, under.started.length], ['idle', 1, 500])
  })

  it('leaves in any state: says so last, closes its workload, and keeps no timer', async () => {
    for (const state of ['idle', 'waiting', 'configured', 'ready', 'running'] as const) {
      const under = await open()
      if (state === 'configured') under.opening = new Promise(() => {})
      if (state === 'waiting') await under.configure('r-1', scenarioWithFile('0'.repeat(64)))
      else if (state !== 'idle') await under.configure('r-1')
      if (state === 'running') {
        await under.trigger('r-1')
        await under.clock.advance(2500)
      }
      const left = [under.driver.leave(), under.driver.leave()]
      await under.clock.advance(100)
      await Promise.all(left)
      assert.equal(under.state, 'leaving', state)
      assert.equal(under.closed, under.contexts.length, state)
      const { length } = under.heartbeats
      await under.configure('r-9')
      await under.clock.advance(70_000)
      assert.equal(under.heartbeats.length, length, state)
      assert.equal(under.clock.pending, 0, state)
    }
  })

  it('whatever is said in whatever order, it obeys its table: one run at a time, each at most once, and lives', async () => {
    const ids = fc.constantFrom('r-1', 'r-2', 'r-3')
    const message = fc.oneof(
      fc.record({ say: fc.constant('configure' as const), id: ids }),
      fc.record({ say: fc.constant('trigger' as const), id: ids }),
      fc.record({
        say: fc.constantFrom('stop', 'pause', 'resume', 'rate'),
        id: ids,
        seq: fc.integer({ min: 0, max: 3 }),
      }),
      fc.record({ say: fc.constant('wait' as const), id: ids, ms: fc.integer({ min: 1, max: 1500 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 25 }), async (messages) => {
        const under = await open()
        const scenario = sampleScenario({ drivers: 1, load: rateOf(50, 500) })
        let told: string | undefined
        for (const item of messages) {
          const before = under.contexts.length
          const wasFree = (await stateOf(under)) === 'idle' || under.state === 'rejected'
          if (item.say === 'configure') await under.configure(item.id, scenario)
          else if (item.say === 'trigger') await under.trigger(item.id)
          else if (item.say === 'wait') await under.clock.advance('ms' in item ? item.ms : 0)
          else await under.control(item.id, 'seq' in item ? item.seq : 0, item.say, 2)
          if (under.contexts.length > before) {
            assert.equal(item.say, 'configure')
            assert.ok(wasFree, 'a configuration while busy was taken')
            told = item.id
          }
        }
        if (told !== undefined) await under.control(told, 99, 'stop')
        await under.clock.advance(15_000)
        assert.ok(under.contexts.length <= 3, 'a run was built twice')
        assert.equal(under.state, 'idle')
        const finals = under.reports.filter(({ final }) => final).map(({ test_id: id }) => id)
        assert.equal(new Set(finals).size, finals.length, 'a run ended twice')
        assert.equal(under.closed, under.contexts.length)
      }),
      { seed: 2, numRuns: 40 },
    )
  })
})

/** Without letting time go by. */
const stateOf = async (under: DriverUnderTest): Promise<DriverNodeState | undefined> => {
  await under.clock.advance(0)
  return under.state
}

const scenarioWithFile = (sha256: string): Scenario => {
  const scenario = sampleScenario({ drivers: 1 })
  const asset = { file: 'users.csv', sha256, sizeBytes: 5 }
  const users = { asset, order: 'sequential' as const, unique: false, columns: ['id'], rows: 1 }
  return { ...scenario, http: { ...scenario.http, feeders: { users } } }
}
