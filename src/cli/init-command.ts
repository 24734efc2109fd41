import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Writable } from 'node:stream'
import { AppError, exitCodes, messageOf } from '../lib/errors.ts'
import { drawSeed } from '../lib/random-id.ts'
import { parseScenarioText } from '../scenario/load-scenario.ts'
import type { ProgramContext } from './program-context.ts'

/**
 * `groundswell init`: a first scenario that runs as it stands. Asks for the target on a terminal and nothing when piped.
 * Never replaces a file unless told.
 */
export const initCommand = async (
  context: ProgramContext,
  file: string,
  flags: { target?: string; force?: boolean },
): Promise<number> => {
  const target = flags.target ?? (await askTarget(context))
  const text = renderScenario(target)
  // A target that is none is refused here, not at the first run.
  await parseScenarioText(text, file, { env: context.env, set: [], drawSeed })
  try {
    await writeFile(resolve(context.cwd, file), text, { flag: flags.force ? 'w' : 'wx' })
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    throw new AppError(
      'USAGE',
      exists ? `${file} is there already` : `cannot write ${file}: ${messageOf(cause)}`,
      {
        cause,
        hint: exists
          ? 'Name another file, or replace it with --force.'
          : 'Name a file in a folder that you may write to.',
      },
    )
  }
  context.stdout.write(`Wrote ${file}. Run it:\n  groundswell run ${file}\n`)
  return exitCodes.passed
}

const defaultTarget = 'builtin'

const askTarget = async (context: ProgramContext): Promise<string> => {
  if (context.stdin.isTTY !== true || context.stderr.isTTY !== true) return defaultTarget
  const lines = createInterface({ input: context.stdin, output: context.stderr as unknown as Writable })
  try {
    const answer = await lines.question('URL to load (Enter: the built-in target): ')
    return answer.trim() === '' ? defaultTarget : answer.trim()
  } finally {
    lines.close()
  }
}

const renderScenario = (target: string): string => `\
# yaml-language-server: $schema=node_modules/groundswell/scenario.schema.json
name: first
seed: 42                        # decides everything random; leave it out to draw one
drivers: 2                      # processes that make the load, together
http:
  target: ${JSON.stringify(target)}${target === defaultTarget ? '             # a server that ships with groundswell; put your URL here' : ''}
  timeout: 10s                  # to the end of each response
  connections: 50               # of each driver
  requests:
    - { get: /, weight: 3 }     # three of four
    - { get: /, name: again, check: { status: 2xx, time: < 1s } }
load:
  stages:                       # or: rate: 500/s with duration: 30s, avalanche: 50, tsunami: 250ms
    - { to: 200/s, over: 5s }   # a ramp
    - { hold: 10s }
slo:                            # what must hold; exit code 99 where it does not
  - p99 < 250ms
  - errors < 1%
`
