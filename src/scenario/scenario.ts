import type { Slo } from '../measuring/slo.ts'

/**
 * A scenario after parsing: plain data, in base units, every default filled in, nothing left to validate. It travels
 * to the drivers as JSON, so it holds no classes, functions, `undefined` in arrays, or `Infinity`.
 */
export interface Scenario {
  name: string
  /** Decides everything random. A safe non-negative integer; drawn where the file has none. */
  seed: number
  /** How many drivers carry it. */
  drivers: number
  labels: Record<string, string>
  start: StartPolicy
  http: HttpJob
  load: Load
  slo: Slo[]
}

export interface StartPolicy {
  /** How long drivers may take to become ready. */
  deadlineMs: number
  /** With so many ready at the deadline the run begins all the same (degraded); otherwise it fails. */
  atLeast: number
  /** Begins although drivers written by others are present that would make another load of it. */
  force?: true
}

// --- the load: when operations start -------------------------------------------------------------------------------

/** What every load has. At least one of the three bounds is there (stages bound themselves). */
export interface LoadBounds {
  durationMs?: number
  /** Operations in total, over all drivers. */
  requests?: number
  requestsPerDriver?: number
  /** Operations that may be under way on one driver (waiting for a connection or an answer). */
  maxInFlight: number
}

export interface OpenLoadOptions extends LoadBounds {
  arrivals: 'uniform' | 'poisson'
  /** True: each driver makes these rates. False: all drivers together. */
  perDriver: boolean
}

/** One piece of a rate curve: from the rate before it, linearly to `toPerSecond` within `overMs` (0: a step), then held. */
export interface Stage {
  toPerSecond: number
  overMs: number
  holdMs: number
}

export type Load =
  /** Closed: so many operations in flight on each driver, the next as soon as one ends. */
  | ({ kind: 'avalanche'; inFlight: number } & LoadBounds)
  /** Open: on each driver operation n starts at n x gap, whatever the answers do. */
  | ({ kind: 'tsunami'; gapMs: number } & LoadBounds)
  | ({ kind: 'rate'; perSecond: number } & OpenLoadOptions)
  | ({ kind: 'stages'; fromPerSecond: number; stages: Stage[] } & OpenLoadOptions)
  /** `base`, but `peak` during the last `lastingMs` of every `everyMs`. */
  | ({
      kind: 'spike'
      basePerSecond: number
      peakPerSecond: number
      everyMs: number
      lastingMs: number
    } & OpenLoadOptions)
  /** mean + amplitude x sin(2 pi t / period); never below zero (amplitude <= mean). */
  | ({ kind: 'sine'; meanPerSecond: number; amplitudePerSecond: number; periodMs: number } & OpenLoadOptions)

// --- the HTTP job --------------------------------------------------------------------------------------------------

export interface HttpJob {
  /** Absolute http(s) URLs without query or fragment, or the word `builtin`; requests go round them in turn. */
  targets: string[]
  /** From the intended start of sending to the end of the response. */
  timeoutMs: number
  connectTimeoutMs: number
  /** Per driver, over all targets. */
  connections: number
  /** False: a new connection for every request. */
  reuse: boolean
  /** A connection older than this is closed after its current response, so that changes of names are followed. */
  maxConnectionAgeMs?: number
  /** An idle connection is not used again after this. */
  idleTimeoutMs: number
  /** Source addresses, used in turn; empty: the system chooses. */
  localAddresses: string[]
  tls: TlsSettings
  /** Sent with every request unless the request says otherwise. */
  headers: Record<string, string>
  auth?: Auth
  /** How many redirects are followed; 0: none, the 3xx is the answer. */
  redirects: number
  /** Limit of a response's head, interim responses included. */
  maxHeadBytes: number
  /** Limit of what is kept of a body for checks and captures; the rest is counted and dropped. */
  maxKeptBodyBytes: number
  /** Resolve and reach every target once before the run starts, and refuse to start otherwise. */
  preflight: boolean
  feeders: Record<string, Feeder>
  requests: Operation[]
}

export interface TlsSettings {
  /** Absolute paths on the driver's machine, PEM. */
  caFile?: string
  certFile?: string
  keyFile?: string
  /** True: the certificate is not verified. */
  insecure: boolean
  /** Replaces the host name for SNI and verification. */
  serverName?: string
  /** Resume sessions on new connections. */
  resume: boolean
}

/** Its texts may hold `{{templates}}`. */
export type Auth = { kind: 'basic'; user: string; password: string } | { kind: 'bearer'; token: string }

/** A CSV file with a header line. Its content travels to the drivers as an asset (see the bus). */
export interface Feeder {
  asset: AssetReference
  order: 'sequential' | 'random'
  /** True: no row is used twice in a run, over all drivers; when none is left, operations are unsent (`feeder`). */
  unique: boolean
  /** Names of the columns, from the header line. */
  columns: string[]
  rows: number
}

/** A file of the scenario, by content: the bytes are looked up by their hash. */
export interface AssetReference {
  /** Path as the scenario gives it, for messages. */
  file: string
  /** Hex. */
  sha256: string
  sizeBytes: number
}

/** What is drawn by weight: a single request or a journey. */
export type Operation = RequestSpec | JourneySpec

export interface JourneySpec {
  kind: 'journey'
  name: string
  /** A positive integer. */
  weight: number
  steps: Step[]
}

export type Step = RequestSpec | ThinkSpec

export interface ThinkSpec {
  kind: 'think'
  minMs: number
  maxMs: number
}

export interface RequestSpec {
  kind: 'request'
  name: string
  /** A positive integer; in a step it means nothing and is 1. */
  weight: number
  /** Upper case as sent; a token. */
  method: string
  /** A path beginning with `/` (joined to the target's path) or an absolute URL; may hold `{{templates}}`. */
  url: string
  /** Header values may hold `{{templates}}`. */
  headers: Record<string, string>
  body?: Body
  auth?: Auth
  timeoutMs?: number
  redirects?: number
  checks: Check[]
  captures: Capture[]
}

/** Texts may hold `{{templates}}`; a file's bytes are sent as they are. */
export type Body =
  | { kind: 'text'; text: string }
  | { kind: 'json'; json: unknown }
  | { kind: 'form'; fields: Record<string, string> }
  | { kind: 'file'; asset: AssetReference }

/** Each check has the name under which its failures are counted. */
export type Check =
  /** One of several: exact codes, or classes as `2xx`. */
  | { kind: 'status'; name: string; statuses: string[] }
  | { kind: 'statusBelow'; name: string; below: number }
  | { kind: 'header'; name: string; header: string; equals?: string; matches?: string }
  | { kind: 'bodyContains'; name: string; text: string }
  | { kind: 'bodyMatches'; name: string; pattern: string }
  | { kind: 'json'; name: string; path: string; equals: unknown }
  | { kind: 'size'; name: string; minBytes?: number; maxBytes?: number }
  | { kind: 'time'; name: string; belowMs: number }

export type Capture = { variable: string } & (
  | { kind: 'json'; path: string }
  | { kind: 'header'; header: string }
  /** The first group, or the whole match where the pattern has none. */
  | { kind: 'regex'; pattern: string }
)
