import { AppError } from '../lib/errors.ts'
import { drawSeed } from '../lib/random-id.ts'
import { type LoadedScenario, loadScenario } from '../scenario/load-scenario.ts'
import { quickScenario } from '../scenario/quick-scenario.ts'
import type { DashboardFlags } from './dashboard-flags.ts'
import type { KafkaFlags } from './kafka-flags.ts'
import type { ProgramContext } from './program-context.ts'

/** The options of `groundswell run` as commander gives them. */
export interface RunFlags extends KafkaFlags, DashboardFlags {
  detach?: boolean
  set: string[]
  drivers?: string
  seed?: string
  out?: string
  store?: string
  json?: boolean
  quiet?: boolean
  color: boolean
  allowTarget: string[]
  rate?: string
  ratePerDriver?: string
  avalanche?: string
  tsunami?: string
  duration?: string
  requests?: string
  requestsPerDriver?: string
  connections?: string
  timeout?: string
  method?: string
  header: string[]
  body?: string
  slo: string[]
}

/** Options that describe a load by themselves; beside a file they would fight with it. */
const quickFlags = {
  rate: '--rate',
  ratePerDriver: '--rate-per-driver',
  avalanche: '--avalanche',
  tsunami: '--tsunami',
  duration: '--duration',
  requests: '--requests',
  requestsPerDriver: '--requests-per-driver',
  connections: '--connections',
  timeout: '--timeout',
  method: '--method',
  header: '--header',
  body: '--body',
  slo: '--slo',
} as const satisfies Partial<Record<keyof RunFlags, string>>

/** The scenario that the command line asks for: a file, changed by --set, --drivers and --seed; or a URL and a load. */
export const loadFromFlags = async (
  context: ProgramContext,
  source: string,
  flags: RunFlags,
): Promise<LoadedScenario> => {
  const options = { env: context.env, set: flags.set, drawSeed }
  if (/^https?:\/\//i.test(source) || source === 'builtin') return quickScenario(source, flags, options)
  const misplaced = Object.entries(quickFlags).find(([key]) => isGiven(flags[key as keyof typeof quickFlags]))
  if (misplaced !== undefined)
    throw new AppError('USAGE', `${misplaced[1]} goes with a URL, not with a scenario file`, {
      hint: /^[\w.-]+:\d+(\/|$)/.test(source)
        ? `Did you mean http://${source}?`
        : 'Change the file, or use --set, as in --set load.rate=1000/s.',
    })
  const set = [...flags.set]
  if (flags.drivers !== undefined) set.push(`drivers=${flags.drivers}`)
  if (flags.seed !== undefined) set.push(`seed=${flags.seed}`)
  return loadScenario(source, { ...options, set })
}

const isGiven = (value: string | readonly string[] | undefined): boolean =>
  value !== undefined && value.length > 0
