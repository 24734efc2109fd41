import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type Clock, sleep } from '../lib/clock.ts'

/** The page takes what belongs to the end within so long of the last answer. */
const quietMs = 300

/** The stream of all runs never ends by itself; it tells the end within its second, or a little later. */
const fleetMs = 1600

/** A viewer never holds up the end for longer. */
const limitMs = 2000

const lookMs = 25

/**
 * Who looks at the moment: so that a process which is about to end can let viewers have the end of what they watched.
 * Streams of a run count as requests, as they end with it; the stream of all runs does not.
 */
export class Viewers {
  readonly #clock: Clock
  #underWay = 0
  #fleets = 0
  #quietSinceMs = Number.NEGATIVE_INFINITY

  constructor(server: Pick<Server, 'on'>, clock: Clock) {
    this.#clock = clock
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const isFleet = /^\/api\/events(?:\?|$)/.test(request.url ?? '')
      this.#change(isFleet, 1)
      response.once('close', () => this.#change(isFleet, -1))
    })
  }

  /** Resolves when nobody looks, or has what there is to be had; after 2 s at the latest. */
  async settled(): Promise<void> {
    const sinceMs = this.#clock.nowMs()
    for (;;) {
      const nowMs = this.#clock.nowMs()
      const isQuiet = this.#underWay === 0 && nowMs - this.#quietSinceMs >= quietMs
      const hasFleet = this.#fleets === 0 || nowMs - sinceMs >= fleetMs
      if ((isQuiet && hasFleet) || nowMs - sinceMs >= limitMs) return
      await sleep(this.#clock, lookMs)
    }
  }

  #change(isFleet: boolean, by: 1 | -1): void {
    if (isFleet) this.#fleets += by
    else {
      this.#underWay += by
      this.#quietSinceMs = this.#clock.nowMs()
    }
  }
}
