import { join, resolve } from 'node:path'
import { AppError } from '../lib/errors.ts'
import { describePostgres, isPostgresUrl } from '../results/store/postgres-location.ts'
import type { ProgramContext } from './program-context.ts'

export interface StoreLocation {
  /** As `openStore` takes it; or `none`. */
  location: string
  /** As it may be shown. */
  text: string
  /** What no log may hold. */
  secrets: string[]
}

/**
 * Where the record of runs is: `--store`, else the variable GROUNDSWELL_STORE, else a file in the user's data directory. A
 * Postgres URL in an argument must not hold a password: every user of the machine could read it. Throws USAGE.
 */
export const storeLocation = (
  { cwd, env }: Pick<ProgramContext, 'cwd' | 'env'>,
  given: string | undefined,
): StoreLocation => {
  if (given !== undefined && passwordsIn(given).length > 0)
    throw new AppError('USAGE', '--store takes no password: every user of this machine could read it.', {
      hint: 'Put the whole URL into the variable GROUNDSWELL_STORE, or the password into PGPASSWORD or a file that PGPASSFILE names.',
    })
  const location = given ?? (env.GROUNDSWELL_STORE || defaultFile(env, cwd))
  if (location === 'none') return { location, text: 'no store', secrets: [] }
  if (isPostgresUrl(location))
    return { location, text: describePostgres(location), secrets: passwordsIn(location) }
  const path = resolve(cwd, location)
  return { location: path, text: path, secrets: [] }
}

const passwordsIn = (location: string): string[] => {
  if (!isPostgresUrl(location) || !URL.canParse(location)) return []
  const { password, searchParams } = new URL(location)
  return [decodeURIComponent(password), searchParams.get('password') ?? ''].filter((text) => text !== '')
}

/** By the XDG base directory specification. */
const defaultFile = (env: ProgramContext['env'], cwd: string): string => {
  const data = env.XDG_DATA_HOME || (env.HOME ? join(env.HOME, '.local', 'share') : cwd)
  return join(data, 'groundswell', 'results.sqlite')
}
