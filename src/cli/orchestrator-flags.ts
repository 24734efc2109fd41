import { checkBinding, isLoopback } from '../api/access.ts'
import { type KafkaFlags, type ParsedKafkaFlags, parseKafkaFlags } from './kafka-flags.ts'
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
  peerLatencyUnit: 'ms' | 's'
}

export interface ParsedOrchestratorFlags {
  kafka: ParsedKafkaFlags
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
  const kafka = await parseKafkaFlags(context, flags, faults)
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
  return {
    kafka,
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
