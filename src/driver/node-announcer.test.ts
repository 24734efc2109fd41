import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Bus } from '../bus/bus.ts'
import { MessageChannel } from '../bus/message-channel.ts'
import { AppError } from '../lib/errors.ts'
import { silentLogger } from '../lib/logger.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { NodeAnnouncer } from './node-announcer.ts'

const open = () => {
  const clock = new FakeClock()
  const said: { topic: string; sent?: number; state?: string }[] = []
  const broker = { isAway: false, delayMs: 0, underWay: 0, most: 0, attempts: 0 }
  const publish: Bus['publish'] = async (topic, _key, value) => {
    broker.attempts++
    broker.underWay++
    broker.most = Math.max(broker.most, broker.underWay)
    if (broker.delayMs > 0)
      await new Promise<void>((resolve) => {
        clock.after(broker.delayMs, resolve)
      })
    broker.underWay--
    if (broker.isAway) throw new AppError('BUS_UNAVAILABLE', 'away')
    const { state, sent } = JSON.parse(Buffer.from(value).toString())
    said.push({ topic, ...(state === undefined ? {} : { state, sent }) })
  }
  const node = { state: 'idle' as 'idle' | 'running', sent: 0 }
  const outcomes: boolean[] = []
  const lates: number[] = []
  const announcer = new NodeAnnouncer({
    channel: new MessageChannel({ publish } as Bus, silentLogger),
    clock,
    nodeId: 'd-1',
    registration: { node_id: 'd-1', node_IP: 'here', message_type: 'DRIVER_NODE_REGISTER' },
    describe: () => ({ node_id: 'd-1', heartbeat: 'YES', ...node }),
    onBeat: (lateMs) => lates.push(lateMs),
    onAttempt: (error) => outcomes.push(error === undefined),
  })
  return { clock, said, broker, node, outcomes, lates, announcer }
}

describe('what a driver says of itself', () => {
  it('registers, then beats each second and whenever it is asked to', async () => {
    const { clock, said, announcer } = open()
    await announcer.start()
    assert.deepEqual(
      said.map(({ topic }) => topic),
      ['register', 'heartbeat'],
    )
    await clock.advance(3000)
    assert.equal(said.length, 5)
    await announcer.say()
    assert.equal(said.length, 6)
    announcer.stop()
    await clock.advance(3000)
    assert.deepEqual([said.length, clock.pending], [6, 0])
  })

  it('piles nothing up while the broker is away: one message at a time, and then the newest state', async () => {
    const { clock, said, broker, node, announcer } = open()
    broker.isAway = true
    broker.delayMs = 5000
    void announcer.start()
    for (let i = 1; i <= 60; i++) {
      node.sent = i
      void announcer.say()
      await clock.advance(1000)
    }
    assert.equal(broker.most, 1)
    assert.ok(broker.attempts <= 14, `${broker.attempts} attempts in a minute`)
    broker.isAway = false
    broker.delayMs = 0
    await clock.advance(10_000)
    assert.ok(said.some(({ topic }) => topic === 'register'))
    assert.equal(said.at(-1)?.sent, 60)
    assert.ok(said.length <= 13, 'no heartbeat of the past')
  })

  it('registers until the bus took it, and again when asked', async () => {
    const { clock, said, broker, announcer } = open()
    const registrations = (): number => said.filter(({ topic }) => topic === 'register').length
    broker.isAway = true
    await announcer.start()
    await clock.advance(5000)
    broker.isAway = false
    await clock.advance(3000)
    assert.equal(registrations(), 1)
    announcer.registerAgain()
    announcer.registerAgain()
    await clock.advance(3000)
    assert.equal(registrations(), 2)
  })

  it('an answer comes before the state, and a flood of them is not answered one by one', async () => {
    const { clock, said, announcer } = open()
    await announcer.start()
    said.length = 0
    for (let i = 0; i < 1000; i++)
      announcer.answer({ node_id: 'd-1', heartbeat: 'YES', state: 'rejected', sent: i })
    await clock.advance(0)
    assert.equal(said[0]?.state, 'rejected')
    assert.equal(said.at(-1)?.state, 'idle')
    assert.ok(said.length <= 25, `${said.length} messages`)
  })

  it('a state that changes while another is said is said next, whenever in between it changes', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const { clock, said, node, announcer } = open()
      await announcer.start()
      void announcer.say()
      for (let i = 0; i < turns; i++) await Promise.resolve()
      node.state = 'running'
      void announcer.say()
      await clock.advance(0)
      assert.equal(said.at(-1)?.state, 'running', `after ${turns} turns`)
    }
  })

  it('says how late a beat is', async () => {
    const { clock, lates, announcer } = open()
    await announcer.start()
    await clock.advance(1000)
    await clock.suspend(7000)
    assert.deepEqual(lates, [0, 6000])
  })

  it('tells of each attempt whether the bus took it', async () => {
    const { broker, outcomes, announcer } = open()
    broker.isAway = true
    await announcer.start()
    broker.isAway = false
    await announcer.say()
    assert.deepEqual(outcomes, [false, false, true, true])
  })

  it('says its last word last', async () => {
    const { clock, said, node, announcer } = open()
    await announcer.start()
    node.state = 'running'
    void announcer.say()
    await announcer.sayLast()
    const { length } = said
    await announcer.say()
    await clock.advance(5000)
    assert.deepEqual([said.length, said.at(-1)?.state, clock.pending], [length, 'running', 0])
  })
})
