import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it, type TestContext } from 'node:test'
import type { Bus } from '../bus/bus.ts'
import { InProcessBroker } from '../bus/in-process.ts'
import { decodeMessage } from '../bus/message-codec.ts'
import type { TestConfigMessage } from '../bus/messages.ts'
import { topics } from '../bus/topics.ts'
import { systemClock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { drawId } from '../lib/random-id.ts'
import { DriverUnderTest } from '../testing/driver-under-test.ts'
import { startRealTarget } from '../testing/real-target.ts'
import { waitFor } from '../testing/wait-for.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import { workloads } from '../workloads/workloads.ts'
import { EarlyTriggers, isOlderThan, scenarioOf, shareOf } from './brief-config.ts'
import { Driver } from './driver.ts'
import type { DriverOptions } from './driver-options.ts'

const configOf = (said: object): TestConfigMessage => {
  const decoded = decodeMessage('test_config', Buffer.from(JSON.stringify({ test_id: 't', ...said })))
  assert.ok('message' in decoded, JSON.stringify(decoded))
  return decoded.message
}

const tsunami = {
  test_type: 'TSUNAMI',
  test_message_delay: '0.5',
  message_count_per_driver: '400',
  target_url: 'http://10.0.0.9:8000/ping?a={{b}}',
}

describe('the scenario of a configuration that says only what the brief does', () => {
  it('is for every driver, each with the whole count', () => {
    assert.deepEqual(shareOf(configOf(tsunami), 'd-1'), { index: 0, of: 1 })
    const ours = { ...configOf(tsunami), drivers: ['d-1', 'd-2'], scenario: {} }
    assert.deepEqual(shareOf(ours, 'd-2'), { index: 1, of: 2 })
    assert.equal(shareOf(ours, 'd-3'), undefined)
    assert.equal(shareOf({ ...configOf(tsunami), drivers: ['d-1'] }, 'd-1'), undefined)
  })

  it('keeps the gap of a tsunami with connections enough that no request waits for another', () => {
    const { load, http } = scenarioOf(configOf(tsunami), undefined)
    assert.deepEqual(load, { kind: 'tsunami', gapMs: 500, requestsPerDriver: 400, maxInFlight: 400 })
    assert.deepEqual(
      [http.timeoutMs, http.connections, http.targets],
      [30_000, 100, ['http://10.0.0.9:8000']],
    )
    assert.equal(http.requests[0]?.kind === 'request' && http.requests[0].url, '/ping?a=%7B%7Bb%7D%7D')
    const dense = { ...tsunami, test_message_delay: 0.01, message_count_per_driver: 10_000 }
    assert.equal(scenarioOf(configOf(dense), undefined).http.connections, 3001)
    assert.equal(scenarioOf(configOf({ ...dense, timeout_ms: '500' }), undefined).http.timeoutMs, 500)
  })

  it('is an avalanche over at most 100 connections; so is a tsunami without a gap', () => {
    const flood = { ...tsunami, test_type: 'avalanche' }
    const table: [object, number][] = [
      [flood, 100],
      [{ ...flood, message_count_per_driver: 7 }, 7],
      [{ ...flood, connections: 3 }, 3],
      [{ ...flood, connections: 5000, message_count_per_driver: 7 }, 7],
      [{ ...tsunami, test_message_delay: '0' }, 100],
      [{ ...tsunami, test_message_delay: -1 }, 100],
      [{ ...tsunami, test_message_delay: undefined }, 100],
    ]
    for (const [said, connections] of table) {
      const { load, http } = scenarioOf(configOf(said), undefined)
      assert.ok(load.kind === 'avalanche', JSON.stringify(said))
      assert.deepEqual([load.inFlight, http.connections], [connections, connections], JSON.stringify(said))
    }
  })

  it('loads what the configuration names, else what the driver was told', () => {
    const target = (said: object, ours?: string) => {
      const { http } = scenarioOf(configOf({ ...tsunami, target_url: undefined, ...said }), ours)
      return `${http.targets[0]}${http.requests[0]?.kind === 'request' ? http.requests[0].url : ''}`
    }
    assert.equal(target({ target_url: 'http://a/x' }, 'http://ours'), 'http://a/x')
    assert.equal(target({ target_server_ip: 'http://b:81/x' }, 'http://ours'), 'http://b:81/x')
    assert.equal(target({ target_server: '10.0.0.5:8080' }, 'http://ours'), 'http://10.0.0.5:8080/')
    assert.equal(target({ target_server: 'localhost' }), 'http://localhost/')
    assert.equal(target({}, 'http://ours/ping'), 'http://ours/ping')
  })

  it('is refused where it says too little, or nothing that can be loaded', () => {
    const table: [object, RegExp][] = [
      [{ target_url: undefined }, /what to load/],
      [{ message_count_per_driver: undefined }, /how many/],
      [{ message_count_per_driver: '0' }, /how many/],
      [{ target_url: 'ftp://a' }, /no URL/],
      [{ target_url: 'http://' }, /no URL/],
      [{ target_url: 'http://me:secret@a' }, /no URL/],
      [{ method: 'GET / HTTP/1.1\r\nx:' }, /method/],
    ]
    for (const [change, reason] of table)
      assert.throws(
        () => scenarioOf(configOf({ ...tsunami, ...change }), undefined),
        (error) =>
          error instanceof AppError &&
          error.code === 'SCENARIO_INVALID' &&
          reason.test(error.message) &&
          !error.message.includes('secret'),
        JSON.stringify(change),
      )
  })
})

it('what was said before this process was there is not for it', () => {
  const decoded = decodeMessage('trigger', Buffer.from('{"test_id":"t","trigger":true}'), {
    partition: 0,
    offset: 0,
    timestampMs: 100_000,
  })
  assert.ok('message' in decoded)
  assert.equal(isOlderThan(decoded.message, 99_000), false)
  assert.equal(isOlderThan(decoded.message, 104_000), false)
  assert.equal(isOlderThan(decoded.message, 160_000), true)
  assert.equal(isOlderThan({ ...decoded.message, protocol: 'groundswell/1' }, 160_000), false)
})

it('early triggers: of nodes that speak only the brief, each once, for ten seconds, a hundred at most', () => {
  const early = new EarlyTriggers()
  const trigger = (id: string) => ({ test_id: id, trigger: 'YES' as const })
  early.hold(trigger('t1'), 1000)
  assert.equal(early.take('t2', 1000), undefined)
  assert.deepEqual(early.take('t1', 11_000), trigger('t1'))
  assert.equal(early.take('t1', 1000), undefined)
  early.hold(trigger('t1'), 1000)
  assert.equal(early.take('t1', 11_001), undefined)
  early.hold({ ...trigger('t1'), protocol: 'groundswell/1' }, 0)
  assert.equal(early.take('t1', 0), undefined)
  for (let i = 0; i < 101; i++) early.hold(trigger(`many-${i}`), 0)
  assert.equal(early.take('many-0', 0), undefined)
  assert.ok(early.take('many-1', 0))
})

/** A driver with real sockets, and the bus as an orchestrator sees it that knows only the brief. */
class UnderBrief {
  readonly bus: Bus
  readonly driver: Driver
  readonly logged: string[] = []
  readonly metrics: Record<string, unknown>[] = []
  readonly beats: Record<string, unknown>[] = []
  readonly #driverBus: Bus

  constructor(options: Partial<DriverOptions> & { allow?: readonly string[] } = {}) {
    const note = (message: string): void => {
      this.logged.push(message)
    }
    const logger = { debug: note, info: note, warn: note, error: note }
    const broker = new InProcessBroker({ clock: systemClock, logger })
    this.bus = broker.connect()
    this.#driverBus = broker.connect()
    const allow = new AllowList(options.allow ?? ['127.0.0.1'])
    this.driver = new Driver({
      bus: this.#driverBus,
      clock: systemClock,
      logger,
      drawId,
      version: 'test',
      address: '127.0.0.1:0',
      cores: 1,
      pid: 1,
      cpuUsageUs: () => 0,
      createWorkload: (work) => workloads.http({ ...work, allow }),
      ...options,
    })
  }

  async open(t: TestContext): Promise<this> {
    const keep = (list: Record<string, unknown>[]) => (message: { value: Uint8Array }) => {
      list.push(JSON.parse(Buffer.from(message.value).toString()))
    }
    await this.bus.subscribe('metrics', { from: 'latest' }, keep(this.metrics))
    await this.bus.subscribe('heartbeat', { from: 'latest' }, keep(this.beats))
    t.after(async () => {
      await this.driver.leave()
      await this.#driverBus.close()
      await this.bus.close()
    })
    await this.driver.start()
    return this
  }

  say(topic: string, message: unknown): Promise<void> {
    return this.bus.publish(topic, 'k', Buffer.from(JSON.stringify(message)))
  }

  state(state: string, testId: string): Promise<Record<string, unknown>> {
    return waitFor(
      `${state} of ${testId}`,
      () => this.beats.find((beat) => beat.state === state && beat.test_id === testId),
      30_000,
    )
  }

  final(testId: string): Promise<Record<string, unknown>> {
    return waitFor(
      `the last report of ${testId}`,
      () => this.metrics.find((report) => report.final === true && report.test_id === testId),
      30_000,
    )
  }
}

describe('our driver under an orchestrator that speaks only the brief', () => {
  it('sends exactly so many requests, and the figures of the brief', async (t) => {
    await using target = await startRealTarget()
    const under = await new UnderBrief().open(t)
    const test = {
      test_id: 't1',
      test_type: 'AVALANCHE',
      test_message_delay: '0',
      message_count_per_driver: '250',
    }
    await under.say('test_config', { ...test, target_server_ip: `${target.url}/ping` })
    await under.state('ready', 't1')
    assert.equal(target.received, 0)
    await under.say('trigger', { test_id: 't1', trigger: 'YES' })
    const last = await under.final('t1')
    assert.equal(target.received, 250)
    assert.ok(target.arrivals.every(({ url }) => url === '/ping'))
    assert.deepEqual([last.node_id, last.sent, last.completed, last.errors], [under.driver.id, 250, 250, 0])
    const {
      mean_latency: mean,
      median_latency: median,
      min_latency: min,
      max_latency: max,
    } = last.metrics as Record<string, number>
    for (const figure of [mean, median, min, max]) assert.equal(typeof figure, 'number')
    assert.ok(
      Number(min) > 0 &&
        Number(min) <= Number(median) &&
        Number(median) <= Number(max) &&
        Number(mean) <= Number(max),
    )
    assert.equal(new Set(under.metrics.map((report) => report.report_id)).size, under.metrics.length)
    for (const beat of under.beats)
      assert.deepEqual([beat.heartbeat, typeof beat.timestamp], ['YES', 'string'])
  })

  it('keeps the gap whatever the target does, begins at once, and counts a target that is down as errors', async (t) => {
    let first: ServerResponse | undefined
    await using target = await startRealTarget((_request, response, n) => {
      if (n === 1) first = response
      else response.end('ok')
      // Who waits for the first answer before it sends the next request never gets it.
      if (n === 12) first?.end('ok')
    })
    const under = await new UnderBrief({ defaultTarget: target.url }).open(t)
    const test = { test_type: 'tsunami', test_message_delay: 0.1, message_count_per_driver: 12 }
    await under.say('test_config', { ...test, test_id: 't1' })
    await under.state('ready', 't1')
    await under.say('trigger', { test_id: 't1', trigger: true })
    await under.final('t1')
    assert.equal(target.received, 12)
    const [earliest, latest] = [target.arrivals[0], target.arrivals.at(-1)]
    assert.ok((latest?.atMs ?? 0) - (earliest?.atMs ?? 0) > 900)
    await under.state('idle', 't1')

    const nobody = { target_url: 'http://127.0.0.1:9/', test_message_delay: 0 }
    await under.say('test_config', { ...test, ...nobody, test_id: 't2' })
    await under.state('ready', 't2')
    await under.say('trigger', { test_id: 't2', trigger: 1 })
    const dead = await under.final('t2')
    assert.deepEqual([dead.completed, dead.errors], [0, 12])
    assert.equal((dead.metrics as Record<string, unknown>).min_latency, null)
  })

  it('takes configuration and trigger that come together, in either order', async (t) => {
    await using target = await startRealTarget()
    const under = await new UnderBrief({ defaultTarget: target.url }).open(t)
    const test = { test_type: 'AVALANCHE', message_count_per_driver: 3 }
    await under.say('test_config', { ...test, test_id: 't1' })
    await under.say('trigger', { test_id: 't1', trigger: 'YES' })
    await under.final('t1')
    await under.state('idle', 't1')
    await under.say('trigger', { test_id: 't2', trigger: 'YES' })
    await under.say('test_config', { ...test, test_id: 't2' })
    await under.final('t2')
    assert.equal(target.received, 6)
  })

  it('starts nothing for a trigger that is unknown, was run, is no yes, or no JSON', async (t) => {
    await using target = await startRealTarget()
    const under = await new UnderBrief({ defaultTarget: target.url }).open(t)
    const test = { test_type: 'AVALANCHE', message_count_per_driver: 3 }
    const nonsense = ['NO', false, 0, '', null, 'START', undefined, {}]
    await under.say('trigger', { test_id: 'nobody', trigger: 'YES' })
    await under.say('test_config', { ...test, test_id: 't1' })
    await under.state('ready', 't1')
    for (const trigger of nonsense) await under.say('trigger', { test_id: 't1', trigger })
    await under.say('trigger', { trigger: 'YES' })
    await under.bus.publish('trigger', 'k', Buffer.from('EOF'))
    assert.equal(target.received, 0)
    await under.say('trigger', { test_id: 't1', trigger: 'YES' })
    await under.final('t1')
    await under.state('idle', 't1')
    await under.say('trigger', { test_id: 't1', trigger: 'YES' })
    await under.say('test_config', { ...test, test_id: 't1' })
    await under.say('trigger', { test_id: 't1', trigger: 'YES' })
    await under.say('test_config', { ...test, test_id: 't3' })
    await under.state('ready', 't3')
    assert.equal(target.received, 3)
  })

  it('obeys its own allow list, and says why it cannot carry out a run', async (t) => {
    await using target = await startRealTarget()
    const under = await new UnderBrief({ allow: ['10.0.0.0/8'] }).open(t)
    const test = { test_type: 'AVALANCHE', message_count_per_driver: 3 }
    const table: [object, string][] = [
      [{ target_url: target.url }, 'TARGET_NOT_ALLOWED'],
      [{}, 'SCENARIO_INVALID'],
      [{ target_url: target.url, message_count_per_driver: undefined }, 'SCENARIO_INVALID'],
    ]
    for (const [i, [fields, code]] of table.entries()) {
      await under.say('test_config', { ...test, test_id: `t${i}`, ...fields })
      assert.equal((await under.state('rejected', `t${i}`)).reason_code, code)
      await under.say('trigger', { test_id: `t${i}`, trigger: 'YES' })
    }
    assert.equal(under.logged.filter((line) => line === 'rejected a run').length, table.length)
    assert.equal(target.received, 0)
  })
})

describe('a configuration of a node that speaks only the brief, whose trigger does not come', () => {
  const configure = (under: DriverUnderTest, testId: string) =>
    under.say(topics.testConfig, {
      test_id: testId,
      test_type: 'AVALANCHE',
      test_message_delay: 0,
      message_count_per_driver: 3,
      target_url: 'http://127.0.0.1:9/',
    })
  const trigger = (under: DriverUnderTest, testId: string) =>
    under.say(topics.trigger, { test_id: testId, trigger: 'YES' })

  it('gives way to a newer one, whoever that is of, and whether or not it was ready', async () => {
    const under = await new DriverUnderTest().start()
    let open = (): void => {}
    under.opening = new Promise((resolve) => {
      open = resolve
    })
    await configure(under, 't1')
    assert.equal(await under.stateSoon(), 'configured')
    under.opening = Promise.resolve()
    await configure(under, 't2')
    open()
    await under.clock.advance(0)
    assert.deepEqual([under.state, under.driver.status.testId], ['ready', 't2'])
    await configure(under, 't3')
    await trigger(under, 't1')
    await trigger(under, 't2')
    assert.deepEqual([under.state, under.driver.status.testId], ['ready', 't3'])
    await under.configure('r-1')
    assert.deepEqual([under.state, under.driver.status.testId, under.closed], ['ready', 'r-1', 3])
    await configure(under, 't4')
    assert.equal(under.driver.status.testId, 'r-1', 'a run of ours is not pushed out')
    await under.trigger('r-1')
    await under.clock.advance(8000)
    assert.deepEqual([under.state, under.started.length], ['idle', 500])
    assert.deepEqual([...new Set(under.reports.map(({ test_id: id }) => id))], ['r-1'])
  })

  it('is pushed out by none once it was triggered', async () => {
    const under = await new DriverUnderTest().start()
    under.latencyMs = 5000
    await configure(under, 't1')
    await trigger(under, 't1')
    assert.equal(await under.stateSoon(), 'running')
    await configure(under, 't2')
    assert.deepEqual([under.driver.status.testId, under.state], ['t1', 'running'])
    assert.ok(under.heartbeats.some(({ state, test_id: id }) => state === 'rejected' && id === 't2'))
    await under.clock.advance(10_000)
    assert.deepEqual([under.state, under.started.length], ['idle', 3])
  })

  it('is told of in ten lines a minute, however many come, idle or busy', async () => {
    const under = await new DriverUnderTest().start()
    for (let i = 0; i < 500; i++) {
      await configure(under, `a${i}`)
      await under.say(topics.testConfig, {
        test_id: `b${i}`,
        test_type: 'AVALANCHE',
        test_message_delay: 0,
        message_count_per_driver: -1,
      })
    }
    assert.equal(under.state, 'rejected')
    await under.configure('r-1')
    for (let i = 0; i < 500; i++) await configure(under, `c${i}`)
    const kinds = Map.groupBy(under.logged, (line) => line.replace(/ \w+=.*/, ''))
    assert.equal(kinds.size, 3, [...kinds.keys()].join('\n'))
    for (const [kind, lines] of kinds) assert.equal(lines.length, 10, kind)
  })

  it('is let go of after ten minutes', async () => {
    const under = await new DriverUnderTest().start()
    await configure(under, 't1')
    for (let minute = 0; minute < 9; minute++) {
      await under.present([])
      await under.clock.advance(60_000)
    }
    assert.equal(under.state, 'ready')
    await under.clock.advance(62_000)
    assert.deepEqual([under.state, under.closed], ['idle', 1])
    await trigger(under, 't1')
    await under.clock.advance(3000)
    assert.deepEqual([under.state, under.started.length], ['idle', 0])
  })
})
