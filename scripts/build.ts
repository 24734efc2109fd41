/** Builds `dist/`: JavaScript and type declarations of everything but tests. A deleted source must leave nothing behind. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const dist = resolve(root, 'dist')
rmSync(dist, { recursive: true, force: true })

const compile = (...options: string[]): void => {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
  const built = spawnSync(process.execPath, [tsc, ...options], { cwd: root, stdio: 'inherit' })
  if (built.status !== 0) process.exit(built.status ?? 1)
}
compile('-p', 'tsconfig.build.json')

/** The dashboard has a browser's types. What it shares with the rest is built already, so only its own folder is taken. */
const aside = mkdtempSync(join(tmpdir(), 'groundswell-build-'))
compile('-p', 'tsconfig.dashboard.build.json', '--outDir', aside)
cpSync(join(aside, 'dashboard'), join(dist, 'dashboard'), { recursive: true })
rmSync(aside, { recursive: true })
const plain = ['.html', '.css', '.svg']
for (const name of readdirSync(resolve(root, 'src/dashboard'), { recursive: true, encoding: 'utf8' }))
  if (plain.includes(extname(name)))
    cpSync(resolve(root, 'src/dashboard', name), join(dist, 'dashboard', name))

/** Types are for who imports the package: those that its entry reaches. */
const reached = new Set<string>()
const follow = (file: string): void => {
  if (reached.has(file)) return
  reached.add(file)
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g))
    if (path !== undefined) follow(resolve(dirname(file), path.replace(/\.[jt]s$/, '.d.ts')))
}
follow(resolve(dist, 'scenario/define-scenario.d.ts'))
for (const entry of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const file = resolve(dist, entry)
  if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(file)
}
