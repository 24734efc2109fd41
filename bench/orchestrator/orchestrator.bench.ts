import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from '../side-by-side/baseline.ts'
import { type BenchOptions, type Findings, runBench } from '../side-by-side/bench.ts'
import { busyCoreMs } from '../side-by-side/machine.ts'
import { residentKiB } from '../side-by-side/process-tree.ts'
import { textTable, threeDigits } from '../side-by-side/text-table.ts'
import { type DelayMeasurement, measureDelay } from './answer-delay.ts'
import { startedPerSecond } from './sampled-interval.ts'
import { type SimulatedRun, withSimulatedRun } from './simulated-run.ts'
import { readThreadTimes, timesBetween } from './thread-times.ts'

/*
 * What an orchestrator costs that hears a hundred drivers. Parts for `--only`: steady (CPU and memory, nobody asks for
 * anything), delay (how soon the API knows). Broker and simulated drivers run on the same cores. With
 * GROUNDSWELL_BENCH_PROFILE=FILE the steady part writes a CPU profile instead of CPU figures.
 */
const drivers = 100

/** Code is compiled and statistics of it are gathered in the first seconds. */
const warmUpS = 20
/** Nor does the end belong to the steady part. */
const coolDownS = 2

const measure = async (options: BenchOptions): Promise<Findings> => {
  const findings: Findings = { figures: [], versions: {}, text: [], details: {} }
  if ('steady'.includes(options.only)) await addSteady(findings, options)
  if ('delay'.includes(options.only)) await addDelays(findings, options)
  return findings
}

const at = (run: SimulatedRun, second: number): Promise<void> =>
  sleep(Math.max(0, run.startMs + second * 1000 - performance.now()))

const addSteady = async (findings: Findings, { seconds, progress }: BenchOptions): Promise<void> => {
  const fromS = Math.min(warmUpS, Math.round(seconds / 3))
  const profileFile = process.env.GROUNDSWELL_BENCH_PROFILE
  const measured = await withSimulatedRun({ drivers, seconds, phases: 'spread' }, async (run) => {
    const { orchestrator } = run
    const { pid } = orchestrator
    await at(run, fromS - 1)
    const firstUsed = { atMs: performance.now(), bytes: await orchestrator.usedBytes() }
    await at(run, fromS)
    if (profileFile !== undefined)
      await orchestrator.profile(profileFile, (seconds - coolDownS - fromS) * 1000)
    const from = { atMs: performance.now(), threads: readThreadTimes(pid), busyMs: busyCoreMs() }
    await at(run, seconds - coolDownS)
    const to = { atMs: performance.now(), threads: readThreadTimes(pid), busyMs: busyCoreMs() }
    await at(run, seconds - 1)
    const lastUsed = { atMs: performance.now(), bytes: await orchestrator.usedBytes() }
    const result = await run.finish()
    const passedMs = to.atMs - from.atMs
    return {
      passedMs,
      threads: timesBetween(from.threads, to.threads),
      busyCores: (to.busyMs - from.busyMs) / passedMs,
      usedMiB: lastUsed.bytes / 2 ** 20,
      grownMiBPerMinute:
        ((lastUsed.bytes - firstUsed.bytes) / 2 ** 20 / (lastUsed.atMs - firstUsed.atMs)) * 60_000,
      residentMiB: residentKiB(pid) / 1024,
      sent: result.totals.sent,
    }
  })
  const { passedMs, threads, busyCores, usedMiB, grownMiBPerMinute, residentMiB, sent } = measured
  const cpuShare = threads.reduce((sum, [, cpuMs]) => sum + cpuMs, 0) / passedMs
  progress(
    `steady: ${threeDigits(cpuShare * 100)} % of a core, ${threeDigits(grownMiBPerMinute)} MiB a minute`,
  )
  findings.details = { ...(findings.details as object), steady: measured }
  findings.text.push(
    `${drivers} drivers, each ${startedPerSecond} requests and one report a second, for ${seconds} s: passed with exactly the planned ${sent.toLocaleString('en-US')}.
Seconds ${fromS} to ${seconds - coolDownS}; ${threeDigits(busyCores)} cores were busy in all, with the broker and the drivers.`,
    textTable(
      ['threads of the orchestrator', 'CPU ms a second', '% of a core'],
      threads
        .filter(([, cpuMs]) => cpuMs / passedMs > 0.0005)
        .map(([name, cpuMs]) => [
          name,
          threeDigits((cpuMs / passedMs) * 1000),
          threeDigits((cpuMs / passedMs) * 100),
        ]),
    ),
    `Memory: ${threeDigits(usedMiB)} MiB in use at the end after a collection, ${threeDigits(residentMiB)} MiB resident.`,
  )
  findings.figures.push(
    { name: 'CPU of the orchestrator', value: cpuShare * 100, unit: '% of a core', goal: { atMost: 10 } },
    {
      name: 'growth of its memory',
      value: grownMiBPerMinute,
      unit: 'MiB a minute',
      // Each second is kept whole, for the timeline: with this an hour of a hundred drivers stays below 600 MiB.
      goal: { atMost: 10 },
    },
  )
}

const addDelays = async (findings: Findings, options: BenchOptions): Promise<void> => {
  const seconds = Math.min(20, options.seconds)
  const measured: [string, DelayMeasurement][] = []
  for (const phases of ['spread', 'together'] as const) {
    const delay = await withSimulatedRun({ drivers, seconds, phases }, measureDelay)
    measured.push([phases, delay])
    options.progress(
      `delay, ${phases}: p50 ${threeDigits(delay.p50Ms)} ms, p99 ${threeDigits(delay.p99Ms)} ms`,
    )
  }
  findings.details = { ...(findings.details as object), delay: Object.fromEntries(measured) }
  findings.text.push(
    `From a driver's send to the first answer of the API that contains it, ms (the poller's own requests included):`,
    textTable(
      ['reports of a second are sent', 'samples', 'p50', 'p90', 'p99', 'max'],
      measured.map(([phases, { samples, p50Ms, p90Ms, p99Ms, maxMs }]) => [
        phases,
        samples,
        ...[p50Ms, p90Ms, p99Ms, maxMs].map(threeDigits),
      ]),
    ),
  )
  findings.figures.push(
    ...measured.map(
      ([phases, { p99Ms }]): Figure => ({
        name: `delay to the API's answer p99, reports ${phases}`,
        value: p99Ms,
        unit: 'ms',
        goal: { atMost: 250 },
      }),
    ),
  )
}

await runBench({
  name: 'orchestrator',
  defaults: { rounds: 1, seconds: 60 },
  baseline: new URL('baseline.json', import.meta.url),
  measure,
})
