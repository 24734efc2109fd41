import { formatRate } from '../lib/rate.ts'
import type { LiveDriver, LiveFigures } from '../results/live-view-figures.ts'
import type { DriverResult, RunResult, SloResult, TimeFigures } from '../results/run-result.ts'
import { cutToWidth, fitText, padToWidth } from '../results/summary-text-display.ts'
import {
  endedCount,
  errorShare,
  formatCount,
  formatKnownCount,
  formatKnownTime,
  formatShare,
  formatTime,
  rankCounts,
  sumCounts,
} from '../results/summary-text-figures.ts'
import { type Line, lineWidth, type Span, styled } from '../results/summary-text-line.ts'
import { isTroubled } from '../results/summary-text-losses.ts'
import { isUnmeasured, toldTotalsOf } from '../results/told-totals.ts'
import { headLine, phaseStyles, progressOf } from './live-view-head.ts'

export interface FrameOptions {
  /** Cells that a line may take. */
  width: number
  /** Lines that the frame may take. */
  height: number
  /** Since the start instant; runs on between two results. */
  elapsedMs: number
  /** Whether keys are read, and so worth explaining. */
  keys: boolean
}

const minFullWidth = 60
const minWidth = 20
const maxDrivers = 8
const maxSparkSeconds = 60
const labelWidth = 10

/** The live view as lines, none of them wider than asked: many, or one where it is narrow, or none. */
export const renderLiveFrame = (result: RunResult, live: LiveFigures, options: FrameOptions): Line[] => {
  if (options.width < minWidth) return []
  if (options.width < minFullWidth) return [narrowLine(result, live, options)]
  const figures: Line[] = isUnmeasured(result)
    ? [toldLine(result.drivers)]
    : [
        rateLine(result, live, options.width),
        timesLine('last 1 s', live.lastSecond?.responseTimeMs ?? null),
        timesLine('run', result.responseTimeMs),
        errorsLine(result),
      ]
  const top: Line[] = [
    headLine(result, options.width, options.elapsedMs),
    ...figures,
    ...sloLines(result, options.width),
  ]
  const help = options.keys ? [helpLine(result)] : []
  const room = Math.max(0, options.height - top.length - help.length)
  return [...top, ...driverLines(result, live, room, options.width), ...help].slice(0, options.height)
}

const narrowLine = (result: RunResult, live: LiveFigures, { elapsedMs }: FrameOptions): Line => {
  const { share } = progressOf(result, elapsedMs)
  const phase = styled(phaseStyles[result.state], result.state.toUpperCase())
  if (isUnmeasured(result)) {
    const { answered, errors } = toldTotalsOf(result.drivers)
    return [phase, `  answered ${formatKnownCount(answered)}  errors ${formatKnownCount(errors)}`]
  }
  const rate = live.lastSecond?.answered ?? result.totals.answeredPerSecond
  const times = live.lastSecond?.responseTimeMs ?? result.responseTimeMs
  const errors = sumCounts(result.totals.errors)
  return [
    phase,
    ` ${Math.floor(share * 100)} %  ${formatRate(rate)}  p99 ${formatTime(times.p99)}  `,
    errors === 0 ? '0 errors' : styled('bad', `${formatCount(errors)} errors`),
  ]
}

// --- figures --------------------------------------------------------------------------------------------------------

const label = (text: string): Span => styled('dim', text.padEnd(labelWidth))

const rateLine = (result: RunResult, live: LiveFigures, width: number): Line => {
  const asked =
    live.askedPerSecond === null ? 'as answers come' : `asked ${formatRate(live.askedPerSecond).padStart(8)}`
  const answered = live.lastSecond === null ? '–' : formatRate(live.lastSecond.answered)
  const inFlight = live.lastSecond?.inFlight ?? result.totals.inFlight
  const line: Line = [
    label('rate'),
    `${asked}   answered ${answered.padStart(8)}   in flight ${formatCount(inFlight).padStart(5)}   `,
  ]
  return [...line, styled('accent', sparkline(live, Math.min(maxSparkSeconds, width - lineWidth(line))))]
}

/** Where nobody measures: what the drivers, written by others, say together. */
const toldLine = (drivers: readonly DriverResult[]): Line => {
  const { sent, answered, errors, maxMs } = toldTotalsOf(drivers)
  const counts = [
    `sent ${formatKnownCount(sent)}`,
    `answered ${formatKnownCount(answered)}`,
    `errors ${formatKnownCount(errors)}`,
    `max ${formatKnownTime(maxMs)}`,
  ]
  return [label('told'), counts.join('   ')]
}

const heights = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']

/** Answered in each of the latest seconds, from 0 to the highest of them or what is asked. */
const sparkline = (live: LiveFigures, cells: number): string => {
  if (cells <= 0) return ''
  const rates = live.recent.slice(-cells).map((row) => row.answered)
  const top = Math.max(live.askedPerSecond ?? 0, ...rates, 1)
  return rates
    .map((rate) => heights[Math.min(heights.length - 1, Math.floor((rate / top) * heights.length))] ?? '')
    .join('')
}

