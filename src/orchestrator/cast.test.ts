import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HeartbeatMessage, RegisterMessage } from '../bus/messages.ts'
import type { Load, Scenario } from '../scenario/scenario.ts'
import { countedScenario } from '../testing/sample-foreign.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'
import { type Cast, castFewer, castOf, refusalOf } from './cast.ts'
import { compatibilityOf } from './compatibility.ts'
import { foreignFaultsOf } from './foreign-load.ts'
import { hearMember, type Members, registerMember } from './members.ts'

const nowMs = 5_000_000
const version = '0.1.0'

/** Ours are `d…`, of others `f…`; `protocol@version` after a space says otherwise. */
const membersOf = (...described: string[]): Members =>
  described.reduce((members: Members, text) => {
    const [id = '', said = id.startsWith('d') ? `groundswell/1@${version}` : undefined] = text.split(' ')
    const [protocol, itsVersion] = said?.split('@') ?? []
    const register: RegisterMessage = {
      node_id: id,
      node_IP: `10.0.0.1:${id}`,
      message_type: 'DRIVER_NODE_REGISTER',
      ...(protocol === undefined ? {} : { protocol }),
      ...(itsVersion === undefined ? {} : { version: itsVersion }),
    }
    const beat: HeartbeatMessage = {
      node_id: id,
      heartbeat: 'YES',
      ...(protocol === undefined ? {} : { protocol, state: 'idle' as const }),
    }
    return hearMember(registerMember(members, register, nowMs, 3000), beat, nowMs, 'o-1')
  }, new Map())

const cast = (members: Members, scenario: Scenario, taken: string[] = [], atMs = nowMs): Cast =>
  castOf(members, new Set(taken), scenario, atMs, version)

const namesOf = (choice: Cast): string[] =>
  choice.kind === 'chosen' ? choice.drivers.map(({ id, isForeign }) => `${id}${isForeign ? '*' : ''}`) : []

describe('the cast of a run', () => {
  const cases: [
    what: string,
    members: string[],
    drivers: number,
    taken: string[],
    kind: string,
    names: string[],
  ][] = [
    ['ours alone', ['d1', 'd2', 'd3'], 2, [], 'chosen', ['d1', 'd2']],
    ['others count among the drivers', ['f1', 'd1', 'd2'], 2, [], 'chosen', ['d1', 'f1*']],
    ['others alone', ['f1', 'f2'], 2, [], 'chosen', ['f1*', 'f2*']],
    [
      'all others that are there, even too many',
      ['f1', 'f2', 'f3', 'd1'],
      2,
      [],
      'chosen',
      ['f1*', 'f2*', 'f3*'],
    ],
    ['too few', ['f1', 'd1'], 3, [], 'missing', []],
    ['ours are busy', ['f1', 'd1', 'd2'], 3, ['d1'], 'busy', []],
    ['one of the others is busy: it would begin this run too', ['f1', 'd1', 'd2'], 2, ['f1'], 'busy', []],
    ['nobody', [], 1, [], 'missing', []],
    ['another protocol is nobody', ['d1 groundswell/2@9.0.0', 'd2'], 2, [], 'missing', []],
    ['another version will do', ['d1 groundswell/1@0.0.9'], 1, [], 'chosen', ['d1']],
  ]
  for (const [what, members, drivers, taken, kind, names] of cases)
    it(what, () => {
      const choice = cast(membersOf(...members), countedScenario(drivers), taken)
      assert.deepEqual([choice.kind, namesOf(choice)], [kind, names])
    })

  it('others that have been silent take no part', () => {
    assert.equal(cast(membersOf('f1'), countedScenario(1), [], nowMs + 4000).kind, 'missing')
  })

  it('where fewer will do, placeholders stand for ours that are missing', () => {
    const scenario = countedScenario(4, { start: { deadlineMs: 2000, atLeast: 2 } })
    const choice = cast(membersOf('f1', 'd1'), scenario)
    assert.ok(choice.kind === 'missing')
    assert.deepEqual(
      castFewer(choice, scenario).map(({ id, isAbsent }) => [id, isAbsent]),
      [
        ['d1', false],
        ['absent-2', true],
        ['absent-3', true],
        ['f1', false],
      ],
    )
    const asked = countedScenario(4)
    const more = cast(membersOf('f1', 'd1'), { ...asked, start: { deadlineMs: 2000, atLeast: 4 } })
    assert.ok(more.kind === 'missing')
    assert.throws(() => castFewer(more, { ...asked, start: { deadlineMs: 2000, atLeast: 4 } }), {
      code: 'DRIVERS_MISSING',
      message: /asks for 4 drivers; within 2 s 2 registered/,
    })
    const one = cast(membersOf(), countedScenario(1))
    assert.ok(one.kind === 'missing')
    assert.throws(() => castFewer(one, countedScenario(1)), { message: /asks for 1 driver; within/ })
  })

  it('versions that differ are named in the result', () => {
    const choice = cast(membersOf('d1 groundswell/1@0.0.9', 'd2'), countedScenario(2))
    assert.ok(choice.kind === 'chosen')
    assert.equal(choice.notes.length, 1)
    assert.match(choice.notes[0] ?? '', /^Driver d1 is version 0\.0\.9, the orchestrator 0\.1\.0/)
  })
})

