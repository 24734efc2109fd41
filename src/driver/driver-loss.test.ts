import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { protocol } from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import { buildTestConfig } from '../orchestrator/test-config.ts'
import { DriverUnderTest } from '../testing/driver-under-test.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'
import type { DriverOptions, DriverStatus } from './driver-options.ts'

const open = (options: Partial<DriverOptions> = {}): Promise<DriverUnderTest> =>
  new DriverUnderTest(options).start()

const long = sampleScenario({ drivers: 1, load: rateOf(10, 3_600_000) })

/** Running since 1 s. */
const openRunning = async (options: Partial<DriverOptions> = {}, scenario = long) => {
  const under = await open(options)
  await under.configure('r-1', scenario)
  await under.trigger('r-1')
  await under.clock.advance(1000)
  assert.equal(under.state, 'running')
  return under
}

const finalsOf = (under: DriverUnderTest) => under.reports.filter(({ final }) => final === true)

describe('a driver that loses the broker', () => {
  it('goes on with its share, says nothing of the past when it is back, and every report arrives once', async () => {
    const under = await openRunning({}, sampleScenario({ drivers: 1, load: rateOf(100, 30_000) }))
    under.line.goAway()
    const { length } = under.heartbeats
    await under.clock.advance(20_000)
    assert.equal(under.heartbeats.length, length)
    assert.ok(under.started.length >= 2000, 'the share goes on')
    under.line.comeBack()
    await under.clock.advance(3000)
    assert.ok(under.heartbeats.length <= length + 5, 'no heartbeats of the time away')
    await under.clock.advance(15_000)
    assert.deepEqual(
      under.reports.map(({ interval }) => interval?.seq),
      under.reports.map((_, i) => i),
    )
    assert.deepEqual([under.reports.at(-1)?.final, under.reports.at(-1)?.sent], [true, 3000])
    assert.equal(under.state, 'idle')
  })

  it('takes no other run before its reports are delivered, and then goes idle', async () => {
    const under = await openRunning({}, sampleScenario({ drivers: 1, load: rateOf(100, 3000) }))
    under.line.goAway()
    await under.clock.advance(60_000)
    assert.deepEqual([under.driver.state, under.driver.status.waitingReports > 0], ['running', true])
    under.line.comeBack()
    await under.clock.advance(3000)
    assert.deepEqual([under.driver.state, under.driver.status.waitingReports], ['idle', 0])
    assert.equal(finalsOf(under).length, 1)
  })

  it('goes idle when its reports could not be delivered for too long, says so, and delivers them all the same', async () => {
    const under = await openRunning(
      { deliverMs: 30_000 },
      sampleScenario({ drivers: 1, load: rateOf(100, 3000) }),
    )
    under.line.goAway()
    await under.clock.advance(40_000)
    assert.equal(under.driver.state, 'idle')
    assert.match(under.logged.join('\n'), /reports of this run could not be delivered/)
    under.line.comeBack()
    await under.clock.advance(3000)
    assert.equal(finalsOf(under).length, 1)
  })

  it('keeps no more reports than it may, drops the oldest, and its last totals are the whole truth', async () => {
    const under = await openRunning(
      { outboxBytes: 10_000 },
      sampleScenario({ drivers: 1, load: rateOf(100, 60_000) }),
    )
    under.line.goAway()
    await under.clock.advance(70_000)
    const { droppedReports, waitingReports } = under.driver.status
    assert.ok(droppedReports > 30 && waitingReports < 20, `${droppedReports}, ${waitingReports}`)
    under.line.comeBack()
    await under.clock.advance(3000)
    assert.deepEqual([under.reports.at(-1)?.final, under.reports.at(-1)?.sent], [true, 6000])
    assert.match(under.logged.join('\n'), /too many reports wait/)
  })

  it('says once that it is away and once that it is back, in the log and to whoever watches', async () => {
    const statuses: DriverStatus[] = []
    const under = await openRunning({ onState: (status) => statuses.push(status) })
    statuses.length = 0
    const awaySinceMs = under.clock.wallMs()
    under.line.goAway()
    await under.clock.advance(10_000)
    assert.equal(statuses.length, 1)
    const sinceMs = statuses[0]?.brokerAwaySinceMs ?? 0
    assert.ok(sinceMs >= awaySinceMs && sinceMs <= awaySinceMs + 1000)
    under.line.comeBack()
    await under.clock.advance(10_000)
    assert.deepEqual(
      statuses.map(({ state, testId, brokerAwaySinceMs: since }) => [state, testId, since === null]),
      [
        ['running', 'r-1', false],
        ['running', 'r-1', true],
      ],
    )
    const lines = under.logged.filter((line) => line.includes('the broker is'))
    assert.equal(lines.length, 2)
    assert.match(lines[0] ?? '', /warn: the broker is away/)
    assert.match(lines[1] ?? '', /info: the broker is back awaySeconds=(9|10|11) /)
  })
})

