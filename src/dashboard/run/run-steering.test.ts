import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RunPhase, SteeringRecord } from '../../results/run-result.ts'
import {
  type Ask,
  idle,
  isGrave,
  parseScale,
  type Slot,
  type SlotEvent,
  steppedScale,
  stepSlot,
} from './run-steering.ts'

const ask = (over: Partial<Ask> = {}): Ask => ({
  ticket: 1,
  command: 'pause',
  scale: null,
  from: 1,
  atMs: 1000,
  seen: 0,
  ...over,
})
const record = (command: SteeringRecord['command'], scale: number | null = null): SteeringRecord => ({
  atMs: 5000,
  command,
  scale,
  by: 'api',
})
const heard = (steering: SteeringRecord[] = [], state: RunPhase = 'running', isLive = true): SlotEvent => ({
  type: 'heard',
  steering,
  state,
  isLive,
})

const asked: Slot = { kind: 'asked', ...ask() }
const stopAsked: Slot = { kind: 'asked', ...ask({ command: 'stop' }) }
const confirming: Slot = { kind: 'confirming', command: 'stop', scale: null }
const refused: Slot = { kind: 'refused', command: 'pause', why: 'no', hint: '' }
const press: SlotEvent = { type: 'press', ask: ask() }
const pressStop: SlotEvent = { type: 'press', ask: ask({ command: 'stop' }) }
const grave = ask({ command: 'rate', scale: 40, from: 2 })
const graveQuestion: Slot = { kind: 'confirming', command: 'rate', scale: 40 }
const unanswered = (isCut: boolean): Slot => ({ kind: 'unanswered', isCut, ...ask() })
const silence = (ticket: number, isLive: boolean): SlotEvent => ({ type: 'unanswered', ticket, isLive })
const refusal = (ticket: number): SlotEvent => ({ type: 'refused', ticket, why: 'no', hint: '' })

const steps: [name: string, from: Slot, event: SlotEvent, to: Slot][] = [
  ['a press asks', idle, press, asked],
  ['a stop is asked about first', idle, pressStop, confirming],
  [
    'a confirmed stop is asked for',
    confirming,
    { type: 'confirm', ask: ask({ command: 'stop' }) },
    stopAsked,
  ],
  ['a stop may be thought better of', confirming, { type: 'cancel' }, idle],
  ['a second press does not confirm', confirming, pressStop, confirming],
  ['nothing is confirmed that was not asked about', idle, { type: 'confirm', ask: ask() }, idle],
  ['its record in the stream ends it', asked, heard([record('pause')]), idle],
  ['a record of another command does not', asked, heard([record('resume')]), asked],
  [
    'a record that was there before does not',
    { kind: 'asked', ...ask({ seen: 1 }) },
    heard([record('pause')]),
    { kind: 'asked', ...ask({ seen: 1 }) },
  ],
  ['its refusal is shown', asked, refusal(1), refused],
  ['a refusal of an older request is not', asked, refusal(0), asked],
  ['after a refusal it may be pressed again', refused, press, asked],
  ['a refusal stays while the run goes on', refused, heard([record('pause')]), refused],
  ['the end of the run ends a question', confirming, heard([], 'finished'), idle],
  ['the end of the run ends a refusal', refused, heard([], 'finished'), idle],
  ['a run that is finishing was stopped', stopAsked, heard([], 'finishing'), idle],
  ['more than ten times the load is asked about first', idle, { type: 'press', ask: grave }, graveQuestion],
  ['and when it is confirmed', graveQuestion, { type: 'confirm', ask: grave }, { kind: 'asked', ...grave }],
  ['a harmless one takes the place of the question', graveQuestion, press, asked],
  ['no answer is no refusal', asked, silence(1, true), unanswered(false)],
  ['no answer to an older request says nothing', asked, silence(0, true), asked],
  ['it arrived all the same', unanswered(true), heard([record('pause')], 'running', false), idle],
  ['a view that is cut off knows no more', unanswered(false), heard([], 'running', false), unanswered(true)],
  ['one that is live again does', unanswered(true), heard(), idle],
  ['what is said stays while nothing was cut', unanswered(false), heard(), unanswered(false)],
  ['what got no answer may be pressed again', unanswered(false), press, asked],
  [
    'a newer press takes the place',
    asked,
    { type: 'press', ask: ask({ ticket: 2 }) },
    { kind: 'asked', ...ask({ ticket: 2 }) },
  ],
]
for (const [name, from, event, to] of steps)
  test(`a command: ${name}`, () => assert.deepEqual(stepSlot(from, event), to))

