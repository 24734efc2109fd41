import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { RunResult } from '../results/run-result.ts'
import { ApiWorld } from '../testing/api-world.ts'
import { waitFor } from '../testing/wait-for.ts'

describe('clients that are slow', () => {
  let world: ApiWorld
  const sockets = new Set<Socket>()
  before(async () => {
    world = await ApiWorld.start({ drivers: 0, limits: { requestMs: 500, stalledMs: 1000, connections: 20 } })
  })
  after(async () => {
    for (const socket of sockets) socket.destroy()
    await world[Symbol.asyncDispose]()
  })

  const open = async (first: string): Promise<Socket> => {
    const socket = connect({ port: Number(new URL(world.url).port), host: '127.0.0.1' })
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    await once(socket, 'connect')
    socket.write(first)
    return socket
  }

  it('a request that comes a byte at a time does not come to its end', async () => {
    for (const head of [
      'GET / HTTP/1.1\r\nHost: x\r\nA: ',
      'POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n',
    ]) {
      const socket = await open(head)
      let said = ''
      socket.on('data', (bytes) => {
        said += bytes
      })
      const drip = setInterval(() => socket.write('x'), 400)
      try {
        if (!socket.destroyed) await once(socket, 'close')
      } finally {
        clearInterval(drip)
      }
      assert.match(said, /^HTTP\/1\.1 4\d\d /)
    }
  })

  it('whoever sends nothing, or reads nothing, loses the place that others need', async () => {
    const ask = `GET /api/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
    for (let i = 0; i < 20; i++) {
      const socket = await open(i % 2 === 0 ? '' : ask.repeat(100))
      socket.pause()
    }
    const status = await waitFor(
      'a place',
      async () => {
        try {
          return (await world.ask('GET', '/healthz')).status
        } catch {
          return undefined
        }
      },
      20_000,
    )
    assert.equal(status, 200)
    for (const socket of sockets) socket.resume()
    await waitFor('all others to be let go of', () => sockets.size === 0, 20_000)
  })
})

describe('streams of made-up requests', () => {
  it('are limited with an error that is told, and make room when they are left', async () => {
    const world = await ApiWorld.start({ drivers: 0 })
    const controllers: AbortController[] = []
    // Held: an answer that nobody refers to is collected, and its connection closed with it.
    const answers: Response[] = []
    const stream = async (name: string): Promise<number> => {
      const controller = new AbortController()
      controllers.push(controller)
      const { signal } = controller
      const answer = await fetch(`${world.url}/api/runs/r/events?request=${name}`, { signal })
      answers.push(answer)
      return answer.status
    }
    try {
      const { id } = (await world.ask('POST', '/api/runs?id=r', JSON.stringify(world.scenario())))
        .json as RunResult
      assert.equal(id, 'r')
      for (let i = 0; i < 200; i++) assert.equal(await stream(`made-up-${i}`), 200)
      assert.equal(await stream('one-more'), 503)
      assert.equal(answers.length, 201)
      for (const controller of controllers.splice(0)) controller.abort()
      await waitFor('room', async () => (await stream('one-more')) === 200, 20_000)
    } finally {
      for (const controller of controllers) controller.abort()
      await world[Symbol.asyncDispose]()
    }
  })
})
