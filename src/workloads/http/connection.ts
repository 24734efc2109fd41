import type { Socket } from 'node:net'
import type { RequestErrorKind } from '../../measuring/outcomes.ts'
import type { ChainLink } from './chain.ts'
import { brokenConnectionText, type ConnectFailure, isPeerGone, isTlsError } from './connect-failure.ts'
import type { ConnectionOwner, ConnectionSettings } from './connection-owner.ts'
import type { DeadlineLine, Expiring } from './deadlines.ts'
import { type DialListener, dial } from './dial.ts'
import type { HttpOrigin } from './origin.ts'
import type { Carrier, PendingExchange } from './pending-exchange.ts'
import { isBlankLeftover, ResponseParser } from './response-parser.ts'

/*
 * One connection's life. Before it, see `dial.ts`.
 *
 *   state     event                                          tells                                     then
 *   opening   socket open                                    opened                                    idle
 *             no socket                                      notOpened                                 closed
 *   idle      an exchange                                    sent                                      busy
 *             an exchange, after a long rest                                                           waking
 *             FIN, error, bytes (but one blank line)         left                                      closed
 *   waking    all sockets were read once more                sent                                      busy
 *             FIN, error, bytes                              putBack (nothing was written), left       closed
 *             the exchange's deadline                        left, failed (timeout)                    closed
 *   busy      answer complete, it can stay                   answered, free                            idle
 *             answer complete, the server is to close        left, answered                            draining
 *             answer complete, but: by FIN, bytes left
 *             over, request not all flushed, or too old      left, answered                            closed
 *             bytes that are no answer                       left, failed (protocol)                   closed
 *             FIN, error                                     left, failed (reset, tls) or sent again   closed
 *             the exchange's deadline                        left, failed (timeout)                    closed
 *   draining  FIN, error, bytes, 1 s                         drained                                   closed
 *
 * `settling` is the moment between busy and idle, while the workload hears of the answer and may send the next request.
 *
 * Sent again (RFC 9110, 9.2.2) is a request once, over a new connection, if: this one had completed an answer before;
 * no byte came since the request; the failure is FIN, ECONNRESET or EPIPE; and the method is idempotent, or the write
 * itself failed, so that the server cannot have seen it. A server that closes an idle connection just as it is used
 * looks exactly like one that reads the request and dies: for other methods that is a failure. It happens once, because
 * the new connection has completed nothing before.
 *
 * Draining: whoever closes first keeps the port for a minute (TIME_WAIT), and a client that makes many connections is
 * the first to run out of ports. So the server is left to close.
 */
type State = 'opening' | 'idle' | 'waking' | 'busy' | 'settling' | 'draining' | 'closed'

/** After so long a rest a FIN or RST may have come that was not read yet: sockets are read once more before a write. */
const restMs = 500
/** A connection opened ahead is good for at least so long: servers wait longer for a first request than for another. */
const unusedLimitMs = 10_000
const drainMs = 1000

export class Connection implements Carrier, DialListener, Expiring, ChainLink<Connection> {
  readonly origin: HttpOrigin
  /** It is opened for this exchange alone; undefined: for whichever waits. */
  reservedFor: PendingExchange | undefined
  /** It is in its origin's idle chain. The pool's to set. */
  isPooled = false
  readonly #owner: ConnectionOwner
  readonly #settings: ConnectionSettings
  readonly #parser: ResponseParser
  #state: State = 'opening'
  #socket: Socket | undefined
  #pending: PendingExchange | undefined
  #openedMs = 0
  #restsSinceMs = 0
  #usableUntilMs = 0
  /** Of the current answer. */
  #bytesIn = 0
  #hasAnswered = false
  #hasWriteFailed = false
  #hasStrayLine = false

  before: Connection | undefined
  after: Connection | undefined
  deadlineMs = 0
  earlier: Expiring | undefined
  later: Expiring | undefined
  line: DeadlineLine | undefined

