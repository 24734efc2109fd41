import { type ChildProcess, spawn } from 'node:child_process'

export interface Command {
  file: string
  args: readonly string[]
  env?: Record<string, string>
  cwd?: string
}

export interface TimedEnd {
  exitCode: number | null
  stdout: string
  stderr: string
  /** User and system time of the command and all descendants that were waited for, from getrusage, microseconds. */
  cpuUs: number
}

export interface TimedProcess {
  child: ChildProcess
  /** Of the shell around the command. */
  pid: number
  ended: Promise<TimedEnd>
}

/** What the shell's `time` says goes to descriptor 3, apart from what the command says. */
const timedByBash = 'exec 4>&2; TIMEFORMAT="%3U %3S"; { time "$0" "$@" 2>&4; } 2>&3'

export const startTimed = ({ file, args, env, cwd }: Command): TimedProcess => {
  const child = spawn('bash', ['-c', timedByBash, file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  if (child.pid === undefined) throw new Error('bash did not start')
  const texts = [1, 2, 3].map((descriptor) => collect(child, descriptor))
  const ended = new Promise<TimedEnd>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => {
      const [stdout = '', stderr = '', times = ''] = texts.map((text) => text())
      const [userS = Number.NaN, systemS = Number.NaN] = times.trim().split(' ').map(Number)
      resolve({ exitCode, stdout, stderr, cpuUs: (userS + systemS) * 1e6 })
    })
  })
  return { child, pid: child.pid, ended }
}

const collect = (child: ChildProcess, descriptor: number): (() => string) => {
  const chunks: Buffer[] = []
  child.stdio[descriptor]?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString()
}
