import type { AppError } from '../lib/errors.ts'
import type { ProgramContext } from './program-context.ts'

/**
 * What went wrong, its code, and how to mend it, on standard error; the stack only for faults of our own. A list of faults
 * has no code: each of its lines says where.
 */
export const reportError = (context: Pick<ProgramContext, 'stderr'>, error: AppError): void => {
  const message = error.message.trimEnd()
  context.stderr.write(
    `groundswell: ${message.includes('\n') ? message : `${message.replace(/\.$/, '')} (${error.code})`}\n`,
  )
  if (error.hint !== '') context.stderr.write(`  ${error.hint}\n`)
  if (error.code === 'INTERNAL' && error.cause instanceof Error)
    context.stderr.write(`${error.cause.stack ?? ''}\n`)
}
