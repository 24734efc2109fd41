import { connect as connectTcp, type NetConnectOpts, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../../lib/clock.ts'
import { messageOf } from '../../lib/errors.ts'
import { type ConnectFailure, connectFailureOf } from './connect-failure.ts'
import type { DeadlineLine, Deadlines, Expiring } from './deadlines.ts'
import type { OpenSockets } from './open-sockets.ts'
import type { HttpOrigin } from './origin.ts'
import type { TlsContext } from './tls-context.ts'

/*
 * From an origin to an open socket. One deadline, connectTimeoutMs, spans all of it.
 *
 *   state       event                                  then
 *   resolving   addresses known                        connecting, to the first
 *               no addresses, or none allowed          over: failed
 *   connecting  connected, http                        over: opened
 *               connected, https                       securing
 *               error, addresses left                  connecting, to the next
 *               error, none left                       over: failed
 *   securing    handshake done                         over: opened
 *               error                                  over: failed
 *   all three   the deadline                           over: failed (timeout)
 */
type State = 'resolving' | 'connecting' | 'securing' | 'over'

export interface DialSettings {
  readonly clock: Clock
  readonly connectTimeoutMs: number
  /** Source addresses, in turn; undefined: the system's choice. */
  readonly nextLocalAddress: () => string | undefined
  readonly tls: TlsContext
  readonly sockets: OpenSockets
  readonly deadlines: Deadlines
  /**
   * Shared by all sockets: Node fills it and calls `socketRead` at once, so a read is over before the next begins. With
   * this, reading allocates nothing.
   */
  readonly readBuffer: Uint8Array
}

/** Called later, never within `dial`. */
export interface DialListener {
  socketOpened(socket: Socket, connectMs: number): void
  socketFailed(failure: ConnectFailure): void
  /** So many bytes are in `readBuffer`. Only after `socketOpened`. */
  socketRead(byteCount: number): void
}

class Dial implements Expiring {
  readonly #origin: HttpOrigin
  readonly #settings: DialSettings
  readonly #listener: DialListener
  readonly #startedMs: number
  #state: State = 'resolving'
  #addresses: readonly string[] = []
  #attempt = 0
  #failure: ConnectFailure | undefined
  #socket: Socket | undefined

  deadlineMs = 0
  earlier: Expiring | undefined
  later: Expiring | undefined
  line: DeadlineLine | undefined

  constructor(origin: HttpOrigin, settings: DialSettings, listener: DialListener) {
    this.#origin = origin
    this.#settings = settings
    this.#listener = listener
    this.#startedMs = settings.clock.nowMs()
  }

  start(): void {
    this.#settings.deadlines.add(this, this.#startedMs, this.#settings.connectTimeoutMs)
    const addresses = this.#origin.names.take(this.#startedMs)
    if (addresses === undefined) void this.#resolve()
    else this.#tryFirst(addresses)
  }

  expire(): void {
    this.#fail({
      kind: 'timeout',
      detail: `no connection to ${this.#where} within ${this.#settings.connectTimeoutMs} ms`,
    })
  }

  /** `address:port`, or the name while there is no address. */
  get #where(): string {
    const address = this.#addresses[this.#attempt]
    if (address === undefined) return this.#origin.hostname
    return address.includes(':') ? `[${address}]:${this.#origin.port}` : `${address}:${this.#origin.port}`
  }

  async #resolve(): Promise<void> {
    const failure = await this.#origin.names.resolve()
    if (this.#state !== 'resolving' || this.#settings.sockets.isClosed) return
    if (failure !== undefined) this.#fail(failure)
    else this.#tryFirst(this.#origin.names.take(this.#settings.clock.nowMs()) ?? [])
  }

  #tryFirst(addresses: readonly string[]): void {
    this.#addresses = addresses
    this.#state = 'connecting'
    this.#try()
  }

  #try(): void {
    try {
      const socket = this.#connect()
      this.#socket = socket
      this.#settings.sockets.add(socket)
      this.#listen(socket)
    } catch (error) {
      // Options that Node refuses: a local address that is none, a certificate that cannot be read.
      this.#settings.clock.soon(() => this.#fail({ kind: 'connect', detail: messageOf(error) }))
    }
  }

  #connect(): Socket {
    const { nextLocalAddress, readBuffer, tls } = this.#settings
    const localAddress = nextLocalAddress()
    const host = this.#addresses[this.#attempt]
    const onread: OnReadOpts = {
      buffer: readBuffer,
      callback: (byteCount) => {
        this.#listener.socketRead(byteCount)
        return true
      },
    }
    const options: NetConnectOpts & { onread: OnReadOpts } = {
      host: host ?? '',
      port: this.#origin.port,
      autoSelectFamily: false,
      // A head and a body that leave in two segments would meet the peer's delayed acknowledgement: 40 ms.
      noDelay: true,
      onread,
      ...(localAddress === undefined ? {} : { localAddress }),
    }
    if (!this.#origin.isSecure) return connectTcp(options)
    const session = tls.resumes ? this.#origin.session : undefined
    return connectTls({ ...options, ...tls.connectOptions(this.#origin.hostname, session) })
  }

  #listen(socket: Socket): void {
    const isCurrent = () => this.#socket === socket
    socket.once('connect', () => {
      if (!isCurrent()) return
      if (this.#origin.isSecure) this.#state = 'securing'
      else this.#open(socket)
    })
    socket.on('error', (error) => {
      if (isCurrent() && this.#state !== 'over') this.#attemptFailed(error)
    })
    if (!this.#origin.isSecure) return
    socket.once('secureConnect', () => {
      if (isCurrent() && this.#state === 'securing') this.#open(socket)
    })
    // With TLS 1.3 tickets come after the handshake, while the connection is in use.
    if (this.#settings.tls.resumes) {
      socket.on('session', (session: Buffer) => {
        this.#origin.session = session
      })
    }
  }

  #attemptFailed(error: Error): void {
    const failure = connectFailureOf(error, this.#state === 'securing' ? 'tls' : 'connect', this.#where)
    if (this.#state === 'securing') {
      this.#origin.session = undefined
      this.#fail(failure)
      return
    }
    // What a target says tells more than what is amiss here, such as an IPv6 address on a machine without IPv6.
    if (this.#failure === undefined || ('unsent' in this.#failure && 'kind' in failure))
      this.#failure = failure
    if (this.#attempt + 1 === this.#addresses.length) this.#fail(this.#failure)
    else {
      this.#attempt += 1
      this.#try()
    }
  }

  #open(socket: Socket): void {
    const { clock, deadlines } = this.#settings
    this.#state = 'over'
    deadlines.remove(this)
    for (const address of this.#addresses.slice(0, this.#attempt)) this.#origin.names.passOver(address)
    this.#listener.socketOpened(socket, clock.nowMs() - this.#startedMs)
  }

  #fail(failure: ConnectFailure): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#settings.deadlines.remove(this)
    this.#socket?.destroy()
    // Without descriptors Node reports within its own tick queue: a closed loop of such failures must not stay in it.
    if ('unsent' in failure) this.#settings.clock.soon(() => this.#listener.socketFailed(failure))
    else this.#listener.socketFailed(failure)
  }
}

/** Opens a connection to the origin and tells the listener how that ended: one of socketOpened and socketFailed, once. */
export const dial = (origin: HttpOrigin, settings: DialSettings, listener: DialListener): void => {
  new Dial(origin, settings, listener).start()
}
