import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { RunResult } from '../../src/results/run-result.ts'
import { busyCoreMs } from '../side-by-side/machine.ts'
import { parseResult, programCommand } from '../side-by-side/program.ts'
import { startTimed } from '../side-by-side/timed-process.ts'
import { type ArrivalServerUp, type ArrivalSlots, slotMs } from './arrival-server.ts'
import { compareWithPlan, type SlotShare } from './slots.ts'

/** One driver at a constant rate. */
export interface RateMeasurement {
  ratePerSecond: number
  latenessP50Ms: number
  latenessP99Ms: number
  latenessMaxMs: number
  /** Cores that were busy on the whole machine meanwhile: ours, the target's, and whatever else ran. */
  busyCores: number
}

export interface ArrivalMeasurement extends RateMeasurement, SlotShare {}

const margin = 0.05

/** Against the built-in target, which is a process of its own. */
export const measureLateness = async (ratePerSecond: number, seconds: number): Promise<RateMeasurement> => {
  const { result, busyCores } = await runAtRate('builtin', ratePerSecond, seconds)
  return latenessOf(result, ratePerSecond, busyCores)
}

/** Against a server that notes arrivals; what it says counts, not what the driver believes. */
export const measureArrivals = async (
  ratePerSecond: number,
  seconds: number,
): Promise<ArrivalMeasurement> => {
  const server = fork(fileURLToPath(new URL('arrival-server.ts', import.meta.url)))
  try {
    const { url } = await messageOf<ArrivalServerUp>(server)
    const { result, busyCores } = await runAtRate(url, ratePerSecond, seconds)
    const told = messageOf<ArrivalSlots>(server)
    server.send('tell')
    const { slots } = await told
    const arrived = slots.reduce((sum, count) => sum + count, 0)
    if (arrived !== result.totals.sent)
      throw new Error(`${arrived} requests arrived, ${result.totals.sent} were sent`)
    return {
      ...latenessOf(result, ratePerSecond, busyCores),
      ...compareWithPlan(slots, (ratePerSecond * slotMs) / 1000, margin),
    }
  } finally {
    server.kill()
  }
}

const messageOf = async <T>(child: ChildProcess): Promise<T> => {
  const [message] = await once(child, 'message')
  return message as T
}

const runAtRate = async (
  target: string,
  ratePerSecond: number,
  seconds: number,
): Promise<{ result: RunResult; busyCores: number }> => {
  const startMs = performance.now()
  const busyMs = busyCoreMs()
  const { ended } = startTimed(
    programCommand([
      'run',
      target,
      '--rate',
      `${ratePerSecond}/s`,
      '--duration',
      `${seconds}s`,
      '--json',
      '-q',
    ]),
  )
  const { stdout, stderr } = await ended
  const busyCores = (busyCoreMs() - busyMs) / (performance.now() - startMs)
  return { result: parseResult(stdout, stderr), busyCores }
}

const latenessOf = (
  { sendLatenessMs, totals }: RunResult,
  ratePerSecond: number,
  busyCores: number,
): RateMeasurement => {
  const { median, p99, max } = sendLatenessMs
  if (median === null || p99 === null || max === null)
    throw new Error(`nothing was sent: ${JSON.stringify(totals)}`)
  return { ratePerSecond, latenessP50Ms: median, latenessP99Ms: p99, latenessMaxMs: max, busyCores }
}
