import { fileURLToPath } from 'node:url'
import type { RunResult } from '../../src/results/run-result.ts'
import type { Command } from './timed-process.ts'

export const rootDirectory = fileURLToPath(new URL('../../', import.meta.url))
const mainFile = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Where `npm start` keeps compiled code. */
export const compileCache = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/groundswell', import.meta.url)),
}

/** Groundswell itself with these arguments, as `npm start` would run it. */
export const programCommand = (args: readonly string[]): Command => ({
  file: process.execPath,
  args: [mainFile, ...args],
  env: compileCache,
  cwd: rootDirectory,
})

/** The result that `--json` printed. */
export const parseResult = (stdout: string, stderr: string): RunResult => {
  try {
    return JSON.parse(stdout) as RunResult
  } catch {
    throw new Error(`groundswell printed no result:\n${stdout}\n${stderr}`)
  }
}
