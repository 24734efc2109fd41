import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RealTarget extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Requests of which the head arrived. */
  readonly received: number
  /** Arrivals on the monotonic clock, milliseconds, by the local port of the client's connection. */
  readonly arrivals: readonly { atMs: number; client: number; url: string }[]
}

type Answer = (request: IncomingMessage, response: ServerResponse, n: number) => void

const answerOk: Answer = (_request, response) => {
  response.end('ok')
}

/** A server on loopback that counts what it receives, in this process. */
export const startRealTarget = async (answer: Answer = answerOk): Promise<RealTarget> => {
  const arrivals: { atMs: number; client: number; url: string }[] = []
  const server: Server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    arrivals.push({ atMs: performance.now(), client: request.socket.remotePort ?? 0, url: request.url ?? '' })
    answer(request, response, arrivals.length)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    arrivals,
    get received() {
      return arrivals.length
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