test('a rate is answered by the record of its own scale only', () => {
  const slot: Slot = { kind: 'asked', ...ask({ command: 'rate', scale: 1.5 }) }
  assert.equal(stepSlot(slot, heard([record('rate', 1.1)])).kind, 'asked')
  assert.equal(stepSlot(slot, heard([record('rate', 1.1), record('rate', 1.5)])).kind, 'idle')
})

test('a trigger is answered when the run no longer waits', () => {
  const slot: Slot = { kind: 'asked', ...ask({ command: 'trigger' }) }
  assert.equal(stepSlot(slot, heard([], 'ready')).kind, 'asked')
  assert.equal(stepSlot(slot, heard([], 'running')).kind, 'idle')
})

test('whatever happens, a stop is never asked for unconfirmed, and nothing outlives the run', () => {
  const phases = fc.constantFrom<RunPhase>('queued', 'ready', 'running', 'paused', 'finishing', 'finished')
  const command = fc.constantFrom('pause', 'resume', 'stop', 'rate' as const)
  const asks = fc.record({
    ticket: fc.nat(3),
    command,
    scale: fc.constantFrom(null, 2, 40),
    from: fc.constantFrom(1, 5),
    atMs: fc.nat(9),
    seen: fc.nat(2),
  }) as fc.Arbitrary<Ask>
  const event: fc.Arbitrary<SlotEvent> = fc.oneof(
    asks.map((one): SlotEvent => ({ type: 'press', ask: one })),
    asks.map((one): SlotEvent => ({ type: 'confirm', ask: { ...one, command: 'stop' } })),
    fc.constant<SlotEvent>({ type: 'cancel' }),
    fc.tuple(fc.nat(3), fc.boolean()).map(([ticket, isLive]) => silence(ticket, isLive)),
    fc.nat(3).map(refusal),
    fc
      .tuple(
        fc.array(
          command.map((one) => record(one)),
          { maxLength: 3 },
        ),
        phases,
      )
      .map(([all, state]) => heard(all, state)),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let slot: Slot = idle
      for (const one of events) {
        const next = stepSlot(slot, one)
        const isStop = next.kind === 'asked' && next.command === 'stop'
        if (isStop && !(slot.kind === 'asked'))
          assert.ok(slot.kind === 'confirming' && one.type === 'confirm')
        if (next !== slot && next.kind === 'asked' && next.command === 'rate' && isGrave(next))
          assert.equal(slot.kind, 'confirming')
        if (next.kind === 'refused' && slot.kind !== 'refused') assert.equal(one.type, 'refused')
        if (one.type === 'heard' && one.state === 'finished') assert.equal(next.kind, 'idle')
        slot = next
      }
    }),
    { seed: 17, numRuns: 500 },
  )
})

test('ten times the load is no question, more is; from wherever it runs', () => {
  for (const [scale, from, expected] of [
    [10, 1, false],
    [10.1, 1, true],
    [10.1, 2, false],
    [1, 0.05, true],
    [0.001, 1, false],
  ] as const)
    assert.equal(isGrave(ask({ command: 'rate', scale, from })), expected, `${scale} of ${from}`)
  assert.equal(isGrave(ask({ command: 'stop' })), true)
  assert.equal(isGrave(ask({ command: 'pause' })), false)
})

test('a tenth more and a tenth less lead back, and never to nothing', () => {
  assert.equal(steppedScale(1, 'faster'), 1.1)
  assert.equal(steppedScale(steppedScale(1, 'faster'), 'slower'), 1)
  assert.equal(steppedScale(1e-6, 'slower'), 1e-6)
  assert.equal(steppedScale(1000, 'faster'), 1000)
})

test('a share in percent is read, anything else is none', () => {
  for (const [text, scale] of [
    ['150', 1.5],
    [' 12.5 % ', 0.125],
    ['0', undefined],
    ['-10', undefined],
    ['1e3', undefined],
    ['', undefined],
    ['fast', undefined],
    ['100000', 1000],
    ['100001', undefined],
  ] as const)
    assert.equal(parseScale(text), scale, text)
})
