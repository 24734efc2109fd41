import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ApiWorld } from '../testing/api-world.ts'
import { sampleResult } from '../testing/sample-result.ts'
import { sampleSecond } from '../testing/sample-seconds.ts'
import { waitFor } from '../testing/wait-for.ts'

const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`

const open = async (world: ApiWorld): Promise<Socket> => {
  const socket = connect({ port: Number(new URL(world.url).port), host: '127.0.0.1' })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

describe('many requests on one connection', () => {
  it('are answered in turn, each with its own answer', async () => {
    await using world = await ApiWorld.start({ drivers: 0 })
    const socket = await open(world)
    let text = ''
    socket.on('data', (bytes) => {
      text += bytes
    })
    const paths = Array.from({ length: 40 }, (_, i) => `/api/runs/none-${i}`)
    socket.write(paths.map(ask).join(''))
    await waitFor('all answers', () => text.match(/HTTP\/1\.1 404/g)?.length === paths.length)
    assert.deepEqual(
      [...text.matchAll(/There is no run (none-\d+)/g)].map(([, id]) => id),
      paths.map((path) => path.slice('/api/runs/'.length)),
    )
    socket.write(ask('/healthz'))
    await waitFor('one more', () => text.includes('HTTP/1.1 200'))
    socket.destroy()
  })

  it('end it where none of the answers is taken', async () => {
    await using world = await ApiWorld.start({ drivers: 0 })
    let reads = 0
    const readResult = world.store.readResult
    Object.defineProperty(world.store, 'readResult', {
      value: (id: string) => {
        reads++
        return readResult.call(world.store, id)
      },
    })
    const socket = await open(world)
    socket.pause()
    socket.write(ask('/api/runs/none').repeat(200))
    await waitFor('the end', () => {
      socket.resume()
      return socket.destroyed
    })
    // In one piece they arrive before the first is answered.
    assert.ok(reads <= 65, `${reads} were begun`)
  })
})

describe('a long timeline', () => {
  it('is made as it is taken', async () => {
    await using world = await ApiWorld.start({ drivers: 0 })
    const total = 100_000
    let made = 0
    world.store.keep(sampleResult({ id: 'long' }))
    Object.defineProperty(world.store, 'readSeconds', {
      value: async function* () {
        const row = sampleSecond(0, 1000, 2000)
        for (; made < total; made++) yield { ...row, second: made }
      },
    })
    const socket = await open(world)
    socket.pause()
    socket.write(ask('/api/runs/long/timeline'))
    let seen = -1
    await waitFor('the server to wait for its client', async () => {
      const isStill = seen === made && made > 0
      seen = made
      await delay(500)
      return isStill && seen === made
    })
    assert.ok(made < total, 'all of it was made for a client that takes nothing')
    socket.destroy()
  })
})
