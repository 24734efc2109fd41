import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AppError, messageOf } from '../lib/errors.ts'
import type { ProgramContext } from './program-context.ts'

/** Where a secret may come from. An argument is no such place: every user of the machine can read it. */
export interface SecretSource {
  /** The option that names the file, for faults: `--token-file`. */
  option: string
  file: string | undefined
  /** The environment variable that holds it where no file is named. */
  variable: string
}

const maxBytes = 64 * 1024

/**
 * A secret from its file, without the line feed at its end; else from the environment; undefined where neither is given.
 * Throws USAGE for a file that cannot be read or holds nothing.
 */
export const readSecret = async (
  context: Pick<ProgramContext, 'cwd' | 'env'>,
  { option, file, variable }: SecretSource,
): Promise<string | undefined> => {
  if (file === undefined) return context.env[variable] || undefined
  const secret = (await readGivenFile(context, option, file)).toString('utf8').replace(/[\r\n]+$/, '')
  if (secret === '') throw new AppError('USAGE', `${option} ${file}: the file is empty`)
  return secret
}

/** A small file that an option names. Throws USAGE with the option's name. */
export const readGivenFile = async (
  context: Pick<ProgramContext, 'cwd'>,
  option: string,
  file: string,
): Promise<Buffer> => {
  const path = resolve(context.cwd, file)
  try {
    // A device or a pipe has no size: it is read all the same.
    if ((await stat(path)).size > maxBytes)
      throw new Error(`it has more than ${maxBytes / 1024} KiB and is hardly what is meant`)
    return await readFile(path)
  } catch (cause) {
    throw new AppError('USAGE', `${option} ${file}: ${messageOf(cause)}`, { cause })
  }
}
