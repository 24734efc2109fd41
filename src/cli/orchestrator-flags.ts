import { checkBinding, isLoopback } from '../api/access.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import {
  isBrokerGiven,
  type KafkaFlags,
  kafkaFlagWithoutBroker,
  type ParsedKafkaFlags,
  parseKafkaFlags,
} from './kafka-flags.ts'
import type { ProgramContext } from './program-context.ts'
import { readSecret } from './read-secret.ts'
import { type LogFlags, parseCount, parseHttpUrl, parseListen } from './role-flags.ts'
import { storeLocation } from './store-location.ts'
import { UsageFaults } from './usage-faults.ts'

/** The options of `groundswell orchestrator` as commander gives them. */
export interface OrchestratorFlags extends KafkaFlags, LogFlags {
  listen: string
  store?: string
  tokenFile?: string
  insecure?: boolean
  target?: string
  maxQueued?: string
  maxDrivers?: string
  allowTarget: string[]
  peerLatencyUnit: 'ms' | 's'
}

/** Drivers of this machine. */
export interface LocalDriverFlags {
  maxDrivers: number
  /** What they may load. */
  allowTargets: readonly string[]
}

export interface ParsedOrchestratorFlags {
  /** Where the drivers are: on this machine, in processes of ours, or wherever they reach the broker. */
  drivers: { kind: 'here'; here: LocalDriverFlags } | { kind: 'kafka'; kafka: ParsedKafkaFlags }
  listen: { host: string; port: number }
  store: string
  /** As it may be shown. */
  storeText: string
  /** What clients of the API must show; undefined: nothing. */
  token: string | undefined
  isInsecure: boolean
  target: string | undefined
  maxQueued: number | undefined
  peerLatencyUnit: 'ms' | 's'
  /** What no log may hold. */
  secrets: string[]
  warnings: string[]
}

/** Throws one USAGE with every fault. */
export const parseOrchestratorFlags = async (
  context: Pick<ProgramContext, 'cwd' | 'env'>,
  flags: OrchestratorFlags,
): Promise<ParsedOrchestratorFlags> => {
  const faults = new UsageFaults()
  const drivers: ParsedOrchestratorFlags['drivers'] = isBrokerGiven(context, flags)
    ? { kind: 'kafka', kafka: await parseDriversElsewhere(context, flags, faults) }
    : { kind: 'here', here: await parseDriversHere(flags, faults) }
  const listen = (await faults.collect(() => parseListen(flags.listen))) ?? { host: '127.0.0.1', port: 0 }
  const token = await faults.collect(() =>
    readSecret(context, { option: '--token-file', file: flags.tokenFile, variable: 'GROUNDSWELL_TOKEN' }),
  )
  const { host } = listen
  await faults.collect(() =>
    checkBinding({
      host,
      insecure: flags.insecure === true,
      ...(token === undefined ? {} : { token }),
    }),
  )
  const store = await faults.collect(() => storeLocation(context, flags.store))
  const target = await faults.collect(() =>
    flags.target === undefined ? undefined : parseHttpUrl('--target', flags.target),
  )
  const maxQueued = await faults.collect(() =>
    flags.maxQueued === undefined ? undefined : parseCount('--max-queued', flags.maxQueued),
  )
  faults.throwIfAny()
  const kafka = drivers.kind === 'kafka' ? drivers.kafka : { secrets: [], warnings: [] }
  return {
    drivers,
    listen,
    store: store?.location ?? '',
    storeText: store?.text ?? '',
    token,
    isInsecure: flags.insecure === true,
    target,
    maxQueued,
    peerLatencyUnit: flags.peerLatencyUnit,
    secrets: [...kafka.secrets, ...(token === undefined ? [] : [token]), ...(store?.secrets ?? [])],
    warnings: [
      ...kafka.warnings,
      ...(isLoopback(host) || token !== undefined
        ? []
        : [`anybody who reaches ${flags.listen} may start runs: --insecure, and no token`]),
    ],
  }
}

const usualMaxDrivers = 16

const parseDriversHere = async (flags: OrchestratorFlags, faults: UsageFaults): Promise<LocalDriverFlags> => {
  const { allowTarget, maxDrivers } = flags
  const misplaced = kafkaFlagWithoutBroker(flags)
  if (misplaced !== undefined) faults.add(`${misplaced} goes with --kafka`)
  const allowTargets = allowTarget.length === 0 ? AllowList.defaults : allowTarget
  await faults.collect(() => new AllowList(allowTargets))
  const parsed = await faults.collect(() =>
    maxDrivers === undefined ? usualMaxDrivers : parseCount('--max-drivers', maxDrivers),
  )
  return { allowTargets, maxDrivers: parsed ?? usualMaxDrivers }
}

const parseDriversElsewhere = (
  context: Pick<ProgramContext, 'cwd' | 'env'>,
  flags: OrchestratorFlags,
  faults: UsageFaults,
): Promise<ParsedKafkaFlags> => {
  if (flags.maxDrivers !== undefined)
    faults.add('--max-drivers is for drivers of this machine, without --kafka')
  if (flags.allowTarget.length > 0)
    faults.add(
      '--allow-target is for drivers of this machine, without --kafka: elsewhere each driver has a list of its own',
    )
  return parseKafkaFlags(context, flags, faults)
}
