import type { Logger } from '../lib/logger.ts'
import { judgeOutcome } from './outcome.ts'
import type { JournalEvent } from './run-journal.ts'
import type { RunState } from './run-state.ts'

/**
 * Says in the log what was decided, for who operates the orchestrator. `isFollowed`: who asked for the run waits for it here,
 * and tells a failure himself. `state`: with the decision in it.
 */
export const noteDecision = (
  logger: Logger,
  { run, name, isFollowed }: { run: string; name: string | undefined; isFollowed: boolean },
  event: JournalEvent,
  state: RunState,
  nowMs: number,
): void => {
  switch (event.type) {
    case 'configured':
      logger.info('a run has its drivers', {
        run,
        name,
        drivers: event.drivers.map(({ id }) => id),
      })
      return
    case 'triggered':
      logger.info('a run begins', { run, name })
      return
    case 'control':
      logger.info('a run is steered', {
        run,
        command: event.message.command,
        by: event.message.by,
        ...(event.message.scale === undefined ? {} : { scale: event.message.scale }),
      })
      return
    case 'failed':
      logger[isFollowed ? 'info' : 'warn']('a run could not begin', {
        run,
        name,
        code: event.error.code,
        why: event.error.message,
      })
      return
    case 'closed': {
      const { outcome, why } = judgeOutcome(state, nowMs)
      logger.info('a run is over', {
        run,
        name,
        outcome,
        ...(why[0] === undefined ? {} : { why: why[0] }),
      })
    }
  }
}
