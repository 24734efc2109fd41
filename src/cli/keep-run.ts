import type { Run } from '../orchestrator/run.ts'
import { noJournal, type RunJournal } from '../orchestrator/run-journal.ts'
import { RunKeeper } from '../results/store/run-keeper.ts'
import type { RunLog } from './conduct-run.ts'
import type { ProgramContext } from './program-context.ts'
import { storeLocation } from './store-location.ts'

/** The record of the one run of this process. */
export interface KeptRecord {
  journal: RunJournal
  follow(run: Run): void
  /** Waits shortly for what is still to be written, and says under which id the run is kept. */
  close(): Promise<void>
}

/** A disk that fails, or a database that is away, must not hold up whoever waits for the outcome. */
const flushLimitMs = 3000

/** Nothing waits for the store: it is opened with the first write. Throws USAGE where `--store` cannot be meant. */
export const keepRun = (
  context: ProgramContext,
  flags: { store?: string; quiet?: boolean; json?: boolean },
  log: RunLog,
): KeptRecord => {
  const { clock } = context
  const { location } = storeLocation(context, flags.store)
  if (location === 'none') return { journal: noJournal, follow: () => {}, close: async () => {} }
  const { logger } = log
  const keeper = new RunKeeper({
    store: async () => {
      const { openStore } = await import('../results/store/open-store.ts')
      return openStore(location, { clock, logger })
    },
    clock,
    logger,
    isResumable: false,
  })
  let id: string | undefined
  return {
    journal: {
      create: (run) => keeper.create(run),
      append: (runId, event) => keeper.append(runId, event),
      // What an orchestrator left in the same store is its own to take up.
      unfinished: noJournal.unfinished,
    },
    follow: (run) => {
      id = run.id
      keeper.follow(run, run.record)
    },
    close: async () => {
      const isKept = await keeper.flush(flushLimitMs)
      await keeper.close()
      if (id === undefined || flags.quiet || flags.json) return
      log.say(
        isKept
          ? `Kept as ${id}: groundswell results show ${id}`
          : 'Not kept: the results store cannot be written. With --store none no record is made.',
      )
    },
  }
}
