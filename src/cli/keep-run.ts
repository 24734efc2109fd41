import type { Run } from '../orchestrator/run.ts'
import { noJournal, type RunJournal } from '../orchestrator/run-journal.ts'
import { lazyStore } from '../results/store/lazy-store.ts'
import { noStore } from '../results/store/no-store.ts'
import type { ResultsStore } from '../results/store/results-store.ts'
import { RunKeeper } from '../results/store/run-keeper.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { RunLog } from './conduct-run.ts'
import type { ProgramContext } from './program-context.ts'
import { environmentHere } from './report-environment.ts'
import { storeLocation } from './store-location.ts'

/** The record of the run that the command was asked for, and of those that its dashboard starts besides. */
export interface KeptRecord {
  journal: RunJournal
  /** Opened with its first use. */
  store: ResultsStore
  isWritten(): boolean
  /** The command's own run. */
  follow(run: Run): void
  followOther(run: Run, record: Scenario): () => void
  /** Waits shortly for what is still to be written, and says, once, under which id the command's own run is kept. */
  settle(): Promise<void>
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
  if (location === 'none') return keptNowhere
  const { logger } = log
  const store = lazyStore(async () => {
    const { openStore } = await import('../results/store/open-store.ts')
    return openStore(location, { clock, logger })
  })
  const keeper = new RunKeeper({
    store,
    clock,
    logger,
    isResumable: false,
    environment: environmentHere(context),
  })
  let id: string | undefined
  let isKept = false
  let settling: Promise<void> | undefined
  const settle = async (): Promise<void> => {
    isKept = await keeper.flush(flushLimitMs)
    if (id === undefined || flags.quiet || flags.json) return
    log.say(
      isKept
        ? `Kept as ${id}: groundswell results show ${id}`
        : 'Not kept: the results store cannot be written. With --store none no record is made.',
    )
  }
  return {
    store,
    isWritten: () => !keeper.isAway,
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
    followOther: (run, record) => keeper.follow(run, record),
    settle: () => {
      settling ??= settle()
      return settling
    },
    close: async () => {
      settling ??= settle()
      await settling
      // What came since; a store that failed a moment ago is waited for once.
      if (isKept) await keeper.flush(flushLimitMs)
      await keeper.close()
      await store.close()
    },
  }
}

const keptNowhere: KeptRecord = {
  journal: noJournal,
  store: noStore,
  isWritten: () => true,
  follow: () => {},
  followOther: () => () => {},
  settle: async () => {},
  close: async () => {},
}
