import { formatRate } from '../../lib/rate.ts'
import type { Figures, RunResult } from '../../results/run-result.ts'
import type { RunUpdate } from '../../results/run-update.ts'
import {
  errorShare,
  formatCount,
  formatKnownCount,
  formatKnownTime,
  formatPosition,
  formatShare,
  formatTime,
  hasP999,
  sumCounts,
  tooFewForP999,
  unknown,
} from '../../results/summary-text-figures.ts'
import { isUnmeasured, toldTotalsOf } from '../../results/told-totals.ts'
import { askedPerSecond } from '../model/asked.ts'
import type { FigureName, Track } from '../model/track.ts'
import { gapsOf } from './run-gaps.ts'
import { runNow } from './run-now.ts'
import { nameText } from './run-text.ts'

/** Figures that one looks at first. Each names its window. */
export interface Tile {
  key: string
  name: string
  figures: readonly { label: string; text: string }[]
  window: string
}

export interface TilesInput {
  result: RunResult
  latest: RunUpdate | undefined
  track: Track | undefined
  /** `*`, or whose seconds the track holds. */
  request: string
}

export const tilesOf = (input: TilesInput): Tile[] => {
  if (isUnmeasured(input.result)) return toldTiles(input.result)
  return input.result.state === 'finished' ? wholeTiles(input) : liveTiles(input)
}

const none = '–'

const liveTiles = ({ result, latest, track, request }: TilesInput): Tile[] => {
  const row = (track?.length ?? 0) - 1
  const figure = (name: FigureName): number | null => track?.figures[name][row] ?? null
  const at = track?.seconds[row] ?? 0
  const asked = askedPerSecond(figure('asked'), gapsOf(result, latest), at, at + (track?.step ?? 1))
  const rate = (value: number | null): string => (value === null ? none : formatRate(value))
  const time = (name: FigureName): string => formatTime(figure(name))
  const second = track?.seconds[row]
  const whose = whoseText(request)
  const last =
    second === undefined ? 'no second yet' : `last second, ${formatPosition(second * 1000)}${whose}`
  const { totals, elapsedMs } = runNow(result, latest)
  const soFar = `run so far, ${formatPosition(elapsedMs)}`
  const own = figuresOf(result, request)
  const errors = request === '*' ? totals : own?.totals
  return [
    {
      key: 'rate',
      name: 'Rate',
      figures: [
        ...(result.scenario.load.kind === 'avalanche' ? [] : [{ label: 'asked', text: rate(asked) }]),
        { label: 'answered', text: rate(figure('answered')) },
      ],
      window: last,
    },
    {
      key: 'response',
      name: 'Response time',
      figures: [
        { label: 'p50', text: time('p50') },
        { label: 'p99', text: time('p99') },
        p999Of(figure('answered') ?? 0, figure('p999')),
      ],
      window: last,
    },
    {
      key: 'run',
      name: 'Response time',
      figures: [{ label: 'p99', text: formatTime(own?.responseTimeMs.p99 ?? null) }],
      // Of the result, which is older than the last second: it says of when.
      window: `run so far, ${formatPosition(result.elapsedMs)}${whose}`,
    },
    {
      key: 'errors',
      name: 'Errors',
      figures: [
        { label: 'share', text: errors === undefined ? none : formatShare(errorShare(errors)) },
        { label: 'count', text: errors === undefined ? none : formatCount(sumCounts(errors.errors)) },
      ],
      window: request === '*' ? soFar : `run so far, ${formatPosition(result.elapsedMs)}${whose}`,
    },
    {
      key: 'flight',
      name: 'In flight',
      figures: [{ label: 'requests', text: formatCount(totals.inFlight) }],
      window: 'now, all requests',
    },
    {
      key: 'lateness',
      name: 'Send lateness',
      figures: [{ label: 'p99', text: time('latenessP99') }],
      window: last,
    },
    {
      key: 'sent',
      name: 'Sent',
      figures: [
        { label: 'requests', text: formatCount(totals.sent) },
        ...(totals.unsent === 0 ? [] : [{ label: 'not sent', text: formatCount(totals.unsent) }]),
      ],
      window: `${soFar}, all requests`,
    },
  ]
}

