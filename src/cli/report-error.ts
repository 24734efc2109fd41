import type { AppError } from '../lib/errors.ts'
import type { ProgramContext } from './program-context.ts'

/** What went wrong and how to mend it, on standard error; the stack only for faults of our own. */
export const reportError = (context: Pick<ProgramContext, 'stderr'>, error: AppError): void => {
  context.stderr.write(`groundswell: ${error.message.trimEnd()}\n`)
  if (error.hint !== '') context.stderr.write(`  ${error.hint}\n`)
  if (error.code === 'INTERNAL' && error.cause instanceof Error)
    context.stderr.write(`${error.cause.stack ?? ''}\n`)
}
