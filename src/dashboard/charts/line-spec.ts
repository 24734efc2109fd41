import { formatCount, formatTime, tooFewForP999 } from '../../results/summary-text-figures.ts'
import { errorWords } from '../../results/words.ts'
import type { FigureName } from '../model/track.ts'
import type { LegendLine } from './chart-legend.ts'
import { type ChartRows, mostOf } from './chart-rows.ts'
import {
  countKind,
  errorColumn,
  mostColumn,
  p999Column,
  rateColumn,
  sumColumn,
  type TableColumn,
  worstColumn,
} from './chart-table.ts'
import { eachText, gapSentence, lengthText, windowText } from './chart-words.ts'

/** What a chart of lines shows. */
export interface LineSpec {
  title: string
  kind: string
  scale: 'log' | 'linear'
  isWhole: boolean
  hasLimits: boolean
  lines: readonly SpecLine[]
  write(value: number): string
  sentence(rows: ChartRows): string
  note?(rows: ChartRows): string
  /** Said in the middle of the field where there is nothing to draw. */
  empty?(rows: ChartRows): string
  caption: string
  columns(rows: ChartRows): TableColumn[]
}

export interface SpecLine extends LegendLine {
  values(rows: ChartRows): (number | null)[]
  /** What stands where a row has no value, and there is a reason; `–` otherwise. */
  lack?(rows: ChartRows, row: number): string | undefined
  /** False: this run has no such line now. */
  isPresent?(rows: ChartRows): boolean
}

const figureLine = (line: LegendLine, name: FigureName): SpecLine => ({
  ...line,
  values: (rows) => rows.figure(name),
})

const writeRate = (value: number): string =>
  `${value >= 100 || Number.isInteger(value) ? formatCount(value) : Number(value.toPrecision(3))}/s`

export const rateSpec: LineSpec = {
  title: 'Rate',
  kind: 'rate',
  scale: 'linear',
  isWhole: false,
  hasLimits: false,
  lines: [
    {
      ...figureLine({ name: 'asked', colour: 'dim', width: 2, dash: [6, 4] }, 'asked'),
      isPresent: (rows) => !rows.isClosed,
    },
    figureLine({ name: 'answered', colour: 'blue', width: 2 }, 'answered'),
    figureLine({ name: 'errors', colour: 'orange', width: 1.5, dash: [2, 2] }, 'errors'),
  ],
  write: writeRate,
  sentence: (rows) =>
    `${rows.isClosed ? 'Answers' : 'Requests that were due by the plan, answers,'} and errors a second; ${windowText(rows)}, ${eachText(rows)}.`,
  caption: 'A second, in the mean of each row',
  columns: (rows) => [
    ...(rows.isClosed ? [] : [rateColumn('asked', 'asked')]),
    rateColumn('sent', 'sent'),
    rateColumn('answered', 'answered'),
    rateColumn('errors', 'errors'),
  ],
}

/** Service time beside response time would cover it where they agree. */
const hasGap = (rows: ChartRows): boolean => gapSentence(rows).startsWith('In ')

/** Of rows with answers enough. */
const p999Line: SpecLine = {
  name: 'p99.9',
  colour: 'purple',
  width: 1.5,
  dash: [5, 3],
  values: (rows) => rows.figure('p999').map((value, row) => (rows.hasP999(row) ? value : null)),
  lack: (rows, row) => ((rows.figure('p999')[row] ?? null) === null ? undefined : tooFewForP999),
}

export const latencySpec: LineSpec = {
  title: 'Latency percentiles',
  kind: 'latency',
  scale: 'log',
  isWhole: false,
  hasLimits: true,
  lines: [
    figureLine({ name: 'p50', colour: 'green', width: 1.5 }, 'p50'),
    figureLine({ name: 'p90', colour: 'blue', width: 1.5, dash: [8, 3] }, 'p90'),
    figureLine({ name: 'p99', colour: 'orange', width: 2.2 }, 'p99'),
    p999Line,
    figureLine({ name: 'max', colour: 'dim', width: 1.2, dash: [1, 2] }, 'max'),
    {
      ...figureLine({ name: 'service p99', colour: 'orange', width: 1.5, dash: [3, 3] }, 'serviceP99'),
      isPresent: hasGap,
    },
  ],
  write: formatTime,
  sentence: (rows) =>
    `Response time that so many percent of the answers stayed within; ${windowText(rows)}, ${eachText(rows)}.`,
  note: gapSentence,
  empty: (rows) => (mostOf(rows.figure('max')) === undefined ? 'No answers yet' : ''),
  caption: 'Response time; percentiles cannot be added, so each row names its worst second',
  columns: () => [
    worstColumn('p50', 'p50'),
    worstColumn('p90', 'p90'),
    worstColumn('p99', 'p99'),
    p999Column,
    worstColumn('max', 'max'),
    worstColumn('service p99', 'serviceP99'),
  ],
}

