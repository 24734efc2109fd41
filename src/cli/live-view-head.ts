import type { RunPhase, RunResult } from '../results/run-result.ts'
import { fitText, padToWidth } from '../results/summary-text-display.ts'
import { formatCount, formatPosition } from '../results/summary-text-figures.ts'
import { type Line, lineWidth, type Style, styled } from '../results/summary-text-line.ts'
import { sumOfKnown } from '../results/told-totals.ts'

export const phaseStyles: Record<RunPhase, Style> = {
  queued: 'accent',
  configuring: 'accent',
  ready: 'accent',
  running: 'good',
  paused: 'caution',
  finishing: 'accent',
  finished: 'bold',
}

/** What a run is bounded by first: time where there is one, otherwise the count. */
export const progressOf = (result: RunResult, elapsedMs: number): { share: number; text: string } => {
  const { durationMs, operations } = result.plan
  if (result.state === 'queued' || result.state === 'configuring' || result.state === 'ready') {
    const ready = result.drivers.filter(({ state }) => state === 'ready' || state === 'running').length
    return { share: 0, text: `${ready} of ${result.plan.drivers} drivers ready` }
  }
  if (result.state === 'finished')
    return { share: 1, text: formatPosition(Math.round(elapsedMs / 1000) * 1000) }
  if (durationMs !== null) {
    const shown = Math.min(elapsedMs, durationMs)
    const left = formatPosition(Math.ceil((durationMs - shown) / 1000) * 1000)
    return {
      share: durationMs === 0 ? 1 : shown / durationMs,
      text: `${formatPosition(shown)} of ${formatPosition(durationMs)}, ${left} left`,
    }
  }
  const elapsed = formatPosition(elapsedMs)
  const begun = begunOperations(result)
  if (operations === null || begun === null) return { share: 0, text: elapsed }
  const started = Math.min(begun, operations)
  const left = started === 0 ? '' : `, ${formatPosition((elapsedMs / started) * (operations - started))} left`
  return {
    share: operations === 0 ? 1 : started / operations,
    text: `${formatCount(started)} of ${formatCount(operations)}, ${elapsed}${left}`,
  }
}

/** By all drivers; `null` where one that was written by others does not say. */
const begunOperations = ({ totals, drivers }: RunResult): number | null => {
  const told = drivers.filter(({ isForeign }) => isForeign)
  return sumOfKnown([totals.started, ...told.map(({ totals: said }) => said.sent ?? said.answered)])
}

/** Name, phase, how far the run is and how long it will go on. */
export const headLine = (result: RunResult, width: number, elapsedMs: number): Line => {
  const progress = progressOf(result, elapsedMs)
  const phase = padToWidth(result.state.toUpperCase(), 'CONFIGURING'.length, 'left')
  const name = fitText(result.name, Math.max(8, Math.floor(width / 4)))
  const cells = Math.max(0, width - lineWidth([name, phase, progress.text]) - 6)
  const done = Math.floor(cells * progress.share)
  return [
    styled('bold', name),
    '  ',
    styled(phaseStyles[result.state], phase),
    '  ',
    styled('accent', '━'.repeat(done)),
    styled('dim', '─'.repeat(cells - done)),
    '  ',
    progress.text,
  ]
}