  constructor(
    origin: HttpOrigin,
    owner: ConnectionOwner,
    settings: ConnectionSettings,
    reservedFor: PendingExchange | undefined,
  ) {
    this.origin = origin
    this.reservedFor = reservedFor
    this.#owner = owner
    this.#settings = settings
    this.#parser = new ResponseParser(settings)
    dial(origin, settings, this)
  }

  /** Whether an idle one may be used again. */
  isUsable(nowMs: number): boolean {
    return nowMs <= this.#usableUntilMs
  }

  /** Only while idle. */
  carry(pending: PendingExchange): void {
    const nowMs = this.#settings.clock.nowMs()
    this.#pending = pending
    this.#bytesIn = 0
    pending.carrier = this
    if (nowMs - this.#restsSinceMs < restMs) this.#write(pending, nowMs)
    else {
      this.#state = 'waking'
      this.#wake(pending)
    }
  }

  /** Called while sockets are being read, one `soon` is over before they are read again: only the second has a turn between. */
  #wake(pending: PendingExchange): void {
    const { clock } = this.#settings
    clock.soon(() =>
      clock.soon(() => {
        if (this.#state === 'waking') this.#write(pending, clock.nowMs())
      }),
    )
  }

  /** Closes an idle one: it is too old, or makes room for another. */
  retire(): void {
    this.#close()
    this.#owner.left(this, undefined)
  }

  /** The exchange on it is out of time. */
  expired(pending: PendingExchange, nowMs: number): void {
    if (this.#state === 'opening') {
      this.reservedFor = undefined
      this.origin.arriving += 1
      this.#settings.ledger.failed(
        pending,
        nowMs,
        'timeout',
        'timed out before a connection was open',
        0,
        false,
      )
      return
    }
    const detail =
      this.#parser.hasStarted && this.#state === 'busy'
        ? 'timed out in the response'
        : 'timed out before a response'
    this.#end('timeout', detail)
  }

  /** It has drained long enough. */
  expire(): void {
    this.#endDraining()
  }

