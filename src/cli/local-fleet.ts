import type { RunOwner } from '../api/api-options.ts'
import type { Bus } from '../bus/bus.ts'
import { DriverPool } from '../environments/driver-pool.ts'
import { LocalEnvironment } from '../environments/local.ts'
import type { AppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import { isAlive } from '../orchestrator/members.ts'
import type { Orchestrator } from '../orchestrator/orchestrator.ts'
import { lostAfterMs } from '../orchestrator/run-state.ts'
import { unfinishedOf, withSubmit } from './keep-runs.ts'
import type { ProgramContext } from './program-context.ts'

export interface LocalFleetOptions {
  context: Pick<ProgramContext, 'clock' | 'entry' | 'execArgv'>
  logger: Logger
  /** Of every driver: each may carry any run. */
  allowTargets: readonly string[]
  maxDrivers: number
  onChildLine: (line: string) => void
}

/** What an orchestrator without Kafka needs around it: a bus in this process, drivers and the built-in target on this machine. */
export class LocalFleet {
  readonly bus: Bus
  readonly #options: LocalFleetOptions
  readonly #local: LocalEnvironment
  readonly #pool: DriverPool
  #orchestrator: Pick<Orchestrator, 'runs' | 'members'> = { runs: new Map(), members: new Map() }
  #target: Promise<string> | undefined

  constructor(options: LocalFleetOptions) {
    const { context, logger, allowTargets, maxDrivers, onChildLine } = options
    this.#options = options
    this.#local = new LocalEnvironment({ ...partsOf(context), logger, onChildLine })
    this.bus = this.#local.connect()
    this.#pool = new DriverPool({
      logger,
      maxDrivers,
      start: (events) => this.#local.startDriver(allowTargets, events),
      wanted: () =>
        unfinishedOf(this.#orchestrator.runs).reduce((sum, { record }) => sum + record.drivers, 0),
      heard: () => this.#heard(),
      onStillborn: (error) => this.#failWaiting(error),
    })
  }

  get maxDrivers(): number {
    return this.#options.maxDrivers
  }

  /** Whose runs the drivers are for; called once, before any run is handed in. */
  serve(orchestrator: Pick<Orchestrator, 'runs' | 'members'>): void {
    this.#orchestrator = orchestrator
  }

  /** Starts drivers for a run that is about to be handed in. */
  prepare(drivers: number): void {
    this.#pool.grow(drivers)
  }

  /** The URL of the target that ships with us; started for whoever asks first, and again after it died. */
  readonly builtinTarget = (): Promise<string> => {
    this.#target ??= this.#local
      .startTarget((error) => {
        this.#target = undefined
        this.#options.logger.warn(error.message)
      })
      .catch((error: unknown) => {
        this.#target = undefined
        throw error
      })
    return this.#target
  }

  /** The orchestrator as the API has it: for each run that is handed in there are drivers. */
  own(owner: RunOwner): RunOwner {
    return withSubmit(owner, (request) => {
      this.#pool.check(request.scenario.drivers)
      const run = owner.submit(request)
      this.#pool.grow()
      return run
    })
  }

  close(): Promise<void> {
    return this.#local.close()
  }

  #heard(): number {
    const nowMs = this.#options.context.clock.wallMs()
    const members = [...this.#orchestrator.members.values()]
    return members.filter((member) => isAlive(member, nowMs, lostAfterMs)).length
  }

  /** Better told now than at their deadline: who waits for drivers that cannot be started waits in vain. */
  #failWaiting(error: AppError): void {
    for (const run of unfinishedOf(this.#orchestrator.runs)) {
      const { drivers, start } = run.record
      if (run.state.drivers.size === 0 && drivers > this.#pool.size && start.atLeast >= drivers)
        run.fail(error)
    }
  }
}

const partsOf = ({ clock, entry, execArgv }: LocalFleetOptions['context']) => ({ clock, entry, execArgv })
