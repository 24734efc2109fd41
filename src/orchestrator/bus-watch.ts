/**
 * Whether the bus brings anything: an orchestrator that hears its own presence, sent every second, would hear drivers
 * too. While it does not, and for a while after (others need longer to come back), silence is nobody's fault.
 *
 *   state    event                                   next
 *   hears    no echo for deafAfterMs                 deaf
 *   deaf     echo                                    returning
 *   returning  graceMs without another outage        hears
 *
 * Instants are of the monotonic clock.
 */
export class BusWatch {
  #lastEchoMs: number
  #excusedUntilMs = Number.NEGATIVE_INFINITY

  constructor(nowMs: number) {
    this.#lastEchoMs = nowMs
  }

  hearEcho(nowMs: number): void {
    if (nowMs - this.#lastEchoMs >= deafAfterMs) this.#excusedUntilMs = nowMs + graceMs
    this.#lastEchoMs = nowMs
  }

  isDeaf(nowMs: number): boolean {
    return nowMs < this.#excusedUntilMs || nowMs - this.#lastEchoMs >= deafAfterMs
  }
}

/** Below the three seconds after which a silent driver is lost, above a second and a slow broker. */
const deafAfterMs = 2000

/** Drivers find a broker that is back within two seconds, and say so within another. */
const graceMs = 5000
