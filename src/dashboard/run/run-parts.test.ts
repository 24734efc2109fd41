import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SteeringRecord } from '../../results/run-result.ts'
import { sampleResult, sampleTroubledResult } from '../../testing/sample-result.ts'
import { figureNames, type Track } from '../model/track.ts'
import { chartsInputOf } from './run-charts-input.ts'
import { factsOf, reportsOf, scenarioText } from './run-facts.ts'
import { holdText, toggleHold } from './run-hold.ts'
import { actionOf, type Pressed, runKeys } from './run-keys.ts'
import { mergeSteering, scaleOf } from './run-now.ts'
import { queuePositionOf } from './run-queue.ts'

const pressed = (key: string, over: Partial<Pressed> = {}): Pressed => ({
  key,
  isModified: false,
  isRepeated: false,
  isInControl: false,
  isInText: false,
  ...over,
})

test('keys act where nothing else wants them', () => {
  for (const [what, key, expected] of [
    ['space pauses', pressed(' '), 'pauseOrResume'],
    ['space presses the button that has the focus', pressed(' ', { isInControl: true }), undefined],
    ['h holds, from a button too', pressed('h', { isInControl: true }), 'hold'],
    ['what is typed is text', pressed('h', { isInText: true }), undefined],
    ['the browser has its own', pressed('s', { isModified: true }), undefined],
    ['a key that is kept down counts once', pressed('+', { isRepeated: true }), undefined],
    ['+ without Shift is =', pressed('='), 'faster'],
    ['others mean nothing', pressed('x'), undefined],
  ] as const)
    assert.equal(actionOf(key), expected, what)
})

test('every key of a run is explained', () => {
  assert.deepEqual(
    runKeys.map(({ key }) => key),
    ['Space', '+', '-', 'h', 's'],
  )
  for (const { what, values } of runKeys) assert.ok(what.length > 10 && values.length > 0)
})

test('a held view says how far it is behind', () => {
  const hold = toggleHold(undefined, 20_000)
  assert.equal(holdText(hold, 32_400), 'Held: 12 s behind')
  assert.equal(holdText(hold, 19_000), 'Held: 0 s behind')
  assert.equal(holdText(toggleHold(hold, 33_000), 33_000), '')
})

test('commands are known once, wherever they were said, in their order', () => {
  const at = (atMs: number, scale: number | null = null): SteeringRecord => ({
    atMs,
    command: scale === null ? 'pause' : 'rate',
    scale,
    by: 'api',
  })
  const known = [at(10), at(30, 2)]
  assert.equal(mergeSteering(known, [at(10)]), known)
  assert.deepEqual(mergeSteering(known, [at(20, 1.5), at(10)]), [at(10), at(20, 1.5), at(30, 2)])
  assert.equal(scaleOf(known), 2)
  assert.equal(scaleOf([at(1)]), 1)
})

test('the oldest of those that wait is the first in line', () => {
  const runs = [
    { id: 'c', state: 'queued' },
    { id: 'b', state: 'running' },
    { id: 'a', state: 'queued' },
  ] as const
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((id) => queuePositionOf(runs, id)),
    [1, null, 2, null],
  )
})

const track = (first: number, length: number): Track => ({
  step: 1,
  first,
  length,
  version: 1,
  seconds: Array.from({ length }, (_, i) => first + i),
  figures: Object.fromEntries(figureNames.map((name) => [name, []])) as unknown as Track['figures'],
  response: [],
  service: [],
  errors: [],
})

test('charts show the last ten minutes or all of it, with the lines of what is shown', () => {
  const plain = sampleTroubledResult()
  const slo = [
    {
      text: 'p99 < 250ms',
      subject: { kind: 'time', time: 'response', figure: 99 },
      condition: '<',
      threshold: 250,
      unit: 'ms',
      stop: false,
    },
    {
      text: 'errors < 0.1%',
      subject: { kind: 'errors' },
      condition: '<',
      threshold: 0.001,
      unit: 'share',
      stop: false,
    },
    {
      text: 'p95 of refund < 1s',
      of: 'refund',
      subject: { kind: 'time', time: 'response', figure: 95 },
      condition: '<',
      threshold: 1000,
      unit: 'ms',
      stop: false,
    },
  ] as const
  const result = { ...plain, scenario: { ...plain.scenario, slo: [...slo] } }
  const recent = chartsInputOf(result, undefined, track(400, 600), [], 'recent', '*')
  assert.deepEqual([recent.from, recent.to], [400, 1000])
  assert.deepEqual(recent.limits, [{ ms: 250, label: 'p99 < 250ms', isBroken: true }])
  assert.deepEqual(recent.broken, [{ second: 12, label: 'p99 crossed' }])
  const whole = chartsInputOf(result, undefined, track(0, 1000), [], 'whole', 'refund')
  assert.deepEqual([whole.from, whole.to], [0, 1000])
  assert.deepEqual(
    whole.limits.map(({ ms }) => ms),
    [1000],
  )
})

test('facts are named, and a scenario is text of bounded lines', () => {
  const facts = new Map(factsOf(sampleResult()).map(({ name, text }) => [name, text]))
  assert.equal(facts.get('Labels'), 'build=1.4.2')
  assert.equal(facts.get('Created'), '2026-03-01 10:15:00 UTC')
  assert.equal(facts.get('Drivers'), '2 of 2 asked for, started within 1.2 ms (± 400 us)')
  const text = scenarioText({ scenario: { ...sampleResult().scenario, name: `\u202E${'n'.repeat(10_000)}` } })
  assert.ok(text.split('\n').every((line) => line.length < 320))
  assert.doesNotMatch(text, /\u202E/)
  assert.match(text, /\n {2}"seed": 42,/)
})

test('reports are asked for by an id that may hold anything', () => {
  assert.deepEqual(
    reportsOf('a/b').map(({ path }) => path),
    ['html', 'md', 'json', 'csv', 'junit.xml'].map((extension) => `/api/runs/a%2Fb/report.${extension}`),
  )
})
