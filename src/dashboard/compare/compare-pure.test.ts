import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { sampleResult, sampleTimeline } from '../../testing/sample-result.ts'
import { differencesOf, environmentOf, scenarioDifferences } from './compare-diff.ts'
import { commonStepOf, loadTrack } from './compare-run.ts'
import { type Shift, shiftsOf } from './compare-shifts.ts'

const a = sampleResult({ id: 'a' })
const named = (shifts: Shift[], name: string): Shift => {
  const found = shifts.find((shift) => shift.name === name)
  assert.ok(found, name)
  return found
}
const withTimes = (p99: number | null, errors: Record<string, number> = {}, answered = 1000): typeof a => ({
  ...a,
  totals: { ...a.totals, answered, errors },
  responseTimeMs: { ...a.responseTimeMs, p99 },
})

test('a run against itself: everything is about the same, nothing is coloured', () => {
  for (const shift of shiftsOf(a, a)) {
    assert.equal(shift.words, 'about the same')
    assert.equal(shift.tone, null)
    assert.equal(shift.by, '0')
    assert.equal(shift.percent, '0 %')
  }
  assert.equal(shiftsOf(a, a).length, 8)
})

for (const [before, after, by, percent, words, tone] of [
  [100, 101.9, '+1.9 ms', '+1.9 %', 'about the same', null],
  [100, 98.1, '−1.9 ms', '−1.9 %', 'about the same', null],
  [100, 110, '+10 ms', '+10.0 %', '10.0 % slower', 'bad'],
  [200, 100, '−100 ms', '−50.0 %', '50.0 % faster', 'good'],
  [100, 300, '+200 ms', '+200 %', '3 times as long', 'bad'],
  [null, 300, '–', '–', 'unknown', null],
  [100, null, '–', '–', 'unknown', null],
] as const)
  test(`p99 from ${before} to ${after} ms: ${words}`, () => {
    const shift = named(shiftsOf(withTimes(before), withTimes(after)), 'Response time p99')
    assert.deepEqual([shift.by, shift.percent, shift.words, shift.tone], [by, percent, words, tone])
  })

test('errors where there were none are worse, without a share of nothing', () => {
  const shift = named(shiftsOf(withTimes(1), withTimes(1, { timeout: 10 }, 990)), 'Error share')
  assert.deepEqual(
    [shift.a, shift.b, shift.by, shift.percent, shift.tone],
    ['0 %', '1.0 %', '+1.0 points', '–', 'bad'],
  )
})

test('a p99.9 of fewer than ten thousand answers is none', () => {
  const few = { ...a, responseTimeMs: { ...a.responseTimeMs, count: 9999 } }
  const shift = named(shiftsOf(a, few), 'Response time p99.9')
  assert.deepEqual([shift.b, shift.by, shift.words], ['n < 10k', '–', 'unknown'])
  assert.notEqual(shift.a, 'n < 10k')
})

test('a rate is neither better nor worse: it is what was asked for', () => {
  const faster = { ...a, totals: { ...a.totals, answeredPerSecond: a.totals.answeredPerSecond * 1.5 } }
  const shift = named(shiftsOf(a, faster), 'Answered a second, whole run')
  assert.equal(shift.words, '50.0 % more')
  assert.equal(shift.tone, null)
})

test('a run without data has no rate and no share', () => {
  const empty = { ...withTimes(null, {}, 0), startedAt: null }
  const shifts = shiftsOf(a, empty)
  assert.equal(named(shifts, 'Answered a second, whole run').words, 'unknown')
  assert.equal(named(shifts, 'Error share').words, 'unknown')
})

test('a shift turns round when the runs change sides', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 1e5, noNaN: true }),
      fc.double({ min: 0.01, max: 1e5, noNaN: true }),
      (x, y) => {
        const there = named(shiftsOf(withTimes(x), withTimes(y)), 'Response time p99')
        const back = named(shiftsOf(withTimes(y), withTimes(x)), 'Response time p99')
        assert.equal(there.a, back.b)
        assert.equal(there.by.slice(1), back.by.slice(1))
        if (there.tone !== null && back.tone !== null) assert.notEqual(there.tone, back.tone)
      },
    ),
    { seed: 2, numRuns: 300 },
  )
})

