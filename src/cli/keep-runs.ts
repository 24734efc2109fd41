import type { LiveRun, RunOwner } from '../api/api-options.ts'
import { AppError } from '../lib/errors.ts'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { Run } from '../orchestrator/run.ts'
import type { RunKeeper } from '../results/store/run-keeper.ts'

type Submit = RunOwner['submit']

/** The same owner of runs, with something done as a run is handed in. */
export const withSubmit = (owner: Omit<RunOwner, 'submit'>, submit: Submit): RunOwner => ({
  get runs() {
    return owner.runs
  },
  get members() {
    return owner.members
  },
  get queued() {
    return owner.queued
  },
  get rejected() {
    return owner.rejected
  },
  get isConnected() {
    return owner.isConnected
  },
  submit,
})

/** An orchestrator as the API has it: what it took up and whatever is handed in is kept in the record. */
export const keepRuns = (
  orchestrator: Pick<Orchestrator, keyof RunOwner>,
  keeper: Pick<RunKeeper, 'follow'>,
): RunOwner => {
  for (const run of orchestrator.runs.values()) keeper.follow(run, run.record)
  return withSubmit(orchestrator, (request): LiveRun => {
    const run = orchestrator.submit(request)
    keeper.follow(run, run.record)
    return run
  })
}

/** Refuses every run once the process is about to end: nobody would see to it. */
export const unlessEnding = (owner: RunOwner, isEnding: () => boolean): RunOwner =>
  withSubmit(owner, (request) => {
    if (isEnding())
      throw new AppError('ORCHESTRATOR_RESTARTED', 'This orchestrator is ending and takes no more runs.', {
        hint: 'Start it again, then the run.',
      })
    return owner.submit(request)
  })

/** Those that wait or go on. */
export const unfinishedOf = (runs: ReadonlyMap<string, Run>): Run[] =>
  [...runs.values()].filter(({ state }) => state.phase !== 'finished')

/** Stops all of them in good order; resolves when they are closed. */
export const endAll = async (runs: readonly Run[]): Promise<void> => {
  for (const run of runs) run.steer({ command: 'stop', by: 'signal' }).catch(() => {})
  await Promise.allSettled(runs.map(({ ended }) => ended))
}
