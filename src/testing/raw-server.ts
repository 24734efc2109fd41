import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'

export interface RawServer {
  readonly port: number
  /** `http(s)://127.0.0.1:port`, or the host listened on. */
  readonly url: string
  /** All that were ever accepted, in order. */
  readonly sockets: readonly Socket[]
  /** Octets received on all connections, TLS framing not counted. */
  readonly bytesIn: number
  /** Destroys all connections; resolves when the last handle is gone. */
  close(): Promise<void>
}

export interface RawServerOptions {
  host?: string
  port?: number
  tls?: TlsOptions
}

const openServers = new Set<RawServer>()

/** For `afterEach`: closes what a failed test left open, so that the process ends. */
export const closeRawServers = async (): Promise<void> => {
  await Promise.all([...openServers].map((server) => server.close()))
}

/**
 * A server on a free loopback port that says exactly what a test writes: `onConnection` gets each socket (over TLS after
 * the handshake) and its number, counted from 0. Errors of sockets are ignored.
 */
export const startRawServer = async (
  onConnection: (socket: Socket, index: number) => void,
  { host = '127.0.0.1', port = 0, tls }: RawServerOptions = {},
): Promise<RawServer> => {
  const sockets: Socket[] = []
  let bytesIn = 0
  const accept = (socket: Socket): void => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (piece: Buffer) => {
      bytesIn += piece.length
    })
    onConnection(socket, sockets.length - 1)
  }
  const all = new Set<Socket>()
  const server: Server =
    tls === undefined ? createTcpServer({ allowHalfOpen: true }, accept) : createTlsServer(tls, accept)
  server.on('connection', (socket: Socket) => {
    all.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => all.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  const boundPort = typeof address === 'object' && address !== null ? address.port : 0
  const rawServer: RawServer = {
    port: boundPort,
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${boundPort}`,
    sockets,
    get bytesIn() {
      return bytesIn
    },
    close: () =>
      new Promise((resolve) => {
        openServers.delete(rawServer)
        server.close(() => resolve())
        for (const socket of all) socket.destroy()
      }),
  }
  openServers.add(rawServer)
  return rawServer
}

/** Calls back with each head (its text without the empty line) and its number on this connection; bodies are skipped by their length. */
export const onRequests = (socket: Socket, onRequest: (head: string, index: number) => void): void => {
  let text = ''
  let index = 0
  socket.on('data', (piece: Buffer) => {
    text += piece.toString('latin1')
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const head = text.slice(0, end)
      const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
      if (text.length < end + 4 + length) return
      text = text.slice(end + 4 + length)
      onRequest(head, index)
      index += 1
    }
  })
}
