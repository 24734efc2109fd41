import assert from 'node:assert/strict'
import { it } from 'node:test'
import { AppError } from '../lib/errors.ts'
import { sampleScenario } from '../testing/sample-scenario.ts'
import { chooseDrivers, chooseFewer } from './choose-drivers.ts'
import { hearMember, type Members } from './members.ts'

const heard = (ids: readonly string[], atMs = 10_000): Members => {
  let members: Members = new Map()
  for (const id of ids)
    members = hearMember(
      members,
      { node_id: id, heartbeat: 'YES', protocol: 'groundswell/1', state: 'idle' },
      atMs,
      'o',
    )
  return members
}
const scenario = sampleScenario({ drivers: 2 })
const nobody = new Set<string>()

it('those are chosen who are free, the longest known first, with what is known of their clocks', () => {
  const choice = chooseDrivers(heard(['a', 'b', 'c']), new Set(['a']), scenario, 10_100)
  assert.deepEqual(choice, {
    kind: 'chosen',
    drivers: ['b', 'c'].map((id) => ({ id, pid: null, isAbsent: false, isForeign: false, clock: null })),
  })
})

it('who is held by another run is worth waiting for; who is not there, or silent, is not', () => {
  assert.equal(chooseDrivers(heard(['a', 'b']), new Set(['a']), scenario, 10_100).kind, 'busy')
  assert.equal(chooseDrivers(heard(['a']), nobody, scenario, 10_100).kind, 'missing')
  assert.equal(chooseDrivers(heard(['a', 'b']), nobody, scenario, 13_100).kind, 'missing')
})

it('fewer are taken where the scenario allows it, and each missing one is named', () => {
  const fewer = { ...scenario, start: { deadlineMs: 2000, atLeast: 1 } }
  const free = [...heard(['a']).values()]
  assert.deepEqual(
    chooseFewer(free, fewer).map(({ id, isAbsent }) => [id, isAbsent]),
    [
      ['a', false],
      ['absent-2', true],
    ],
  )
  for (const [members, asked] of [
    [free, scenario],
    [[], fewer],
  ] as const)
    assert.throws(
      () => chooseFewer(members, asked),
      (error: unknown) => error instanceof AppError && error.code === 'DRIVERS_MISSING',
    )
})
