import { messageOf } from '../lib/errors.ts'
import type { Run } from '../orchestrator/run.ts'
import type { ProgramContext } from './program-context.ts'
import { listenToSignals, type Signals } from './signals.ts'

/** Ctrl-C once ends the run in good order, twice ends the process. */
export const steerBySignals = (
  context: Pick<ProgramContext, 'onSignal' | 'clock' | 'exit'>,
  run: Pick<Run, 'steer'>,
  log: (line: string) => void,
): Signals =>
  listenToSignals(context, () => {
    log('Stopping: answers under way are awaited, then comes the report. Once more ends at once.')
    run.steer({ command: 'stop', by: 'signal' }).catch((error: unknown) => {
      log(`The run could not be stopped (${messageOf(error)}). Once more ends at once.`)
    })
  })
