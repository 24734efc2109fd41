import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { runProgramToEnd } from '../run-program.ts'

/** Loaded before the program, and before the children that it forks: writes down every module that is loaded. */
const recorder = `
import { registerHooks } from 'node:module'
import { appendFileSync } from 'node:fs'
registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context)
    appendFileSync(\`\${process.env.MODULES_DIRECTORY}/\${process.pid}\`, \`\${resolved.url}\\n\`)
    return resolved
  },
})
`

let directory = ''
let preload = ''
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'groundswell-modules-'))
  preload = join(directory, 'recorder.mjs')
  await writeFile(preload, recorder)
})
after(() => rm(directory, { recursive: true }))

/** Packages and built-in modules that the program and its children load. */
const packagesOf = async (args: string[]): Promise<Set<string>> => {
  const modules = await mkdtemp(join(directory, 'run-'))
  const end = await runProgramToEnd(args, {
    env: { MODULES_DIRECTORY: modules, NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` },
  })
  assert.equal(end.exitCode, 0, end.stderr)
  const found = new Set<string>()
  for (const file of await readdir(modules))
    for (const url of (await readFile(join(modules, file), 'utf8')).split('\n')) {
      const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/|(node:.+)/.exec(url)
      if (name !== null) found.add(name[1] ?? name[2] ?? '')
    }
  return found
}

describe('what a run on this machine loads', () => {
  it('is nothing of Kafka, REST, databases and structured logs', async () => {
    const loaded = await packagesOf(['run', 'builtin', '--rate', '20/s', '--requests', '5', '--drivers', '2'])
    assert.ok(loaded.has('commander') && loaded.has('zod'), 'the list is of the program')
    for (const name of ['@platformatic/kafka', 'fastify', 'pg', 'pino'])
      assert.ok(!loaded.has(name), `${name} is loaded`)
  })

  it('nor does the help', async () => {
    const loaded = await packagesOf(['--help'])
    assert.deepEqual(
      [...loaded].filter((name) => !name.startsWith('node:')),
      ['commander'],
    )
  })
})
