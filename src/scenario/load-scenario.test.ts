import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type LoadOptions, loadScenario, parseScenarioText } from './load-scenario.ts'
import type { Load } from './scenario.ts'
import { ScenarioInvalid } from './scenario-faults.ts'
import type { ScenarioInput } from './scenario-schema.ts'

const options: LoadOptions = { env: {}, drawSeed: () => 1 }
const examples = resolve(import.meta.dirname, '../../scenarios')

/** How long a load plans to take; counts are small in the examples. */
const plannedMs = (load: Load): number =>
  load.kind === 'stages'
    ? load.stages.reduce((sum, { overMs, holdMs }) => sum + overMs + holdMs, 0)
    : (load.durationMs ?? 0)

describe('the examples', () => {
  const files = globSync(`${examples}/*.{yaml,ts}`)
  assert.ok(files.length >= 9)
  for (const file of files)
    it(`${basename(file)} is right, and short`, async () => {
      const { scenario, warnings } = await loadScenario(file, options)
      assert.deepEqual(warnings, [])
      assert.equal(scenario.name, basename(file).replace(/\.\w+$/, ''))
      assert.ok(plannedMs(scenario.load) <= (scenario.name === 'first' ? 20_000 : 5_000))
    })
})

describe('loading', () => {
  const minimal = 'http: builtin\nload: { avalanche: 1, requests: 1 }\n'

  it('draws a seed where there is none, and says so', async () => {
    const drawn = await parseScenarioText(minimal, 'x.yaml', { ...options, drawSeed: () => 77 })
    assert.deepEqual([drawn.scenario.seed, drawn.record.seed, drawn.seedDrawn], [77, 77, true])
    const given = await parseScenarioText(`seed: 0\n${minimal}`, 'x.yaml', options)
    assert.deepEqual([given.scenario.seed, given.seedDrawn], [0, false])
  })

  it('reads JSON as it is written: with tabs, and its faults with their places', async () => {
    const json = '{\n\t"http": "builtin",\n\t"load": {\n\t\t"rate": "5/s",\n\t\t"duration": "1s"\n\t}\n}'
    const { scenario } = await parseScenarioText(json, 'shop.json', options)
    assert.deepEqual([scenario.name, scenario.load.kind], ['shop', 'rate'])
    await assert.rejects(parseScenarioText(json.replace('"1s"', '1'), 'shop.json', options), (error) => {
      assert.ok(error instanceof ScenarioInvalid)
      const [fault] = error.faults
      assert.deepEqual([fault?.line, fault?.column, fault?.path], [5, 15, 'load.duration'])
      return true
    })
  })

  it('reads feeders and bodies by the reader it is given, from the directory of the scenario, each once', async () => {
    const asked: string[] = []
    const readFile = (path: string): Promise<Uint8Array> => {
      asked.push(path)
      return Promise.resolve(Buffer.from('name\nann\n'))
    }
    const text = `
http:
  target: builtin
  feeders: { users: data/users.csv }
  requests: [ { post: /, file: data/users.csv }, { post: /, file: /abs.bin } ]
load: { avalanche: 1, requests: 1 }
`
    const { scenario, assets } = await parseScenarioText(text, '/somewhere/shop.yaml', {
      ...options,
      readFile,
    })
    assert.deepEqual(asked, ['/somewhere/data/users.csv', '/abs.bin'])
    const { asset } = scenario.http.feeders.users ?? assert.fail('no feeder')
    assert.equal(asset.file, 'data/users.csv')
    assert.equal(Buffer.from(assets.get(asset.sha256) ?? []).toString(), 'name\nann\n')
    assert.equal(assets.size, 1)
  })

  it('warns of a capture that nothing can use', async () => {
    const text = minimal.replace(
      'builtin',
      '{ target: builtin, requests: [ { get: /, capture: { a: json $ } } ] }',
    )
    const { warnings } = await parseScenarioText(text, 'x.yaml', options)
    assert.match(warnings.join(), /^http\.requests\[0\]\.capture has no effect/)
  })

  it('carries out --set, and names the flag where that was wrong', async () => {
    const { scenario } = await parseScenarioText(minimal, 'x.yaml', {
      ...options,
      set: ['drivers=3', 'load.avalanche=7'],
    })
    assert.ok(scenario.load.kind === 'avalanche')
    assert.deepEqual([scenario.drivers, scenario.load.inFlight], [3, 7])
    await assert.rejects(
      parseScenarioText(minimal, 'x.yaml', { ...options, set: ['drivers=three', 'load.x=1'] }),
      (error) => {
        assert.ok(error instanceof ScenarioInvalid)
        assert.deepEqual(
          error.faults.map(({ file, line }) => [file, line]),
          [
            ['--set drivers', undefined],
            ['--set load.x', undefined],
          ],
        )
        return true
      },
    )
  })

  it('lets --set mend an unset variable', async () => {
    const text = minimal.replace('builtin', '"$' + '{TARGET}"')
    const { scenario } = await parseScenarioText(text, 'x.yaml', { ...options, set: ['http=http://h'] })
    assert.deepEqual(scenario.http.targets, ['http://h'])
  })
})

