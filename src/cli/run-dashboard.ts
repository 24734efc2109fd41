import type { Api } from '../api/start-api.ts'
import { AppError, messageOf } from '../lib/errors.ts'
import { version } from '../lib/version.ts'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import type { Run } from '../orchestrator/run.ts'
import type { SteerCommand } from '../orchestrator/run-options.ts'
import type { RunLog } from './conduct-run.ts'
import type { DashboardPlace } from './dashboard-flags.ts'
import type { KeptRecord } from './keep-run.ts'
import { endAll, unfinishedOf, unlessEnding, withSubmit } from './keep-runs.ts'
import type { LocalFleet } from './local-fleet.ts'
import type { ProgramContext } from './program-context.ts'
import { environmentHere } from './report-environment.ts'

export interface RunDashboardOptions {
  context: ProgramContext
  place: DashboardPlace
  orchestrator: Orchestrator
  /** Drivers for the runs that are started from the page; undefined: they are elsewhere. */
  fleet: LocalFleet | undefined
  kept: KeptRecord
  log: RunLog
  /** To the person who gave the command. */
  say: (line: string) => void
}

/** A run that starts at once has started by then, on most machines. */
const startLimitMs = 1000

/**
 * The dashboard of `groundswell run --dashboard`: API and page of the orchestrator in this process, behind the back of the
 * run. Nothing waits for it while the run goes on, and its end waits for viewers at most 2 s
 * (docs/decisions/017-an-embedded-orchestrator.md).
 *
 *   opening ──▶ open ──the own run is over──▶ outliving ──nothing goes on, and nobody asked it to stay──▶ closing
 */
export class RunDashboard {
  readonly #options: RunDashboardOptions
  readonly #asked = Promise.withResolvers<void>()
  #opening: Promise<Api | undefined> = Promise.resolve(undefined)
  #isAsked = false
  #isOutliving = false
  #isEnding = false
  #settling: Promise<void> | undefined

  constructor(options: RunDashboardOptions) {
    this.#options = options
  }

  /** The command's own run is over. */
  get isOutliving(): boolean {
    return this.#isOutliving
  }

  /** Serves as soon as the run's start does not suffer from it, and says where. */
  open(run: Run): void {
    const { place, say, log } = this.#options
    const isWorthIt = (): boolean => place.isStaying || run.state.phase !== 'finished'
    this.#opening = this.#begun(run).then(async () => {
      if (!isWorthIt() || run.state.error !== null) return undefined
      try {
        const api = await this.#serve()
        // Nobody can open what is gone in a moment.
        if (isWorthIt()) say(`dashboard  ${urlOf(api)}/#/runs/${encodeURIComponent(run.id)}`)
        return api
      } catch (error) {
        // The port was free a moment ago: no reason to end a run that goes on.
        log.say(`The dashboard cannot be served: ${messageOf(error)}`)
        return undefined
      }
    })
  }

  /** Ctrl-C: every run of this process, and then the process. */
  async steer(command: SteerCommand): Promise<void> {
    const runs = unfinishedOf(this.#options.orchestrator.runs)
    if (this.#isOutliving && runs.length > 0)
      this.#options.say(`Stopping ${countRuns(runs.length)}. Once more ends at once.`)
    this.#isAsked = true
    this.#isEnding = true
    this.#asked.resolve()
    await Promise.all(runs.map((run) => run.steer(command)))
  }

  /** Until the runs started from the page are over, and for good where it was asked to stay: then until a signal comes. */
  async outlive(): Promise<void> {
    const { orchestrator, place, say } = this.#options
    this.#isOutliving = true
    const api = await this.#opening
    if (api !== undefined) {
      const others = unfinishedOf(orchestrator.runs).length
      if (others > 0)
        say(
          `Waits for ${countRuns(others)} started from the dashboard at ${urlOf(api)}/; Ctrl-C stops ${others === 1 ? 'it' : 'them'}`,
        )
      if (place.isStaying && !this.#isAsked) {
        say(`dashboard stays at ${urlOf(api)}/; Ctrl-C ends it`)
        await this.#asked.promise
      }
    }
    for (let runs = unfinishedOf(orchestrator.runs); runs.length > 0; runs = unfinishedOf(orchestrator.runs))
      await Promise.allSettled(runs.map(({ ended }) => ended))
    await this.#settle()
  }

  /** Stops what still goes on, lets viewers have the end of it, and serves no more. */
  async close(): Promise<void> {
    this.#isEnding = true
    await endAll(unfinishedOf(this.#options.orchestrator.runs))
    await this.#settle()
    await (await this.#opening)?.close()
  }

  #settle(): Promise<void> {
    this.#isEnding = true
    this.#settling ??= this.#opening.then((api) => api?.settled())
    return this.#settling
  }

  /** When it was triggered: loading the API takes as much CPU as a driver's start. A run that waits for something is shown all the same. */
  async #begun(run: Run): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const isBegun = ({ startAtMs, phase }: Run['state']): boolean =>
      startAtMs !== null || phase === 'finished'
    const forget = run.onChange((state) => {
      if (isBegun(state)) resolve()
    })
    const limit = this.#options.context.clock.after(startLimitMs, resolve)
    if (isBegun(run.state)) resolve()
    await promise
    limit.cancel()
    forget()
  }

  async #serve(): Promise<Api> {
    const { context, place, orchestrator, fleet, kept, log } = this.#options
    const { clock } = context
    const { startApi } = await import('../api/start-api.ts')
    const keeping = withSubmit(orchestrator, (request) => {
      const run = orchestrator.submit(request)
      kept.followOther(run, run.record)
      return run
    })
    const owner = unlessEnding(fleet?.own(keeping) ?? keeping, () => this.#isEnding)
    const serveAt = (port: number): Promise<Api> =>
      startApi({
        orchestrator: owner,
        store: kept.store,
        isStoreWritten: kept.isWritten,
        clock,
        logger: log.logger,
        host: place.host,
        port,
        version,
        environment: environmentHere(context),
        ...(place.token === undefined ? {} : { token: place.token }),
        ...(fleet === undefined ? {} : { builtinTarget: fleet.builtinTarget, maxDrivers: fleet.maxDrivers }),
        processUsage: () => ({
          cpuSeconds: context.cpuUsageUs() / 1e6,
          residentBytes: context.residentBytes(),
        }),
      })
    try {
      return await serveAt(place.port)
    } catch (error) {
      if (place.isPortGiven || !(error instanceof AppError) || error.code !== 'PORT_IN_USE') throw error
      return serveAt(0)
    }
  }
}

/** As a person on this machine may open it. */
const urlOf = ({ url }: Api): string => url.replace(/\/\/(?:0\.0\.0\.0|\[::\])/, '//localhost')

const countRuns = (count: number): string => (count === 1 ? 'a run' : `${count} runs`)
