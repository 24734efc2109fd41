import { exitCodes, toAppError } from '../lib/errors.ts'
import { drawSeed } from '../lib/random-id.ts'
import { loadScenario } from '../scenario/load-scenario.ts'
import { ScenarioInvalid } from '../scenario/scenario-faults.ts'
import type { ProgramContext } from './program-context.ts'
import { reportError } from './report-error.ts'

/** `groundswell validate`: every fault of every file. Resolves with 0, or 2 where a file has one. */
export const validateCommand = async (
  context: ProgramContext,
  files: readonly string[],
  flags: { set: string[]; json?: boolean },
): Promise<number> => {
  const told: unknown[] = []
  let exitCode: number = exitCodes.passed
  for (const file of files) {
    try {
      const { scenario, warnings } = await loadScenario(file, { env: context.env, set: flags.set, drawSeed })
      told.push({ file, valid: true, name: scenario.name, warnings, faults: [] })
      if (!flags.json) context.stdout.write(`${file}: valid\n`)
      for (const warning of warnings) context.stderr.write(`${file}: warning: ${warning}\n`)
    } catch (thrown) {
      const error = toAppError(thrown)
      exitCode = error.exitCode
      const faults =
        error instanceof ScenarioInvalid ? error.faults : [{ message: error.message, expected: error.hint }]
      told.push({ file, valid: false, name: null, warnings: [], faults })
      if (!flags.json) reportError(context, error)
    }
  }
  if (flags.json) context.stdout.write(`${JSON.stringify(told, null, 2)}\n`)
  return exitCode
}
