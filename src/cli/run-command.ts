import { resolve } from 'node:path'
import { AppError, toAppError } from '../lib/errors.ts'
import { checkWritable } from '../results/write-reports.ts'
import { RunLog } from './conduct-run.ts'
import { findPlace, parseDashboardFlags } from './dashboard-flags.ts'
import { kafkaFlagWithoutBroker } from './kafka-flags.ts'
import { loadFromFlags, type RunFlags } from './load-from-flags.ts'
import type { ProgramContext } from './program-context.ts'
import { reportError } from './report-error.ts'
import { parseHttpUrl } from './role-flags.ts'
import { runLocally, usesBuiltin } from './run-locally.ts'
import { UsageFaults } from './usage-faults.ts'

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
  const faults = new UsageFaults()
  checkPlace(given, faults)
  const { orchestrator: url } = given
  const orchestrator =
    url === undefined ? undefined : await faults.collect(() => parseHttpUrl('--orchestrator', url))
  const flags = { ...given, ...(orchestrator === undefined ? {} : { orchestrator }) }
  const asked = await parseDashboardFlags(context, flags, faults)
  faults.throwIfAny()
  const loaded = await loadFromFlags(context, source, flags)
  const directory = flags.out === undefined ? undefined : resolve(context.cwd, flags.out)
  // An orchestrator knows by itself whether it has one.
  if (flags.kafka !== undefined && usesBuiltin(loaded.scenario))
    throw new AppError('USAGE', 'the target "builtin" is on this machine alone, and drivers are elsewhere', {
      hint: 'Start `groundswell target --host ADDRESS` where drivers reach it, and name its URL.',
    })
  if (directory !== undefined) await checkWritable(directory)
  const dashboard = asked && (await findPlace(asked))
  const log = new RunLog(context, flags.quiet)
  for (const warning of loaded.warnings) log.logger.warn(warning)
  // Each is loaded only when it is asked for: Kafka's client would cost every local run its time.
  if (flags.orchestrator !== undefined) {
    const { runRemotely } = await import('./remote-run.ts')
    return runRemotely(context, loaded, flags, log, directory)
  }
  if (flags.kafka !== undefined) {
    const { runOverKafka } = await import('./run-over-kafka.ts')
    return runOverKafka(context, loaded, flags, log, directory, dashboard)
  }
  return runLocally(context, loaded, flags, log, directory, dashboard)
}

/** Where a run takes place is said by options alone: a variable that is set somewhere must not change whom it loads. */
const checkPlace = (flags: RunFlags, faults: UsageFaults): void => {
  const { kafka, orchestrator, detach, allowTarget } = flags
  if (kafka !== undefined && orchestrator !== undefined)
    faults.add(
      '--kafka and --orchestrator exclude each other: with --orchestrator URL the orchestrator that is up conducts the run; with --kafka this process does',
    )
  const detail = kafkaFlagWithoutBroker(flags)
  if (detail !== undefined) faults.add(`${detail} goes with --kafka`)
  if (orchestrator === undefined && detach === true) faults.add('--detach goes with --orchestrator')
  if (allowTarget.length > 0 && (kafka ?? orchestrator) !== undefined)
    faults.add(
      '--allow-target is for drivers of this machine: elsewhere each driver has a list of its own (groundswell driver --allow-target ENTRY)',
    )
}
