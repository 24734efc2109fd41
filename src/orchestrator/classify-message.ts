import { hasEnded } from './driver-progress.ts'
import { mayJoin } from './foreign-joining.ts'
import type { RunState } from './run-state.ts'

/**
 * Which run a report or heartbeat belongs to.
 *
 *   run      that one; `joins`: its sender is not among the run's drivers yet
 *   nobody   a heartbeat that speaks of no run: news about the driver alone
 *   orphan   of an unknown or finished run, of no run that can be told, or from a driver that has no part in it; it is
 *            kept apart and never counted in another run
 *
 * A message without `test_id` belongs to the one run that goes on with its sender. It never makes anybody join.
 */
export type Attribution =
  | { kind: 'run'; runId: string; joins: boolean }
  | { kind: 'nobody' }
  | { kind: 'orphan'; reason: OrphanReason }

export type OrphanReason = 'unknown run' | 'finished run' | 'no run named' | 'not in this run'

/** What reports and heartbeats have in common. */
export interface Attributable {
  node_id: string
  test_id?: string | undefined
  protocol?: string | undefined
}

/**
 * `runs`: by id, those that ended lately among them. `replayedMs`: when the bus took a message that is read once more
 * after a restart; one without `test_id` that is older than a run is none of its.
 */
export const classify = (
  message: Attributable,
  topic: 'metrics' | 'heartbeat',
  runs: ReadonlyMap<string, { readonly state: RunState }>,
  replayedMs = Number.POSITIVE_INFINITY,
): Attribution => {
  const { node_id: id, test_id: testId } = message
  if (testId === undefined) {
    const theirs = [...runs.values()].filter(
      ({ state }) => isAtWorkIn(state, id) && replayedMs >= state.createdAtMs,
    )
    const [only] = theirs
    if (only !== undefined && theirs.length === 1) return { kind: 'run', runId: only.state.id, joins: false }
    return topic === 'heartbeat' ? { kind: 'nobody' } : { kind: 'orphan', reason: 'no run named' }
  }
  const state = runs.get(testId)?.state
  if (state === undefined) return { kind: 'orphan', reason: 'unknown run' }
  if (state.phase === 'finished') return { kind: 'orphan', reason: 'finished run' }
  if (state.drivers.has(id)) return { kind: 'run', runId: testId, joins: false }
  if (mayJoin(state, message)) return { kind: 'run', runId: testId, joins: true }
  return { kind: 'orphan', reason: 'not in this run' }
}

/** A driver written by others may yet say something after we took it for finished. */
const isAtWorkIn = (state: RunState, id: string): boolean => {
  const driver = state.drivers.get(id)
  return state.phase === 'running' && driver !== undefined && (driver.isForeign || !hasEnded(driver))
}
