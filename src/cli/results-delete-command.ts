import { createInterface } from 'node:readline/promises'
import type { Writable } from 'node:stream'
import { AppError, exitCodes } from '../lib/errors.ts'
import { conditionOf } from '../results/store/read-concluded.ts'
import type { RunSummary } from '../results/store/results-store.ts'
import { findRun, openResults } from './open-results.ts'
import type { ProgramContext } from './program-context.ts'

/** `groundswell results delete`: asks on a terminal, and deletes either all that are named or none. */
export const resultsDeleteCommand = async (
  context: ProgramContext,
  meant: readonly string[],
  flags: { store?: string; yes?: boolean },
): Promise<number> => {
  const { store } = await openResults(context, flags.store, 'change')
  try {
    const runs = new Map<string, RunSummary>()
    for (const one of meant) {
      const run = await findRun(store, one)
      runs.set(run.id, run)
    }
    for (const run of runs.values())
      if (conditionOf(run, context.clock.wallMs()) === 'live')
        throw new AppError('RUN_ACTIVE', `run ${run.id} goes on`)
    if (flags.yes !== true && !(await confirm(context, [...runs.values()]))) {
      context.stderr.write('Nothing was deleted.\n')
      return exitCodes.couldNotRun
    }
    for (const id of runs.keys()) {
      await store.deleteRun(id)
      context.stderr.write(`Deleted ${id}\n`)
    }
    return exitCodes.passed
  } finally {
    await store.close()
  }
}

const confirm = async (context: ProgramContext, runs: readonly RunSummary[]): Promise<boolean> => {
  if (context.stdin.isTTY !== true || context.stderr.isTTY !== true)
    throw new AppError('USAGE', 'results delete asks on a terminal, and there is none', {
      hint: 'Say --yes to delete without being asked.',
    })
  const [first] = runs
  const what =
    runs.length === 1 && first !== undefined ? `run ${first.id} (${first.name})` : `${runs.length} runs`
  const lines = createInterface({ input: context.stdin, output: context.stderr as unknown as Writable })
  try {
    const answer = await lines.question(`Delete ${what} for good? [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
