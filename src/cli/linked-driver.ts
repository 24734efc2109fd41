import { availableParallelism } from 'node:os'
import { LinkedBus } from '../bus/link.ts'
import { Driver } from '../driver/driver.ts'
import { AppError } from '../lib/errors.ts'
import { createLineLogger } from '../lib/logger.ts'
import { drawId } from '../lib/random-id.ts'
import { version } from '../lib/version.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import { workloads } from '../workloads/workloads.ts'
import { channelToParent } from './parent-channel.ts'
import type { ProgramContext } from './program-context.ts'

/**
 * A driver in a process of its own, linked to the one that forked it: `driver --link [--allow-target ENTRY]...`. Its
 * allow list comes from who started it, never over the bus. It ends when the link does.
 */
export const runLinkedDriver = async (context: ProgramContext): Promise<void> => {
  const { parent, args, clock } = context
  if (parent === undefined) throw new AppError('INTERNAL', 'A linked driver needs a process to be linked to.')
  const logger = createLineLogger('driver', 'warn', (line) => context.stderr.write(`${line}\n`))
  const allow = new AllowList(allowedTargets(args))
  const descriptorLimit = context.descriptorLimit()
  const limits = descriptorLimit === undefined ? undefined : { descriptorLimit }
  const driver = new Driver({
    bus: new LinkedBus(channelToParent(parent), logger),
    clock,
    logger,
    drawId,
    version,
    address: '127.0.0.1:0',
    cores: availableParallelism(),
    pid: context.pid,
    cpuUsageUs: context.cpuUsageUs,
    createWorkload: (work) => workloads.http({ ...work, allow, ...(limits === undefined ? {} : { limits }) }),
  })
  parent.onClose(() => context.exit(0))
  await driver.start()
}

const allowedTargets = (args: readonly string[]): string[] =>
  args.flatMap((arg, i) => (args[i - 1] === '--allow-target' ? [arg] : []))
