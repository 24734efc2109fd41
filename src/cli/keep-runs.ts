import type { RunOwner } from '../api/api-options.ts'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { RunKeeper } from '../results/store/run-keeper.ts'

/** An orchestrator as the API has it: what it took up and whatever is handed in is kept in the record. */
export const keepRuns = (
  orchestrator: Pick<Orchestrator, keyof RunOwner>,
  keeper: Pick<RunKeeper, 'follow'>,
): RunOwner => {
  for (const run of orchestrator.runs.values()) keeper.follow(run, run.record)
  return {
    get runs() {
      return orchestrator.runs
    },
    get members() {
      return orchestrator.members
    },
    get queued() {
      return orchestrator.queued
    },
    get rejected() {
      return orchestrator.rejected
    },
    get isConnected() {
      return orchestrator.isConnected
    },
    submit: (request) => {
      const run = orchestrator.submit(request)
      keeper.follow(run, run.record)
      return run
    },
  }
}
