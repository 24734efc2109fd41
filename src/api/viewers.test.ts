import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import { FakeClock } from '../testing/fake-clock.ts'
import { Viewers } from './viewers.ts'

const open = () => {
  const clock = new FakeClock()
  const server = new EventEmitter()
  const viewers = new Viewers(server as never, clock)
  /** A request that goes on until the returned function is called. */
  const ask = (url: string): (() => void) => {
    const response = new EventEmitter()
    server.emit('request', { url }, response)
    return () => response.emit('close')
  }
  /** After how long it settles, where `steps` happen meanwhile: what, at which millisecond. */
  const settledAfter = async (...steps: readonly [atMs: number, step: () => void][]): Promise<number> => {
    let isSettled = false
    void viewers.settled().then(() => {
      isSettled = true
    })
    for (let ms = 0; ms <= 5000; ms += 25) {
      for (const [atMs, step] of steps) if (atMs === ms) step()
      await new Promise((resolve) => setImmediate(resolve))
      if (isSettled) return ms
      await clock.advance(25)
    }
    assert.fail('it never settled')
  }
  return { ask, settledAfter, clock }
}

describe('the end waits for viewers', () => {
  it('not at all where nobody looks', async () => {
    assert.equal(await open().settledAfter(), 0)
  })

  it('not for who looked a while ago', async () => {
    const { ask, settledAfter, clock } = open()
    ask('/')()
    await clock.advance(400)
    assert.equal(await settledAfter(), 0)
  })

  it('until nothing was asked for 300 ms', async () => {
    const { ask, settledAfter } = open()
    const endStream = ask('/api/runs/r-1/events')
    let endResult = (): void => {}
    const ms = await settledAfter(
      [200, endStream],
      [
        250,
        () => {
          endResult = ask('/api/runs/r-1')
        },
      ],
      [300, () => endResult()],
    )
    assert.ok(ms >= 600 && ms <= 650, `${ms} ms`)
  })

  it('at most 2 s, whoever does not let go', async () => {
    const { ask, settledAfter } = open()
    ask('/api/runs/r-1/events')
    const ms = await settledAfter()
    assert.ok(ms >= 2000 && ms <= 2050, `${ms} ms`)
  })

  it('for the stream of all runs until it has told its next second', async () => {
    const { ask, settledAfter } = open()
    ask('/api/events?after=3')
    const ms = await settledAfter()
    assert.ok(ms >= 1600 && ms <= 1650, `${ms} ms`)
  })
})
