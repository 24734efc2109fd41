import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HeartbeatMessage, RegisterMessage } from '../bus/messages.ts'
import {
  availableMembers,
  forgetSilent,
  hearMember,
  longestDelayOf,
  type Members,
  registerMember,
} from './members.ts'

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
        isDisputed: false,
        dispute: null,
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

test('two processes with one id are disputed, and neither is free; one that starts again later is not', () => {
  const ours = { protocol: 'groundswell/1', pid: 7 }
  const one = registerMember(none, registration('d-1', ours), 1000, 3000)
  const same = registerMember(one, registration('d-1', ours), 1500, 3000)
  assert.equal(same.get('d-1')?.isDisputed, false)
  const other = registerMember(one, registration('d-1', { ...ours, pid: 8 }), 2000, 3000)
  assert.equal(other.get('d-1')?.isDisputed, true)
  assert.deepEqual(availableMembers(other, 2100, 3000), [])
  // Both go on: two heartbeats a second. Then one of them is gone.
  let members = other
  for (let ms = 2500; ms <= 15_000; ms += 500) members = hearMember(members, beat('d-1'), ms, 'o')
  assert.equal(members.get('d-1')?.isDisputed, true)
  for (let ms = 16_000; ms <= 34_000; ms += 1000) members = hearMember(members, beat('d-1'), ms, 'o')
  assert.equal(members.get('d-1')?.isDisputed, false)
  const later = registerMember(one, registration('d-1', { ...ours, pid: 8 }), 9000, 3000)
  assert.equal(later.get('d-1')?.isDisputed, false)
})

test('the clock of a driver is estimated from what it heard of us, and a delay is told by our clock', () => {
  const heard = { orchestrator_id: 'o-1', issued_at: 10_000, received_at: 70_010 }
  let members = hearMember(none, beat('d-1', { timestamp_ms: 70_500, heard }), 10_520, 'o-1')
  assert.deepEqual(members.get('d-1')?.clock, { offsetMs: 59_995, uncertaintyMs: 16 })
  assert.deepEqual(members.get('d-1')?.delaysMs, [15])
  const ofAnother = { ...heard, orchestrator_id: 'o-2', received_at: 5 }
  members = hearMember(members, beat('d-1', { timestamp_ms: 71_500, heard: ofAnother }), 11_510, 'o-1')
  assert.equal(members.get('d-1')?.clockSamples.length, 1)
})

test('who has been silent for ten minutes is forgotten', () => {
  const members = hearMember(hearMember(none, beat('a'), 1000, 'o'), beat('b'), 500_000, 'o')
  assert.equal(forgetSilent(members, 500_000), members)
  assert.deepEqual([...forgetSilent(members, 601_000).keys()], ['b'])
})
