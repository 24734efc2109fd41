#!/usr/bin/env node
// The `groundswell` command. In a checkout it runs the TypeScript sources, in a published package what was built of them.
import { existsSync } from 'node:fs'

const source = new URL('../src/main.ts', import.meta.url)
const built = new URL('../dist/main.js', import.meta.url)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isNewEnough = major > 24 || (major === 24 && minor >= 12)

if (existsSync(source)) {
  const { fileURLToPath } = await import('node:url')
  const { installIfNeeded, runProgram } = await import('../scripts/pinned-node.mjs')
  installIfNeeded()
  await runProgram(fileURLToPath(source), process.argv.slice(2))
} else if (isNewEnough) {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache()
  await import(built.href)
} else {
  process.stderr.write(
    `groundswell: needs Node >= 24.12, and this is ${process.version}. Install a newer Node.\n`,
  )
  process.exit(1)
}
