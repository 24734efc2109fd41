import type { Command } from '../side-by-side/timed-process.ts'

export interface ClientLoad {
  url: string
  connections: number
  seconds: number
  /** Open loop; undefined: closed, as fast as answers come. */
  ratePerSecond?: number
}

export interface ClientCounts {
  /** Answered well, as the client says. */
  answered: number
  /** Sent, where it tells them apart. */
  sent: number
}

/** A load generator to measure. */
export interface Client {
  name: string
  /** The one command that brings it. */
  install: string
  /** Its version; undefined: it is not here. */
  version: string | undefined
  /** It can hold a rate. */
  isOpen: boolean
  command: (load: ClientLoad) => Command
  /** From what it printed. Throws where it had errors. */
  count: (stdout: string, stderr: string) => ClientCounts
}