const wholeTiles = ({ result, request }: TilesInput): Tile[] => {
  const own = figuresOf(result, request)
  const { plan } = result
  const asked =
    request === '*' && plan.operations !== null && plan.durationMs !== null && plan.durationMs > 0
      ? (plan.operations / plan.durationMs) * 1000
      : null
  // A run that is over has lasted 25 s though its last answer came after 24.96.
  const whole = `whole run, ${formatPosition(Math.round(result.elapsedMs / 1000) * 1000)}${whoseText(request)}`
  const times = own?.responseTimeMs
  return [
    {
      key: 'rate',
      name: 'Rate, mean',
      figures: [
        ...(asked === null ? [] : [{ label: 'planned', text: formatRate(asked) }]),
        { label: 'answered', text: own === undefined ? none : formatRate(own.totals.answeredPerSecond) },
      ],
      window: whole,
    },
    {
      key: 'response',
      name: 'Response time',
      figures: [
        { label: 'p50', text: formatTime(times?.median ?? null) },
        { label: 'p99', text: formatTime(times?.p99 ?? null) },
        p999Of(times?.count ?? 0, times?.p999 ?? null),
      ],
      window: whole,
    },
    {
      key: 'run',
      name: 'Slowest answer',
      figures: [{ label: 'max', text: formatTime(times?.max ?? null) }],
      window: whole,
    },
    {
      key: 'errors',
      name: 'Errors',
      figures: [
        { label: 'share', text: own === undefined ? none : formatShare(errorShare(own.totals)) },
        { label: 'count', text: own === undefined ? none : formatCount(sumCounts(own.totals.errors)) },
      ],
      window: whole,
    },
    {
      key: 'lateness',
      name: 'Send lateness',
      figures: [{ label: 'p99', text: formatTime(own?.sendLatenessMs.p99 ?? null) }],
      window: whole,
    },
    {
      key: 'sent',
      name: 'Sent',
      figures: [
        { label: 'requests', text: own === undefined ? none : formatCount(own.totals.sent) },
        ...(own === undefined || own.totals.unsent === 0
          ? []
          : [{ label: 'not sent', text: formatCount(own.totals.unsent) }]),
      ],
      window: whole,
    },
  ]
}

/** What drivers written by others tell of the run; nothing of it is measured by us. */
const toldTiles = ({ drivers, elapsedMs }: RunResult): Tile[] => {
  const told = toldTotalsOf(drivers)
  const window = `as told by the drivers, ${formatPosition(elapsedMs)}`
  const tile = (key: string, name: string, label: string, text: string): Tile => ({
    key,
    name,
    figures: [{ label, text }],
    window,
  })
  return [
    tile('sent', 'Sent', 'requests', formatKnownCount(told.sent)),
    tile('rate', 'Answered', 'requests', formatKnownCount(told.answered)),
    tile('errors', 'Errors', 'count', formatKnownCount(told.errors)),
    tile('run', 'Slowest answer', 'max', formatKnownTime(told.maxMs)),
    tile('response', 'Response time', 'p99', unknown),
    tile('flight', 'In flight', 'requests', unknown),
  ]
}

const p999Of = (count: number, ms: number | null): Tile['figures'][number] => ({
  label: 'p99.9',
  text: ms !== null && !hasP999(count) ? tooFewForP999 : formatTime(ms),
})

/** Of the whole run: all requests together, or the one chosen. */
export const figuresOf = (result: RunResult, request: string): Figures | undefined =>
  request === '*' ? result : result.requests.find(({ name }) => name === request)

const whoseText = (request: string): string => (request === '*' ? '' : `, ${nameText(request, 40)}`)