describe('drivers that cannot carry out a load', () => {
  const tsunami = (gapMs: number): Load => ({ kind: 'tsunami', gapMs, requestsPerDriver: 5, maxInFlight: 10 })
  const [get] = sampleScenario().http.requests
  assert.ok(get?.kind === 'request')
  const requesting = (...requests: Scenario['http']['requests']): Partial<Scenario> => ({
    http: { ...sampleScenario().http, requests },
  })
  const cases: [what: string, changes: Partial<Omit<Scenario, 'slo'>>, fault: RegExp | undefined][] = [
    ['an avalanche of a count', {}, undefined],
    ['a gap of whole seconds', { load: tsunami(2000) }, undefined],
    ['a gap below a second', { load: tsunami(250) }, /250 ms is no whole number of seconds: .* flood/],
    ['a gap with a fraction', { load: tsunami(1500) }, /1500 ms is no whole/],
    ['a rate', { load: rateOf(10, 1000) }, /no load of the kind rate/],
    ['a duration', { load: { ...tsunami(1000), durationMs: 9000 } }, /duration/],
    ['a count in all', { load: { ...tsunami(1000), requests: 100 } }, /share a number of requests/],
    [
      'no count on each driver',
      { load: { kind: 'avalanche', inFlight: 2, requests: 9, maxInFlight: 9 } },
      /without requestsPerDriver/,
    ],
    ['several requests', requesting(get, { ...get, name: 'other' }), /not several/],
    ['another method', requesting({ ...get, method: 'POST' }), /plain GET/],
    ['a body', requesting({ ...get, body: { kind: 'text', text: 'x' } }), /plain GET/],
    ['a journey', requesting({ kind: 'journey', name: 'j', weight: 1, steps: [get] }), /no journeys/],
  ]
  for (const [what, changes, fault] of cases)
    it(`${what}: ${fault === undefined ? 'they can' : 'they cannot'}`, () => {
      const scenario = countedScenario(1, changes)
      const faults = foreignFaultsOf(scenario).join('; ')
      const choice = cast(membersOf('f1', 'd1'), scenario)
      if (fault === undefined) {
        assert.equal(faults, '')
        assert.equal(choice.kind, 'chosen')
        return
      }
      assert.match(faults, fault)
      assert.ok(choice.kind === 'unsuitable')
      assert.equal(choice.error.code, 'UNSUITABLE_DRIVERS')
      assert.match(choice.error.message, /^Driver f1 written by others/)
      assert.match(choice.error.message, fault)
      assert.equal(cast(membersOf('d1'), scenario).kind, 'chosen', 'ours can')
      assert.equal(
        refusalOf(membersOf('f1'), scenario, nowMs + 4000),
        undefined,
        'who is gone starts nothing',
      )
    })

  it('are used all the same where that is forced, on top of the drivers asked for, and the result says so', () => {
    const start = { deadlineMs: 1000, atLeast: 1, force: true as const }
    const forced = cast(membersOf('f1', 'd1'), sampleScenario({ drivers: 1, start }))
    assert.ok(forced.kind === 'chosen')
    assert.deepEqual(namesOf(forced), ['d1', 'f1*'])
    assert.match(
      forced.notes.join(' '),
      /^Forced with driver f1 written by others, although they know no load of the kind rate/,
    )
    assert.equal(cast(membersOf('f1'), sampleScenario({ drivers: 1, start })).kind, 'missing')
  })

  it('are named, but not all of many', () => {
    const many = membersOf(...Array.from({ length: 9 }, (_, i) => `F${i}`))
    assert.match(
      refusalOf(many, sampleScenario(), nowMs)?.message ?? '',
      /^Drivers F0, F1, F2, F3, F4 and 4 more written/,
    )
  })
})

describe('what a driver says of itself', () => {
  const cases: [protocol: string | null, version: string, kind: string, text: RegExp | undefined][] = [
    [null, '', 'foreign', undefined],
    ['groundswell/1', '0.1.0', 'same', undefined],
    ['groundswell/1', '', 'same', undefined],
    ['groundswell/1', '0.2.0', 'otherVersion', /d1 is version 0\.2\.0, the orchestrator 0\.1\.0/],
    [
      'groundswell/2',
      '0.1.0',
      'incompatible',
      /d1 speaks groundswell\/2 and this orchestrator groundswell\/1/,
    ],
    ['swarm/1', '', 'incompatible', /d1 speaks swarm\/1/],
  ]
  for (const [protocol, itsVersion, kind, text] of cases)
    it(`${protocol ?? 'no protocol'}, version "${itsVersion}": ${kind}`, () => {
      const compatibility = compatibilityOf({ id: 'd1', protocol, version: itsVersion }, version)
      assert.equal(compatibility.kind, kind)
      assert.match('text' in compatibility ? compatibility.text : '', text ?? /^$/)
    })
})
