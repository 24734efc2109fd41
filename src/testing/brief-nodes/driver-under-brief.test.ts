import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { connectKafkaBus } from '../../bus/kafka/kafka-bus.ts'
import { Driver } from '../../driver/driver.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/logger.ts'
import { drawId } from '../../lib/random-id.ts'
import { AllowList } from '../../workloads/http/allow-list.ts'
import { workloads } from '../../workloads/workloads.ts'
import { requireKafka, skipWithout } from '../components.ts'
import { startRealTarget } from '../real-target.ts'
import { startProgram } from '../run-program.ts'
import { waitFor } from '../wait-for.ts'
import { type BriefNode, briefCommands, buildGoNodes, startBriefNode } from './start-brief-node.ts'

/** Our driver, under orchestrators on a real broker that were written apart from ours and know only the brief. */

// Nothing to do without a broker; and what is not there is not listed, so that nothing counts as skipped.
const skip = skipWithout('kafka')
const go = skip === false ? await buildGoNodes() : { missing: 'no Kafka' }
const nodes = { JavaScript: briefCommands, ...('missing' in go ? {} : { Go: go }) }

const startDriver = async (prefix: string, defaultTarget?: string) => {
  const bus = await connectKafkaBus(
    { brokers: requireKafka().brokers, topicPrefix: prefix },
    { clock: systemClock, logger: silentLogger },
  )
  const allow = new AllowList(['127.0.0.1'])
  const driver = new Driver({
    bus,
    clock: systemClock,
    logger: silentLogger,
    drawId,
    version: 'test',
    address: '127.0.0.1:0',
    cores: 1,
    pid: process.pid,
    cpuUsageUs: () => 0,
    createWorkload: (work) => workloads.http({ ...work, allow }),
    ...(defaultTarget === undefined ? {} : { defaultTarget }),
  })
  await driver.start()
  return {
    driver,
    [Symbol.asyncDispose]: async () => {
      await driver.leave()
      await bus.close()
    },
  }
}

const figuresOf = (message: Record<string, unknown>): Record<string, number> =>
  message.metrics as Record<string, number>

const reportsOf = (orchestrator: BriefNode, driver: string): Record<string, unknown>[] =>
  orchestrator.events.flatMap(({ event, message }) =>
    event === 'metrics' && message?.node_id === driver ? [message] : [],
  )

