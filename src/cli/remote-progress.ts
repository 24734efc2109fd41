import type { LiveDriver, LiveFigures } from '../results/live-view-figures.ts'
import { noLiveFigures } from '../results/live-view-figures.ts'
import type { RunResult, TimeFigures, TimelineRow } from '../results/run-result.ts'
import type { BriefTimes, RunUpdate, UpdateSecond } from '../results/run-update.ts'
import { type Key, readKeys, steeringFactor } from './keys.ts'
import { createLiveView, type Progress } from './live-view.ts'
import { createPlainProgress } from './plain-progress.ts'
import type { ProgramContext } from './program-context.ts'
import { canRedraw, terminalOf, wantsColour } from './terminal.ts'

/** The progress of a run elsewhere, as that of one here. */
export interface RemoteProgress extends Disposable {
  update(result: RunResult, update: RunUpdate): void
  log(line: string): void
}

export const openRemoteProgress = (
  context: ProgramContext,
  flags: { quiet?: boolean; color: boolean },
  onKey: (key: Key) => void,
): RemoteProgress => {
  if (flags.quiet === true)
    return {
      update: () => {},
      log: (line) => context.stderr.write(`${line}\n`),
      [Symbol.dispose]: () => {},
    }
  const terminal = terminalOf(context.stderr)
  const isLive = canRedraw(terminal, context.env)
  const keys = isLive ? readKeys(context.stdin, onKey) : undefined
  const progress: Progress = isLive
    ? createLiveView(terminal, context.clock, {
        colour: flags.color && wantsColour(terminal, context.env),
        keys: context.stdin.isTTY === true,
      })
    : createPlainProgress((text) => context.stderr.write(text))
  const close = (): void => {
    progress.close()
    keys?.close()
  }
  const forgetExit = context.onExit(close)
  let live = noLiveFigures
  return {
    update: (result, update) => {
      live = followLive(live, update)
      progress.update(result, live)
    },
    log: (line) => progress.log(line),
    [Symbol.dispose]: () => {
      close()
      forgetExit()
    },
  }
}

const recentSeconds = 60

/** What was live, and what an update tells. */
const followLive = (before: LiveFigures, update: RunUpdate): LiveFigures => {
  const seconds = new Map(before.recent.map((row) => [row.second, row]))
  for (const second of update.seconds) seconds.set(second.second, rowOf(second, update.request))
  const recent = [...seconds.values()].sort((a, b) => a.second - b.second).slice(-recentSeconds)
  return {
    askedPerSecond: update.askedPerSecond,
    lastSecond: recent.at(-1) ?? null,
    recent,
    drivers: new Map(update.drivers.flatMap(liveDriverOf)),
  }
}

/** What the stream leaves out, nobody shows live. */
const rowOf = (second: UpdateSecond, request: string): TimelineRow => {
  const { responseColumn: _response, serviceColumn: _service, ...row } = second
  return {
    ...row,
    request,
    status: {},
    bytesIn: 0,
    bytesOut: 0,
    serviceTimeMs: timesOf(second.serviceTimeMs, second.responseTimeMs.count),
    sendLatenessMs: timesOf(second.sendLatenessMs, second.sent),
  }
}

const timesOf = ({ median, p99, max }: BriefTimes, count: number): TimeFigures => ({
  count,
  min: null,
  mean: null,
  median,
  mode: null,
  p90: null,
  p95: null,
  p99,
  p999: null,
  max,
})

const liveDriverOf = ({
  id,
  answeredPerSecond,
  latenessP99,
  p99,
}: RunUpdate['drivers'][number]): [string, LiveDriver][] =>
  answeredPerSecond === null
    ? []
    : [[id, { answeredPerSecond, responseP99Ms: p99, latenessP99Ms: latenessP99 }]]

/** Within what the API takes. */
const scaleBounds = { least: 1e-6, most: 1000 } as const

/** What a key asks the orchestrator for; undefined: nothing, as things are. */
export const commandOf = (
  key: Exclude<Key, 'interrupt'>,
  result: RunResult | undefined,
): { command: 'stop' | 'pause' | 'resume' } | { command: 'rate'; scale: number } | undefined => {
  if (key === 'stop') return { command: 'stop' }
  if (result?.startedAt == null || result.state === 'finishing' || result.state === 'finished')
    return undefined
  if (key === 'pauseOrResume') return { command: result.state === 'paused' ? 'resume' : 'pause' }
  const scale = result.steering.findLast(({ command }) => command === 'rate')?.scale ?? 1
  const next = key === 'faster' ? scale * steeringFactor : scale / steeringFactor
  return { command: 'rate', scale: Math.min(scaleBounds.most, Math.max(scaleBounds.least, next)) }
}
