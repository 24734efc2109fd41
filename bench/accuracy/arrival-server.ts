import { createServer } from 'node:net'
import { type ArrivalServerUp, type ArrivalSlots, slotMs } from './slots.ts'

/*
 * A target that notes when requests arrive, as it sees them. A program of its own, forked; tells its parent `{ url }`, and
 * after any message from it `{ slots }`.
 */
const answer = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
const headEnd = Buffer.from('\r\n\r\n')

/** Requests without a body end with their head. A head cut in two is not met on loopback: they fit one segment. */
const countHeads = (chunk: Buffer): number => {
  let count = 0
  for (let at = chunk.indexOf(headEnd); at !== -1; at = chunk.indexOf(headEnd, at + headEnd.length)) count++
  return count
}

let firstMs: number | undefined
const slots: number[] = []

const server = createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    const nowMs = performance.now()
    firstMs ??= nowMs
    const slot = Math.floor((nowMs - firstMs) / slotMs)
    const count = countHeads(chunk)
    slots[slot] = (slots[slot] ?? 0) + count
    for (let i = 0; i < count; i++) socket.write(answer)
  })
  socket.on('error', () => socket.destroy())
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  process.send?.({ url: `http://127.0.0.1:${port}/` } satisfies ArrivalServerUp)
})

process.once('message', () => {
  process.send?.({ slots: Array.from(slots, (count) => count ?? 0) } satisfies ArrivalSlots)
  process.disconnect()
  process.exit()
})
process.once('disconnect', () => process.exit())
