import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeartbeatMessage, RegisterMessage } from '../bus/messages.ts'
import { availableMembers, hearMember, longestDelayOf, type Members, registerMember } from './members.ts'

const registration = (id: string, changes: Partial<RegisterMessage> = {}): RegisterMessage => ({
  node_id: id,
  node_IP: '10.0.0.7:0',
  message_type: 'DRIVER_NODE_REGISTER',
  ...changes,
})
const beat = (id: string, changes: Partial<HeartbeatMessage> = {}): HeartbeatMessage => ({
  node_id: id,
  heartbeat: 'YES',
  ...changes,
})
const none: Members = new Map()

test('a registration that comes again refreshes and adds no second member', () => {
  const once = registerMember(none, registration('d-1', { pid: 7 }), 1000, 3000)
  const busy = hearMember(once, beat('d-1', { state: 'running', timestamp_ms: 1980 }), 2000, 'o-1')
  const again = registerMember(busy, registration('d-1', { node_IP: '10.0.0.8:0', cores: 4 }), 3000, 3000)
  assert.deepEqual(
    [...again.values()],
    [
      {
        id: 'd-1',
        address: '10.0.0.8:0',
        version: '',
        protocol: null,
        pid: null,
        cores: 4,
        state: 'running',
        testId: null,
        lastHeardMs: 3000,
        delaysMs: [20],
        clockSamples: [],
        clock: null,
        isDisputed: true,
      },
    ],
  )
  assert.deepEqual([none.size, once.get('d-1')?.state], [0, 'registered'])
})

test('a heartbeat of somebody unknown makes a provisional member; who leaves is forgotten', () => {
  const members = hearMember(none, beat('d-1', { state: 'idle' }), 1000, 'o-1')
  assert.deepEqual([members.get('d-1')?.state, members.get('d-1')?.address], ['idle', ''])
  assert.equal(hearMember(members, beat('d-1', { state: 'leaving' }), 2000, 'o-1').size, 0)
  assert.equal(hearMember(none, beat('d-9', { state: 'leaving' }), 2000, 'o-1'), none)
})

test('the longest delay is kept; a clock that runs ahead or far behind gives none', () => {
  let members = registerMember(none, registration('d-1'), 0, 3000)
  for (const [sentMs, heardMs] of [
    [1000, 1030],
    [2000, 2010],
    [4000, 3000],
    [0, 5000],
  ] as const)
    members = hearMember(members, beat('d-1', { timestamp_ms: sentMs }), heardMs, 'o-1')
  assert.deepEqual(members.get('d-1')?.delaysMs, [30, 10])
  assert.equal(longestDelayOf(members.values()), 30)
})

test('free are those who are idle, new, or rejected a run, and were heard lately; the longest known first', () => {
  let members = none
  const states = ['idle', 'configured', 'ready', 'rejected', 'running', 'stopping'] as const
  for (const state of states) members = hearMember(members, beat(state, { state }), 1000, 'o-1')
  members = registerMember(members, registration('new'), 1000, 3000)
  members = hearMember(members, beat('silent', { state: 'idle' }), 0, 'o-1')
  assert.deepEqual(
    availableMembers(members, 3500, 3000).map(({ id }) => id),
    ['idle', 'rejected', 'new'],
  )
})
