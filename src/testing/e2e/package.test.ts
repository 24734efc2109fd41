import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { rootDirectory } from '../run-program.ts'

const execute = promisify(execFile)

test('what would be published, installed into an empty folder, runs a scenario and types a module', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'groundswell-package-'))
  // Without what `npm test` put there for its own scripts, npm behaves as from a shell.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('npm_') && name !== 'NODE_TEST_CONTEXT'),
  )
  try {
    const packed = await execute('npm', ['pack', '--json', '--silent', '--pack-destination', directory], {
      cwd: rootDirectory,
      env,
      maxBuffer: 10_000_000,
    })
    const listing = JSON.parse(packed.stdout.slice(packed.stdout.search(/[[{]/)))
    const [entry] = (Array.isArray(listing) ? listing : Object.values(listing)) as {
      filename: string
      files: { path: string }[]
    }[]
    assert.ok(entry !== undefined)
    const paths = entry.files.map(({ path }) => path)
    for (const needed of [
      'package.json',
      'README.md',
      'LICENSE',
      'bin/groundswell.mjs',
      'dist/main.js',
      'scenario.schema.json',
    ])
      assert.ok(paths.includes(needed), `${needed} is missing`)
    const unneeded = paths.filter((path) => /\.test\.|\/testing\/|^src\/|^bench\/|^\.ci/.test(path))
    assert.deepEqual(unneeded, [])
    const sources = paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    assert.deepEqual(sources, [], 'Node strips no types inside node_modules')

    await writeFile(join(directory, 'package.json'), '{ "name": "user", "private": true, "type": "module" }')
    const tarball = join(directory, entry.filename.replaceAll('/', '-').replace(/^@/, ''))
    await execute(
      'npm',
      ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball],
      {
        cwd: directory,
        env,
      },
    )
    await writeFile(
      join(directory, 'own.ts'),
      `import { defineScenario } from 'groundswell'
export default defineScenario({ http: 'builtin', load: { rate: '100/s', duration: '500ms' }, drivers: 2 })
`,
    )
    const bin = join(directory, 'node_modules', 'groundswell', 'bin', 'groundswell.mjs')
    const run = await execute(process.execPath, [bin, 'run', 'own.ts', '--json'], { cwd: directory, env })
    const result = JSON.parse(run.stdout)
    assert.equal(result.outcome, 'passed')
    assert.equal(result.totals.sent, 50)
    assert.equal(result.totals.answered, 50)
    const help = await execute(process.execPath, [bin, 'help', 'pacing'], { cwd: directory, env })
    assert.match(help.stdout, /^Pacing: when requests start\n/)
    const shown = await execute(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const { DashboardAssets } = await import('./node_modules/groundswell/dist/api/dashboard-assets.js')
        console.log([...(await new DashboardAssets('1').all()).keys()].join(' '))`,
      ],
      { cwd: directory, env },
    )
    assert.equal(shown.stderr, '')
    for (const path of [
      '/',
      '/favicon.svg',
      '/app/dashboard/main.js',
      '/app/dashboard/style.css',
      '/app/uplot/uPlot.min.css',
    ])
      assert.ok(shown.stdout.trim().split(' ').includes(path), `the dashboard has no ${path}`)
    const types = await readFile(
      join(directory, 'node_modules', 'groundswell', 'dist', 'scenario', 'define-scenario.d.ts'),
      'utf8',
    )
    assert.match(types, /ScenarioInput/)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