describe('a driver that hears no orchestrator', () => {
  it('stops what runs after its limit, with the outcome stopped, and says for how long nobody spoke', async () => {
    const under = await openRunning()
    for (let second = 0; second < 10; second++) {
      await under.present(['r-1'])
      await under.clock.advance(1000)
    }
    const atSilence = under.clock.nowMs()
    await under.clock.advance(118_000)
    assert.equal(under.driver.state, 'running')
    await under.clock.advance(4000)
    assert.equal(under.driver.state, 'idle')
    const last = finalsOf(under)
    assert.deepEqual([last.length, last[0]?.outcome, last[0]?.test_id], [1, 'stopped', 'r-1'])
    assert.match(
      under.logged.join('\n'),
      /no orchestrator speaks .* run=r-1 state=running silentSeconds=12[01]/,
    )
    const { length } = under.started
    assert.ok(under.clock.nowMs() > atSilence && length > 1000)
    await under.clock.advance(60_000)
    assert.equal(under.started.length, length)
  })

  it('goes on for as long as somebody speaks for its run', async () => {
    for (const runs of [['r-0', 'r-1'], undefined]) {
      const under = await openRunning()
      for (let second = 0; second < 300; second += 10) {
        await under.present(runs)
        await under.clock.advance(10_000)
      }
      assert.equal(under.driver.state, 'running')
    }
  })

  it('that others are there is no reason to go on, nor to stop sooner', async () => {
    const under = await openRunning({ silenceLimitMs: 60_000 })
    for (let second = 0; second < 70; second++) {
      assert.equal(under.driver.state, second < 58 ? 'running' : under.driver.state)
      await under.present(['r-2'], 'o-2')
      await under.clock.advance(1000)
    }
    assert.equal(under.driver.state, 'idle')
  })

  it('lets go of a run for which it is ready: empty final report, idle, free for the next', async () => {
    const under = await open()
    await under.configure('r-1')
    await under.clock.advance(119_000)
    assert.equal(under.state, 'ready')
    await under.clock.advance(3000)
    assert.equal(under.state, 'idle')
    assert.deepEqual([finalsOf(under)[0]?.outcome, finalsOf(under)[0]?.sent], ['stopped', 0])
    await under.configure('r-2')
    assert.equal(under.state, 'ready')
  })

  it('lets go sooner of a run that has not begun when another orchestrator is there that does not know it', async () => {
    const under = await open()
    await under.configure('r-1')
    for (let second = 0; second < 8; second++) {
      await under.present([], 'o-2')
      await under.clock.advance(1000)
    }
    assert.equal(under.state, 'ready')
    for (let second = 0; second < 4; second++) {
      await under.present([], 'o-2')
      await under.clock.advance(1000)
    }
    assert.equal(under.state, 'idle')
  })

  it('what is still being built is let go of too', async () => {
    const under = await open({ silenceLimitMs: 5000 })
    under.opening = new Promise(() => {})
    await under.configure('r-1')
    await under.clock.advance(7000)
    assert.deepEqual([under.state, under.closed], ['idle', 1])
  })

  it('time in which its own machine slept is no silence', async () => {
    const under = await openRunning()
    await under.clock.suspend(1_200_000)
    await under.clock.advance(10_000)
    assert.equal(under.driver.state, 'running')
  })

  it('a run of an orchestrator that speaks only the brief, which says no presence, is not stopped', async () => {
    const under = await open({ defaultTarget: 'http://127.0.0.1:9/' })
    await under.say(topics.testConfig, {
      test_id: 'b-1',
      test_type: 'TSUNAMI',
      test_message_delay: 1,
      message_count_per_driver: 300,
    })
    await under.say(topics.trigger, { test_id: 'b-1', trigger: 'YES' })
    await under.clock.advance(310_000)
    assert.deepEqual([under.started.length, under.driver.state], [300, 'idle'])
    assert.equal(finalsOf(under)[0]?.outcome, 'completed')
  })

  it('registers again when an orchestrator comes that it has not heard before', async () => {
    const under = await open()
    assert.equal(under.registrations.length, 1)
    for (const id of ['o-1', 'o-1', 'o-2', 'o-1']) {
      await under.present([], id)
      await under.clock.advance(2000)
    }
    assert.equal(under.registrations.length, 3)
  })

  it('registers again only when it is free: who is registered and has not said more looks free', async () => {
    const under = await openRunning({}, sampleScenario({ drivers: 1 }))
    await under.present(['r-1'], 'o-new')
    await under.clock.advance(3000)
    assert.deepEqual([under.driver.state, under.registrations.length], ['running', 1])
    await under.clock.advance(6000)
    assert.deepEqual([under.driver.state, under.registrations.length], ['idle', 2])
  })

  it('says the newest presence again in its next heartbeat, once', async () => {
    const under = await open()
    await under.clock.advance(500)
    await under.present([], 'o-1', 12_345)
    const receivedMs = under.clock.wallMs()
    await under.clock.advance(5000)
    assert.deepEqual(
      under.heartbeats.flatMap(({ heard }) => (heard === undefined ? [] : [heard])),
      [{ orchestrator_id: 'o-1', issued_at: 12_345, received_at: receivedMs }],
    )
  })
})

