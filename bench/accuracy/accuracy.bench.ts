import type { Figure } from '../side-by-side/baseline.ts'
import { type BenchOptions, type Findings, runBench } from '../side-by-side/bench.ts'
import { median, textTable, threeDigits } from '../side-by-side/text-table.ts'
import { formatMerging, largestMergedError, measureMerging } from './merging.ts'
import { type ArrivalMeasurement, measureArrivals, measureLateness, type RateMeasurement } from './rates.ts'

/*
 * Whether what is said is true: merged percentiles against all samples, how late a driver sends, and when requests
 * arrive at the other side. Parts for `--only`: merging, lateness, arrivals.
 */
const ratesPerSecond = [1000, 10_000, 20_000]
const seed = 1

const measure = async (options: BenchOptions): Promise<Findings> => {
  const findings: Findings = { figures: [], versions: {}, text: [], details: {} }
  const wants = (part: string): boolean => part.includes(options.only)
  if (wants('merging')) addMerging(findings)
  if (wants('lateness')) addLateness(findings, await measureRates('lateness', measureLateness, options))
  if (wants('arrivals')) addArrivals(findings, await measureRates('arrivals', measureArrivals, options))
  return findings
}

const addMerging = (findings: Findings): void => {
  const rows = measureMerging(seed)
  findings.text.push(`Percentiles of 8 unequal drivers, merged, against all samples:`, formatMerging(rows))
  findings.figures.push({
    name: 'largest error of merged percentiles',
    value: largestMergedError(rows) * 100,
    unit: '%',
    goal: { atMost: 0.1 },
  })
}

/** By rate, the rounds. */
const measureRates = async <M extends RateMeasurement>(
  part: string,
  measureRate: (ratePerSecond: number, seconds: number) => Promise<M>,
  { rounds, seconds, progress }: BenchOptions,
): Promise<M[][]> => {
  const byRate: M[][] = ratesPerSecond.map(() => [])
  for (let round = 1; round <= rounds; round++)
    for (const [i, rate] of ratesPerSecond.entries()) {
      const measured = await measureRate(rate, seconds)
      byRate[i]?.push(measured)
      progress(
        `round ${round}  ${part} at ${rate}/s: lateness p99 ${threeDigits(measured.latenessP99Ms)} ms, ` +
          `${threeDigits(measured.busyCores)} cores busy`,
      )
    }
  return byRate
}

const medianOf = <M>(rounds: readonly M[], figure: (measured: M) => number): number =>
  median(rounds.map(figure))

const latenessCells = (rounds: readonly RateMeasurement[]): string[] => [
  `${medianOf(rounds, ({ ratePerSecond }) => ratePerSecond)}/s`,
  threeDigits(medianOf(rounds, ({ latenessP50Ms }) => latenessP50Ms)),
  threeDigits(medianOf(rounds, ({ latenessP99Ms }) => latenessP99Ms)),
  threeDigits(medianOf(rounds, ({ steadyLatenessP99Ms }) => steadyLatenessP99Ms)),
  threeDigits(medianOf(rounds, ({ busyCores }) => busyCores)),
]
const latenessHead = ['send lateness, ms', 'p50', 'p99', 'p99 after 1 s', 'cores busy']

const addLateness = (findings: Findings, byRate: RateMeasurement[][]): void => {
  findings.text.push(
    'One driver against the built-in target, median of the rounds:',
    textTable(latenessHead, byRate.map(latenessCells)),
  )
  findings.figures.push(
    ...byRate.flatMap((rounds, i): Figure[] => [
      {
        name: `send lateness p99 at ${ratesPerSecond[i]}/s`,
        value: medianOf(rounds, ({ latenessP99Ms }) => latenessP99Ms),
        unit: 'ms',
        goal: { atMost: 1 },
      },
      {
        name: `send lateness p99 at ${ratesPerSecond[i]}/s after the first second`,
        value: medianOf(rounds, ({ steadyLatenessP99Ms }) => steadyLatenessP99Ms),
        unit: 'ms',
        goal: { atMost: 1 },
      },
    ]),
  )
}

const addArrivals = (findings: Findings, byRate: ArrivalMeasurement[][]): void => {
  findings.text.push(
    'Slots of 100 ms in which the target received what the plan has, within 5 %:',
    textTable(
      [...latenessHead, 'slots within 5 %'],
      byRate.map((rounds) => [
        ...latenessCells(rounds),
        `${rounds.reduce((sum, { within }) => sum + within, 0)} of ${rounds.reduce((sum, { slots }) => sum + slots, 0)}`,
      ]),
    ),
  )
  findings.figures.push(
    ...byRate.map(
      (rounds, i): Figure => ({
        name: `slots of 100 ms within 5 % of the plan at ${ratesPerSecond[i]}/s`,
        value: 100 * medianOf(rounds, ({ within, slots }) => within / slots),
        unit: '%',
        goal: { atLeast: 95 },
      }),
    ),
  )
}

await runBench({
  name: 'accuracy',
  defaults: { rounds: 3, seconds: 5 },
  baseline: new URL('baseline.json', import.meta.url),
  measure,
})
