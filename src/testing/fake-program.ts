import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { runProgram } from '../cli/program.ts'
import type { OutputStream, ProgramContext } from '../cli/program-context.ts'
import type { Clock } from '../lib/clock.ts'
import { systemClock } from '../lib/clock.ts'
import { mainFile, rootDirectory } from './run-program.ts'

/** A stream that remembers; a terminal if it is told to be. */
export class FakeStream extends EventEmitter implements OutputStream {
  text = ''
  isTTY = false
  columns = 100
  rows = 40

  write(text: string, written?: () => void): boolean {
    this.text += text
    written?.()
    return true
  }
}

class FakeStdin extends PassThrough {
  isTTY = false
  isRaw = false

  setRawMode(raw: boolean): this {
    this.isRaw = raw
    return this
  }
}

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** The process as a test owns it: what the program wrote, which signals it hears, with what it would have exited. */
export class FakeProgram {
  readonly stdout = new FakeStream()
  readonly stderr = new FakeStream()
  readonly stdin = new FakeStdin()
  readonly exits: number[] = []
  readonly context: ProgramContext
  readonly #signalled = new Set<(signal: Signal) => void>()
  readonly #exiting = new Set<() => void>()

  constructor(args: readonly string[], changes: { cwd?: string; entry?: string; clock?: Clock } = {}) {
    this.context = {
      args,
      env: { GROUNDSWELL_STORE: 'none' },
      cwd: changes.cwd ?? rootDirectory,
      pid: 1,
      stdin: this.stdin,
      stdout: this.stdout,
      stderr: this.stderr,
      clock: changes.clock ?? systemClock,
      entry: changes.entry ?? mainFile,
      execArgv: [],
      onSignal: (callback) => {
        this.#signalled.add(callback)
        return () => this.#signalled.delete(callback)
      },
      interrupt: () => this.signal('SIGINT'),
      onExit: (callback) => {
        this.#exiting.add(callback)
        return () => this.#exiting.delete(callback)
      },
      exit: ((code: number) => {
        this.exits.push(code)
      }) as ProgramContext['exit'],
      parent: undefined,
      cpuUsageUs: () => 0,
      residentBytes: () => 0,
      nodeVersion: 'v24.12.0',
      descriptorLimit: () => undefined,
    }
  }

  run(): Promise<number> {
    return runProgram(this.context)
  }

  signal(signal: Signal): void {
    for (const callback of [...this.#signalled]) callback(signal)
  }

  /** What is still listened to. */
  get listeners(): number {
    return this.#signalled.size + this.#exiting.size
  }
}
