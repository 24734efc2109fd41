import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Clock, systemClock } from '../lib/clock.ts'
import { AppError, messageOf } from '../lib/errors.ts'
import { drawFraction, streamOf } from '../lib/random.ts'
import { AnswerGate } from './answer-gate.ts'
import { drawDelayMs } from './delay.ts'
import { formatPrometheus, prometheusType, type TargetStats } from './target-counters.ts'
import { defaultTargetOptions, type TargetOptions } from './target-options.ts'
import { type Answer, bodyTooLarge, makeAnswer, makeRoutes, otherRoute, type Route } from './target-routes.ts'

export interface Target {
  /** `http://127.0.0.1:8080`, without a slash at the end; of a wildcard address the loopback one. */
  url: string
  port: number
  stats(): TargetStats
  /** Closes every connection, whatever is under way. Afterwards no handle or timer remains. Idempotent. */
  close(): Promise<void>
}

/**
 * The target that ships with us: a small HTTP server that counts what it got and can be told to misbehave. Rejects with
 * PORT_IN_USE, or USAGE for an address that cannot be listened on.
 */
export const startTarget = async (
  options: Partial<TargetOptions> = {},
  clock: Clock = systemClock,
): Promise<Target> => {
  const target = new TargetServer({ ...defaultTargetOptions, ...options }, clock)
  await target.listen()
  return target
}

const largestKeptBodyBytes = 1e6
/** Longer than any pause of a load, so that it is the drivers who decide how long a connection lives. */
const keepAliveTimeoutMs = 75_000
const noBody = Buffer.alloc(0)
const errorStream = streamOf('target error')
const dropStream = streamOf('target drop')

class TargetServer implements Target {
  url = ''
  port = 0
  readonly #options: TargetOptions
  readonly #server: Server
  readonly #gate: AnswerGate
  readonly #routes: ReadonlyMap<string, Route>
  readonly #error: Answer
  readonly #sockets = new Set<Socket>()
  /** Everything but what is summed over the open connections. */
  readonly #stats: TargetStats
  #closing: Promise<void> | undefined

  constructor(options: TargetOptions, clock: Clock) {
    this.#options = options
    this.#gate = new AnswerGate(clock, options.stall)
    this.#routes = makeRoutes(options.bodySizeBytes)
    this.#error = makeAnswer(options.errorStatus, 'text/plain; charset=utf-8', 'made to fail')
    const paths = [...this.#routes.keys(), 'other']
    this.#stats = {
      requestsReceived: 0,
      responsesSent: 0,
      received: Object.fromEntries(paths.map((path) => [path, 0])),
      sent: Object.fromEntries(paths.map((path) => [path, {}])),
      dropped: 0,
      cut: 0,
      connectionsAccepted: 0,
      connectionsOpen: 0,
      bytesIn: 0,
      bytesOut: 0,
    }
    this.#server = createServer({ keepAliveTimeout: keepAliveTimeoutMs })
    this.#server.on('connection', (socket: Socket) => this.#accept(socket))
    this.#server.on('request', (request, response) => this.#receive(request, response))
  }

