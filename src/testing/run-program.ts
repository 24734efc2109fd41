import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunResult } from '../results/run-result.ts'

export const mainFile = fileURLToPath(new URL('../main.ts', import.meta.url))
export const rootDirectory = fileURLToPath(new URL('../../', import.meta.url))

// No test writes into its user's home, whichever way it starts the program.
process.env.GROUNDSWELL_STORE ??= 'none'

export interface ProgramRun {
  child: ChildProcess
  /** So far. */
  stdout(): string
  stderr(): string
  ended: Promise<ProgramEnd>
}

export interface ProgramEnd {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** The real program in a process of its own, as a user starts it; killed should it take longer than `limitMs`. */
export const startProgram = (
  args: readonly string[],
  { cwd = rootDirectory, env = {}, limitMs = 60_000 } = {},
): ProgramRun => {
  const child = spawn(process.execPath, [mainFile, ...args], {
    cwd,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<ProgramEnd>((resolve) => {
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMs)
    child.once('close', (exitCode) => {
      clearTimeout(limit)
      resolve({ exitCode, stdout, stderr })
    })
  })
  return { child, stdout: () => stdout, stderr: () => stderr, ended }
}

export const runProgramToEnd = (args: readonly string[], options = {}): Promise<ProgramEnd> =>
  startProgram(args, options).ended

/** The result that `--json` printed; throws with all that was said where there is none. */
export const resultOf = ({ exitCode, stdout, stderr }: ProgramEnd): RunResult => {
  try {
    return JSON.parse(stdout) as RunResult
  } catch {
    throw new Error(`no result (exit code ${exitCode}):\n${stdout}\n${stderr}`)
  }
}
