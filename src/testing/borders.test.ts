import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { rootDirectory } from './run-program.ts'

interface Override {
  includes: string[]
  linter: { rules: { style: { noRestrictedImports?: { level: string; options: { patterns: Pattern[] } } } } }
}

interface Pattern {
  group: string[]
  message: string
}

const config = JSON.parse(readFileSync(join(rootDirectory, 'biome.json'), 'utf8')) as {
  overrides: Override[]
}

const folders = readdirSync(join(rootDirectory, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

/** The linter's rule for a folder: what it refuses there, and what its message says is allowed. */
const borderOf = (folder: string): { refused: string[]; allowed: string[] } => {
  const rule = config.overrides.find(({ includes }) => includes.includes(`src/${folder}/**/*.ts`))?.linter
    .rules.style.noRestrictedImports
  assert.equal(rule?.level, 'error', `src/${folder} has no border`)
  const { group, message } = rule.options.patterns[0] ?? { group: [], message: '' }
  const said = message.slice(0, message.indexOf(':'))
  return {
    refused: group.flatMap((glob) => /^\*\*\/(\w+)\/\*\*$/.exec(glob)?.[1] ?? []),
    allowed: [...said.matchAll(/src\/(\w+)/g)]
      .map(([, name]) => name ?? '')
      .filter((name) => name !== folder),
  }
}

describe('the borders between folders, as the linter keeps them', () => {
  for (const folder of folders.filter((name) => name !== 'testing' && name !== 'cli'))
    it(`src/${folder} may import what the rule says and nothing else`, () => {
      const { refused, allowed } = borderOf(folder)
      const others = folders.filter((other) => other !== folder)
      for (const other of others)
        assert.equal(refused.includes(other), !allowed.includes(other), `src/${other} from src/${folder}`)
    })

  it('nothing but tests imports src/testing', () => {
    for (const folder of folders.filter((name) => name !== 'testing'))
      assert.ok(borderOf(folder).refused.includes('testing'), folder)
  })

  it('imports run one way: no two folders may import each other', () => {
    for (const folder of folders.filter((name) => name !== 'testing' && name !== 'cli'))
      for (const other of borderOf(folder).allowed)
        assert.ok(!borderOf(other).allowed.includes(folder), `${folder} and ${other}`)
  })
})
