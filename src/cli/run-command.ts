import { resolve } from 'node:path'
import { AppError, toAppError } from '../lib/errors.ts'
import { checkWritable } from '../results/write-reports.ts'
import { RunLog } from './conduct-run.ts'
import { kafkaFlagWithoutBroker } from './kafka-flags.ts'
import { loadFromFlags, type RunFlags } from './load-from-flags.ts'
import type { ProgramContext } from './program-context.ts'
import { reportError } from './report-error.ts'
import { parseHttpUrl } from './role-flags.ts'
import { runLocally, usesBuiltin } from './run-locally.ts'

/**
 * `groundswell run`: from the scenario to the report; on this machine, with drivers over Kafka, or by an orchestrator that
 * is up. Resolves with the exit code.
 */
export const runCommand = async (
  context: ProgramContext,
  source: string,
  flags: RunFlags,
): Promise<number> => {
  try {
    return await runScenario(context, source, flags)
  } catch (error) {
    if (!flags.json) throw error
    const { code, message, hint, exitCode } = toAppError(error)
    context.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`)
    reportError(context, toAppError(error))
    return exitCode
  }
}

const runScenario = async (context: ProgramContext, source: string, given: RunFlags): Promise<number> => {
  checkPlace(given)
  const flags = {
    ...given,
    ...(given.orchestrator === undefined
      ? {}
      : { orchestrator: parseHttpUrl('--orchestrator', given.orchestrator) }),
  }
  const loaded = await loadFromFlags(context, source, flags)
  const directory = flags.out === undefined ? undefined : resolve(context.cwd, flags.out)
  const isElsewhere = flags.kafka !== undefined || flags.orchestrator !== undefined
  if (isElsewhere && usesBuiltin(loaded.scenario))
    throw new AppError('USAGE', 'the target "builtin" is on this machine alone, and drivers are elsewhere', {
      hint: 'Start `groundswell target --host ADDRESS` where drivers reach it, and name its URL.',
    })
  if (directory !== undefined) await checkWritable(directory)
  const log = new RunLog(context, flags.quiet)
  for (const warning of loaded.warnings) log.logger.warn(warning)
  // Each is loaded only when it is asked for: Kafka's client would cost every local run its time.
  if (flags.orchestrator !== undefined) {
    const { runRemotely } = await import('./remote-run.ts')
    return runRemotely(context, loaded, flags, log, directory)
  }
  if (flags.kafka !== undefined) {
    const { runOverKafka } = await import('./run-over-kafka.ts')
    return runOverKafka(context, loaded, flags, log, directory)
  }
  return runLocally(context, loaded, flags, log, directory)
}

/** Where a run takes place is said by options alone: a variable that is set somewhere must not change whom it loads. */
const checkPlace = (flags: RunFlags): void => {
  if (flags.kafka !== undefined && flags.orchestrator !== undefined)
    throw new AppError('USAGE', '--kafka and --orchestrator exclude each other', {
      hint: 'With --orchestrator URL the orchestrator that is up conducts the run; with --kafka this process does.',
    })
  const detail = kafkaFlagWithoutBroker(flags)
  if (detail !== undefined) throw new AppError('USAGE', `${detail} goes with --kafka`)
  if (flags.orchestrator === undefined && (flags.tokenFile !== undefined || flags.detach === true))
    throw new AppError('USAGE', `${flags.detach ? '--detach' : '--token-file'} goes with --orchestrator`)
  if (flags.allowTarget.length > 0 && (flags.kafka ?? flags.orchestrator) !== undefined)
    throw new AppError('USAGE', '--allow-target is for drivers of this machine', {
      hint: 'Elsewhere each driver has a list of its own: groundswell driver --allow-target ENTRY.',
    })
}
