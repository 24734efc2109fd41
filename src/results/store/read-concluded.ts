import { epochMsOf, isoTime } from '../../lib/clock.ts'
import type { RunResult } from '../run-result.ts'
import { concludeRun, rowsOf } from './conclude-run.ts'
import type { ResultsStore, RunSummary } from './results-store.ts'

/** A run that goes on is written each second. */
const abandonedAfterMs = 15_000

/** `abandoned`: it has no end, and nobody writes it any more. */
export const conditionOf = (
  run: Pick<RunSummary, 'state' | 'updatedAt'>,
  nowMs: number,
): 'finished' | 'live' | 'abandoned' => {
  if (run.state === 'finished') return 'finished'
  return run.updatedAt < isoTime(nowMs - abandonedAfterMs) ? 'abandoned' : 'live'
}

/** Ids are of one length: no other begins with a whole one. */
const maxSameBeginning = 10

/**
 * What is to be told of a stored run. Of an abandoned one that is not its last written result, which is some seconds behind
 * the rows and says that the run goes on: it is concluded from its journal and its rows, as the next start of its
 * orchestrator would. Nothing is written. Undefined: it was created, and nothing is known of it.
 */
export const readConcluded = async (
  store: Pick<ResultsStore, 'readResult' | 'readJournal' | 'readSeconds' | 'listRuns'>,
  id: string,
  nowMs: number,
): Promise<RunResult | undefined> => {
  const known = await store.readResult(id)
  if (known === undefined || known.state === 'finished') return known
  const run = (await store.listRuns({ limit: maxSameBeginning, idPrefix: id })).find((one) => one.id === id)
  if (run === undefined || conditionOf(run, nowMs) !== 'abandoned') return known
  const journaled = await store.readJournal(id)
  const hasBegun = journaled?.events.some(({ type }) => type === 'triggered') === true
  // Of a run that nobody journaled, the last result is all.
  if (journaled === undefined || (!hasBegun && known.startedAt !== null)) return known
  const { result } = concludeRun(journaled, await rowsOf(store, id), known, {
    nowMs: epochMsOf(run.updatedAt),
    lostReason: 'the process that conducted the run is gone',
  })
  const abandoned = `Abandoned: nothing was written of this run since ${run.updatedAt.slice(0, 19).replace('T', ' ')} UTC; its figures are of the seconds that were.`
  return { ...result, warnings: [abandoned, ...result.warnings] }
}
