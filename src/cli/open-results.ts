import { existsSync } from 'node:fs'
import { AppError } from '../lib/errors.ts'
import { createLineLogger } from '../lib/logger.ts'
import { noStore } from '../results/store/no-store.ts'
import { openStore } from '../results/store/open-store.ts'
import { isPostgresUrl } from '../results/store/postgres-location.ts'
import type { ResultsStore, RunSummary } from '../results/store/results-store.ts'
import type { ProgramContext } from './program-context.ts'
import { storeLocation } from './store-location.ts'

/** Opens a store that is there: nothing is made where there is none. `text`: where it is. */
export const openResults = async (
  context: ProgramContext,
  given: string | undefined,
  use: 'read' | 'change' = 'read',
): Promise<{ store: ResultsStore; text: string }> => {
  const { location, text } = storeLocation(context, given)
  if (location === 'none' || (!isPostgresUrl(location) && !existsSync(location)))
    return { store: noStore, text }
  const logger = createLineLogger('groundswell', 'warn', (line) => context.stderr.write(`${line}\n`))
  return {
    store: await openStore(location, { clock: context.clock, logger, isToRead: use === 'read' }),
    text,
  }
}

const maxPrefixMatches = 1000

/** The run that is meant: `latest`, its id, or the beginning of it where only one begins so. Throws RUN_UNKNOWN, USAGE. */
export const findRun = async (store: ResultsStore, meant: string): Promise<RunSummary> => {
  if (meant === 'latest') {
    const [latest] = await store.listRuns({ limit: 1 })
    if (latest === undefined) throw new AppError('RUN_UNKNOWN', 'no run was kept yet')
    return latest
  }
  const matching = meant === '' ? [] : await store.listRuns({ limit: maxPrefixMatches, idPrefix: meant })
  const run = matching.find(({ id }) => id === meant) ?? matching[0]
  if (run === undefined) throw new AppError('RUN_UNKNOWN', `there is no run ${meant}`)
  if (run.id !== meant && matching.length > 1)
    throw new AppError('USAGE', `${matching.length} runs begin with ${meant}`, {
      hint: `Name more of it: ${matching
        .slice(0, 5)
        .map(({ id }) => id)
        .join(', ')}${matching.length > 5 ? ', ...' : ''}.`,
    })
  return run
}
