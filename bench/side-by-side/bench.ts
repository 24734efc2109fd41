import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Baseline, boundOf, type Figure, judge, type Verdict } from './baseline.ts'
import { describeMachine } from './machine.ts'
import { textTable, threeDigits } from './text-table.ts'

/** What a benchmark finds out. */
export interface Findings {
  figures: Figure[]
  versions: Record<string, string>
  /** Tables and remarks for people, in order. */
  text: string[]
  /** Whatever else a program might want; part of `--json`. */
  details: unknown
}

export interface BenchOptions {
  /** Measurements of each thing, interleaved. */
  rounds: number
  /** Length of one measurement. */
  seconds: number
  /** Parts whose name does not contain it are left out; empty: none is. */
  only: string
  /** Remarks while it goes on. */
  progress: (line: string) => void
}

export interface Bench {
  /** Its folder. */
  name: string
  defaults: { rounds: number; seconds: number }
  /** URL of its `baseline.json`. */
  baseline: URL
  measure: (options: BenchOptions) => Promise<Findings>
}

const help = (name: string): string => `npm run bench:${name} -- [options]

  --rounds N          measurements of each thing, interleaved
  --seconds N         length of one measurement
  --only TEXT         only the parts whose name contains it
  --json              the findings as JSON on standard output, and nothing else
  --check             exit 1 if a figure misses its goal, or is worse than the baseline, by more than the tolerance
  --tolerance SHARE   default 0.25
  --write-baseline    keep these figures as the new baseline`

/** Runs a benchmark as a command: measures, prints, compares with the baseline. */
export const runBench = async (bench: Bench): Promise<void> => {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: String(bench.defaults.rounds) },
      seconds: { type: 'string', default: String(bench.defaults.seconds) },
      only: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      tolerance: { type: 'string', default: '0.25' },
      'write-baseline': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(help(bench.name))
    return
  }
  const tolerance = Number(values.tolerance)
  const findings = await bench.measure({
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    only: values.only,
    progress: (line) => console.error(line),
  })
  const verdicts = judge(findings.figures, readBaseline(bench.baseline), tolerance)
  if (values.json)
    console.log(
      JSON.stringify({ ...describeRun(bench, findings), verdicts, details: findings.details }, null, 2),
    )
  else console.log([...findings.text, verdictTable(verdicts)].join('\n\n'))
  if (values['write-baseline'])
    writeFileSync(bench.baseline, `${JSON.stringify(describeRun(bench, findings), null, 2)}\n`)
  const bad = verdicts.filter(({ missesGoal, hasRegressed }) => missesGoal || hasRegressed)
  for (const { figure, hasRegressed } of bad)
    console.error(`${figure.name}: ${hasRegressed ? 'worse than the baseline' : 'misses its goal'}`)
  if (values.check && bad.length > 0) process.exitCode = 1
}

export const verdictTable = (verdicts: readonly Verdict[]): string =>
  textTable(
    ['figure', 'now', 'goal', 'baseline', ''],
    verdicts.map(({ figure, before, meetsGoal, hasRegressed }) => [
      figure.name,
      withUnit(figure.value, figure.unit),
      `${'atMost' in figure.goal ? '<=' : '>='} ${boundOf(figure)}`,
      before === undefined ? '-' : threeDigits(before),
      hasRegressed ? 'worse' : meetsGoal ? 'ok' : 'missed',
    ]),
  )

const withUnit = (value: number, unit: string): string =>
  unit === '' ? threeDigits(value) : `${threeDigits(value)} ${unit}`

const describeRun = (bench: Bench, { figures, versions }: Findings): Baseline => ({
  bench: bench.name,
  date: new Date().toISOString().slice(0, 10),
  machine: describeMachine(),
  versions,
  figures: figures.map((figure) => ({ ...figure, value: Number(figure.value.toPrecision(3)) })),
})

const readBaseline = (url: URL): Baseline | undefined => {
  try {
    return JSON.parse(readFileSync(url, 'utf8')) as Baseline
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