test('what differs is named by its path; requests by their name, others by their place', () => {
  const left = {
    load: { perSecond: 100 },
    list: [1, 2],
    requests: [
      { name: 'x', url: '/' },
      { name: 'y', url: '/y' },
    ],
  }
  const right = { load: { perSecond: 200, extra: true }, list: [1, 3], requests: [{ name: 'y', url: '/z' }] }
  assert.deepEqual(differencesOf(left, right), [
    { path: 'load.perSecond', a: '100', b: '200' },
    { path: 'load.extra', a: undefined, b: 'true' },
    { path: 'list[1]', a: '2', b: '3' },
    { path: 'requests[x]', a: '{"name":"x","url":"/"}', b: undefined },
    { path: 'requests[y].url', a: '/y', b: '/z' },
  ])
})

test('another order of named things is one difference', () => {
  assert.deepEqual(differencesOf([{ name: 'a' }, { name: 'b' }], [{ name: 'b' }, { name: 'a' }]), [
    { path: '(order)', a: 'a, b', b: 'b, a' },
  ])
})

/** Without -0, which JSON does not know. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('the same data has no differences, other data has some, and nothing makes it throw', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (x, y) => {
      assert.deepEqual(differencesOf(x, structuredClone(x)), [])
      assert.equal(differencesOf(x, y).length === 0, isDeepStrictEqual(plain(x), plain(y)))
    }),
    { seed: 9, numRuns: 500 },
  )
})

test('seed, labels, drivers and target belong to the environment, all else to the scenario', () => {
  const b = sampleResult({
    id: 'b',
    seed: 43,
    labels: { region: 'north', __proto__x: '1' },
    scenario: {
      ...a.scenario,
      seed: 43,
      labels: { region: 'north' },
      http: { ...a.scenario.http, timeoutMs: 5000, targets: ['http://other'] },
    },
    plan: { ...a.plan, targets: ['http://other'], drivers: 3 },
  })
  assert.deepEqual(scenarioDifferences(a, b), [{ path: 'http.timeoutMs', a: '10000', b: '5000' }])
  const rows = environmentOf(a, b)
  const differing = rows.filter(({ differs }) => differs).map(({ name }) => name)
  for (const name of ['Target', 'Drivers', 'Seed', 'Label region', 'Label __proto__x'])
    assert.ok(differing.includes(name), name)
  assert.deepEqual(
    environmentOf(a, a).filter(({ differs }) => differs),
    [],
  )
})

test('commands given to one run alone are a difference', () => {
  const commands = Array.from({ length: 6 }, (_, i) => ({
    atMs: i * 1000,
    command: 'pause' as const,
    scale: null,
    by: 'api',
  }))
  const steered = {
    ...a,
    steering: [{ atMs: 6000, command: 'rate' as const, scale: 1000, by: 'api' }, ...commands],
  }
  const row = environmentOf({ ...a, steering: [] }, steered).find(({ name }) => name === 'Steering')
  assert.deepEqual(row, {
    name: 'Steering',
    a: 'none',
    b: 'load 100,000 % at 0:06, pause at 0:00, pause at 0:01, pause at 0:02, and 3 more',
    differs: true,
  })
})

test('both runs are cut into rows of one length, however long each is', () => {
  assert.equal(commonStepOf([{ elapsedMs: 10_000 }, { elapsedMs: 3_000_000 }]), 5)
  assert.equal(commonStepOf([{ elapsedMs: 0 }, { elapsedMs: 0 }]), 1)
})

test('the last row of a run may cover less than the others; a run without seconds has no track', async () => {
  const [first] = sampleTimeline(1)
  assert.ok(first !== undefined)
  const row = {
    ...first,
    responseColumn: '',
    serviceColumn: '',
  }
  const asked: string[] = []
  const get = (rows: unknown[]) => ({
    api: {
      get: async <T>(path: string): Promise<T> => {
        asked.push(path)
        return rows as T
      },
    },
  })
  const { signal } = new AbortController()
  const run = { id: 'a/b', elapsedMs: 7400 }
  const track = await loadTrack(get([row, { ...row, second: 5 }]), run, 5, signal)
  assert.deepEqual(track?.figures.sent, [row.sent / 5, row.sent / 3])
  assert.deepEqual(asked, ['/api/runs/a%2Fb/timeline?columns=true&step=5&request=*&from=0'])
  assert.equal(await loadTrack(get([]), run, 5, signal), undefined)
})
