import { setTimeout as sleep } from 'node:timers/promises'
import { findDrivers, readProcess, treeCpuUs } from '../side-by-side/process-tree.ts'
import { startTimed } from '../side-by-side/timed-process.ts'
import type { Client, ClientCounts, ClientLoad } from './client.ts'
import type { Nginx } from './nginx.ts'

export interface ClientMeasurement extends ClientCounts {
  client: string
  /** Requests that nginx received. */
  received: number
  perSecond: number
  /** CPU from the first request that nginx saw to the end of the client, per request. */
  cpuUsPerRequest: number
  /** CPU of the client's whole life, start-up and summary with it, per request. */
  wholeCpuUsPerRequest: number
  /** Of the processes that make the load, where a client keeps them apart from the one that reports. */
  engineCpuUsPerRequest: number | undefined
}

const firstRequestPollMs = 15
const enginePollMs = 25

/** One run of a client. The start-up of peers does not count against them: see `cpuUsPerRequest`. */
export const measureClient = async (
  client: Client,
  nginx: Nginx,
  load: Omit<ClientLoad, 'url'>,
): Promise<ClientMeasurement> => {
  const before = await nginx.requests()
  const timed = startTimed(client.command({ ...load, url: nginx.url }))
  let isOver = false
  const ended = timed.ended.finally(() => {
    isOver = true
  })
  while (!isOver && (await nginx.requests()) === before) await sleep(firstRequestPollMs)
  const startCpuUs = treeCpuUs(timed.pid)
  const engineCpuUs = await followEngine(findDrivers(timed.pid), () => isOver)
  const { exitCode, stdout, stderr, cpuUs } = await ended
  if (exitCode !== 0) throw new Error(`${client.name} ended with ${exitCode}:\n${stdout}\n${stderr}`)
  const counts = client.count(stdout, stderr)
  if (!(counts.answered > 0)) throw new Error(`${client.name} answered nothing:\n${stdout}\n${stderr}`)
  return {
    client: client.name,
    ...counts,
    received: (await nginx.requests()) - before,
    perSecond: counts.answered / load.seconds,
    cpuUsPerRequest: (cpuUs - startCpuUs) / counts.answered,
    wholeCpuUsPerRequest: cpuUs / counts.answered,
    engineCpuUsPerRequest: engineCpuUs === undefined ? undefined : engineCpuUs / counts.answered,
  }
}

/** CPU that these processes use from now until they end, or undefined where there are none. */
const followEngine = async (pids: readonly number[], isOver: () => boolean): Promise<number | undefined> => {
  if (pids.length === 0) return undefined
  const cpuOf = (pid: number): number => readProcess(pid)?.cpuUs ?? 0
  const first = pids.map(cpuOf)
  const last = [...first]
  while (!isOver()) {
    await sleep(enginePollMs)
    for (const [i, pid] of pids.entries()) last[i] = Math.max(last[i] ?? 0, cpuOf(pid))
  }
  return last.reduce((sum, us, i) => sum + us - (first[i] ?? 0), 0)
}
