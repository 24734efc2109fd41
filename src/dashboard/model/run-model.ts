import type { RunResult } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import type { ApiProblem } from '../api-client.ts'
import type { Track, TrackView } from './track.ts'

/** How what the page shows stands to what is so. */
export type Link =
  | { kind: 'opening' }
  /** The stream is open and something came in the last 3 s. */
  | { kind: 'live' }
  /** `sinceMs`: epoch; when the last word came. It is being tried again. */
  | { kind: 'stale'; sinceMs: number; why: string }
  /** The run is over and all that it said is here. */
  | { kind: 'ended' }
  /** There is no such run, or no right to see it. */
  | { kind: 'failed'; problem: ApiProblem }

/** One run as a page sees it: history from the timeline, then the stream; after a lost connection both again, without a hole. */
export interface RunModel {
  readonly id: string
  /** Whose seconds the tracks hold: `*` or a name. */
  readonly request: string
  readonly link: Link
  /** Fetched when the page opens, with the updates while the run goes on, at a change of state, and at the end. */
  readonly result: RunResult | undefined
  /** From the stream; undefined for a run of the past. */
  readonly latest: RunUpdate | undefined
  /** Undefined until its rows are here; asking for `whole` loads it and tells when it is there. */
  track(view: TrackView): Track | undefined
  /** Another request's history; the tracks are undefined until it is here. */
  choose(request: string): void
  /** About once a second, and when the link changes. Returns how to stop. */
  onChange(listener: () => void): () => void
  close(): void
}
