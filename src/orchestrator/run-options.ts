import type { MessageChannel } from '../bus/message-channel.ts'
import type { Clock } from '../lib/clock.ts'
import type { AppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { RunJournal } from './run-journal.ts'
import type { ChosenDriver, ClockEstimate, RunState } from './run-state.ts'

/** What a run is given, and what it is told. */
export interface RunOptions {
  channel: MessageChannel
  clock: Clock
  logger: Logger
  journal: RunJournal
  state: RunState
  /** The scenario with secrets masked. */
  record: Scenario
  /** Files of the scenario by hash. */
  assets: ReadonlyMap<string, Uint8Array>
  /** Waits, ready, until somebody triggers it. */
  hold: boolean
  /** Who asked for it waits for its end in this process, and tells how that was. */
  isFollowed: boolean
  /** The error for which a run must not be triggered now, because of who is there. */
  refuse: () => AppError | undefined
  /** Old messages are being removed from the topics: what is published meanwhile could go with them. */
  purging: () => Promise<void> | undefined
  /** Drivers written by others that are present now: they begin with this run, and are held for it. */
  joinForeign: (runId: string) => readonly string[]
  /** A driver's clock as it is known now. */
  clockOf: (driver: string) => ClockEstimate | null
  /** The longest that a message to a driver takes, as far as is known now. */
  delayMs: () => number
  /** The bus brings nothing at the moment: silence is nobody's fault. */
  isDeaf: () => boolean
}

/** Who carries a run, and sentences about them for its result. */
export interface ChosenCast {
  drivers: readonly ChosenDriver[]
  notes: readonly string[]
}

export interface SteerCommand {
  command: 'stop' | 'pause' | 'resume' | 'rate'
  /** Of `rate`: relative to the scenario. */
  scale?: number
  by: string
}