describe('any scenario that is right', () => {
  const ms = fc.integer({ min: 1, max: 100_000 }).map((n) => `${n}ms`)
  const rate = fc.integer({ min: 1, max: 1_000_000 }).map((n) => `${n}/min`)
  const bounded = <T extends object>(load: fc.Arbitrary<T>) =>
    fc
      .tuple(load, fc.record({ duration: ms, requests: fc.integer({ min: 1, max: 1e9 }) }))
      .map(([a, b]) => ({ ...a, ...b }))
  const load: fc.Arbitrary<ScenarioInput['load']> = fc.oneof(
    bounded(fc.record({ avalanche: fc.integer({ min: 1, max: 1000 }) })),
    bounded(fc.record({ tsunami: ms })),
    bounded(fc.record({ rate, arrivals: fc.constantFrom('uniform' as const, 'poisson' as const) })),
    bounded(
      fc.record({
        spike: fc.record({ base: rate, peak: fc.constant('101%'), every: fc.constant('2m'), lasting: ms }),
      }),
    ),
    fc.record({
      stages: fc.array(fc.record({ to: rate, over: ms, hold: ms }), { minLength: 1, maxLength: 5 }),
    }),
  )
  const word = fc.stringMatching(/^[a-z]{1,8}$/)
  const request = fc.record(
    {
      get: word.map((path) => `/${path}`),
      weight: fc.double({ min: 0.01, max: 100, noNaN: true }),
      headers: fc.dictionary(
        word.map((name) => `x-${name}`),
        fc.oneof(word, fc.integer(), fc.boolean()),
        { maxKeys: 3 },
      ),
      json: fc.jsonValue({ maxDepth: 3 }).filter((value) => !/[{$]\{/.test(JSON.stringify(value))),
      check: fc.record(
        { status: fc.integer({ min: 100, max: 599 }), contains: word, time: ms },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['get'] },
  )
  const scenario: fc.Arbitrary<ScenarioInput> = fc.record(
    {
      seed: fc.maxSafeNat(),
      labels: fc.dictionary(word, fc.oneof(word, fc.double({ noNaN: true, noDefaultInfinity: true }))),
      http: fc.record({
        target: fc.constant('http://h:1/base'),
        requests: fc.array(request, { minLength: 1, maxLength: 5 }),
      }),
      load,
    },
    { requiredKeys: ['http', 'load'] },
  )

  it('survives the way to a driver: JSON and back is the identity', () =>
    fc.assert(
      fc.asyncProperty(scenario, async (input) => {
        const loaded = await parseScenarioText(JSON.stringify(input), 'x.json', options)
        assert.deepEqual(JSON.parse(JSON.stringify(loaded.scenario)), loaded.scenario)
        // Nothing of it is secret.
        assert.deepEqual(loaded.record, loaded.scenario)
      }),
      { seed: 3, numRuns: 200 },
    ))
})
