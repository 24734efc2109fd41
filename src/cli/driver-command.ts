import { availableParallelism, hostname, networkInterfaces } from 'node:os'
import { connectKafkaBus } from '../bus/kafka/kafka-bus.ts'
import { Driver } from '../driver/driver.ts'
import { calmLogger, maxLinesOfBus } from '../lib/calm-logger.ts'
import { messageOf } from '../lib/errors.ts'
import { drawId } from '../lib/random-id.ts'
import { version } from '../lib/version.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import { workloads } from '../workloads/workloads.ts'
import { checkOrchestrator } from './check-orchestrator.ts'
import { createStateLog } from './driver-state-log.ts'
import { type KafkaFlags, parseKafkaFlags } from './kafka-flags.ts'
import type { ProgramContext } from './program-context.ts'
import { type LogFlags, openRoleLog, parseHttpUrl, parsePositiveDuration } from './role-flags.ts'
import { runRole } from './run-role.ts'
import { UsageFaults } from './usage-faults.ts'

export interface DriverFlags extends KafkaFlags, LogFlags {
  orchestrator?: string
  allowTarget: string[]
  target?: string
  silenceLimit?: string
  peerDelayUnit: 's' | 'ms'
}

/** `groundswell driver`: one driver over Kafka, until a signal comes; then it says goodbye and ends with 0. */
export const driverCommand = async (context: ProgramContext, flags: DriverFlags): Promise<number> => {
  const { clock, env, pid, cpuUsageUs } = context
  const faults = new UsageFaults()
  const kafka = await parseKafkaFlags(context, flags, faults)
  const orchestrator = flags.orchestrator ?? (env.GROUNDSWELL_ORCHESTRATOR || undefined)
  const url =
    orchestrator === undefined
      ? undefined
      : await faults.collect(() => parseHttpUrl('--orchestrator', orchestrator))
  const entries = flags.allowTarget.length === 0 ? AllowList.defaults : flags.allowTarget
  const allow = (await faults.collect(() => new AllowList(entries))) ?? new AllowList([])
  const { target, silenceLimit } = flags
  const defaultTarget =
    target === undefined ? undefined : await faults.collect(() => parseHttpUrl('--target', target))
  const silenceLimitMs =
    silenceLimit === undefined
      ? undefined
      : await faults.collect(() => parsePositiveDuration('--silence-limit', silenceLimit))
  faults.throwIfAny()

  const logger = await openRoleLog(context, 'driver', flags, kafka.secrets)
  for (const warning of kafka.warnings) logger.warn(warning)
  const descriptorLimit = context.descriptorLimit()
  const limits = descriptorLimit === undefined ? {} : { limits: { descriptorLimit } }

  return runRole(
    context,
    kafka.secrets,
    async (parts) => {
      const bus = await connectKafkaBus(kafka.options, { clock, logger })
      parts.defer(() => bus.close())
      const driver = new Driver({
        bus,
        clock,
        logger,
        drawId,
        version,
        address: ownAddress(),
        cores: availableParallelism(),
        pid,
        cpuUsageUs,
        ...(silenceLimitMs === undefined ? {} : { silenceLimitMs }),
        ...(defaultTarget === undefined ? {} : { defaultTarget }),
        channel: { peerUnits: { delay: flags.peerDelayUnit } },
        onState: createStateLog(calmLogger(logger, clock, maxLinesOfBus)),
        createWorkload: (work) => workloads.http({ ...work, allow, ...limits }),
      })
      parts.defer(() => driver.leave())
      await driver.start()
      logger.info('up, waiting for runs', { driver: driver.id, allowTargets: entries, version })
      if (url !== undefined)
        checkOrchestrator(clock, url).catch((error: unknown) => {
          logger.warn(`${messageOf(error)}; runs come over Kafka all the same`)
        })
    },
    () => logger.info('stopping; a share that runs is given up, and its run says so'),
  )
}

/** For people who wonder which machine this is; a driver does not listen. */
const ownAddress = (): string => {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  const address = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
  return `${address ?? hostname()}:0`
}
