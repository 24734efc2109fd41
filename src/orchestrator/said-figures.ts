import type { MetricsMessage } from '../bus/messages.ts'
import { type Counts, totalOf } from '../measuring/counts.ts'

/** What a driver written by others says of its whole share so far. Null: it does not say. Times in milliseconds. */
export interface SaidFigures {
  sent: number | null
  completed: number | null
  errors: number | null
  bytesIn: number | null
  bytesOut: number | null
  status: Counts | null
  errorKinds: Counts | null
  /** All null before its first answer. */
  minMs: number | null
  meanMs: number | null
  medianMs: number | null
  modeMs: number | null
  maxMs: number | null
}

export const nothingSaid: SaidFigures = Object.freeze({
  sent: null,
  completed: null,
  errors: null,
  bytesIn: null,
  bytesOut: null,
  status: null,
  errorKinds: null,
  minMs: null,
  meanMs: null,
  medianMs: null,
  modeMs: null,
  maxMs: null,
})

/** The newest of each figure: reports are cumulative. Latencies belong together and are taken together. */
export const figuresSaid = (before: SaidFigures, message: MetricsMessage): SaidFigures => ({
  sent: message.sent ?? before.sent,
  completed: message.completed ?? before.completed,
  errors: message.errors ?? before.errors,
  bytesIn: message.bytes_in ?? before.bytesIn,
  bytesOut: message.bytes_out ?? before.bytesOut,
  status: message.status ?? before.status,
  errorKinds: message.error_kinds ?? before.errorKinds,
  ...(timesOf(message) ?? {
    minMs: before.minMs,
    meanMs: before.meanMs,
    medianMs: before.medianMs,
    modeMs: before.modeMs,
    maxMs: before.maxMs,
  }),
})

/** Before their first answer some report 0 for every latency: no data, as is none at all. */
const timesOf = ({
  metrics,
}: MetricsMessage): Pick<SaidFigures, 'minMs' | 'meanMs' | 'medianMs' | 'modeMs' | 'maxMs'> | undefined => {
  const times = {
    minMs: metrics.min_latency ?? null,
    meanMs: metrics.mean_latency ?? null,
    medianMs: metrics.median_latency ?? null,
    modeMs: metrics.mode_latency ?? null,
    maxMs: metrics.max_latency ?? null,
  }
  const isData = Object.values(times).some((ms) => ms !== null && ms > 0)
  return isData ? times : undefined
}

/** It said something that tells of an answer or a request. */
export const hasFigures = (said: SaidFigures): boolean =>
  said.minMs !== null ||
  said.maxMs !== null ||
  said.meanMs !== null ||
  said.medianMs !== null ||
  said.modeMs !== null ||
  (said.sent ?? 0) > 0 ||
  (said.completed ?? 0) > 0 ||
  (said.errors ?? 0) > 0

/** How many, by kind or not. */
export const errorsSaid = ({ errors, errorKinds }: SaidFigures): number | null =>
  errors ?? (errorKinds === null ? null : totalOf(errorKinds))

const plainFigures = [
  'sent',
  'completed',
  'errors',
  'bytesIn',
  'bytesOut',
  'minMs',
  'meanMs',
  'medianMs',
  'modeMs',
  'maxMs',
] as const

export const changedBy = (before: SaidFigures, after: SaidFigures): boolean =>
  plainFigures.some((figure) => before[figure] !== after[figure])

const onlyGrowing = ['sent', 'completed', 'maxMs'] as const

/** Figures since the start never become less, unless the driver started over or means something else by them. */
export const fellBackTo = (before: SaidFigures, after: SaidFigures): boolean =>
  onlyGrowing.some((figure) => (after[figure] ?? 0) < (before[figure] ?? 0))
