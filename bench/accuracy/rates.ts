import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { busyCoreMs } from '../side-by-side/machine.ts'
import { parseResult, programCommand } from '../side-by-side/program.ts'
import { median } from '../side-by-side/text-table.ts'
import { startTimed } from '../side-by-side/timed-process.ts'
import { type ArrivalServerUp, type ArrivalSlots, compareWithPlan, type SlotShare, slotMs } from './slots.ts'

/** One driver at a constant rate. */
export interface RateMeasurement {
  ratePerSecond: number
  latenessP50Ms: number
  latenessP99Ms: number
  /** The median of the p99 of each full second but the first, in which everything is still cold. */
  steadyLatenessP99Ms: number
  /** Cores that were busy on the whole machine meanwhile: ours, the target's, and whatever else ran. */
  busyCores: number
}

export interface ArrivalMeasurement extends RateMeasurement, SlotShare {}

const margin = 0.05

/** Against the built-in target, which is a process of its own. */
export const measureLateness = async (ratePerSecond: number, seconds: number): Promise<RateMeasurement> => {
  return { ratePerSecond, ...(await runAtRate('builtin', ratePerSecond, seconds)) }
}

/** Against a server that notes arrivals; what it says counts, not what the driver believes. */
export const measureArrivals = async (
  ratePerSecond: number,
  seconds: number,
): Promise<ArrivalMeasurement> => {
  const server = fork(fileURLToPath(new URL('arrival-server.ts', import.meta.url)))
  try {
    const { url } = await messageOf<ArrivalServerUp>(server)
    const measured = await runAtRate(url, ratePerSecond, seconds)
    const told = messageOf<ArrivalSlots>(server)
    server.send('tell')
    const { slots } = await told
    const arrived = slots.reduce((sum, count) => sum + count, 0)
    if (arrived !== measured.sent) throw new Error(`${arrived} requests arrived, ${measured.sent} were sent`)
    return {
      ratePerSecond,
      ...measured,
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

/** More than will ever be in flight, or else waiting for a connection would count as the driver's lateness. */
const connections = '1000'

const runAtRate = async (
  target: string,
  ratePerSecond: number,
  seconds: number,
): Promise<Omit<RateMeasurement, 'ratePerSecond'> & { sent: number }> => {
  const directory = mkdtempSync(join(tmpdir(), 'groundswell-bench-'))
  try {
    const startMs = performance.now()
    const busyMs = busyCoreMs()
    const { stdout, stderr } = await startTimed(
      programCommand([
        ...['run', target, '--rate', `${ratePerSecond}/s`, '--duration', `${seconds}s`],
        ...['--connections', connections, '--json', '--quiet', '--out', directory],
      ]),
    ).ended
    const busyCores = (busyCoreMs() - busyMs) / (performance.now() - startMs)
    const { sendLatenessMs, totals } = parseResult(stdout, stderr)
    const { median: latenessP50Ms, p99: latenessP99Ms } = sendLatenessMs
    if (latenessP50Ms === null || latenessP99Ms === null)
      throw new Error(`nothing was sent: ${JSON.stringify(totals)}`)
    const perSecond = latenessP99Of(readFileSync(join(directory, 'timeline.csv'), 'utf8'))
    const steadyLatenessP99Ms = median(perSecond.slice(1, seconds))
    return { latenessP50Ms, latenessP99Ms, steadyLatenessP99Ms, busyCores, sent: totals.sent }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Of each second, over all requests. */
const latenessP99Of = (timeline: string): number[] => {
  const [head = [], ...rows] = timeline
    .trim()
    .split('\n')
    .map((line) => line.split(','))
  const column = head.indexOf('send_lateness_p99_ms')
  const request = head.indexOf('request')
  return rows.filter((row) => row[request] === '*' && row[column] !== '').map((row) => Number(row[column]))
}
