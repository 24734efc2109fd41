import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server of loopback that a test breaks and mends. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Where connections go; may be said later than the proxy is there. */
  target: number
  /** Connections break, and new ones are refused. */
  cut(): void
  /** Connections stay, and nothing passes: what a broken network does. */
  freeze(): void
  mend(): void
}

export const startTcpProxy = async (target = 0): Promise<TcpProxy> => {
  const pairs = new Set<readonly [Socket, Socket]>()
  let state: 'open' | 'cut' | 'frozen' = 'open'
  const server = createServer((inner) => {
    inner.on('error', () => {})
    if (state === 'cut') {
      inner.destroy()
      return
    }
    const outer = connect(proxy.target, '127.0.0.1')
    const pair = [inner, outer] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [outer, inner] as const]) {
      from.on('error', () => {})
      from.on('close', () => {
        to.destroy()
        pairs.delete(pair)
      })
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause()
      })
      to.on('drain', () => {
        if (state !== 'frozen') from.resume()
      })
      if (state === 'frozen') from.pause()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const destroyAll = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    target,
    cut: () => {
      state = 'cut'
      destroyAll()
    },
    freeze: () => {
      state = 'frozen'
      for (const pair of pairs) for (const socket of pair) socket.pause()
    },
    mend: () => {
      state = 'open'
      for (const pair of pairs) for (const socket of pair) socket.resume()
    },
    [Symbol.asyncDispose]: async () => {
      state = 'cut'
      destroyAll()
      server.close()
    },
  }
  return proxy
}
