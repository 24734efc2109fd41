import { resolve } from 'node:path'
import { LocalEnvironment } from '../environments/local.ts'
import { AppError, exitCodes, messageOf, toAppError } from '../lib/errors.ts'
import { createLineLogger } from '../lib/logger.ts'
import { drawId } from '../lib/random-id.ts'
import { Orchestrator } from '../orchestrator/orchestrator.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import type { Run } from '../orchestrator/run.ts'
import { totalOf } from '../orchestrator/run-state.ts'
import { buildResult, buildTimeline } from '../results/build-result.ts'
import { latencyPicture } from '../results/latency-picture.ts'
import { renderReportJson } from '../results/report-json.ts'
import type { RunResult } from '../results/run-result.ts'
import { renderSummary } from '../results/summary-text.ts'
import { checkWritable, writeReports } from '../results/write-reports.ts'
import type { Scenario } from '../scenario/scenario.ts'
import { AllowList } from '../workloads/http/allow-list.ts'
import { followRun } from './follow-run.ts'
import { loadFromFlags, type RunFlags } from './load-from-flags.ts'
import type { ProgramContext } from './program-context.ts'
import { reportError } from './report-error.ts'
import { steerBySignals } from './steer-by-signals.ts'
import { terminalOf, wantsColour } from './terminal.ts'

/** `groundswell run`: a whole run on this machine, from the scenario to the report. Resolves with the exit code. */
export const runCommand = async (
  context: ProgramContext,
  source: string,
  flags: RunFlags,
): Promise<number> => {
  try {
    return await runScenario(context, source, flags)
  } catch (error) {
    if (!flags.json) throw error
    const { code, message, hint, exitCode } = toAppError(error)
    context.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, null, 2)}\n`)
    reportError(context, toAppError(error))
    return exitCode
  }
}

const runScenario = async (context: ProgramContext, source: string, flags: RunFlags): Promise<number> => {
  const { clock } = context
  const loaded = await loadFromFlags(context, source, flags)
  const allowTargets = [...hostsOf(loaded.scenario), ...flags.allowTarget]
  // The drivers' own lists; looked at here so that a wrong entry is told before anything starts.
  void new AllowList(allowTargets)
  const directory = flags.out === undefined ? undefined : resolve(context.cwd, flags.out)
  if (directory !== undefined) await checkWritable(directory)

  let log = (line: string): void => {
    context.stderr.write(`${line}\n`)
  }
  const logger = createLineLogger('groundswell', flags.quiet ? 'error' : 'warn', (line) => log(line))
  for (const warning of loaded.warnings) logger.warn(warning)
  const local = new LocalEnvironment({
    clock,
    logger,
    entry: context.entry,
    execArgv: context.execArgv,
    onChildLine: (line) => log(line),
  })
  try {
    const orchestrator = new Orchestrator({ bus: local.connect(), clock, logger, drawId })
    await orchestrator.start()
    for (let i = 0; i < loaded.scenario.drivers; i++) local.startDriver(allowTargets)
    const builtin = usesBuiltin(loaded.scenario) ? await local.startTarget() : undefined
    const scenario = withBuiltin(loaded.scenario, builtin)
    const record = withBuiltin(loaded.record, builtin)

    const run = orchestrator.create({ scenario, assets: loaded.assets })
    using signals = steerBySignals(context, run, (line) => (flags.quiet ? undefined : log(line)))
    const follow = followRun(context, run, record, flags)
    log = follow.log
    try {
      local.failed.catch((error: unknown) => {
        // A part that died will never register: better told now than at the deadline. Once it runs, the run goes on.
        if (scenario.start.atLeast >= scenario.drivers) run.fail(toAppError(error))
      })
      await orchestrator.conduct(run)
    } finally {
      follow.close()
      log = (line) => {
        context.stderr.write(`${line}\n`)
      }
    }
    const result = buildResult(run.state, record, clock.wallMs())
    const exitCode = signals.exitCode ?? exitCodeOf(result)
    const isTold = await attempt(context, () => tell(context, run, result, flags))
    const isKept =
      directory === undefined || (await attempt(context, () => keep(context, run, result, directory, flags)))
    // What could not be written must not leave an exit code that looks like a success.
    return exitCode === exitCodes.passed && !(isTold && isKept) ? exitCodes.couldNotRun : exitCode
  } finally {
    await local.close()
  }
}

const tell = async (context: ProgramContext, run: Run, result: RunResult, flags: RunFlags): Promise<void> => {
  if (flags.json) {
    await write(context, renderReportJson(result))
    return
  }
  if (flags.quiet) return
  const terminal = terminalOf(context.stdout)
  const summary = renderSummary(
    result,
    { columns: terminal.columns(), colour: flags.color && wantsColour(terminal, context.env) },
    latencyPicture(overallOfSet(totalOf(run.state)).responseTime),
  )
  await write(context, `\n${summary}`)
}

const keep = async (
  context: ProgramContext,
  run: Run,
  result: RunResult,
  directory: string,
  flags: RunFlags,
): Promise<void> => {
  const files = await writeReports(directory, result, buildTimeline(run.state))
  if (!flags.quiet && !flags.json) context.stderr.write(`\nWrote ${files.join(', ')}\n`)
}

/** Whether it went well; what went wrong is said, and what comes after it is done all the same. */
const attempt = async (context: ProgramContext, work: () => Promise<void>): Promise<boolean> => {
  try {
    await work()
    return true
  } catch (error) {
    reportError(context, toAppError(error))
    return false
  }
}

/** Resolves when a pipe or a disk has taken it, so that nothing is cut off by the exit. */
const write = (context: ProgramContext, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    context.stdout.write(text, (error) => {
      if (error === undefined || error === null) resolve()
      else
        reject(
          new AppError('OUTPUT_NOT_WRITABLE', `cannot write to standard output: ${messageOf(error)}`, {
            cause: error,
          }),
        )
    })
  })

const outcomeExitCodes = {
  passed: exitCodes.passed,
  failed: exitCodes.sloCrossed,
  degraded: exitCodes.degraded,
  stopped: exitCodes.interrupted,
} as const

const exitCodeOf = (result: RunResult): number => {
  if (result.outcome === null) throw new AppError('INTERNAL', 'The run ended without an outcome.')
  return outcomeExitCodes[result.outcome]
}

const builtin = 'builtin'

const usesBuiltin = (scenario: Scenario): boolean => scenario.http.targets.includes(builtin)

const withBuiltin = (scenario: Scenario, url: string | undefined): Scenario =>
  url === undefined
    ? scenario
    : {
        ...scenario,
        http: {
          ...scenario.http,
          targets: scenario.http.targets.map((target) => (target === builtin ? url : target)),
        },
      }

/**
 * The hosts that the scenario names: handing it in is the permission to load exactly these. Redirects and templates that
 * lead elsewhere need `--allow-target`.
 */
export const hostsOf = (scenario: Scenario): string[] => {
  const urls = scenario.http.targets.map((target) => (target === builtin ? 'http://127.0.0.1' : target))
  for (const operation of scenario.http.requests)
    for (const step of operation.kind === 'journey' ? operation.steps : [operation])
      if (step.kind === 'request' && /^https?:\/\//i.test(step.url)) urls.push(step.url)
  const hosts = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).hostname)
  return [...new Set(hosts)]
}
