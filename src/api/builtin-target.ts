import type { LoadedScenario } from '../scenario/compile-scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { ScenarioInvalid } from '../scenario/scenario-faults.ts'

const builtin = 'builtin'

/** With the address of the target that ships with us where it names that. Throws ScenarioInvalid where there is none. */
export const withBuiltinTarget = async (
  file: string,
  loaded: LoadedScenario,
  builtinTarget: (() => Promise<string>) | undefined,
): Promise<LoadedScenario> => {
  if (!loaded.scenario.http.targets.includes(builtin)) return loaded
  if (builtinTarget === undefined)
    throw new ScenarioInvalid(
      file,
      [
        {
          file,
          path: 'http.target',
          message: 'the built-in target is not there: drivers on other machines could not reach it',
          expected: 'the URL of a target',
          hint: '`groundswell target --host ADDRESS` serves it where you say.',
        },
      ],
      1,
    )
  const url = await builtinTarget()
  return { ...loaded, scenario: withTarget(loaded.scenario, url), record: withTarget(loaded.record, url) }
}

const withTarget = (scenario: Scenario, url: string): Scenario => ({
  ...scenario,
  http: {
    ...scenario.http,
    targets: scenario.http.targets.map((target) => (target === builtin ? url : target)),
  },
})
