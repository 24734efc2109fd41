import { connectKafkaBus } from '../bus/kafka/kafka-bus.ts'
import { exitCodes } from '../lib/errors.ts'
import { createLineLogger } from '../lib/logger.ts'
import type { LoadedScenario } from '../scenario/load-scenario.ts'
import { conductRun, type RunLog } from './conduct-run.ts'
import type { DashboardPlace } from './dashboard-flags.ts'
import { parseKafkaFlags } from './kafka-flags.ts'
import type { RunFlags } from './load-from-flags.ts'
import type { ProgramContext } from './program-context.ts'
import { listenToSignals } from './signals.ts'
import { UsageFaults } from './usage-faults.ts'

/**
 * An orchestrator for one run: it starts no drivers but waits for those that are up on the same Kafka. Whom they may load
 * is theirs to say. It keeps no journal: killed, its drivers stop by themselves when they hear nothing for long enough.
 */
export const runOverKafka = async (
  context: ProgramContext,
  loaded: LoadedScenario,
  flags: RunFlags,
  log: RunLog,
  directory: string | undefined,
  dashboard: DashboardPlace | undefined,
): Promise<number> => {
  const { clock } = context
  const faults = new UsageFaults()
  const kafka = await parseKafkaFlags(context, flags, faults)
  faults.throwIfAny()
  for (const warning of kafka.warnings) log.logger.warn(warning)
  await using parts = new AsyncDisposableStack()
  // Nothing goes on yet that would have to be ended in good order.
  const waiting = listenToSignals(context, () => context.exit(waiting.exitCode ?? exitCodes.terminated))
  try {
    // That a broker is waited for is for the person who waits.
    const logger = createLineLogger('groundswell', flags.quiet ? 'error' : 'info', log.say)
    const bus = await connectKafkaBus(kafka.options, { clock, logger })
    parts.defer(() => bus.close())
    waiting[Symbol.dispose]()
    return await conductRun(context, { bus, prepare: async () => loaded, dashboard }, flags, log, directory)
  } finally {
    waiting[Symbol.dispose]()
  }
}
