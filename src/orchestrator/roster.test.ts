import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../testing/fake-clock.ts'
import { recordingLogger } from '../testing/recording-logger.ts'
import { maxMembers, Roster } from './roster.ts'

const beat = (id: string) => ({ node_id: id, heartbeat: 'YES' as const, protocol: 'groundswell/1' })

test('made-up drivers are bounded, take no place from who is there, and make room when they are silent', async () => {
  const [clock, logger] = [new FakeClock(), recordingLogger()]
  const roster = new Roster({ clock, logger, orchestratorId: 'o-1', version: '0.1.0' })
  roster.hear(beat('real'))
  for (let n = 0; n < 100_000; n++) {
    const id = `made-up-${n}`
    roster.register(
      { node_id: id, node_IP: '10.0.0.1:0', message_type: 'DRIVER_NODE_REGISTER', protocol: 'groundswell/1' },
      clock.wallMs(),
    )
    if (n % 1000 === 0) roster.hear(beat('real'))
  }
  assert.equal(roster.members.size, maxMembers)
  assert.ok(roster.members.has('real'))
  assert.equal(logger.count('warn', /are taken/), 1)
  roster.hear(beat('late'))
  assert.ok(!roster.members.has('late'))
  await clock.advance(2000)
  roster.hear(beat('real'))
  await clock.advance(1500)
  roster.hear(beat('late'))
  assert.deepEqual([...roster.members.keys()].sort(), ['late', 'real'])
})
