import { exitCodes } from '../lib/errors.ts'
import type { ProgramContext } from './program-context.ts'

/**
 * A terminal sends Ctrl-C to the whole group and a wrapper may pass it on besides: what comes within this time is one
 * press.
 */
const samePressMs = 150

export interface Signals extends Disposable {
  /** What to exit with because of the first signal; undefined while none came. */
  readonly exitCode: number | undefined
}

/** Calls back at the first SIGINT, SIGTERM or SIGHUP; the second one ends the process at once. */
export const listenToSignals = (
  context: Pick<ProgramContext, 'onSignal' | 'clock' | 'exit'>,
  onFirst: () => void,
): Signals => {
  let exitCode: number | undefined
  let lastMs = Number.NEGATIVE_INFINITY
  const forget = context.onSignal((signal) => {
    const nowMs = context.clock.nowMs()
    if (nowMs - lastMs < samePressMs) return
    lastMs = nowMs
    const code = signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated
    if (exitCode !== undefined) context.exit(code)
    exitCode = code
    onFirst()
  })
  return {
    get exitCode() {
      return exitCode
    },
    [Symbol.dispose]: forget,
  }
}
