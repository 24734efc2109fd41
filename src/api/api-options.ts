import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/logger.ts'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { Run } from '../orchestrator/run.ts'
import type { RunEnvironment } from '../results/run-result.ts'
import type { ResultsStore } from '../results/store/results-store.ts'

/** What the API needs of a run that is queued, goes on, or ended a moment ago. */
export type LiveRun = Pick<Run, 'id' | 'state' | 'record' | 'trigger' | 'steer'>

/** What the API needs of an orchestrator. */
export interface RunOwner {
  readonly runs: ReadonlyMap<string, LiveRun>
  readonly members: Orchestrator['members']
  /** Runs that wait for drivers. */
  readonly queued: number
  /** Messages that could not be understood, by `topic reason`. */
  readonly rejected: ReadonlyMap<string, number>
  /** Whether the bus brings messages. */
  readonly isConnected: boolean
  submit(request: Parameters<Orchestrator['submit']>[0]): LiveRun
}

export interface ApiOptions {
  orchestrator: RunOwner
  store: ResultsStore
  /** Whether what is written to the store arrives; left out: it does. */
  isStoreWritten?: () => boolean
  clock: Clock
  logger: Logger
  /** An address or a name; beyond loopback a token is needed, or `insecure`. */
  host: string
  /** 0: any free one. */
  port: number
  version: string
  /** Of this process, for the results of its runs. */
  environment?: RunEnvironment
  /** What requests must bring as bearer token; never logged. */
  token?: string
  /** Serve beyond loopback without a token. */
  insecure?: boolean
  /** What the routes of the brief, which say next to nothing, load. */
  apiDefaults?: Partial<ApiDefaults>
  limits?: Partial<ApiLimits>
  /** The URL of the target that ships with us, for scenarios that name `builtin`; left out: these are refused. */
  builtinTarget?: () => Promise<string>
  /** Drivers are started here as runs need them, so many at most; left out: they come by themselves. */
  maxDrivers?: number
  drawSeed?: () => number
  /** Of this process, for Prometheus. */
  processUsage?: () => ProcessUsage
}

export interface ProcessUsage {
  cpuSeconds: number
  residentBytes: number
}

export interface ApiDefaults {
  /** Of `POST /avalanche` and `POST /tsunami`; without one they need a `target_url`. */
  target: string
  messageCountPerDriver: number
  timeoutMs: number
}

export interface ApiLimits {
  /** Of a request's body that is a scenario, with its files in base64; others are small. */
  bodyBytes: number
  /** Of a scenario without its files: it travels in one message of 1 MiB. */
  scenarioBytes: number
  /** How long reading a scenario may compute. */
  parseMs: number
  /** Streams of events, of all runs together. */
  streams: number
  connections: number
  /** A request must be here whole within this time. */
  requestMs: number
  /** A client that takes nothing for so long is let go of. */
  stalledMs: number
  /** How long the store may take to answer. */
  storeMs: number
}

export const defaultLimits: ApiLimits = {
  bodyBytes: 32 * 2 ** 20,
  scenarioBytes: 2 ** 20,
  parseMs: 2000,
  streams: 256,
  connections: 1024,
  requestMs: 30_000,
  stalledMs: 30_000,
  storeMs: 10_000,
}
