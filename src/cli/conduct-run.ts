import type { Bus } from '../bus/bus.ts'
import { toAppError } from '../lib/errors.ts'
import { createLineLogger, type Logger } from '../lib/logger.ts'
import { drawId } from '../lib/random-id.ts'
import { version } from '../lib/version.ts'
import { Orchestrator } from '../orchestrator/orchestrator.ts'
import { overallOfSet } from '../orchestrator/overall-of-set.ts'
import { totalOf } from '../orchestrator/run-state.ts'
import { buildResult, buildTimeline } from '../results/build-result.ts'
import { reportTimelineOf } from '../results/report-timeline.ts'
import type { LoadedScenario } from '../scenario/load-scenario.ts'
import type { DashboardPlace } from './dashboard-flags.ts'
import { followRun } from './follow-run.ts'
import { keepRun } from './keep-run.ts'
import type { RunFlags } from './load-from-flags.ts'
import type { LocalFleet } from './local-fleet.ts'
import type { ProgramContext } from './program-context.ts'
import { environmentHere } from './report-environment.ts'
import { keepFailedRun, reportRun } from './report-run.ts'
import { RunDashboard } from './run-dashboard.ts'
import { steerBySignals } from './steer-by-signals.ts'

/** Where a run takes place: the bus, and what has to be there besides. */
export interface Stage {
  bus: Bus
  /** Called when registrations are heard: brings what the run needs, and gives the scenario as it will run. */
  prepare: () => Promise<LoadedScenario>
  /** Never resolves; rejects when a part of the stage died by itself. */
  failed?: Promise<never>
  /** Where the run is shown while it goes on; undefined: nowhere. */
  dashboard?: DashboardPlace | undefined
  /** The drivers of this machine, for the runs that the dashboard starts besides; without it they are elsewhere. */
  fleet?: LocalFleet
}

/** Lines for a person: on standard error, or among the progress while there is some. */
export class RunLog {
  readonly logger: Logger
  readonly #plain: (line: string) => void
  #say: (line: string) => void

  constructor(context: Pick<ProgramContext, 'stderr'>, quiet: boolean | undefined) {
    this.#plain = (line) => {
      context.stderr.write(`${line}\n`)
    }
    this.#say = this.#plain
    this.logger = createLineLogger('groundswell', quiet ? 'error' : 'warn', this.say)
  }

  readonly say = (line: string): void => this.#say(line)

  /** Until the returned value is disposed of. */
  divert(say: (line: string) => void): Disposable {
    this.#say = say
    return {
      [Symbol.dispose]: () => {
        this.#say = this.#plain
      },
    }
  }
}

/** One run by an orchestrator of this process, from the drivers to the report. Resolves with the exit code. */
export const conductRun = async (
  context: ProgramContext,
  stage: Stage,
  flags: RunFlags,
  log: RunLog,
  directory: string | undefined,
): Promise<number> => {
  const { clock } = context
  await using parts = new AsyncDisposableStack()
  const kept = keepRun(context, flags, log)
  parts.defer(() => kept.close())
  const orchestrator = new Orchestrator({
    bus: stage.bus,
    clock,
    logger: log.logger,
    drawId,
    version,
    journal: kept.journal,
  })
  parts.defer(() => orchestrator.stop())
  stage.fleet?.serve(orchestrator)
  await orchestrator.start()
  const { scenario, record, assets } = await stage.prepare()
  const run = orchestrator.submit({ scenario, record, assets, isFollowed: true })
  kept.follow(run)
  const say = (line: string): void => (flags.quiet ? undefined : log.say(line))
  const { dashboard: place, fleet } = stage
  const dashboard =
    place === undefined
      ? undefined
      : new RunDashboard({ context, place, orchestrator, fleet, kept, log, say })
  if (dashboard !== undefined) parts.defer(() => dashboard.close())
  using signals = steerBySignals(context, dashboard ?? run, (line) =>
    dashboard?.isOutliving ? undefined : say(line),
  )
  stage.failed?.catch((error: unknown) => {
    // A part that died will never register: better told now than at the deadline. Once it runs, the run goes on.
    if (scenario.start.atLeast >= scenario.drivers) run.fail(toAppError(error))
  })
  const environment = environmentHere(context)
  const follow = followRun(context, run, record, flags)
  try {
    using _diverted = log.divert(follow.log)
    dashboard?.open(run)
    await run.ended
  } catch (error) {
    const result = buildResult(run.state, record, clock.wallMs(), environment)
    if (result.error !== null) await keepFailedRun(context, result, flags, directory)
    throw error
  } finally {
    follow.close()
  }
  const result = buildResult(run.state, record, clock.wallMs(), environment)
  const exitCode = await reportRun(
    context,
    {
      result,
      timeline: buildTimeline(run.state),
      charts: () => reportTimelineOf(run.state, result),
      version,
      responseTime: overallOfSet(totalOf(run.state)).responseTime,
    },
    flags,
    directory,
    signals.exitCode,
  )
  if (dashboard !== undefined) {
    await kept.settle()
    await dashboard.outlive()
  }
  return exitCode
}
