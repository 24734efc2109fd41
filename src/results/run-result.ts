import type { Scenario } from '../scenario/scenario.ts'

/**
 * A run as it is told to the world: what `--json` prints, the API answers and the store keeps, while the run goes on and
 * after it. One shape, units in its names, plain JSON: figures that do not exist are `null`, never 0 and never absent.
 */
export interface RunResult {
  id: string
  name: string
  /** As it ran, with secrets replaced by `***`. */
  scenario: Scenario
  seed: number
  labels: Record<string, string>
  state: RunPhase
  /** `null` until the run is finished. */
  outcome: RunOutcome | null
  /** Why it could not begin; `null` for a run that did, or may still. */
  error: { code: string; message: string; hint: string } | null
  /** Sentences that explain the outcome, the most important first. Empty for a run that simply passed. */
  why: string[]
  /** Sentences about what a reader must know before believing the figures (lateness, bounds reached, mild skew). */
  warnings: string[]
  /** ISO 8601, UTC. */
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
  /** Since the start instant; 0 before. */
  elapsedMs: number
  plan: RunPlan
  totals: Totals
  responseTimeMs: TimeFigures
  serviceTimeMs: TimeFigures
  sendLatenessMs: TimeFigures
  /** Of requests without an answer. */
  errorTimeMs: TimeFigures
  requests: RequestResult[]
  drivers: DriverResult[]
  slo: SloResult[]
  /** Between the first and the last driver's real start; `null` with fewer than one started. */
  startSkewMs: number | null
  /** How far {@link startSkewMs} may be off, as the drivers' clocks are only estimated; `null` without an estimate. */
  startSkewUncertaintyMs: number | null
  gaps: Gap[]
  steering: SteeringRecord[]
  /** Of the process that conducted it; `null` where its record does not say. */
  environment: RunEnvironment | null
}

/** On what a run was conducted: drivers may be on other machines. */
export interface RunEnvironment {
  /** Versions. */
  groundswell: string
  node: string
  /** Like `Linux 6.1.0 x64`. */
  system: string
  /** The processor's model; `null` where the system does not say. */
  cpu: string | null
  cores: number
  memoryBytes: number
}

/** `queued`: waits for drivers; `configuring`: drivers are building; `ready`: they are, and the start is awaited; `finishing`: no new operations, answers awaited. */
export type RunPhase = 'queued' | 'configuring' | 'ready' | 'running' | 'paused' | 'finishing' | 'finished'

/** `stopped`: a person ended it early and nothing else was wrong. */
export type RunOutcome = 'passed' | 'failed' | 'degraded' | 'stopped'

export interface RunPlan {
  /** The load in words: `500/s for 30 s, over 2 drivers`. */
  load: string
  drivers: number
  targets: string[]
  /** `null`: bounded by a count alone. */
  durationMs: number | null
  /** `null`: closed load bounded by time alone. */
  operations: number | null
}

export interface Totals {
  started: number
  sent: number
  answered: number
  retried: number
  unsent: number
  unsentReasons: Record<string, number>
  inFlight: number
  /** By kind; see `measuring/outcomes.ts`. */
  errors: Record<string, number>
  /** Texts of what went wrong, to count. */
  errorDetails: Record<string, number>
  status: Record<string, number>
  checks: Record<string, { passed: number; failed: number }>
  bytesIn: number
  bytesOut: number
  connectionsOpened: number
  /** Answered in the whole run over its duration so far. */
  answeredPerSecond: number
}

/** Milliseconds with fractions, from a merged histogram (mean, min and max exact); all `null` without a sample. */
export interface TimeFigures {
  count: number
  min: number | null
  mean: number | null
  median: number | null
  mode: number | null
  p90: number | null
  p95: number | null
  p99: number | null
  p999: number | null
  max: number | null
}

/** What the whole run, each request and each driver have in common. */
export interface Figures {
  totals: Totals
  responseTimeMs: TimeFigures
  serviceTimeMs: TimeFigures
  sendLatenessMs: TimeFigures
  errorTimeMs: TimeFigures
}

export interface RequestResult extends Figures {
  name: string
  kind: 'request' | 'journey'
}

export type DriverPhase =
  | 'registered'
  | 'configuring'
  | 'ready'
  | 'running'
  | 'finished'
  | 'rejected'
  | 'lost'
  | 'left'

/** As {@link Totals}; a driver written by others says few of these, and what it does not say is `null`: unknown. */
export type DriverTotals = { [Name in keyof Totals]: Totals[Name] | null }

/** As {@link TimeFigures}, likewise. */
export type DriverTimes = { [Name in keyof TimeFigures]: TimeFigures[Name] | null }

/** As {@link Figures}, likewise. What a driver written by others says is in no other figure of a result. */
export interface DriverFigures {
  totals: DriverTotals
  responseTimeMs: DriverTimes
  serviceTimeMs: DriverTimes
  sendLatenessMs: DriverTimes
  errorTimeMs: DriverTimes
}

export interface DriverResult extends DriverFigures {
  id: string
  state: DriverPhase
  /** Why it rejected the run or how it was lost; empty otherwise. */
  reason: string
  /** Position among the run's shares, from 0; `null`: written by others, without a numbered share. */
  share: number | null
  /** Written by others: it speaks only the brief, loads a target of its own, and says little. */
  isForeign: boolean
  /** It never said that it had finished; its figures stopped changing. */
  assumedFinished: boolean
  pid: number | null
  /** Of one core, 0 to 1 and above, in the last second. */
  cpu: number | null
  /** Its clock minus the orchestrator's, milliseconds, and how far that may be off; `null` where it is unknown. */
  clock: { offsetMs: number; uncertaintyMs: number } | null
}

export interface SloResult {
  text: string
  /** `null`: there was nothing to judge it by. */
  passed: boolean | null
  /** The figure compared, in the unit of the text (ms, share of 1, or per second). */
  observed: number | null
  /** Like `212 ms` or `0.4 %`; `no data` where there is none. */
  observedText: string
  /** Second of the run in which it was first broken for as long as it takes; `null` if never. */
  brokenAtSecond: number | null
}

/** Load that was planned and is not in the figures. */
export interface Gap {
  driver: string
  /** Seconds since the start, half open. */
  from: number
  to: number
  /** Of the whole load, 0 to 1. */
  share: number
}

export interface SteeringRecord {
  /** Since the start instant. */
  atMs: number
  command: 'stop' | 'pause' | 'resume' | 'rate'
  /** Of a `rate` command: the load is multiplied by this, relative to the scenario's own. */
  scale: number | null
  /** Who: `keys`, `api`, `signal`, `slo`. */
  by: string
}

/** One second of one request (or of all, under the name `*`): a row of the CSV and of the timeline. */
export interface TimelineRow {
  /** 0 is the first second after the start instant. */
  second: number
  request: string
  started: number
  sent: number
  answered: number
  unsent: number
  errors: Record<string, number>
  status: Record<string, number>
  bytesIn: number
  bytesOut: number
  /** At the end of the second. */
  inFlight: number
  responseTimeMs: TimeFigures
  serviceTimeMs: TimeFigures
  sendLatenessMs: TimeFigures
  /** Drivers whose report is in this row. */
  drivers: number
}
