import type { Readable } from 'node:stream'
import type { Clock } from '../lib/clock.ts'
import type { KeyInput } from './keys.ts'
import type { TerminalStream } from './terminal.ts'

/** The process, as far as commands may know it: passed in, so that a test can run the whole CLI within itself. */
export interface ProgramContext {
  /** Without the program's own name. */
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  pid: number
  /** Like `v24.12.0`. */
  nodeVersion: string
  stdin: KeyInput & Readable
  stdout: OutputStream
  stderr: OutputStream
  clock: Clock
  /** To start further processes of this program. */
  entry: string
  execArgv: readonly string[]
  /** Calls back at each SIGINT, SIGTERM and SIGHUP, until the returned function is called. */
  onSignal(callback: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void): () => void
  /** Ctrl-C as a key, where the terminal sends no signal for it: the same as SIGINT. */
  interrupt(): void
  /** Calls back as the process exits, whatever the reason; synchronous work only. */
  onExit(callback: () => void): () => void
  /** Ends the process at once. */
  exit(code: number): never
  /** The link to the process that started this one, in a forked child. */
  parent: ParentLink | undefined
  cpuUsageUs(): number
  /** Memory that it holds. */
  residentBytes(): number
  /** Soft limit of open files; undefined where unknown. */
  descriptorLimit(): number | undefined
}

export interface OutputStream extends TerminalStream {
  write(text: string, written?: (error?: Error | null) => void): unknown
}

export interface ParentLink {
  send(message: unknown): void
  onMessage(receive: (message: unknown) => void): void
  onClose(closed: () => void): void
}
