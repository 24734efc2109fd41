import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/**
 * Requests of one connection, one after the other. HTTP lets a client send many without reading an answer (pipelining,
 * RFC 9112, section 9.3.2), and Node begins all that came in one piece at once: a thousand answers for a client that
 * never reads. Here a request begins when the answer before it was taken, so that a connection owes one answer at most.
 * Requests that wait are small; but a piece of 64 KiB holds more than a thousand.
 */
const maxWaiting = 64

/** Who takes nothing of so much has little time to begin. */
const largeBytes = 2 ** 20
const largeStalledMs = 10_000

interface Turns {
  isTaken: boolean
  waiting: (() => void)[]
}

/** Before all other hooks. */
export const takeTurns = (app: FastifyInstance): void => {
  const turns = new WeakMap<Socket, Turns>()
  app.addHook('onRequest', (request, reply, done) => {
    const { socket } = request.raw
    // Nobody hears the answer, so that there is no need to begin.
    if (socket.destroyed) return
    const own = turns.get(socket) ?? { isTaken: false, waiting: [] }
    turns.set(socket, own)
    reply.raw.once('close', () => {
      own.isTaken = false
      begin(own, socket)
    })
    if (own.waiting.length >= maxWaiting) {
      socket.destroy()
      return
    }
    own.waiting.push(done)
    begin(own, socket)
  })
}

const begin = (turns: Turns, socket: Socket): void => {
  if (turns.isTaken || socket.destroyed) return
  const next = turns.waiting.shift()
  if (next === undefined) return
  turns.isTaken = true
  next()
}

/** Of a large answer, a moment before it is sent: a client that takes none of it is let go of sooner than others. */
export const expectProgress = (
  { raw: { socket } }: FastifyRequest,
  sizeBytes: number,
  stalledMs: number,
): void => {
  if (sizeBytes > largeBytes) socket.setTimeout(Math.min(stalledMs, largeStalledMs))
}
