import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findDrivers, residentKiB } from '../side-by-side/process-tree.ts'
import { parseResult, programCommand } from '../side-by-side/program.ts'
import { startTimed } from '../side-by-side/timed-process.ts'
import type { SlowServerOpen, SlowServerUp } from './slow-server.ts'

export interface MemoryMeasurement {
  connections: number
  /** Open at once, as the target saw it. */
  opened: number
  /** Of the driver process, the most while they were open. */
  residentKiB: number
}

/** Each connection has one request in flight nearly always. */
const answerDelayMs = 1000
const loadSeconds = 5
const pollMs = 100

/** Memory of a driver that holds so many connections open. */
export const measureMemory = async (connections: number): Promise<MemoryMeasurement> => {
  const server = fork(fileURLToPath(new URL('slow-server.ts', import.meta.url)), [String(answerDelayMs)])
  let opened = 0
  try {
    const [{ url }] = (await once(server, 'message')) as [SlowServerUp]
    server.on('message', ({ open }: SlowServerOpen) => {
      opened = Math.max(opened, open)
    })
    const count = String(connections)
    const timed = startTimed(
      programCommand([
        ...['run', url, '--avalanche', count, '--connections', count],
        ...['--duration', `${loadSeconds}s`, '--json', '--quiet'],
      ]),
    )
    let isOver = false
    const ended = timed.ended.finally(() => {
      isOver = true
    })
    let driver: number | undefined
    let peakKiB = 0
    while (!isOver) {
      await sleep(pollMs)
      driver ??= findDrivers(timed.pid)[0]
      if (driver !== undefined) peakKiB = Math.max(peakKiB, residentKiB(driver))
    }
    const { stdout, stderr } = await ended
    const { totals, outcome, why } = parseResult(stdout, stderr)
    if (totals.connectionsOpened < connections)
      throw new Error(`only ${totals.connectionsOpened} connections: ${outcome} ${why.join(' ')}`)
    return { connections, opened, residentKiB: peakKiB }
  } finally {
    server.kill()
  }
}
