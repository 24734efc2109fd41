import type { TimelineRow } from './run-result.ts'

/** What a person wants to see while a run goes on and a result does not tell: how it is right now. */
export interface LiveFigures {
  /** What the plan and the steering ask for now; `null` where the load is closed. */
  askedPerSecond: number | null
  /** The latest second that every driver has reported, all requests together. */
  lastSecond: TimelineRow | null
  /** The latest seconds, all requests together, in order; a minute is enough. */
  recent: readonly TimelineRow[]
  /** By the driver's id, of its latest second; without those written by others, which report no seconds. */
  drivers: ReadonlyMap<string, LiveDriver>
}

export interface LiveDriver {
  answeredPerSecond: number
  responseP99Ms: number | null
  latenessP99Ms: number | null
}

export const noLiveFigures: LiveFigures = {
  askedPerSecond: null,
  lastSecond: null,
  recent: [],
  drivers: new Map(),
}
