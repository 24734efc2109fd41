import { createServer } from 'node:net'

/**
 * A target that answers each request after a while, so that many connections stay open and busy at little cost. Forked
 * as `slow-server.ts DELAY_MS`; tells its parent `{ url }`, and each time the number of open connections changed, at
 * most ten times a second, `{ open }`.
 */
export interface SlowServerUp {
  url: string
}

export interface SlowServerOpen {
  open: number
}

const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
const delayMs = Number(process.argv[2])
let open = 0
let told = 0

const server = createServer((socket) => {
  open++
  socket.on('data', () => setTimeout(() => socket.writable && socket.write(answer), delayMs))
  socket.on('error', () => socket.destroy())
  socket.on('close', () => open--)
})

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  process.send?.({ url: `http://127.0.0.1:${port}/` } satisfies SlowServerUp)
})

setInterval(() => {
  if (open === told) return
  told = open
  process.send?.({ open } satisfies SlowServerOpen)
}, 100)

process.once('disconnect', () => process.exit())