const kindStyles: Readonly<Record<string, Omit<LegendLine, 'name'>>> = {
  resolve: { colour: 'blue', width: 1.5, dash: [2, 2] },
  connect: { colour: 'blue', width: 2 },
  tls: { colour: 'green', width: 1.5, dash: [2, 2] },
  timeout: { colour: 'orange', width: 2 },
  reset: { colour: 'purple', width: 2, dash: [7, 3] },
  protocol: { colour: 'purple', width: 1.5, dash: [2, 2] },
  check: { colour: 'green', width: 2, dash: [7, 3] },
  unknown: { colour: 'dim', width: 1.5 },
}

const kinds = Object.keys(errorWords)

interface KindRates {
  /** Of the kinds that occur, a second, by row. */
  rates: ReadonlyMap<string, (number | null)[]>
}

const knownRates = new WeakMap<ChartRows, KindRates>()

/** Counted once for each drawing. */
const kindRates = (rows: ChartRows): KindRates['rates'] => {
  const known = knownRates.get(rows)
  if (known !== undefined) return known.rates
  const rates = new Map<string, (number | null)[]>()
  for (const kind of kinds) {
    const counts = Array.from({ length: rows.length }, (_, row) => countKind(rows, row, kind))
    if (!counts.some((count) => count !== null && count > 0)) continue
    rates.set(
      kind,
      counts.map((count, row) => (count === null ? null : count / rows.secondsOf(row))),
    )
  }
  knownRates.set(rows, { rates })
  return rates
}

const presentKinds = (rows: ChartRows): string[] => [...kindRates(rows).keys()]

export const errorSpec: LineSpec = {
  title: 'Errors by kind',
  kind: 'errors',
  scale: 'linear',
  isWhole: false,
  hasLimits: false,
  lines: kinds.map((kind) => ({
    name: kind,
    ...(kindStyles[kind] ?? { colour: 'dim', width: 1.5 }),
    values: (rows) => kindRates(rows).get(kind) ?? [],
    isPresent: (rows) => kindRates(rows).has(kind),
  })),
  write: writeRate,
  sentence: (rows) => {
    const present = presentKinds(rows)
    const words = present.slice(0, 3).map((kind) => `${kind}: ${errorWords[kind] ?? ''}`)
    const more = present.length > 3 ? ', and others' : ''
    return `Errors a second; ${windowText(rows)}, ${eachText(rows)}.${words.length > 0 ? ` ${capital(words.join('; '))}${more}.` : ''}`
  },
  empty: (rows) => (presentKinds(rows).length === 0 ? `No errors in these ${lengthText(rows)}` : ''),
  caption: 'How many errors of each kind',
  columns: (rows) => presentKinds(rows).map(errorColumn),
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

export const flightSpec: LineSpec = {
  title: 'In flight',
  kind: 'flight',
  scale: 'linear',
  isWhole: true,
  hasLimits: false,
  lines: [
    figureLine({ name: 'in flight', colour: 'blue', width: 2 }, 'inFlight'),
    figureLine({ name: 'unsent/s', colour: 'orange', width: 1.5, dash: [4, 3] }, 'unsent'),
  ],
  write: (value) => (Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(3)))),
  sentence: (rows) =>
    `Requests sent or due that had no outcome at the end of each row, and those never sent; ${windowText(rows)}, ${eachText(rows)}.`,
  caption: 'Requests without an outcome, and requests that were never sent',
  columns: () => [mostColumn('most in flight', 'inFlight', formatCount), sumColumn('unsent', 'unsent')],
}

export const latenessSpec: LineSpec = {
  title: 'Send lateness p99',
  kind: 'lateness',
  scale: 'log',
  isWhole: false,
  hasLimits: false,
  lines: [figureLine({ name: 'p99', colour: 'purple', width: 2 }, 'latenessP99')],
  write: formatTime,
  sentence: (rows) =>
    `How long after they were due requests left; 99 % of them not later than this; ${windowText(rows)}, ${eachText(rows)}.`,
  empty: (rows) => (mostOf(rows.figure('latenessP99')) === undefined ? 'Nothing was sent yet' : ''),
  caption: 'Send lateness; percentiles cannot be added, so each row names its worst second',
  columns: () => [worstColumn('p99', 'latenessP99')],
}
