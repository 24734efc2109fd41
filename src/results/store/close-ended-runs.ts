import type { Clock } from '../../lib/clock.ts'
import type { Logger } from '../../lib/logger.ts'
import { concludeRun, rowsOf } from './conclude-run.ts'
import type { ResultsStore } from './results-store.ts'

/**
 * Closes the runs that a process left open whose drivers ended with it, so that nobody can go on with them: from what its
 * journal and its rows tell. A run that had begun is degraded, its figures are the sum of the seconds that were written,
 * and the rest is named as missing; one that had not is failed with ORCHESTRATOR_RESTARTED. Resolves with the ids.
 */
export const closeEndedRuns = async (
  store: ResultsStore,
  { clock, logger }: { clock: Clock; logger: Logger },
): Promise<string[]> => {
  const runs = await store.unfinishedRuns()
  for (const run of runs) {
    const known = await store.readResult(run.id)
    const { result, event } = concludeRun(run, await rowsOf(store, run.id), known, {
      nowMs: clock.wallMs(),
      lostReason: 'ended with its orchestrator',
    })
    // The closing event is the last: killed between the two, the next start does this again.
    await store.putResult(run.id, result)
    await store.appendEvent(run.id, run.events.length, event)
    logger.warn('closed a run whose drivers ended with the process that conducted it', {
      run: run.id,
      outcome: result.outcome,
    })
  }
  return runs.map(({ id }) => id)
}