  listen(): Promise<void> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => reject(listenError(error, host, port)))
      this.#server.listen({ host, port, backlog: 4096 }, () => {
        this.port = (this.#server.address() as AddressInfo).port
        this.url = `http://${hostInUrl(host)}:${this.port}`
        resolve()
      })
    })
  }

  stats(): TargetStats {
    const stats = structuredClone(this.#stats)
    stats.connectionsOpen = this.#sockets.size
    for (const socket of this.#sockets) addBytes(stats, socket)
    return stats
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#gate.close()
      this.#server.close(() => resolve())
      for (const socket of this.#sockets) socket.destroy()
    })
    return this.#closing
  }

  #accept(socket: Socket): void {
    this.#stats.connectionsAccepted++
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      addBytes(this.#stats, socket)
    })
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request.url ?? '')
    if (path === '/metric' || path === '/metrics') {
      write(response, path === '/metric' ? this.#count() : this.#metrics(request))
      return
    }
    const route = this.#routes.get(path)
    const label = route === undefined ? 'other' : path
    const index = this.#stats.requestsReceived++
    this.#stats.received[label] = (this.#stats.received[label] ?? 0) + 1
    readBody(request, route?.readsBody === true, (body) => {
      const answer = body === undefined ? bodyTooLarge : (route ?? otherRoute).answer(request, body)
      this.#answer(request.socket, response, label, index, answer)
    })
  }

  #answer(socket: Socket, response: ServerResponse, label: string, index: number, answer: Answer): void {
    const { delay, seed, errorShare, dropShare, cutShare } = this.#options
    this.#gate.pass(drawDelayMs(delay, seed, index), () => {
      // The client may have gone while its answer was held back.
      if (socket.destroyed) return
      const fate = dropShare + cutShare === 0 ? 1 : drawFraction(seed, dropStream, index)
      if (fate < dropShare) {
        this.#stats.dropped++
        socket.resetAndDestroy()
        return
      }
      const fails = errorShare > 0 && drawFraction(seed, errorStream, index) < errorShare
      const given = fails ? this.#error : answer
      if (fate < dropShare + cutShare) {
        this.#stats.cut++
        response.writeHead(given.status, given.headers)
        response.write(given.body.subarray(0, given.body.length >> 1))
        socket.end()
        return
      }
      response.once('finish', () => this.#countSent(label, given.status))
      write(response, given)
    })
  }

  #countSent(label: string, status: number): void {
    this.#stats.responsesSent++
    const statuses = this.#stats.sent[label] ?? {}
    statuses[status] = (statuses[status] ?? 0) + 1
  }

  #count(): Answer {
    return makeAnswer(200, 'text/plain; charset=utf-8', String(this.#stats.requestsReceived))
  }

  #metrics(request: IncomingMessage): Answer {
    if (request.headers.accept?.includes('application/json') !== true)
      return makeAnswer(200, prometheusType, formatPrometheus(this.stats()))
    const { requestsReceived, responsesSent } = this.#stats
    const totals = { total_requests: requestsReceived, total_responses: responsesSent }
    return makeAnswer(200, 'application/json', JSON.stringify(totals))
  }
}

const write = (response: ServerResponse, answer: Answer): void => {
  response.writeHead(answer.status, answer.headers)
  response.end(answer.body)
}

/**
 * Calls back once the body was read: with it where it is kept (undefined: too large), with nothing otherwise. Never for
 * a request that breaks off.
 */
const readBody = (
  request: IncomingMessage,
  keep: boolean,
  then: (body: Buffer | undefined) => void,
): void => {
  const length = request.headers['content-length']
  if ((length === undefined || length === '0') && request.headers['transfer-encoding'] === undefined) {
    then(noBody)
    return
  }
  const chunks: Buffer[] = []
  let sizeBytes = 0
  if (keep)
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length
      if (sizeBytes <= largestKeptBodyBytes) chunks.push(chunk)
      else chunks.length = 0
    })
  request.once('end', () => then(sizeBytes > largestKeptBodyBytes ? undefined : Buffer.concat(chunks)))
  request.resume()
}

const addBytes = (stats: TargetStats, socket: Socket): void => {
  stats.bytesIn += socket.bytesRead
  stats.bytesOut += socket.bytesWritten
}

const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}

const hostInUrl = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

const listenError = (error: NodeJS.ErrnoException, host: string, port: number): AppError => {
  const where = `port ${port} of ${host}`
  if (error.code === 'EADDRINUSE')
    return new AppError('PORT_IN_USE', `${where} is in use already`, { cause: error })
  if (error.code === 'EACCES')
    return new AppError('USAGE', `${where} may not be opened by this user`, {
      cause: error,
      hint: 'Choose a port above 1023.',
    })
  return new AppError('USAGE', `cannot listen on ${where}: ${messageOf(error)}`, { cause: error })
}
