import { promises as dns } from 'node:dns'
import { isIP } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import type { AllowList } from './allow-list.ts'
import { type ConnectFailure, connectFailureOf } from './connect-failure.ts'

/** All addresses of a name, in the system's order; rejects as `dns.promises.lookup` does. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string }[]>

/** Through the system's resolver, so that /etc/hosts counts. */
export const systemLookup: Lookup = (hostname) => dns.lookup(hostname, { all: true })

/** A connection made later than this after the last look-up asks again. */
const maxAgeMs = 30_000

export interface NameResolverOptions {
  readonly clock: Clock
  readonly lookup: Lookup
  readonly allow: AllowList
}

/**
 * The addresses of one host, given out in turn. Node's own choice is not used: it takes the first address, or, racing
 * them, drops all but the last under load. The allow list is held against every address here, the only place where one
 * comes from, so no connection goes around it.
 */
export class NameResolver {
  readonly #hostname: string
  readonly #options: NameResolverOptions
  #addresses: string[] = []
  #turn = 0
  #freshUntilMs = Number.NEGATIVE_INFINITY
  #lookup: Promise<ConnectFailure | undefined> | undefined

  constructor(hostname: string, options: NameResolverOptions) {
    this.#hostname = hostname
    this.#options = options
  }

  /**
   * The addresses to try for one connection, best first; begins with another one each time. undefined: they are not
   * known, or too old, so `resolve` first.
   */
  take(nowMs: number): string[] | undefined {
    if (nowMs > this.#freshUntilMs) return undefined
    const from = this.#turn % this.#addresses.length
    this.#turn = from + 1
    return from === 0 ? this.#addresses : [...this.#addresses.slice(from), ...this.#addresses.slice(0, from)]
  }

  /** Looks the name up; concurrent calls share one look-up. Never rejects: tells what went wrong. */
  resolve(): Promise<ConnectFailure | undefined> {
    this.#lookup ??= this.#resolve().finally(() => {
      this.#lookup = undefined
    })
    return this.#lookup
  }

  /**
   * `address` refused while another took the connection: it gets no turn until the next look-up. So `localhost` with a
   * server on one of its two addresses costs one vain attempt, not one in two.
   */
  passOver(address: string): void {
    const others = this.#addresses.filter((other) => other !== address)
    if (others.length > 0) this.#addresses = others
  }

  async #resolve(): Promise<ConnectFailure | undefined> {
    const { clock, allow } = this.#options
    const hostname = this.#hostname
    const isLiteral = isIP(hostname) !== 0
    let found: string[]
    try {
      found = isLiteral ? [hostname] : (await this.#options.lookup(hostname)).map(({ address }) => address)
    } catch (error) {
      return connectFailureOf(error instanceof Error ? error : new Error(String(error)), 'resolve', hostname)
    }
    if (found.length === 0) return { kind: 'resolve', detail: `resolve ENODATA ${hostname}`, code: 'ENODATA' }
    const allowed = found.filter((address) => allow.allows(hostname, address))
    if (allowed.length === 0) {
      // A refusal comes as fast as asked: without a turn of the event loop, a closed loop of them would starve it.
      await new Promise<void>((resolve) => clock.soon(resolve))
      const addresses = isLiteral ? '' : ` (${[...new Set(found)].sort().join(', ')})`
      return { unsent: 'notAllowed', detail: `${hostname}${addresses} is not on the allow list` }
    }
    this.#addresses = [...new Set(allowed)]
    this.#freshUntilMs = isLiteral ? Number.POSITIVE_INFINITY : clock.nowMs() + maxAgeMs
    return undefined
  }
}
