import { AppError } from '../lib/errors.ts'
import type { Logger } from '../lib/logger.ts'
import type { DriverEvents } from './local.ts'

/**
 * Drivers of one machine, started as runs ask for them and kept for the next run.
 *
 *   starting   registers          up
 *   starting   dies               gone; nobody starts another by itself, for it would die the same way
 *   up         dies               gone, and replaced as far as runs still ask for it
 *   up         falls silent       takes its place among `maxDrivers`, but is none that a run could have: the next run that
 *                                 asks starts another where there is room
 *
 * Whoever hands in a run calls {@link grow} then; which driver a run gets is the orchestrator's to say.
 */
export interface DriverPoolOptions {
  logger: Logger
  /** Never more than so many at once. */
  maxDrivers: number
  /** Forks one. */
  start(events: DriverEvents): void
  /** How many drivers all runs that are not over ask for together. */
  wanted(): number
  /** How many of those that are up the orchestrator hears. */
  heard(): number
  /** One died before it was up. */
  onStillborn(error: AppError): void
}

export class DriverPool {
  readonly #options: DriverPoolOptions
  /** Value: it is up. */
  readonly #drivers = new Map<symbol, boolean>()

  constructor(options: DriverPoolOptions) {
    this.#options = options
  }

  /** Up or starting. */
  get size(): number {
    return this.#drivers.size
  }

  /** Throws DRIVERS_MISSING where a run asks for more than there can ever be. */
  check(drivers: number): void {
    const { maxDrivers } = this.#options
    if (drivers <= maxDrivers) return
    throw new AppError(
      'DRIVERS_MISSING',
      `The scenario asks for ${drivers} drivers; here are ${maxDrivers} at most, all on this machine.`,
      {
        hint: 'Ask for fewer, start the orchestrator with a higher --max-drivers, or give it --kafka and drivers elsewhere.',
      },
    )
  }

  /** Starts as many as are missing for `wanted`, within the bound. */
  grow(wanted = this.#options.wanted()): void {
    const { maxDrivers } = this.#options
    const up = [...this.#drivers.values()].filter((isUp) => isUp).length
    const silent = Math.max(0, up - this.#options.heard())
    while (this.#drivers.size < Math.min(wanted + silent, maxDrivers)) this.#start()
  }

  #start(): void {
    const { start, logger, onStillborn } = this.#options
    const driver = Symbol('driver')
    this.#drivers.set(driver, false)
    start({
      onUp: () => {
        if (this.#drivers.has(driver)) this.#drivers.set(driver, true)
      },
      onEnd: (error) => {
        const wasUp = this.#drivers.get(driver)
        this.#drivers.delete(driver)
        if (wasUp === true) {
          logger.warn('a driver of this machine is lost; another takes its place where a run asks for it')
          this.grow()
        } else if (wasUp === false) onStillborn(error)
      },
    })
  }
}
