import { setTimeout as sleep } from 'node:timers/promises'
import { drawId } from '../../src/lib/random-id.ts'
import type { RunResult } from '../../src/results/run-result.ts'
import type { Nginx } from '../http/nginx.ts'
import { RoleProcess } from '../orchestrator/role-process.ts'
import { readThreadTimes } from '../orchestrator/thread-times.ts'
import { findDrivers } from '../side-by-side/process-tree.ts'
import { parseResult, programCommand } from '../side-by-side/program.ts'
import { startTimed } from '../side-by-side/timed-process.ts'

export interface RunMeasurement {
  /** Of both driver processes, from the first request that nginx saw, for as long as the load is long. */
  cpuUsPerRequest: number
  p50Ms: number
  p99Ms: number
  latenessP99Ms: number
  startSkewMs: number
  /** Null: on one machine there is one clock. */
  startSkewUncertaintyMs: number | null
  sent: number
  /** What nginx received and we do not report. */
  unaccounted: number
}

export interface RunLoad {
  ratePerSecond: number
  seconds: number
}

const drivers = 2
const pollMs = 10

/** `groundswell run` with drivers that it forks: everything goes over a pipe. */
export const measureLocal = (nginx: Nginx, load: RunLoad): Promise<RunMeasurement> =>
  measure(nginx, load, [], findDrivers)

/** The same with `groundswell driver` twice and `run --kafka`; both kinds of driver are fresh processes in every round. */
export const measureOverKafka = async (
  nginx: Nginx,
  load: RunLoad,
  brokers: readonly string[],
): Promise<RunMeasurement> => {
  const kafka = ['--kafka', brokers.join(','), '--topic-prefix', `${drawId('bench')}.`]
  await using first = await RoleProcess.start(['driver', ...kafka])
  await using second = await RoleProcess.start(['driver', ...kafka])
  return await measure(nginx, load, kafka, () => [first.pid, second.pid])
}

const measure = async (
  nginx: Nginx,
  { ratePerSecond, seconds }: RunLoad,
  args: readonly string[],
  driversOf: (root: number) => number[],
): Promise<RunMeasurement> => {
  const before = await nginx.requests()
  const command = programCommand([
    ...['run', nginx.url, '--rate', `${ratePerSecond}/s`, '--duration', `${seconds}s`],
    ...['--drivers', String(drivers), '--connections', '25', '--json', '--quiet', ...args],
  ])
  const timed = startTimed({ ...command, env: { ...command.env, GROUNDSWELL_STORE: 'none' } })
  let isOver = false
  const ended = timed.ended.finally(() => {
    isOver = true
  })
  while (!isOver && (await nginx.requests()) === before) await sleep(pollMs)
  const startMs = performance.now()
  const pids = driversOf(timed.pid)
  const firstCpuMs = cpuMsOf(pids)
  await Promise.race([ended, sleep(startMs + seconds * 1000 - performance.now())])
  const cpuMs = isOver ? Number.NaN : cpuMsOf(pids) - firstCpuMs
  const { stdout, stderr } = await ended
  const result: RunResult = parseResult(stdout, stderr)
  const { totals, responseTimeMs, sendLatenessMs } = result
  const planned = ratePerSecond * seconds
  if (pids.length !== drivers || result.outcome !== 'passed' || totals.answered !== planned)
    throw new Error(`${pids.length} drivers, ${result.outcome}: ${result.why.join(' ')}\n${stderr}`)
  return {
    cpuUsPerRequest: (cpuMs * 1000) / planned,
    p50Ms: responseTimeMs.median ?? Number.NaN,
    p99Ms: responseTimeMs.p99 ?? Number.NaN,
    latenessP99Ms: sendLatenessMs.p99 ?? Number.NaN,
    startSkewMs: result.startSkewMs ?? Number.NaN,
    startSkewUncertaintyMs: result.startSkewUncertaintyMs,
    sent: totals.sent,
    unaccounted: (await nginx.requests()) - before - totals.sent,
  }
}

const cpuMsOf = (pids: readonly number[]): number => {
  let sumMs = 0
  for (const pid of pids) for (const cpuMs of readThreadTimes(pid).values()) sumMs += cpuMs
  return sumMs
}
