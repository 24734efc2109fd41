import { formatRate } from '../lib/rate.ts'
import type { LiveFigures } from '../results/live-view-figures.ts'
import type { DriverResult, RunResult, SteeringRecord } from '../results/run-result.ts'
import { cleanText, fitText } from '../results/summary-text-display.ts'
import {
  formatCount,
  formatKnownCount,
  formatKnownTime,
  formatPosition,
  formatTime,
  rankCounts,
  sumCounts,
} from '../results/summary-text-figures.ts'
import { isTroubled } from '../results/summary-text-losses.ts'
import { isUnmeasured, toldTotalsOf } from '../results/told-totals.ts'
import type { Progress } from './live-view.ts'

/*
 * Progress where nothing can be redrawn, as in the log of a CI job: few lines, none of which depends on the ones before.
 */

/** Foreign text in a line of a log. */
const maxTextWidth = 100
const maxLineWidth = 250

/**
 * How far apart lines are: a run of fifteen seconds shows some, one of a day does not flood its log. Ascending; each holds
 * from its second of the run on.
 */
const intervals: readonly { fromMs: number; everyMs: number }[] = [
  { fromMs: 0, everyMs: 5_000 },
  { fromMs: 30_000, everyMs: 10_000 },
  { fromMs: 600_000, everyMs: 60_000 },
]

/**
 * Progress for pipes, CI jobs and terminals that cannot redraw: a plain line every few seconds of the run, and one for
 * each thing that happens. `write` takes a line with its line feed. What an update tells decides, not the clock.
 */
export const createPlainProgress = (write: (text: string) => void): Progress => new PlainProgress(write)

class PlainProgress implements Progress {
  readonly #write: (text: string) => void
  #state = ''
  #nextMs = 0
  #toldMs = 0
  #steeringSeen = 0
  readonly #told = new Set<string>()
  #closed = false

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  update(result: RunResult, live: LiveFigures): void {
    if (this.#closed) return
    // Waiting for drivers and preparing them are one to who reads lines.
    const state = result.state === 'queued' ? 'configuring' : result.state
    if (state !== this.#state) {
      this.#state = state
      this.#say(result, phaseText(result))
    }
    for (const record of result.steering.slice(this.#steeringSeen)) this.#say(result, steeringText(record))
    this.#steeringSeen = result.steering.length
    for (const driver of result.drivers.filter(isTroubled)) {
      const reason = driver.reason === '' ? '' : `: ${driver.reason}`
      this.#sayOnce(result, `driver ${driver.id} ${driver.state}`, reason)
    }
    for (const { text, passed, observedText } of result.slo) {
      if (passed === false) this.#sayOnce(result, `SLO crossed: ${text}`, `, observed ${observedText}`)
    }
    this.#figures(result, live)
  }

  log(line: string): void {
    this.#write(`${cleanText(line)}\n`)
  }

  close(): void {
    this.#closed = true
  }

  #figures(result: RunResult, live: LiveFigures): void {
    if (result.state !== 'running' && result.state !== 'finishing') return
    if (this.#nextMs === 0) this.#nextMs = nextAfter(0)
    if (result.elapsedMs < this.#nextMs) return
    this.#nextMs = nextAfter(result.elapsedMs)
    this.#say(result, figuresText(result, live))
  }

  #sayOnce(result: RunResult, what: string, detail: string): void {
    if (this.#told.has(what)) return
    this.#told.add(what)
    this.#say(result, what + detail)
  }

  #say(result: RunResult, text: string): void {
    // How long a finished run lasted, its drivers say: less than the time at which the last line was told.
    this.#toldMs = Math.max(this.#toldMs, result.elapsedMs)
    this.#write(`${formatPosition(this.#toldMs).padStart(5)}  ${fitText(text, maxLineWidth)}\n`)
  }
}

/** The next multiple of the interval that holds at `elapsedMs`. */
const nextAfter = (elapsedMs: number): number => {
  const interval = intervals.findLast(({ fromMs }) => elapsedMs >= fromMs)
  const everyMs = interval?.everyMs ?? 10_000
  return (Math.floor(elapsedMs / everyMs) + 1) * everyMs
}

const phaseText = (result: RunResult): string => {
  const { plan } = result
  const name = fitText(result.name, maxTextWidth)
  switch (result.state) {
    case 'queued':
    case 'configuring':
      return `${name}: ${fitText(plan.load, maxTextWidth)} (run ${fitText(result.id, 40)}, seed ${result.seed})`
    case 'ready':
      return `${formatCount(plan.drivers)} drivers ready`
    case 'running':
      return `running against ${isUnmeasured(result) ? 'targets unknown here' : fitText(plan.targets.join(', '), maxTextWidth)}`
    case 'paused':
      return 'paused'
    case 'finishing':
      return 'finishing: waiting for the last answers'
    case 'finished':
      return `finished: ${result.outcome ?? 'no outcome'}`
  }
}

const steeringText = ({ command, scale, by }: SteeringRecord): string =>
  scale === null
    ? `${command} asked by ${fitText(by, 20)}`
    : `rate × ${Number(scale.toPrecision(3))} asked by ${fitText(by, 20)}`

const figuresText = (result: RunResult, live: LiveFigures): string => {
  const { totals } = result
  const row = live.lastSecond
  const times = row?.responseTimeMs ?? result.responseTimeMs
  const errors = sumCounts(totals.errors)
  const kinds = rankCounts(totals.errors).map(([kind, count]) => `${fitText(kind, 20)} ${formatCount(count)}`)
  const total = result.plan.durationMs === null ? '' : `of ${formatPosition(result.plan.durationMs)}  `
  const foreign = result.drivers.filter(({ isForeign }) => isForeign)
  if (isUnmeasured(result)) return total + toldText(foreign)
  return [
    `${total}${live.askedPerSecond === null ? '' : `asked ${formatRate(live.askedPerSecond)}, `}`,
    `answered ${formatRate(row?.answered ?? totals.answeredPerSecond)}, `,
    `p50 ${formatTime(times.median)}, p99 ${formatTime(times.p99)}, max ${formatTime(times.max)}, `,
    `errors ${formatCount(errors)}${errors === 0 ? '' : ` (${kinds.join(', ')})`}, `,
    `in flight ${formatCount(row?.inFlight ?? totals.inFlight)}`,
    foreign.length === 0 ? '' : `; beside it ${toldText(foreign)}`,
  ].join('')
}

const toldText = (drivers: readonly DriverResult[]): string => {
  const { sent, answered, errors, maxMs } = toldTotalsOf(drivers)
  return [
    `drivers written by others say: sent ${formatKnownCount(sent)}, answered ${formatKnownCount(answered)}`,
    `errors ${formatKnownCount(errors)}, max ${formatKnownTime(maxMs)}`,
  ].join(', ')
}
