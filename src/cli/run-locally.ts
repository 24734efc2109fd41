import { LocalEnvironment } from '../environments/local.ts'
import type { LoadedScenario } from '../scenario/load-scenario.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import { conductRun, type RunLog, type Stage } from './conduct-run.ts'
import type { DashboardPlace } from './dashboard-flags.ts'
import type { RunFlags } from './load-from-flags.ts'
import type { ProgramContext } from './program-context.ts'

/** A whole run on this machine: drivers are forked, and the built-in target where the scenario asks for it. */
export const runLocally = async (
  context: ProgramContext,
  loaded: LoadedScenario,
  flags: RunFlags,
  log: RunLog,
  directory: string | undefined,
  dashboard: DashboardPlace | undefined,
): Promise<number> => {
  const allowTargets = [...hostsOf(loaded.scenario), ...flags.allowTarget]
  // The drivers' own lists; looked at here so that a wrong entry is told before anything starts.
  void new AllowList(allowTargets)
  await using parts = new AsyncDisposableStack()
  const stage =
    dashboard === undefined
      ? stageOfOneRun(context, loaded, allowTargets, log, parts)
      : await stageWithDashboard(context, loaded, { allowTargets, flags, log, parts, dashboard })
  return await conductRun(context, stage, flags, log, directory)
}

/** Drivers that end with the run. */
const stageOfOneRun = (
  { clock, entry, execArgv }: ProgramContext,
  loaded: LoadedScenario,
  allowTargets: readonly string[],
  log: RunLog,
  parts: AsyncDisposableStack,
): Stage => {
  const local = new LocalEnvironment({ clock, entry, execArgv, logger: log.logger, onChildLine: log.say })
  parts.defer(() => local.close())
  const prepare = async (): Promise<LoadedScenario> => {
    for (let i = 0; i < loaded.scenario.drivers; i++) local.startDriver(allowTargets)
    return withTarget(loaded, () => local.startTarget())
  }
  return { bus: local.connect(), prepare, failed: local.failed }
}

/** So many drivers at most for the runs that are started from the page; more where the command's own run has more. */
const dashboardDrivers = 16

/**
 * Drivers that may carry other runs besides, and so have what a driver may load by default on their lists too. Loaded only
 * then: a run alone starts without it.
 */
const stageWithDashboard = async (
  context: ProgramContext,
  loaded: LoadedScenario,
  {
    allowTargets,
    flags,
    log,
    parts,
    dashboard,
  }: {
    allowTargets: readonly string[]
    flags: RunFlags
    log: RunLog
    parts: AsyncDisposableStack
    dashboard: DashboardPlace
  },
): Promise<Stage> => {
  const { LocalFleet } = await import('./local-fleet.ts')
  const { drivers } = loaded.scenario
  const fleet = new LocalFleet({
    context,
    logger: log.logger,
    allowTargets: [...allowTargets, ...(flags.allowTarget.length === 0 ? AllowList.defaults : [])],
    maxDrivers: Math.max(dashboardDrivers, drivers),
    onChildLine: log.say,
  })
  parts.defer(() => fleet.close())
  const prepare = async (): Promise<LoadedScenario> => {
    fleet.prepare(drivers)
    return withTarget(loaded, fleet.builtinTarget)
  }
  return { bus: fleet.bus, prepare, dashboard, fleet }
}

const withTarget = async (
  loaded: LoadedScenario,
  startTarget: () => Promise<string>,
): Promise<LoadedScenario> => {
  if (!usesBuiltin(loaded.scenario)) return loaded
  const url = await startTarget()
  return { ...loaded, scenario: withBuiltin(loaded.scenario, url), record: withBuiltin(loaded.record, url) }
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
