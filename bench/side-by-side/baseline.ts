import type { Machine } from './machine.ts'

/** One figure of a benchmark that has to hold: a ratio wherever that is possible, since ratios hold on any machine. */
export interface Figure {
  name: string
  value: number
  /** Empty for a ratio. */
  unit: string
  goal: { atMost: number } | { atLeast: number }
}

/** `bench/<name>/baseline.json`. */
export interface Baseline {
  bench: string
  /** ISO 8601, the day. */
  date: string
  machine: Machine
  /** What it was measured against, by name. */
  versions: Record<string, string>
  figures: Figure[]
}

export interface Verdict {
  figure: Figure
  /** `undefined`: the baseline does not have this figure. */
  before: number | undefined
  meetsGoal: boolean
  /** Worse than the goal by more than the tolerance. */
  missesGoal: boolean
  /** Worse than the baseline by more than the tolerance. */
  hasRegressed: boolean
}

/** `tolerance`: 0.25 lets a figure be a quarter worse than the goal, and than the baseline, before it counts. */
export const judge = (
  figures: readonly Figure[],
  baseline: Baseline | undefined,
  tolerance: number,
): Verdict[] =>
  figures.map((figure) => {
    const before = baseline?.figures.find(({ name }) => name === figure.name)?.value
    const bound = boundOf(figure)
    return {
      figure,
      before,
      meetsGoal: !isWorse(figure, bound, 0),
      missesGoal: isWorse(figure, bound, tolerance),
      hasRegressed: before !== undefined && isWorse(figure, before, tolerance),
    }
  })

export const boundOf = ({ goal }: Figure): number => ('atMost' in goal ? goal.atMost : goal.atLeast)

/** A figure that could not be measured is worse than any. */
const isWorse = ({ value, goal }: Figure, than: number, tolerance: number): boolean =>
  'atMost' in goal ? !(value <= than * (1 + tolerance)) : !(value >= than / (1 + tolerance))
