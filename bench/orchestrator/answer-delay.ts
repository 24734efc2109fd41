import { setTimeout as sleep } from 'node:timers/promises'
import type { TimelineRow } from '../../src/results/run-result.ts'
import { requestNames } from './sampled-interval.ts'
import { monotonicMs } from './simulated-drivers.ts'
import type { SentReport, SimulatedRun } from './simulated-run.ts'

export interface DelayMeasurement {
  samples: number
  p50Ms: number
  p90Ms: number
  p99Ms: number
  maxMs: number
}

const firstSecond = 5
/** Looks at the API begin this far apart, at random: a few a second. */
const longestPauseMs = 500
/** Between two requests of one look. */
const pollMs = 5

/**
 * How long after its sending a report is in an answer of the API. One second of the timeline says of how many drivers it
 * holds the report; reports come in the order in which they are sent (one producer, one partition), so an answer that
 * holds n of a second holds its first n. A look waits for the next report at a random instant, and asks until an answer has it.
 */
export const measureDelay = async (run: SimulatedRun): Promise<DelayMeasurement> => {
  const { plan, orchestrator, runId } = run
  let newest: SentReport | undefined
  let wake = (): void => {}
  const sentMs = new Map<string, number>()
  run.onSent((report) => {
    newest = report
    sentMs.set(`${report.second} ${report.nth}`, report.atMs)
    wake()
  })
  const nextReport = async (): Promise<SentReport | undefined> => {
    const over = sleep(1500)
    newest = undefined
    await Promise.race([
      over,
      new Promise<void>((resolve) => {
        wake = resolve
      }),
    ])
    return newest
  }
  const delaysMs: number[] = []
  for (;;) {
    await sleep(Math.random() * longestPauseMs)
    const report = await nextReport()
    if (report === undefined || report.second >= plan.seconds - 2) break
    if (report.second < firstSecond) continue
    const { second } = report
    // All of them where they are sent together: then one look sees every one of that second come.
    let seen = plan.phases === 'together' ? 0 : report.nth
    const last = plan.phases === 'together' ? plan.drivers : report.nth + 1
    while (seen < last) {
      const [row] = await orchestrator.call<TimelineRow[]>(
        'GET',
        `/api/runs/${runId}/timeline?request=${requestNames[0]}&from=${second}&to=${second + 1}`,
      )
      const nowMs = monotonicMs()
      const held = Math.min(last, row?.drivers ?? 0)
      for (; seen < held; seen++) delaysMs.push(nowMs - (sentMs.get(`${second} ${seen}`) ?? Number.NaN))
      if (seen < last) await sleep(pollMs)
    }
  }
  await run.finish()
  delaysMs.sort((a, b) => a - b)
  const at = (percentile: number): number =>
    delaysMs[Math.max(0, Math.ceil((percentile / 100) * delaysMs.length) - 1)] ?? Number.NaN
  return { samples: delaysMs.length, p50Ms: at(50), p90Ms: at(90), p99Ms: at(99), maxMs: at(100) }
}
