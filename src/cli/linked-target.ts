import { AppError } from '../lib/errors.ts'
import { startTarget } from '../target/target-server.ts'
import type { ProgramContext } from './program-context.ts'

/** The built-in target in a process of its own: listens on a free port of loopback and tells it to who forked it. */
export const runLinkedTarget = async (context: ProgramContext): Promise<void> => {
  const { parent, clock } = context
  if (parent === undefined) throw new AppError('INTERNAL', 'A linked target needs a process to be linked to.')
  parent.onClose(() => context.exit(0))
  const target = await startTarget({ port: 0 }, clock)
  parent.send({ url: target.url })
}
