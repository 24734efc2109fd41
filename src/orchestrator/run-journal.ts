import type { Scenario } from '../scenario/scenario.ts'
import type { RunEvent } from './run-state.ts'

/** What the orchestrator itself decided in a run. Everything else that a run's state follows from is on the bus. */
export type JournalEvent = Extract<
  RunEvent,
  { type: 'configured' | 'triggered' | 'control' | 'closed' | 'failed' }
>

/** A run that an earlier life of this orchestrator did not close. */
export interface JournaledRun {
  id: string
  createdAtMs: number
  /** With secrets masked: enough to fold what drivers report, not to tell them what to do. */
  record: Scenario
  /** In the order in which they were written. */
  events: readonly JournalEvent[]
}

/**
 * Where decisions are written before they are said on the bus, so that an orchestrator that is killed and started again
 * goes on with its runs. Called a few times a run, and awaited: an implementation answers within about a second, and
 * neither rejects nor forgets when its disk or database is away: it logs, keeps the event and writes it later.
 */
export interface RunJournal {
  create(run: Omit<JournaledRun, 'events'>): Promise<void>
  append(runId: string, event: JournalEvent): Promise<void>
  /** Oldest first. Rejects with STORE_UNAVAILABLE. */
  unfinished(): Promise<JournaledRun[]>
}

/** For an orchestrator whose runs end with it. */
export const noJournal: RunJournal = {
  create: async () => {},
  append: async () => {},
  unfinished: async () => [],
}
