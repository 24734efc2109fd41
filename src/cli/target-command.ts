import { exitCodes } from '../lib/errors.ts'
import { parseTargetOptions, type TargetFlags } from '../target/target-options.ts'
import { startTarget } from '../target/target-server.ts'
import type { ProgramContext } from './program-context.ts'

/** `groundswell target`: serves until a signal comes. */
export const targetCommand = async (context: ProgramContext, flags: TargetFlags): Promise<number> => {
  const target = await startTarget(parseTargetOptions(flags), context.clock)
  context.stderr.write(`Serving ${target.url} (/, /ping, /metric, /metrics, /echo); Ctrl-C ends it.\n`)
  await new Promise<void>((resolve) => {
    const forget = context.onSignal(() => {
      forget()
      resolve()
    })
  })
  const { requestsReceived, responsesSent } = target.stats()
  await target.close()
  context.stderr.write(`Received ${requestsReceived} requests, sent ${responsesSent} responses.\n`)
  return exitCodes.passed
}
