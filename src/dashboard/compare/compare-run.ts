import type { Distribution } from '../../results/distribution.ts'
import type { RunResult } from '../../results/run-result.ts'
import type { TimelineRowWithColumns } from '../../results/timeline.ts'
import { type ApiClient, ApiProblem } from '../api-client.ts'
import type { Span } from '../charts/charts-input.ts'
import { timelinePath } from '../model/live-run-model-load.ts'
import type { Track } from '../model/track.ts'
import { GrowingTrack } from '../model/track-growing.ts'
import { trackRowOf } from '../model/track-row.ts'
import { wholeStepOf } from '../model/track-step.ts'
import type { PageClock } from '../page.ts'

/** A run as it was when it was asked for. */
export interface RunSnapshot {
  result: RunResult
  /** Epoch. */
  atMs: number
}

export const loadSnapshot = async (
  { api, clock }: { api: Pick<ApiClient, 'get'>; clock: PageClock },
  id: string,
  signal: AbortSignal,
): Promise<RunSnapshot> => {
  const result = await api.get<RunResult>(`/api/runs/${encodeURIComponent(id)}`, signal)
  return { result, atMs: clock.wallMs() }
}

/** The step in which both runs fit, so that a column of one map covers as many seconds as one of the other. */
export const commonStepOf = (runs: readonly Pick<RunResult, 'elapsedMs'>[]): number =>
  wholeStepOf(Math.ceil(Math.max(0, ...runs.map(({ elapsedMs }) => elapsedMs)) / 1000))

/** All of a run in rows of `step` seconds; undefined: no second of it was reported. */
export const loadTrack = async (
  { api }: { api: Pick<ApiClient, 'get'> },
  { id, elapsedMs }: Pick<RunResult, 'id' | 'elapsedMs'>,
  step: number,
  signal: AbortSignal,
): Promise<Track | undefined> => {
  const rows = await api.get<TimelineRowWithColumns[]>(
    timelinePath(id, { request: '*', step, from: 0 }),
    signal,
  )
  if (rows.length === 0) return undefined
  // The last row may not be full.
  const secondsOf = (second: number): number =>
    Math.max(1, Math.min(step, Math.ceil(elapsedMs / 1000) - second))
  const track = new GrowingTrack(step, 0)
  for (const row of rows) track.put(row.second / step, trackRowOf(row, '*', secondsOf(row.second)))
  return track
}

/** Every response time of a span. */
export const loadDistribution = (
  { api }: { api: Pick<ApiClient, 'get'> },
  id: string,
  { from, to }: Span,
  signal: AbortSignal,
): Promise<Distribution> => api.get(`/api/runs/${encodeURIComponent(id)}/seconds/${from}?to=${to}`, signal)

export const problemOf = (error: unknown): ApiProblem =>
  error instanceof ApiProblem
    ? error
    : new ApiProblem({ status: 0, code: 'UNREACHABLE', detail: 'The orchestrator does not answer.' })