describe('a driver whose clock differs', () => {
  it('starts at the instant by its own clock where the offset is known', async () => {
    const under = await open()
    await under.configure('r-1')
    const nowMs = under.clock.wallMs()
    const start = { start_at: nowMs - 60_000 + 500, issued_at: nowMs - 60_000 }
    await under.say(topics.trigger, {
      test_id: 'r-1',
      trigger: 'YES',
      protocol,
      ...start,
      expires_at: start.start_at + 30_000,
      clock_offsets_ms: { [under.driver.id]: 60_000 },
    })
    await under.clock.advance(490)
    assert.equal(under.started.length, 0)
    await under.clock.advance(50)
    assert.ok(under.started.length > 0)
    await under.clock.advance(8000)
    assert.ok(Math.abs((under.reports[0]?.started_at ?? 0) - nowMs - 500) <= 1)
  })

  it('an hour ahead of the orchestrator it still knows what has expired', async () => {
    const under = await open()
    const theirsMs = under.clock.wallMs() - 3_600_000
    await under.present([], 'o-1', theirsMs - 5)
    const config = (testId: string, expiresMs: number) =>
      under.say(
        topics.testConfig,
        buildTestConfig(testId, sampleScenario({ drivers: 1 }), [under.driver.id], theirsMs, expiresMs),
      )
    await config('old', theirsMs - 1000)
    assert.equal(under.contexts.length, 0)
    await config('new', theirsMs + 10_000)
    assert.equal(under.state, 'ready')
  })
})

