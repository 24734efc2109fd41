import { isLoopback } from '../api/access.ts'
import { AppError } from '../lib/errors.ts'
import type { ProgramContext } from './program-context.ts'
import { readSecret } from './read-secret.ts'
import { parseListen } from './role-flags.ts'
import type { UsageFaults } from './usage-faults.ts'

/** The options of `groundswell run` about its dashboard, as commander gives them. */
export interface DashboardFlags {
  /** `true`: without a value; empty: what stood behind it was something else. */
  dashboard?: string | true
  stay?: boolean
  tokenFile?: string
  orchestrator?: string
}

/** Where `groundswell run --dashboard` serves. */
export interface DashboardPlace {
  host: string
  port: number
  /** Of a port that nobody chose another one will do as well. */
  isPortGiven: boolean
  token: string | undefined
  /** It stays up when the run is over. */
  isStaying: boolean
}

const usual = { host: '127.0.0.1', port: 8001 } as const

/** Undefined where none is asked for. Worth something only where `faults` got none. */
export const parseDashboardFlags = async (
  context: Pick<ProgramContext, 'cwd' | 'env'>,
  { dashboard, stay, tokenFile, orchestrator }: DashboardFlags,
  faults: UsageFaults,
): Promise<DashboardPlace | undefined> => {
  if (dashboard === undefined) {
    if (stay === true) faults.add('--stay goes with --dashboard')
    if (tokenFile !== undefined && orchestrator === undefined)
      faults.add('--token-file goes with --orchestrator or --dashboard')
    return undefined
  }
  if (orchestrator !== undefined) {
    faults.add(`--dashboard: the orchestrator at ${orchestrator} serves one already; open that address`)
    return undefined
  }
  const isPortGiven = dashboard !== true && dashboard !== ''
  const listen = isPortGiven
    ? ((await faults.collect(() => parseListen(dashboard, '--dashboard'))) ?? usual)
    : usual
  const token = await faults.collect(() =>
    readSecret(context, { option: '--token-file', file: tokenFile, variable: 'GROUNDSWELL_TOKEN' }),
  )
  if (token === undefined && tokenFile === undefined && !isLoopback(listen.host))
    faults.add(
      `--dashboard would be open to everybody who reaches ${listen.host}: give it a token (GROUNDSWELL_TOKEN, or --token-file FILE), or leave it on 127.0.0.1`,
    )
  return { ...listen, isPortGiven, token, isStaying: stay === true }
}

/**
 * `--dashboard` may stand before the scenario, whose path is no value of it: only what has a port is. What is none becomes an
 * argument of its own again.
 */
export const separateDashboard = (args: readonly string[]): string[] =>
  args.map((arg, i) =>
    arg === '--dashboard' && !/^(\[[0-9a-f:.]+\]|[\w.-]*):\d+$/i.test(args[i + 1] ?? '')
      ? '--dashboard='
      : arg,
  )

/** Resolves where the port is free; rejects with PORT_IN_USE, or with USAGE for an address that is none of this machine. */
const assertFree = async ({ host, port }: { host: string; port: number }): Promise<void> => {
  const { createServer } = await import('node:net')
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, resolve)
    })
  } catch (error) {
    const { listenError } = await import('../api/listen-error.ts')
    throw listenError(error, host, port)
  }
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}

/** Where it can be served: as asked, or, where nobody asked for that port and it is taken, on any free one. */
export const findPlace = async (place: DashboardPlace): Promise<DashboardPlace> => {
  try {
    await assertFree(place)
    return place
  } catch (error) {
    if (place.isPortGiven || !(error instanceof AppError) || error.code !== 'PORT_IN_USE') throw error
    return { ...place, port: 0 }
  }
}
