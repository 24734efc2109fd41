/**
 * The seconds of a run as the charts want them: parallel arrays that grow in place, one row a second or, where a long run is
 * seen whole, one row of `step` seconds whose histograms the orchestrator has added. Row i begins at second
 * `(first + i) * step`. Rates are per second whatever the step. `null`: no driver has reported it (a gap, never 0).
 */
export interface Track {
  readonly step: number
  readonly first: number
  readonly length: number
  /** Grows with every change, so that who draws knows whether there is anything new. */
  readonly version: number
  /** Where each row begins, seconds since the start. */
  readonly seconds: readonly number[]
  readonly figures: Readonly<Record<FigureName, readonly (number | null)[]>>
  /** The heat map: counts by row of `results/heat-column.ts`; `null`: not reported; empty: nothing was answered. */
  readonly response: readonly (HeatCounts | null)[]
  readonly service: readonly (HeatCounts | null)[]
  /** By kind; of the whole row, not per second. */
  readonly errors: readonly (Readonly<Record<string, number>> | null)[]
}

export type HeatCounts = readonly number[] | Uint32Array

/** Per second: asked (due by the plan), sent, answered, errors, unsent. Times in ms. */
export const figureNames = [
  'asked',
  'sent',
  'answered',
  'errors',
  'unsent',
  'inFlight',
  'drivers',
  'p50',
  'p90',
  'p99',
  'p999',
  'max',
  'serviceP50',
  'serviceP99',
  'latenessP99',
] as const
export type FigureName = (typeof figureNames)[number]

/** The last ten minutes second by second, or all of the run in at most 1,200 rows. */
export type TrackView = 'recent' | 'whole'