const timesLine = (name: string, times: TimeFigures | null): Line => {
  const figures: [string, number | null][] = [
    ['p50', times?.median ?? null],
    ['p90', times?.p90 ?? null],
    ['p99', times?.p99 ?? null],
    ['max', times?.max ?? null],
  ]
  return [label(name), figures.map(([figure, ms]) => `${figure} ${formatTime(ms).padStart(7)}`).join('   ')]
}

const errorsLine = (result: RunResult): Line => {
  const { totals } = result
  const errors = sumCounts(totals.errors)
  const unsent: Span =
    totals.unsent === 0 ? '' : styled('caution', `   ${formatCount(totals.unsent)} not sent`)
  if (errors === 0) return [label('errors'), 'none', unsent]
  const kinds = rankCounts(totals.errors).map(
    ([kind, count]) => `   ${fitText(kind, 20)} ${formatCount(count)}`,
  )
  const sum = `${formatCount(errors)} of ${formatCount(endedCount(totals))}, ${formatShare(errorShare(totals))}`
  return [label('errors'), styled('bad', sum), kinds.join(''), unsent]
}

// --- SLOs -----------------------------------------------------------------------------------------------------------

const maxSloLines = 3

const light = (slo: SloResult): Span => {
  const text = fitText(slo.text, 40)
  if (slo.passed === null) return styled('dim', `· ${text} (no data)`)
  const observed = fitText(slo.observedText, 16)
  return slo.passed
    ? styled('good', `✓ ${text} (${observed})`)
    : styled('bad', `✗ BROKEN ${text} (${observed})`)
}

/** Lights side by side while they fit; the broken ones first, so that what is left out is what is well. */
const sloLines = (result: RunResult, width: number): Line[] => {
  const rankOf = (slo: SloResult): number => (slo.passed === false ? 0 : 1)
  const lights = result.slo.toSorted((a, b) => rankOf(a) - rankOf(b)).map(light)
  const lines: Span[][] = []
  for (const [i, span] of lights.entries()) {
    const line = lines.at(-1)
    if (line !== undefined && lineWidth([...line, '   ', span]) <= width) {
      line.push('   ', span)
    } else if (lines.length < maxSloLines) {
      lines.push([label(lines.length === 0 ? 'SLOs' : ''), span])
    } else {
      line?.push(styled('dim', `   and ${lights.length - i} more`))
      break
    }
  }
  return lines
}

// --- drivers --------------------------------------------------------------------------------------------------------

const driverLines = (result: RunResult, live: LiveFigures, room: number, width: number): Line[] => {
  const { drivers } = result
  const most = Math.min(maxDrivers, drivers.length <= room ? room : room - 1)
  if (most <= 0) return []
  const troubled = drivers.filter(isTroubled)
  const shown = [...troubled, ...drivers.filter((driver) => !isTroubled(driver))].slice(0, most)
  // Beside an id of eight cells the figures just fit into eighty.
  const maxIdWidth = Math.min(20, Math.max(8, width - 71))
  const idWidth = Math.max(2, ...shown.map((driver) => lineWidth([fitText(driver.id, maxIdWidth)])))
  const lines = shown.map((driver) => driverLine(driver, live.drivers.get(driver.id), idWidth))
  const hidden = drivers.length - shown.length
  if (hidden <= 0) return lines
  const unseen = troubled.length > most ? `, ${formatCount(troubled.length - most)} of them in trouble` : ''
  return [
    ...lines,
    [styled('dim', `${' '.repeat(labelWidth)}and ${formatCount(hidden)} more drivers${unseen}`)],
  ]
}

const driverLine = (driver: DriverResult, live: LiveDriver | undefined, idWidth: number): Line => {
  const id = padToWidth(fitText(driver.id, idWidth), idWidth, 'left')
  const head = [label('driver'), `${id}  `] as const
  if (isTroubled(driver)) {
    return [...head, styled('bad', driver.state.toUpperCase()), `  ${fitText(driver.reason, 200)}`]
  }
  if (driver.state !== 'running' && driver.state !== 'finished') return [...head, driver.state]
  if (driver.isForeign) return [...head, driver.state.padEnd('finished'.length), ...foreignFigures(driver)]
  const rate = live === undefined ? '–' : formatRate(live.answeredPerSecond)
  const p99 = formatTime(live?.responseP99Ms ?? null)
  const lateness = formatTime(live?.latenessP99Ms ?? null)
  const cpu = driver.cpu === null ? '–' : `${Math.round(driver.cpu * 100)} %`
  return [
    ...head,
    driver.state.padEnd('finished'.length),
    `  ${rate.padStart(8)}  p99 ${p99.padStart(7)}  late ${lateness.padStart(7)}  cpu ${cpu.padStart(5)}`,
  ]
}

const foreignFigures = ({ totals, responseTimeMs: times, assumedFinished }: DriverResult): Span[] => [
  `  answered ${formatKnownCount(totals.answered)}  mean ${formatKnownTime(times.mean)}  max ${formatKnownTime(times.max)}`,
  styled('dim', assumedFinished ? '  assumed' : '  by others'),
]

const helpLine = (result: RunResult): Line => {
  const toggle = result.state === 'paused' ? 'resume' : 'pause'
  return [styled('dim', cutToWidth(`space ${toggle} · + faster · - slower · q stop`, minFullWidth))]
}
