import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ApiWorld } from '../testing/api-world.ts'
import type { ExampleList, Validation } from './answer-schemas.ts'
import { readExamples } from './example-routes.ts'

describe('GET /api/examples', () => {
  let world: ApiWorld
  before(async () => {
    world = await ApiWorld.start({ drivers: 0, builtinTarget: async () => 'http://127.0.0.1:9' })
  })
  after(() => world[Symbol.asyncDispose]())

  it('has the scenarios of the package, the first one first, and each is valid as it is', async () => {
    const { examples } = (await world.ask('GET', '/api/examples')).json as ExampleList
    assert.equal(examples[0]?.name, 'first')
    assert.ok(examples.length >= 8)
    for (const { name, title, text, assets } of examples) {
      assert.match(title, /^[A-Z].*[.?]$/, name)
      assert.equal(text.includes('yaml-language-server'), false)
      const { json } = await world.ask('POST', '/api/scenarios/validate', { scenarioText: text, assets })
      assert.deepEqual((json as Validation).faults, [], name)
    }
    const journey = examples.find(({ name }) => name === 'journey')
    assert.deepEqual(Object.keys(journey?.assets ?? {}), ['users.csv'])
  })
})

describe('examples of a folder', () => {
  it('are its YAML files; one that is not there has none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'groundswell-examples-'))
    await writeFile(
      join(folder, 'b.yaml'),
      '# yaml-language-server: $schema=x\n# One line,\n# and another.\nhttp: x\n# no title\n',
    )
    await writeFile(join(folder, 'a.yaml'), 'http: { feeders: { t: { file: t.csv } } }\n')
    await writeFile(join(folder, 't.csv'), 'a\n')
    await writeFile(join(folder, 'module.ts'), '')
    const url = pathToFileURL(`${folder}/`)
    assert.deepEqual(await readExamples(url), {
      examples: [
        {
          name: 'a',
          title: '',
          text: 'http: { feeders: { t: { file: t.csv } } }\n',
          assets: { 't.csv': 'YQo=' },
        },
        {
          name: 'b',
          title: 'One line, and another.',
          text: '# One line,\n# and another.\nhttp: x\n# no title\n',
          assets: {},
        },
      ],
    })
    await rm(folder, { recursive: true })
    assert.deepEqual(await readExamples(url), { examples: [] })
  })
})
