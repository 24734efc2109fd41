import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { systemClock } from '../lib/clock.ts'
import { AppError } from '../lib/errors.ts'
import { silentLogger } from '../lib/logger.ts'
import { describeBusContract } from '../testing/contracts/bus-contract.ts'
import { waitFor } from '../testing/wait-for.ts'
import { InProcessBroker } from './in-process.ts'
import { type LinkChannel, LinkedBus, type LinkFrame, serveLink } from './link.ts'

const channelOf = (port: MessagePort): LinkChannel => ({
  send: (frame) => port.postMessage(frame),
  onFrame: (receive) => port.on('message', (frame: LinkFrame) => receive(frame)),
  onClose: (closed) => port.on('close', closed),
})

const openLink = () => {
  const broker = new InProcessBroker({ clock: systemClock, logger: silentLogger })
  const ports: MessagePort[] = []
  const served: Promise<void>[] = []
  return {
    broker,
    ports,
    served,
    connect: async () => {
      const { port1, port2 } = new MessageChannel()
      ports.push(port1)
      served.push(serveLink(channelOf(port2), broker.connect()))
      return new LinkedBus(channelOf(port1), silentLogger)
    },
    close: async () => {
      for (const port of ports) port.close()
      await Promise.all(served)
    },
  }
}

describeBusContract('link to another process', async () => openLink())

test('what waits for an answer fails with BUS_CLOSED when the other side goes, and the near side forgets it', async () => {
  const link = openLink()
  const far = await link.connect()
  const near = link.broker.connect()
  let started = false
  await far.subscribe('t', { from: 'latest', group: 'g' }, () => {
    started = true
    return new Promise(() => {})
  })
  await near.publish('t', 'k', new Uint8Array([1]))
  await waitFor('the handler that never ends', () => started)
  link.ports[0]?.close()
  await Promise.all(link.served)
  await assert.rejects(
    far.publish('t', 'k', new Uint8Array([2])),
    (error: unknown) => error instanceof AppError && error.code === 'BUS_CLOSED',
  )
  const seen: number[] = []
  await near.subscribe('t', { from: 'latest', group: 'g' }, (message) => {
    seen.push(message.value[0] ?? 0)
  })
  await near.publish('t', 'k', new Uint8Array([3]))
  await waitFor('the group to go on here', () => seen.length > 0)
  assert.deepEqual(seen, [3])
  await near.close()
})
