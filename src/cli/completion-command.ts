import type { Command } from 'commander'
import { AppError } from '../lib/errors.ts'
import { type CompletionShell, completionShells, renderCompletion } from './completion.ts'
import type { ProgramContext } from './program-context.ts'

/** `groundswell completion`: the script on standard output. */
export const completionCommand = (context: ProgramContext, program: Command, shell: string): void => {
  if (!isShell(shell))
    throw new AppError('USAGE', `no completion for "${shell}": choose one of ${completionShells.join(', ')}`)
  context.stdout.write(renderCompletion(shell, program))
}

const isShell = (text: string): text is CompletionShell =>
  (completionShells as readonly string[]).includes(text)