describe('a driver and the runs of others', () => {
  it('busy, it rejects another run by one heartbeat and goes on with its own', async () => {
    const under = await openRunning({}, sampleScenario({ drivers: 1 }))
    const before = under.heartbeats.length
    await under.configure('r-2')
    const [answer, after] = under.heartbeats.slice(before)
    const { state, test_id: id, reason, reason_code: code } = answer ?? {}
    assert.deepEqual([state, id, code], ['rejected', 'r-2', 'DRIVER_REJECTED'])
    assert.match(reason ?? '', /busy with run r-1/)
    assert.deepEqual([after?.state, after?.test_id, after?.reason], ['running', 'r-1', undefined])
    await under.configure('r-2')
    await under.control('r-2', 0, 'stop')
    await under.trigger('r-2')
    await under.clock.advance(8000)
    assert.equal(under.heartbeats.filter((beat) => beat.state === 'rejected').length, 1)
    assert.deepEqual([under.started.length, under.state], [500, 'idle'])
    await under.configure('r-2')
    assert.equal(under.state, 'idle', 'what it once rejected it never takes')
  })

  it('idle, it names the run that it did last and how much it sent', async () => {
    const under = await openRunning({}, sampleScenario({ drivers: 1 }))
    await under.clock.advance(8000)
    const { state, test_id: id, sent } = under.heartbeats.at(-1) ?? {}
    assert.deepEqual([state, id, sent], ['idle', 'r-1', 500])
    await under.configure('r-2')
    assert.deepEqual([under.heartbeats.at(-1)?.test_id, under.heartbeats.at(-1)?.sent], ['r-2', 0])
  })

  it('rejects what another protocol asks, with the names of both, and nothing that is not for it', async () => {
    const under = await open()
    const config = { test_type: 'TSUNAMI', test_message_delay: 1, message_count_per_driver: 1 } as const
    const later = { ...config, protocol: 'groundswell/2' }
    await under.say(topics.testConfig, { ...later, test_id: 'x-1', drivers: ['d-other'] })
    assert.equal(under.state, 'idle')
    await under.say(topics.testConfig, { ...later, test_id: 'x-2', drivers: [under.driver.id] })
    const { state, test_id: id, reason } = under.heartbeats.at(-1) ?? {}
    assert.deepEqual([state, id], ['rejected', 'x-2'])
    assert.match(reason ?? '', /groundswell\/2.*groundswell\/1/)
    await under.configure('r-1')
    assert.equal(under.state, 'ready')
  })
})

describe('a driver that leaves', () => {
  it('a run: delivers what it has with a final report, outcome stopped, then says goodbye', async () => {
    const under = await openRunning()
    under.latencyMs = 1500
    await under.clock.advance(2000)
    const leaving = under.driver.leave()
    await under.clock.advance(2500)
    await leaving
    await under.clock.advance(0)
    const last = under.reports.at(-1)
    assert.deepEqual([last?.final, last?.outcome, last?.sent], [true, 'stopped', under.started.length])
    assert.equal(last?.completed, under.started.length, 'answers under way are awaited')
    assert.deepEqual([under.state, under.clock.pending], ['leaving', 0])
    const states = under.heartbeats.slice(-3).map(({ state }) => state)
    assert.ok(states.includes('stopping'), 'it beats while it stops')
  })

  it('answers that do not come are cut off', async () => {
    const under = await openRunning()
    under.latencyMs = 600_000
    await under.clock.advance(2000)
    const leaving = under.driver.leave()
    await under.clock.advance(3500)
    await leaving
    await under.clock.advance(0)
    const last = under.reports.at(-1)
    assert.deepEqual([last?.final, last?.sent], [true, under.started.length])
    assert.ok((last?.timeouts ?? 0) > 0)
  })

  it('while the broker is away it is gone within 7 s, and says what is lost', async () => {
    const under = await openRunning()
    under.line.goAway()
    await under.clock.advance(5000)
    let isGone = false
    const leaving = under.driver.leave().then(() => {
      isGone = true
    })
    await under.clock.advance(7000)
    assert.equal(isGone, true)
    await leaving
    assert.match(under.logged.join('\n'), /left with reports that the broker did not take reports=\d+/)
    assert.equal(under.clock.pending, 0)
  })
})
