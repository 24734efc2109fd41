/** Builds `dist/`: JavaScript and type declarations of everything but tests. A deleted source must leave nothing behind. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
rmSync(new URL('../dist', import.meta.url), { recursive: true, force: true })
const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
const built = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
if (built.status !== 0) process.exit(built.status ?? 1)

/** Types are for who imports the package: those that its entry reaches. */
const reached = new Set<string>()
const follow = (file: string): void => {
  if (reached.has(file)) return
  reached.add(file)
  for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g))
    if (path !== undefined) follow(resolve(dirname(file), path.replace(/\.[jt]s$/, '.d.ts')))
}
const dist = resolve(root, 'dist')
follow(resolve(dist, 'scenario/define-scenario.d.ts'))
for (const entry of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const file = resolve(dist, entry)
  if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(file)
}
