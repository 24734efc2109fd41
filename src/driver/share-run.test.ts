import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MetricsMessage } from '../bus/messages.ts'
import { createLineLogger } from '../lib/logger.ts'
import type { Steering } from '../pacing/steering.ts'
import type { Load } from '../scenario/scenario.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { rateOf, sampleScenario } from '../testing/sample-scenario.ts'
import type { Workload } from '../workloads/workload.ts'
import { ShareRun } from './share-run.ts'

interface Setting {
  load?: Load
  latencyMs?: number
  /** Names of requests, in turn. */
  names?: string[]
}

const shareOf = ({ load = rateOf(100, 5000), latencyMs = 5, names = ['GET /'] }: Setting = {}) => {
  const clock = new FakeClock()
  const reports: MetricsMessage[] = []
  const logged: string[] = []
  const startedAtMs: number[] = []
  const seen = { ended: false, closed: 0 }
  let ids = 0
  const run = new ShareRun({
    nodeId: 'd-1',
    testId: 'r-1',
    scenario: sampleScenario({ drivers: 1, load }),
    share: { index: 0, of: 1 },
    report: (message) => reports.push(message),
    clock,
    logger: createLineLogger('driver', 'info', (line) => logged.push(line)),
    drawId: (prefix) => `${prefix}-${ids++}`,
    cpuUsageUs: () => 0,
    createWorkload: (recorders, onEnd): Workload => {
      let inFlight = 0
      const cut: (() => void)[] = []
      return {
        get inFlight() {
          return inFlight
        },
        open: async () => {},
        start: (index) => {
          inFlight++
          startedAtMs.push(clock.nowMs())
          const recorder = recorders.request(names[index % names.length] ?? 'GET /')
          recorder.start()
          recorder.sent(0, 1, false)
          const end = (how: () => void): void => {
            inFlight--
            how()
            onEnd()
          }
          const timer = clock.after(latencyMs, () => {
            cut.splice(cut.indexOf(cutOff), 1)
            end(() => recorder.answered(200, latencyMs * 1000, latencyMs * 1000, 1))
          })
          const cutOff = (): void => {
            timer.cancel()
            end(() => recorder.failed('timeout', 0, 'cut off', 0))
          }
          cut.push(cutOff)
        },
        refuse: () => {},
        cancelQueued: () => {},
        close: async () => {
          seen.closed++
          for (const cutOff of cut.splice(0)) cutOff()
        },
      }
    },
  })
  void run.ended.then(() => {
    seen.ended = true
  })
  const begin = (inMs: number): void => run.begin(clock.wallMs() + inMs)
  const open = async (): Promise<void> => {
    const opening = run.open()
    await clock.advance(0)
    await opening
  }
  return { clock, open, run, reports, logged, startedAtMs, seen, begin }
}

const sentOf = (reports: readonly MetricsMessage[]): number => {
  let sent = 0
  for (const { requests } of reports)
    for (const { measurement } of requests ?? []) sent += Number(measurement.sent)
  return sent
}

const intervalsOf = (reports: readonly MetricsMessage[]): [number, number][] =>
  reports.flatMap(({ interval }) => (interval === undefined ? [] : [[interval.start_ms, interval.end_ms]]))

/** Each begins where the one before ended. */
const assertGapless = (intervals: readonly [number, number][]): void => {
  for (const [i, [startMs, endMs]] of intervals.entries()) {
    assert.ok(endMs >= startMs)
    const before = intervals[i - 1]
    // The totals are said over the last interval once more.
    if (before !== undefined && before[0] !== startMs) assert.equal(startMs, before[1])
  }
}

