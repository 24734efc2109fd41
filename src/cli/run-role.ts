import { type AppError, exitCodes } from '../lib/errors.ts'
import type { ProgramContext } from './program-context.ts'
import { redactError } from './redact-secrets.ts'
import { listenToSignals } from './signals.ts'

/**
 * The life of a long-running role: `start` puts what it opens on the stack; at the first signal `onStop` says what goes on,
 * the parts are closed, the last opened first, and the role has done its work: 0. A start that fails closes what was
 * opened and throws, without `secrets` in the error; so does a role that says by `fail` that it cannot go on. A signal during the start, and any second one, ends the process at once with 130 or 143.
 */
export const runRole = async (
  context: Pick<ProgramContext, 'onSignal' | 'clock' | 'exit'>,
  secrets: readonly string[],
  start: (parts: AsyncDisposableStack, fail: (error: AppError) => void) => Promise<void>,
  onStop: () => void,
): Promise<number> => {
  const stopped = Promise.withResolvers<void>()
  // Looked at when it is up.
  stopped.promise.catch(() => {})
  let isUp = false
  using signals = listenToSignals(context, () => {
    if (!isUp) context.exit(signals.exitCode ?? exitCodes.terminated)
    onStop()
    stopped.resolve()
  })
  await using parts = new AsyncDisposableStack()
  try {
    await start(parts, stopped.reject)
    isUp = true
    await stopped.promise
  } catch (error) {
    throw redactError(error, secrets)
  }
  return exitCodes.passed
}
