import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { loadScenario } from './load-scenario.ts'
import { ScenarioInvalid } from './scenario-faults.ts'

/**
 * `X.good.yaml` is parsed to `X.good.json`; `X.bad.yaml` is refused with the listing in `X.bad.txt`. After a change of
 * the language, UPDATE_TESTDATA=1 writes them anew: read what has changed.
 */
const testdata = resolve(import.meta.dirname, 'testdata')
const update = process.env.UPDATE_TESTDATA === '1'

const env = { SECRET: 'hunter2', CONNECTIONS: 'many', API_KEY: 'multi\nline', RATE: '' }
const load = (file: string) => loadScenario(file, { env, drawSeed: () => 42 })

const expectation = (file: string, actual: string): string => {
  if (update || !existsSync(file)) writeFileSync(file, actual)
  return readFileSync(file, 'utf8')
}

describe('files that are right', () => {
  for (const file of globSync(`${testdata}/*.good.yaml`))
    it(`${basename(file)} becomes plain data in base units`, async () => {
      const { scenario, warnings } = await load(file)
      const portable = JSON.parse(JSON.stringify(scenario).replaceAll(testdata, '/testdata'))
      const expected = expectation(file.replace('.yaml', '.json'), JSON.stringify(portable, null, 2))
      assert.deepEqual(portable, JSON.parse(expected))
      assert.deepEqual(warnings, [])
    })
})

describe('files that are wrong', () => {
  for (const file of globSync(`${testdata}/*.bad.yaml`))
    it(`${basename(file)} is refused with all its faults`, async () => {
      const error = await load(file).then(
        () => assert.fail('it was accepted'),
        (thrown) => thrown,
      )
      assert.ok(error instanceof ScenarioInvalid, String(error.stack))
      assert.equal(error.exitCode, 2)
      const shown = `${error.message.replaceAll(`${testdata}/`, '')}\n`
      assert.equal(shown, expectation(file.replace('.yaml', '.txt'), shown))
      assert.ok(!shown.includes('hunter2'), 'a value of the environment is shown')
      for (const fault of error.faults)
        assert.ok(fault.file === file && fault.line !== undefined, fault.message)
    })
})
