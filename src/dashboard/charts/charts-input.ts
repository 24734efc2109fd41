import type { Gap, SteeringRecord } from '../../results/run-result.ts'
import type { Track } from '../model/track.ts'

/** What the charts of a run are drawn from, all of one instant. */
export interface ChartsInput {
  track: Track
  /** Seconds shown, half open; charts that show a live run end at its newest second. */
  from: number
  to: number
  /** Closed: it asks as fast as answers come, so there is no rate that was asked for. */
  isClosed?: boolean
  steering: readonly SteeringRecord[]
  gaps: readonly Gap[]
  /** SLOs on a latency of what is shown, as lines. */
  limits: readonly { ms: number; label: string; isBroken: boolean }[]
  /** When an SLO was first broken: marks. */
  broken: readonly { second: number; label: string }[]
}

/** Seconds since the start, half open. */
export interface Span {
  from: number
  to: number
}
