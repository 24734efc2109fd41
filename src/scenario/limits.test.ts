import assert from 'node:assert/strict'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../lib/errors.ts'
import { loadScenario, parseScenarioText } from './load-scenario.ts'
import { ScenarioInvalid } from './scenario-faults.ts'

const options = { env: {}, drawSeed: () => 1 }
const refusal = async (text: string): Promise<ScenarioInvalid> => {
  const error: unknown = await parseScenarioText(text, 'x.yaml', options).then(
    () => undefined,
    (thrown) => thrown,
  )
  assert.ok(error instanceof ScenarioInvalid, String(error))
  return error
}

describe('absurd scenarios', () => {
  const repeat = (n: number, line: (i: number) => string): string =>
    Array.from({ length: n }, (_, i) => line(i)).join('\n')
  const many: [number, string, string][] = [
    [100_000, 'unknown keys', repeat(100_000, (i) => `key${i}: 1`)],
    [10_000, 'faults of one kind', `slo:\n${repeat(10_000, () => '- p99')}`],
    [10_000, 'keys that are there twice', `labels:\n${repeat(10_000, () => ' a: 1')}`],
    [10_000, 'broken lines', repeat(10_000, () => 'a: [')],
    [100_000, 'unset variables', `labels:\n${repeat(100_000, (i) => ` a${i}: $\{NONE_${i}}`)}`],
  ]
  for (const [count, what, text] of many)
    it(`${count.toLocaleString('en-US')} ${what} are counted and fifty shown`, async () => {
      const { total, faults, message } = await refusal(text)
      assert.ok(total >= count - 1 && total <= count + 5, String(total))
      assert.equal(faults.length, 50)
      assert.match(message, /\n\n\.\.\. and 9?9,9\d\d more$/)
      assert.ok(message.length < 30_000)
    })

  it('a list of too many requests is one fault', async () => {
    const { total } = await refusal(
      `http:\n target: builtin\n requests:\n${repeat(10_001, () => ' - get: /')}\nload: { avalanche: 1, requests: 1 }`,
    )
    assert.equal(total, 1)
  })

  const deep: [string, string][] = [
    ['lists', '['.repeat(100_000)],
    ['closed lists', `http: ${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['maps', repeat(2000, (i) => `${' '.repeat(i)}a:`)],
    ['lines of braces', `http: ${'{{'.repeat(200_000)}`],
    ['templates', `http: { target: builtin, requests: [ { get: "/${'{{'.repeat(500_000)}" } ] }`],
    ['references', `http: "${'${'.repeat(500_000)}"`],
    ['texts repeated', `a: &a ${'x'.repeat(1_000_000)}\nlabels:\n${repeat(10_000, (i) => ` l${i}: *a`)}`],
    ['aliases', `${repeat(30, (i) => `k${i}: &a${i} [ ${`*a${i - 1}, `.repeat(i === 0 ? 0 : 9)} x ]`)}`],
  ]
  for (const [what, text] of deep)
    it(`deep ${what} are refused`, async () => assert.ok((await refusal(text)).total >= 1))

  it('a line of a million characters is shown in part', async () => {
    const { message } = await refusal(
      `http: builtin\nload: { rate: "${'9'.repeat(1_000_000)}", duration: 1s }`,
    )
    assert.ok(message.length < 1000)
  })

  it('of a long line a fault has what surrounds it, secrets masked', async () => {
    const before = `a: 1, token: "x", ${'x'.repeat(5000)}: 1, password: planted-secret, `
    const { faults, message } = await refusal(`{ ${before}load: 5, ${'y'.repeat(5000)}: 1 }`)
    const fault = faults.find(({ path }) => path === 'load')
    assert.ok(fault !== undefined)
    const { column = 0, skipped = 0, sourceLine = '', width } = fault
    assert.equal(sourceLine.length, 200)
    assert.equal(column, before.length + 3 + 'load: '.length)
    assert.equal(sourceLine.slice(column - 1 - skipped, column - 1 - skipped + (width ?? 0)), '5')
    assert.ok(sourceLine.includes('password: **************, load: 5'), sourceLine)
    const shown = message.split('\n')
    const place = shown.indexOf(`  --> x.yaml:1:${column}  load`)
    const [line = '', marks = ''] = shown.slice(place + 2)
    assert.equal(line[marks.indexOf('^')], '5', message)
  })

  it('a line of brackets is no answer of megabytes', async () => {
    const { faults } = await refusal('['.repeat(100_000))
    assert.ok(JSON.stringify(faults).length < 50_000)
  })

  it('keys that are repeated count as well as values', async () => {
    const list = `[ &a { ${'k'.repeat(10_000)}: 1 }, ${'*a, '.repeat(1000)} ]`
    const { message } = await refusal(
      `http: { target: "http://x", requests: [ { post: /, json: ${list} } ] }\nload: { avalanche: 1, requests: 1 }`,
    )
    assert.match(message, /aliases that repeat more than/)
  })

  it('a large variable that is named often is refused', async () => {
    const text = `http: builtin\nload: { avalanche: 1, requests: 1 }\nlabels: { a: "${`$\{A}`.repeat(10_000)}" }`
    const refused = parseScenarioText(text, 'x.yaml', { ...options, env: { A: 'x'.repeat(1_000_000) } })
    await assert.rejects(
      refused,
      /the values of the environment make too much of this scenario, A among them/,
    )
  })
})

describe('absurd files', () => {
  const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
    const folder = await mkdtemp(join(tmpdir(), 'scenario-'))
    try {
      await use(folder)
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  const refusedFile = async (file: string, message: RegExp): Promise<void> =>
    assert.rejects(loadScenario(file, options), (error) => {
      assert.ok(error instanceof AppError && error.code === 'SCENARIO_UNREADABLE')
      assert.match(error.message, message)
      assert.equal(error.exitCode, 2)
      return true
    })

  it('50 MB are refused by their size alone', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'large.yaml')
      await writeFile(file, 'http: builtin\n')
      await truncate(file, 50_000_000)
      await refusedFile(file, /large\.yaml: 50\.0 MB, where at most 4\.19 MB are read/)
    }))

  it('a file that is not there, a folder, and bytes that are no text are told apart', () =>
    inFolder(async (folder) => {
      await refusedFile(join(folder, 'none.yaml'), /there is no such file/)
      await refusedFile(folder, /this is a directory/)
      const binary = join(folder, 'binary.yaml')
      await writeFile(binary, Buffer.from([0xff, 0xfe, 0x00, 0xd8]))
      await refusedFile(binary, /no UTF-8 text/)
    }))

  it('a module without data, with code in its data, or that throws, is refused', () =>
    inFolder(async (folder) => {
      const write = async (name: string, text: string): Promise<string> => {
        await writeFile(join(folder, name), text)
        return join(folder, name)
      }
      await refusedFile(await write('throws.mjs', 'throw new Error("my own mistake")'), /my own mistake/)
      await refusedFile(await write('syntax.ts', 'export default {'), /syntax\.ts:1: /)
      await assert.rejects(
        loadScenario(await write('empty.mjs', 'export const a = 1'), options),
        /no default export/,
      )
      const odd =
        'export default { http: { target: "builtin", requests: [{ post: "/", json: { at: new Date(), f() {} } }] }, load: { rate: 5 } }'
      await assert.rejects(loadScenario(await write('odd.mjs', odd), options), (error) => {
        assert.ok(error instanceof ScenarioInvalid)
        assert.deepEqual(error.faults.map(({ path }) => path).sort(), [
          'http.requests[0].json.at',
          'http.requests[0].json.f',
          'load.rate',
          'load.rate',
        ])
        return true
      })
    }))
})

describe('any text at all', () => {
  const words = [
    'http',
    'load',
    'rate',
    'requests',
    'steps',
    'get',
    'check',
    'json',
    '5/s',
    '1s',
    'builtin',
    '{{seq}}',
    '$',
    '{A}',
    '&a',
    '*a',
    '<<',
    '!!set',
    '%YAML 9',
    '---',
    '"',
    "'",
    '|',
    '>',
    '- ',
    ': ',
    ', ',
    '{',
    '}',
    '[',
    ']',
    '#',
    '\n',
    '\n  ',
    '\t',
    '\u0000',
    '\ud800',
    '__proto__',
    '? ',
  ]
  const settles = async (text: string): Promise<void> => {
    try {
      const { scenario } = await parseScenarioText(text, 'x.yaml', options)
      assert.deepEqual(JSON.parse(JSON.stringify(scenario)), scenario)
    } catch (error) {
      assert.ok(
        error instanceof AppError && error.code !== 'INTERNAL',
        error instanceof Error ? error.stack : '',
      )
    }
  }
  it('is parsed or refused, and nothing else: random characters', () =>
    fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), settles), {
      seed: 1,
      numRuns: 500,
    }))
  it('is parsed or refused, and nothing else: pieces of the language', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((list) => list.join('')),
        settles,
      ),
      { seed: 2, numRuns: 1500 },
    ))
})