describe('our driver under an orchestrator of others, on Kafka', { skip, concurrency: false }, () => {
  for (const [language, commands] of Object.entries(nodes)) {
    it(`${language}: an avalanche of exactly so many requests, with the brief's figures`, async (t) => {
      if ('missing' in go) t.diagnostic(`nodes in Go are left out: ${go.missing}`)
      await using target = await startRealTarget()
      const prefix = `brief-${randomBytes(6).toString('hex')}.`
      const kafka = requireKafka().brokers.join(',')
      await using one = await startDriver(prefix)
      await using two = await startDriver(prefix)
      await using orchestrator = startBriefNode(commands.orchestrator, {
        kafka,
        prefix,
        drivers: 2,
        count: 300,
        id: 'test-1',
        target: `${target.url}/ping`,
      })
      for (const { driver } of [one, two]) {
        const { message: last = {} } = await orchestrator.saw(
          'metrics',
          ({ message }) => message?.node_id === driver.id && message.final === true,
        )
        const {
          mean_latency: mean = 0,
          median_latency: median = 0,
          min_latency: min = 0,
          max_latency: max = 0,
        } = figuresOf(last)
        assert.deepEqual([last.test_id, last.sent, last.completed], ['test-1', 300, 300])
        assert.ok(
          min > 0 && min <= median && median <= max && min <= mean && mean <= max,
          JSON.stringify(last.metrics),
        )
        const reports = reportsOf(orchestrator, driver.id)
        assert.equal(new Set(reports.map((report) => report.report_id)).size, reports.length)
      }
      assert.equal(target.received, 600)
      assert.deepEqual([...new Set(target.arrivals.map(({ url }) => url))], ['/ping'])
      const { message: registration = {} } = await orchestrator.saw('register')
      assert.deepEqual(
        [registration.message_type, registration.node_IP, registration.node_ip],
        ['DRIVER_NODE_REGISTER', '127.0.0.1:0', '127.0.0.1:0'],
      )
      assert.equal((await orchestrator.saw('heartbeat')).message?.heartbeat, 'YES')
      assert.ok(!orchestrator.events.some(({ event }) => event === 'unreadable'))
    })
  }

  it('a tsunami with its gap in seconds, to the target that the driver was told; figures grow each second', async () => {
    await using target = await startRealTarget()
    const prefix = `brief-${randomBytes(6).toString('hex')}.`
    await using ours = await startDriver(prefix, target.url)
    await using orchestrator = startBriefNode(briefCommands.orchestrator, {
      kafka: requireKafka().brokers.join(','),
      prefix,
      type: 'TSUNAMI',
      delay: '0.25',
      count: 11,
      numbers: true,
      'stray-trigger': true,
      id: 'test-2',
    })
    await orchestrator.saw('metrics', ({ message }) => message?.final === true)
    assert.equal(target.received, 11)
    const spanMs = (target.arrivals.at(-1)?.atMs ?? 0) - (target.arrivals[0]?.atMs ?? 0)
    // 2.5 s as planned; in milliseconds, or without the gap, it would be nothing.
    assert.ok(spanMs > 1250, `${spanMs}`)
    const reports = reportsOf(orchestrator, ours.driver.id)
    const completed = reports.map((report) => Number(report.completed))
    assert.deepEqual(
      completed,
      completed.toSorted((a, b) => a - b),
    )
    assert.equal(completed.at(-1), 11)
    // One for each of the seconds, the rest of the last one, and the totals.
    assert.ok(reports.length >= 2 && reports.length <= 5, JSON.stringify(completed))
    assert.ok(reports.every((report) => figuresOf(report).max_latency !== undefined))
  })

  it('the program itself, in a process of its own', async () => {
    await using target = await startRealTarget()
    const prefix = `brief-${randomBytes(6).toString('hex')}.`
    const kafka = requireKafka().brokers.join(',')
    const flags = ['--kafka', kafka, '--topic-prefix', prefix, '--target', target.url]
    const program = startProgram(['driver', ...flags], { limitMs: 180_000 })
    try {
      const said = () => program.stdout() + program.stderr()
      await waitFor(
        'the driver',
        () => said().includes('waiting for runs') || (program.child.exitCode !== null && said()),
        60_000,
      )
      assert.equal(program.child.exitCode, null, said())
      await using orchestrator = startBriefNode(briefCommands.orchestrator, { kafka, prefix, count: 40 })
      const { message } = await orchestrator.saw('metrics', ({ message: report }) => report?.final === true)
      assert.deepEqual([message?.sent, message?.completed, target.received], [40, 40, 40])
    } finally {
      program.child.kill('SIGINT')
    }
    assert.equal((await program.ended).exitCode, 0, program.stderr())
  })

  it('what an earlier life left in the topics starts nothing and ends nobody', async () => {
    await using target = await startRealTarget()
    const prefix = `brief-${randomBytes(6).toString('hex')}.`
    const options = {
      kafka: requireKafka().brokers.join(','),
      prefix,
      target: target.url,
      count: 5,
      'trigger-after': 0,
    }
    await using first = await startDriver(prefix)
    await using before = startBriefNode(briefCommands.orchestrator, { ...options, id: 'before' })
    await before.saw('metrics', ({ message }) => message?.final === true)
    await before.stop()
    assert.equal(target.received, 5)
    await using second = await startDriver(prefix)
    await using after = startBriefNode(briefCommands.orchestrator, {
      ...options,
      id: 'after',
      'trigger-after': 2000,
    })
    for (const { driver } of [first, second])
      await after.saw(
        'metrics',
        ({ message }) =>
          message?.node_id === driver.id && message.test_id === 'after' && message.final === true,
      )
    assert.equal(target.received, 15)
    assert.equal(reportsOf(after, second.driver.id).filter((report) => report.test_id === 'before').length, 0)
  })
})
