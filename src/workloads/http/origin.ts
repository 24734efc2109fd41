import { Chain } from './chain.ts'
import type { Connection } from './connection.ts'
import type { Origin } from './exchange.ts'
import { NameResolver, type NameResolverOptions } from './name-resolver.ts'
import type { PendingExchange } from './pending-exchange.ts'

const defaultPorts = { 'http:': 80, 'https:': 443 } as const

/** Scheme, host and port, with what the pool knows of them. The counters are the pool's and its connections' to keep. */
export class HttpOrigin implements Origin {
  readonly protocol: 'http:' | 'https:'
  readonly hostname: string
  readonly port: number
  readonly host: string
  readonly isSecure: boolean
  readonly names: NameResolver

  /** Exchanges that wait for a connection, oldest first. */
  readonly queue = new Chain<PendingExchange>()
  waiting = 0
  /** Connections that wait for an exchange, the latest used last. */
  readonly idle = new Chain<Connection>()
  /** Open or being opened; those that only wait for the server's close are not counted. */
  connections = 0
  /** Connections that will take a waiting exchange without more being opened: being opened, or ending an exchange. */
  arriving = 0
  /** The newest TLS session, to resume. */
  session: Buffer | undefined

  /** `url`: http or https. */
  constructor(url: URL, names: NameResolverOptions) {
    this.protocol = url.protocol === 'https:' ? 'https:' : 'http:'
    this.isSecure = this.protocol === 'https:'
    this.hostname = url.hostname.replace(/^\[(.*)\]$/, '$1')
    this.port = url.port === '' ? defaultPorts[this.protocol] : Number(url.port)
    this.host = url.host
    this.names = new NameResolver(this.hostname, names)
  }

  /** Exchanges for which a connection is missing. */
  get unmet(): number {
    return this.waiting - this.arriving
  }

  get isInUse(): boolean {
    return this.connections > 0 || this.waiting > 0 || this.idle.first !== undefined
  }

  enqueue(pending: PendingExchange): void {
    this.queue.push(pending)
    this.waiting += 1
  }

  enqueueFirst(pending: PendingExchange): void {
    this.queue.unshift(pending)
    this.waiting += 1
  }

  dequeue(pending: PendingExchange): void {
    this.queue.remove(pending)
    this.waiting -= 1
  }
}
