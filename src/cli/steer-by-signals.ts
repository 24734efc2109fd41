import { exitCodes, messageOf } from '../lib/errors.ts'
import type { Run } from '../orchestrator/run.ts'
import type { ProgramContext } from './program-context.ts'

/**
 * Ctrl-C once ends the run in good order, twice ends the process. A terminal sends it to the whole group and a wrapper
 * may pass it on besides: what comes within this time is one press.
 */
const samePressMs = 150

export interface SignalSteering extends Disposable {
  /** What to exit with; undefined while no signal came. */
  readonly exitCode: number | undefined
}

export const steerBySignals = (
  context: Pick<ProgramContext, 'onSignal' | 'clock' | 'exit'>,
  run: Pick<Run, 'steer'>,
  log: (line: string) => void,
): SignalSteering => {
  let exitCode: number | undefined
  let lastMs = Number.NEGATIVE_INFINITY
  const forget = context.onSignal((signal) => {
    const nowMs = context.clock.nowMs()
    if (nowMs - lastMs < samePressMs) return
    lastMs = nowMs
    const code = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
    if (exitCode !== undefined) context.exit(code)
    exitCode = code
    log('Stopping: answers under way are awaited, then comes the report. Once more ends at once.')
    run.steer({ command: 'stop', by: 'signal' }).catch((error: unknown) => {
      log(`The run could not be stopped (${messageOf(error)}). Once more ends at once.`)
    })
  })
  return {
    get exitCode() {
      return exitCode
    },
    [Symbol.dispose]: forget,
  }
}
