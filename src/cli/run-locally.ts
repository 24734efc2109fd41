import { LocalEnvironment } from '../environments/local.ts'
import type { LoadedScenario } from '../scenario/load-scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import { conductRun, type RunLog } from './conduct-run.ts'
import type { RunFlags } from './load-from-flags.ts'
import type { ProgramContext } from './program-context.ts'

/** A whole run on this machine: drivers are forked, and the built-in target where the scenario asks for it. */
export const runLocally = async (
  context: ProgramContext,
  loaded: LoadedScenario,
  flags: RunFlags,
  log: RunLog,
  directory: string | undefined,
): Promise<number> => {
  const allowTargets = [...hostsOf(loaded.scenario), ...flags.allowTarget]
  // The drivers' own lists; looked at here so that a wrong entry is told before anything starts.
  void new AllowList(allowTargets)
  const local = new LocalEnvironment({
    clock: context.clock,
    logger: log.logger,
    entry: context.entry,
    execArgv: context.execArgv,
    onChildLine: log.say,
  })
  await using parts = new AsyncDisposableStack()
  parts.defer(() => local.close())
  const prepare = async (): Promise<LoadedScenario> => {
    for (let i = 0; i < loaded.scenario.drivers; i++) local.startDriver(allowTargets)
    if (!usesBuiltin(loaded.scenario)) return loaded
    const url = await local.startTarget()
    return {
      ...loaded,
      scenario: withBuiltin(loaded.scenario, url),
      record: withBuiltin(loaded.record, url),
    }
  }
  const stage = { bus: local.connect(), prepare, failed: local.failed }
  return await conductRun(context, stage, flags, log, directory)
}

const builtin = 'builtin'

export const usesBuiltin = (scenario: Scenario): boolean => scenario.http.targets.includes(builtin)

const withBuiltin = (scenario: Scenario, url: string): Scenario => ({
  ...scenario,
  http: {
    ...scenario.http,
    targets: scenario.http.targets.map((target) => (target === builtin ? url : target)),
  },
})

/**
 * The hosts that the scenario names: handing it in is the permission to load exactly these. Redirects and templates that
 * lead elsewhere need `--allow-target`.
 */
const hostsOf = (scenario: Scenario): string[] => {
  const urls = scenario.http.targets.map((target) => (target === builtin ? 'http://127.0.0.1' : target))
  for (const operation of scenario.http.requests)
    for (const step of operation.kind === 'journey' ? operation.steps : [operation])
      if (step.kind === 'request' && /^https?:\/\//i.test(step.url)) urls.push(step.url)
  const hosts = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).hostname)
  return [...new Set(hosts)]
}