  socketOpened(socket: Socket, connectMs: number): void {
    const nowMs = this.#settings.clock.nowMs()
    this.#socket = socket
    this.#state = 'idle'
    this.#openedMs = nowMs
    this.#restsSinceMs = nowMs
    this.#usableUntilMs = nowMs + Math.max(unusedLimitMs, this.#settings.idleTimeoutMs)
    socket.on('end', () => this.#ended())
    socket.on('error', (error) => this.#broke(error))
    socket.on('close', () => this.#ended())
    this.#owner.opened(this, connectMs)
  }

  socketFailed(failure: ConnectFailure): void {
    this.#state = 'closed'
    this.#owner.notOpened(this, failure)
  }

  socketRead(byteCount: number): void {
    const { readBuffer } = this.#settings
    if (this.#state !== 'busy') {
      this.#readUnasked(byteCount)
      return
    }
    const parser = this.#parser
    const taken = parser.read(readBuffer, 0, byteCount)
    this.#bytesIn += parser.isComplete ? taken : byteCount
    if (parser.isComplete) this.#complete(isBlankLeftover(readBuffer, taken, byteCount))
    else if (parser.failure !== undefined) this.#end(parser.failure.kind, parser.failure.text)
  }

  #write(pending: PendingExchange, nowMs: number): void {
    const { exchange } = pending
    const socket = this.#socket
    if (socket === undefined) return
    this.#state = 'busy'
    this.#hasStrayLine = false
    this.#parser.begin(exchange.isHead, exchange.keepHead, exchange.keepBodyBytes)
    exchange.sent(nowMs, pending.retryOf !== undefined)
    // An error is known at once, though told later: the socket is not writable any more. Over TLS it proves nothing,
    // since a part may have gone.
    this.#hasWriteFailed = !socket.write(exchange.bytes) && !socket.writable && !this.origin.isSecure
  }

  #complete(isInStep: boolean, hasEnded = false): void {
    const { clock, ledger, reuse, idleTimeoutMs, maxConnectionAgeMs } = this.#settings
    const parser = this.#parser
    const pending = this.#pending
    const socket = this.#socket
    if (pending === undefined || socket === undefined) return
    const nowMs = clock.nowMs()
    const flushed = socket.writableLength === 0
    this.#pending = undefined
    if (!isInStep || hasEnded || !flushed || nowMs - this.#openedMs > maxConnectionAgeMs) {
      this.#close()
      this.#owner.left(this, undefined)
      ledger.answered(pending, nowMs, parser, this.#bytesIn, flushed)
      return
    }
    if (!reuse || !parser.isReusable) {
      this.#drain(nowMs)
      this.#owner.left(this, undefined)
      ledger.answered(pending, nowMs, parser, this.#bytesIn, flushed)
      return
    }
    const { keepAliveTimeoutS } = parser
    this.#hasAnswered = true
    this.#restsSinceMs = nowMs
    // A second earlier than the server says: what is on its way then would meet its FIN.
    this.#usableUntilMs =
      nowMs +
      (keepAliveTimeoutS === undefined
        ? idleTimeoutMs
        : Math.min(idleTimeoutMs, (keepAliveTimeoutS - 1) * 1000))
    this.#state = 'settling'
    this.origin.arriving += 1
    ledger.answered(pending, nowMs, parser, this.#bytesIn, flushed)
    this.origin.arriving -= 1
    this.#state = 'idle'
    this.#owner.free(this)
  }

  /** Some servers send a blank line after a body; all else is an answer to nothing. */
  #readUnasked(byteCount: number): void {
    const isStrayLine =
      this.#state === 'idle' &&
      !this.#hasStrayLine &&
      isBlankLeftover(this.#settings.readBuffer, 0, byteCount)
    if (isStrayLine) this.#hasStrayLine = true
    else this.#abandon()
  }

  #ended(): void {
    if (this.#state !== 'busy') {
      this.#abandon()
      return
    }
    const parser = this.#parser
    parser.finish()
    if (parser.isComplete) this.#complete(true, true)
    else this.#end('reset', parser.failure?.text ?? 'connection closed', true)
  }

  #broke(error: Error): void {
    if (this.#state !== 'busy') this.#abandon()
    else this.#end(isTlsError(error) ? 'tls' : 'reset', brokenConnectionText(error), isPeerGone(error))
  }

  /** Ends it while busy or waking, and its exchange with it, unless that may be sent again. */
  #end(kind: RequestErrorKind, detail: string, isPeerGone = false): void {
    const pending = this.#pending
    const socket = this.#socket
    if (pending === undefined || socket === undefined) return
    const { clock, ledger } = this.#settings
    const { exchange } = pending
    this.#pending = undefined
    const flushed = socket.writableLength === 0 && this.#state === 'busy'
    this.#close()
    if (
      isPeerGone &&
      this.#hasAnswered &&
      this.#bytesIn === 0 &&
      (exchange.isIdempotent || this.#hasWriteFailed)
    ) {
      pending.retryOf = detail
      this.#owner.left(this, pending)
    } else {
      this.#owner.left(this, undefined)
      ledger.failed(pending, clock.nowMs(), kind, detail, this.#bytesIn, flushed)
    }
  }

  /** Ends it while nothing is under way on it. */
  #abandon(): void {
    const pending = this.#pending
    switch (this.#state) {
      case 'idle':
        this.retire()
        break
      case 'waking':
        this.#pending = undefined
        if (pending !== undefined) this.#owner.putBack(pending)
        this.retire()
        break
      case 'draining':
        this.#endDraining()
        break
      default:
    }
  }

  #drain(nowMs: number): void {
    this.#state = 'draining'
    this.#settings.deadlines.add(this, nowMs, drainMs)
    this.#owner.drains(this)
  }

  #endDraining(): void {
    this.#settings.deadlines.remove(this)
    this.#owner.drained(this)
    this.#close()
  }

  #close(): void {
    this.#state = 'closed'
    this.#socket?.destroy()
  }
}