describe('the run of a share', () => {
  it('reports each second since the start instant, and at the end the whole once more', async () => {
    const { clock, open, reports, seen, begin } = shareOf()
    await open()
    begin(20)
    await clock.advance(6000)
    assert.equal(seen.ended, true)
    assert.deepEqual(intervalsOf(reports).slice(0, 4), [
      [0, 1000],
      [1000, 2000],
      [2000, 3000],
      [3000, 4000],
    ])
    assertGapless(intervalsOf(reports))
    const last = reports.at(-1)
    assert.deepEqual([last?.final, last?.outcome, last?.sent], [true, 'completed', 500])
    assert.equal(sentOf(reports), 500)
    assert.equal(sentOf([{ requests: last?.totals ?? [] } as MetricsMessage]), 500)
    assert.equal(clock.pending, 0)
  })

  it('cuts an interval that is too large for one message, and its totals too', async () => {
    const names = Array.from({ length: 400 }, (_, i) => `${i} ${'x'.repeat(950)}`)
    const { clock, open, reports, begin } = shareOf({ load: rateOf(400, 2000), names })
    await open()
    begin(0)
    await clock.advance(4000)
    const messages = reports.map((report) => JSON.stringify(report).length)
    assert.ok(Math.max(...messages) < 1024 * 1024)
    assert.ok(reports.some(({ more }) => more === true))
    assert.deepEqual(
      reports.map(({ interval }) => interval?.seq),
      reports.map((_, i) => i),
    )
    assert.deepEqual(
      reports.map(({ final }) => final === true),
      reports.map((_, i) => i === reports.length - 1),
    )
    assert.equal(sentOf(reports), 800)
    assert.equal(sentOf(reports.map(({ totals }) => ({ requests: totals ?? [] }) as MetricsMessage)), 800)
  })

  it('a start that is past by up to a second is caught up', async () => {
    const { clock, open, reports, logged, startedAtMs, begin } = shareOf()
    await open()
    const nowMs = clock.nowMs()
    begin(-900)
    await clock.advance(10)
    assert.ok(startedAtMs.filter((atMs) => atMs <= nowMs + 10).length >= 90)
    await clock.advance(6000)
    assert.deepEqual([sentOf(reports), logged], [500, []])
  })

  it('a start long past floods nobody: the whole share, at its own rate, from now on, in the seconds in which it was', async () => {
    const { clock, open, reports, logged, startedAtMs, begin } = shareOf()
    await open()
    const nowMs = clock.nowMs()
    begin(-60_300)
    await clock.advance(10_000)
    assert.match(logged.join('\n'), /warn: the start instant is past.*lateMs=60300/)
    for (let second = 0; second < 5; second++) {
      const begun = startedAtMs.filter(
        (atMs) => atMs >= nowMs + second * 1000 && atMs < nowMs + (second + 1) * 1000,
      )
      assert.ok(begun.length >= 98 && begun.length <= 102, `${begun.length} in second ${second}`)
    }
    assert.equal(sentOf(reports), 500)
    assert.deepEqual(intervalsOf(reports).slice(0, 2), [
      [60_300, 61_000],
      [61_000, 62_000],
    ])
    assertGapless(intervalsOf(reports))
    assert.ok(Math.abs((reports.at(-1)?.started_at ?? 0) - clock.wallMs() + 10_000) <= 1)
    assert.equal(reports.at(-1)?.outcome, 'completed')
  })

  it('commands of a run that it joined late hold at their instants of the run', async () => {
    const { clock, open, run, reports, startedAtMs, begin } = shareOf()
    await open()
    const nowMs = clock.nowMs()
    const past: Steering = { command: 'rate', atMs: 5000, scale: 2 }
    run.control(0, past)
    begin(-10_000)
    run.control(1, { command: 'pause', atMs: 11_000 })
    run.control(2, { command: 'resume', atMs: 14_000 })
    await clock.advance(12_000)
    const within = (fromMs: number, toMs: number): number =>
      startedAtMs.filter((atMs) => atMs >= nowMs + fromMs && atMs < nowMs + toMs).length
    assert.ok(within(0, 1000) >= 196, `twice the rate from the first second: ${within(0, 1000)}`)
    assert.equal(within(1010, 3990), 0)
    assert.ok(within(4000, 5000) >= 196)
    assert.equal(reports.at(-1)?.final, true)
  })

  it('a stop before the start ends it with an empty final report; nothing begins afterwards', async () => {
    const { clock, open, run, reports, seen, begin, startedAtMs } = shareOf()
    await open()
    run.stop()
    begin(0)
    await clock.advance(3000)
    assert.deepEqual([reports.length, reports.at(-1)?.outcome, startedAtMs.length], [2, 'stopped', 0])
    assert.deepEqual([seen.ended, clock.pending], [true, 0])
  })

  it('a second stop may shorten how long answers are awaited, never lengthen it', async () => {
    for (const [graces, endMs] of [
      [[10_000, 500], 500],
      [[500, 10_000], 500],
    ] as const) {
      const { clock, open, run, seen, reports, begin } = shareOf({ latencyMs: 60_000 })
      await open()
      begin(0)
      await clock.advance(2000)
      for (const graceMs of graces) run.stop(graceMs)
      await clock.advance(endMs - 10)
      assert.equal(seen.ended, false)
      await clock.advance(20)
      assert.equal(seen.ended, true)
      assert.equal(reports.at(-1)?.timeouts, reports.at(-1)?.sent)
      assert.equal(clock.pending, 0)
    }
  })

  it('abandoned it says nothing more, closes its workload and has ended', async () => {
    const { clock, open, run, reports, seen, begin } = shareOf({ latencyMs: 60_000 })
    await open()
    begin(0)
    await clock.advance(2500)
    const { length } = reports
    await run.abandon()
    await clock.advance(0)
    assert.deepEqual([reports.length, seen.ended, seen.closed, clock.pending], [length, true, 1, 0])
  })
})
