import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaComponent } from '../../src/testing/components.ts'
import { Nginx } from '../http/nginx.ts'
import type { Figure } from '../side-by-side/baseline.ts'
import { type BenchOptions, type Findings, runBench } from '../side-by-side/bench.ts'
import { busyCoreMs } from '../side-by-side/machine.ts'
import { median, textTable, threeDigits } from '../side-by-side/text-table.ts'
import { measureLocal, measureOverKafka, type RunMeasurement } from './measure-run.ts'

/*
 * The same open-loop run with two drivers, over pipes and over Kafka, in turn: which of the two is first alternates.
 * Ratios are taken within a round; of the rounds, the median. Broker, target and drivers share the cores.
 */
const ratePerSecond = 5000
const restMs = 500

type Kind = 'over pipes' | 'over Kafka'
type Round = Record<Kind, RunMeasurement>

const measure = async ({ rounds, seconds, progress }: BenchOptions): Promise<Findings> => {
  const nginxVersion = Nginx.version()
  const brokers = kafkaComponent()?.brokers
  if (nginxVersion === undefined) throw new Error('nginx is not here: apt-get install nginx')
  if (brokers === undefined) throw new Error('Kafka does not run here: npm run components')
  await using nginx = await Nginx.start()
  const load = { ratePerSecond, seconds }
  const runs: Record<Kind, () => Promise<RunMeasurement>> = {
    'over pipes': () => measureLocal(nginx, load),
    'over Kafka': () => measureOverKafka(nginx, load, brokers),
  }
  const measured: Round[] = []
  const from = { atMs: performance.now(), busyMs: busyCoreMs() }
  for (let i = 0; i < rounds; i++) {
    const order: Kind[] = i % 2 === 0 ? ['over pipes', 'over Kafka'] : ['over Kafka', 'over pipes']
    const round: Partial<Round> = {}
    for (const kind of order) {
      await sleep(restMs)
      const one = await runs[kind]()
      round[kind] = one
      progress(
        `round ${i + 1}  ${kind}: ${threeDigits(one.cpuUsPerRequest)} us a request, p50 ${threeDigits(one.p50Ms)} ms, p99 ${threeDigits(one.p99Ms)} ms, skew ${threeDigits(one.startSkewMs)} ms`,
      )
    }
    measured.push(round as Round)
  }
  const busyCores = (busyCoreMs() - from.busyMs) / (performance.now() - from.atMs)
  return {
    figures: figuresOf(measured),
    versions: { nginx: nginxVersion },
    text: [
      `${ratePerSecond}/s for ${seconds} s on 2 drivers against nginx ${nginxVersion}; ${rounds} rounds, ${threeDigits(busyCores)} cores busy on average.
Medians of the rounds; in brackets how far the rounds of the same kind lie apart.`,
      textTable(
        [
          '',
          'CPU us/request',
          'p50 ms',
          'p99 ms',
          'lateness p99 ms',
          'skew ms',
          'of it unsure',
          'unaccounted',
        ],
        (['over pipes', 'over Kafka'] as const).map((kind) => rowOf(kind, measured)),
      ),
    ],
    details: { rounds: measured },
  }
}

const valuesOf = (rounds: readonly Round[], kind: Kind, of: (m: RunMeasurement) => number): number[] =>
  rounds.map((round) => of(round[kind]))

const rangeOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)

const rowOf = (kind: Kind, rounds: readonly Round[]): string[] => {
  const cell = (of: (m: RunMeasurement) => number): string => {
    const values = valuesOf(rounds, kind, of)
    return `${threeDigits(median(values))} (${threeDigits(rangeOf(values))})`
  }
  return [
    kind,
    cell((m) => m.cpuUsPerRequest),
    cell((m) => m.p50Ms),
    cell((m) => m.p99Ms),
    cell((m) => m.latenessP99Ms),
    cell((m) => m.startSkewMs),
    threeDigits(median(valuesOf(rounds, kind, (m) => m.startSkewUncertaintyMs ?? Number.NaN))),
    String(Math.max(...valuesOf(rounds, kind, (m) => Math.abs(m.unaccounted)))),
  ]
}

const figuresOf = (rounds: readonly Round[]): Figure[] => [
  {
    name: 'CPU of the drivers a request, over Kafka / over pipes',
    value: ratioOf(rounds, (m) => m.cpuUsPerRequest),
    unit: '',
    goal: { atMost: 1.05 },
  },
  differenceOf('p50', rounds, (m) => m.p50Ms),
  differenceOf('p99', rounds, (m) => m.p99Ms),
  {
    name: 'requests that nginx and we count differently',
    value: Math.max(...rounds.flatMap((round) => Object.values(round).map((m) => Math.abs(m.unaccounted)))),
    unit: '',
    goal: { atMost: 0 },
  },
  {
    name: 'start skew over Kafka',
    value: median(valuesOf(rounds, 'over Kafka', (m) => m.startSkewMs)),
    unit: 'ms',
    goal: { atMost: 5 },
  },
]

const ratioOf = (rounds: readonly Round[], of: (m: RunMeasurement) => number): number =>
  median(rounds.map((round) => of(round['over Kafka']) / of(round['over pipes'])))

/** What a slot of a histogram may be off. */
const precision = 1 / 1024

/**
 * How far the medians of both kinds lie apart, in units of how far rounds of one and the same kind do (or of the histogram's
 * precision, where that is larger): up to 1 there is no difference to be seen.
 */
const differenceOf = (name: string, rounds: readonly Round[], of: (m: RunMeasurement) => number): Figure => {
  const pipes = valuesOf(rounds, 'over pipes', of)
  const kafka = valuesOf(rounds, 'over Kafka', of)
  const unseenMs = Math.max(rangeOf(pipes), rangeOf(kafka), median(pipes) * precision)
  return {
    name: `difference of ${name}, in units of that between like rounds`,
    value: Math.abs(median(kafka) - median(pipes)) / unseenMs,
    unit: '',
    goal: { atMost: 1 },
  }
}

await runBench({
  name: 'kafka-run',
  defaults: { rounds: 6, seconds: 10 },
  baseline: new URL('baseline.json', import.meta.url),
  measure,
})
